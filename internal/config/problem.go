package config

import (
	"context"
	"fmt"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// Problem is what is wrong with one variable, or with the .env file.
type Problem struct {
	Cause    cause.ID
	Severity cause.Severity
	Key      string // the variable, or KeyEnvFile
	Evidence string // what was seen and where; secrets are masked
	Fix      string // the one action that helps: a command, or a line to write
	Origin   Origin // of what is wrong
	// Follows is the cause of another Problem that this one comes of, and goes
	// with; empty: none.
	Follows cause.ID
	// Changes are those of the .env file that mend it, where the right values
	// are certain; none: a person has to decide.
	Changes []envfile.Change
}

// Problems returns all that is wrong, the .env file first, then the variables
// in the order of the table. The first call reads the file as its other
// readers do, looks for files that variables name, and asks git about .env.
// The slice is shared: it must not be changed.
func (c *Config) Problems() []Problem { return c.problems() }

// SettingProblems are the Problems of the variables alone: the .env file is
// not read as its other readers do, and git is not asked.
func (c *Config) SettingProblems() []Problem {
	var found []Problem
	for _, row := range Variables() {
		found = append(found, c.variableProblems(row.Key)...)
	}
	return found
}

func (c *Config) findProblems(ctx context.Context) []Problem {
	var found []Problem
	found = append(found, c.fileProblems(ctx)...)
	return append(found, c.SettingProblems()...)
}

// variableProblems are those of one variable: first what keeps its value from
// being the intended one, then what is wrong with the value.
func (c *Config) variableProblems(key string) []Problem {
	found := append(c.misspelt(key), c.shadows(key)...)
	value := c.unexpanded(key)
	if len(value) == 0 {
		value = c.valueProblems(key)
	}
	if v := c.Value(key); v.Origin.Kind == KindFile && c.file.runsOn(key) {
		value = following(cause.EnvFileSyntax, value)
	}
	return append(found, value...)
}

// valueProblems are what is wrong with the value that counts.
func (c *Config) valueProblems(key string) []Problem {
	switch key {
	case KeyDSN:
		return c.dsnProblems()
	case KeyEnvironment:
		return c.environmentProblems()
	case KeyRelease:
		return c.releaseProblems()
	case KeySampleRate, KeyTracesSampleRate, KeyProfilesSampleRate:
		return c.rateProblems(key)
	case KeyDebug, KeySendDefaultPII:
		return c.booleanProblems(key)
	case KeyHTTPProxy, KeyHTTPProxyLower, KeyHTTPSProxy, KeyHTTPSProxyLower:
		return c.proxyProblems(key)
	case KeyNoProxy: // whichever of the two it is
		return c.noProxyProblems()
	case KeySSLCertFile, KeySSLCertDir, KeyCABundle:
		return c.caProblems(key)
	case KeySpotlight:
		return c.spotlightProblems()
	}
	return nil
}

// fail and warn make one Problem of a variable; the evidence begins with where
// it stands.
func fail(id cause.ID, v Value, fix, evidence string, args ...any) []Problem {
	return []Problem{problem(id, cause.Fail, v, fix, evidence, args...)}
}

func warn(id cause.ID, v Value, fix, evidence string, args ...any) []Problem {
	return []Problem{problem(id, cause.Warn, v, fix, evidence, args...)}
}

func problem(id cause.ID, severity cause.Severity, v Value, fix, evidence string, args ...any) Problem {
	text := fmt.Sprintf(evidence, args...)
	if v.Origin.Kind != "" { // what is set nowhere stands nowhere
		text = v.Origin.String() + ": " + text
	}
	return Problem{Cause: id, Severity: severity, Key: v.Key, Fix: fix, Origin: v.Origin, Evidence: text}
}

// set returns a variable that somebody has set to something.
func (c *Config) set(key string) (Value, bool) {
	v := c.Value(key)
	return v, v.Set && !v.Empty
}

// writeAt is the fix that gives a variable another value, at the place where
// the winning one stands.
func writeAt(o Origin, key, value string) string {
	line := key + "=" + value
	switch o.Kind {
	case KindProcess:
		return "export " + line
	case KindFile:
		return fmt.Sprintf("write %s in %s", line, o)
	case KindFlag:
		return "give " + line
	default:
		return "export " + line + " where the process is started"
	}
}

// give is the fix that gives a variable a value, also one that is set nowhere:
// in the .env file where there is one, else where a process without one gets
// its variables from.
func (c *Config) give(o Origin, key, value string) string {
	line := key + "=" + value
	switch {
	case o.Kind == KindProcess || o.Kind == KindFile || o.Kind == KindFlag:
		return writeAt(o, key, value)
	case c.file != nil:
		return "add to " + c.file.shown + ": " + line
	default:
		return "export " + line + " where the process is started, or give it so in its unit or compose.yaml"
	}
}

// removeAt is the fix that takes a variable away, where it stands.
func removeAt(o Origin, key string) string {
	switch o.Kind {
	case KindProcess:
		return "unset " + key
	case KindFile:
		return fmt.Sprintf("remove %s from %s", key, o)
	default:
		return "do not give " + key
	}
}
