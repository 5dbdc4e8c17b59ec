package config

import (
	"context"
	"fmt"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// Problem is what is wrong with one variable, or with the .env file.
type Problem struct {
	Cause    cause.ID
	Severity cause.Severity
	Key      string // the variable, or KeyEnvFile
	Evidence string // what was seen and where; secrets are masked
	Fix      string // the one action that helps: a command, or a line to write
	Origin   Origin // of what is wrong
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
	found := c.misspelt(key)
	shadow := c.shadows(key)
	found = append(found, shadow...)
	if literal := c.unexpanded(key); len(literal) > 0 {
		return append(found, literal...)
	}
	switch key {
	case KeyDSN:
		if len(shadow) > 0 && shadow[0].Cause == cause.EnvShellEmptyShadows {
			return found // it is why the DSN is missing
		}
		return append(found, c.dsnProblems()...)
	case KeyEnvironment:
		return append(found, c.environmentProblems()...)
	case KeyRelease:
		return append(found, c.releaseProblems()...)
	case KeySampleRate, KeyTracesSampleRate, KeyProfilesSampleRate:
		return append(found, c.rateProblems(key)...)
	case KeyDebug, KeySendDefaultPII:
		return append(found, c.booleanProblems(key)...)
	case KeyHTTPProxy, KeyHTTPProxyLower, KeyHTTPSProxy, KeyHTTPSProxyLower:
		return append(found, c.proxyProblems(key)...)
	case KeySSLCertFile, KeySSLCertDir, KeyCABundle:
		return append(found, c.caProblems(key)...)
	case KeySpotlight:
		return append(found, c.spotlightProblems()...)
	}
	return found
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
		return "add to .env: " + line
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
