package config

import (
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// shadows finds a process environment that holds another value than .env.
func (c *Config) shadows(key string) []Problem {
	v := c.Value(key)
	if v.Origin.Kind != KindProcess || c.file == nil || applications(key) {
		return nil
	}
	inFile := c.file.values(key)
	if len(inFile) == 0 || alike(key, inFile[0].Value, v.Value) || inFile[0].Value == "" {
		return nil
	}
	if blankValue(v.Value) {
		return fail(cause.EnvShellEmptyShadows, v, "unset "+key,
			"%s is empty there, which wins over %s in %s", key, Mask(key, inFile[0].Value), inFile[0].Origin)
	}
	return warn(cause.EnvShellShadows, v, "unset "+key+", unless it is meant to win over "+inFile[0].Origin.String(),
		"%s is %s there, which wins over %s in %s", key, v.Shown(), Mask(key, inFile[0].Value), inFile[0].Origin)
}

func blankValue(value string) bool { return strings.TrimSpace(value) == "" }

// alike says whether two values of a variable mean the same: 1 and 1.0, or true
// and yes.
func alike(key, a, b string) bool {
	if a == b {
		return true
	}
	switch key {
	case KeySampleRate, KeyTracesSampleRate, KeyProfilesSampleRate:
		first, ok := number(strings.TrimSpace(a))
		second, also := number(strings.TrimSpace(b))
		return ok && also && first == second
	case KeyDebug, KeySendDefaultPII:
		first, ok := ParseBool(a)
		second, also := ParseBool(b)
		return ok && also && first == second
	}
	return false
}

// misspelt finds variables that are nearly the one asked for.
func (c *Config) misspelt(key string) []Problem {
	if !strings.HasPrefix(key, "SENTRY_") {
		return nil
	}
	if right := c.Value(key); right.Set {
		return c.misspeltBeside(right)
	}
	severity := cause.Warn
	if key == KeyDSN {
		severity = cause.Fail // not one event is sent
	}
	var found []Problem
	for _, m := range c.mistakes() {
		if m.meant == key {
			one := problem(cause.EnvNameMisspelt, severity, Value{Key: key, Origin: m.origin},
				"rename "+m.name+" to "+key+" in "+m.origin.String(), "%s is set, which nobody reads; %s is not", m.name, key)
			one.Changes = c.renaming(m)
			found = append(found, one)
		}
	}
	if len(found) > 1 { // which of them is right?
		return mending(nil, found)
	}
	return found
}

// misspeltBeside finds such variables beside the right one, with another value:
// somebody may believe that theirs counts. An application's own names, and an
// empty one of ours, say nothing of that kind.
func (c *Config) misspeltBeside(right Value) []Problem {
	if right.Empty {
		return nil
	}
	var found []Problem
	for _, m := range c.mistakes() {
		if m.meant != right.Key {
			continue
		}
		value, _ := c.Lookup(m.name)
		switch _, own := ownAliases()[strings.ToUpper(m.name)]; {
		case own || blankValue(value) || alike(right.Key, value, right.Value):
			continue
		case right.Key == KeyDSN && !isDSN(value):
			continue // another thing's
		}
		found = append(found, problem(cause.EnvNameMisspelt, cause.Warn, Value{Key: right.Key, Origin: m.origin},
			removeAt(m.origin, m.name)+", or give "+right.Key+" its value, where that is the one meant",
			"%s is %s, which nobody reads: %s is %s (%s)", m.name, Mask(right.Key, value), right.Key, right.Shown(), right.Origin))
	}
	return found
}

// mistake is a name that is nearly that of a variable.
type mistake struct {
	name, meant string
	origin      Origin
}

// findMistakes looks through all names, of which there may be very many.
func (c *Config) findMistakes() []mistake {
	var found []mistake
	add := func(name string, o Origin) {
		meant, ok := intended(name)
		if !ok && slices.Contains(dsnNames(), strings.ToUpper(name)) {
			value, _ := c.Lookup(name)
			_, err := dsn.Parse(value)
			meant, ok = KeyDSN, err == nil
		}
		if ok {
			found = append(found, mistake{name, meant, o})
		}
	}
	for _, name := range c.names {
		add(name, Origin{Kind: KindProcess})
	}
	if c.file != nil {
		for _, name := range c.file.keys() {
			add(name, c.file.origin(name))
		}
	}
	return found
}

// isProxyScheme says whether clients know a proxy's scheme.
func isProxyScheme(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "http", "https", "socks4", "socks4a", "socks5", "socks5h":
		return true
	}
	return false
}

func (c *Config) proxyProblems(key string) []Problem {
	v, ok := c.set(key)
	if !ok {
		return nil
	}
	if _, err := pythonProxyURL(v); err == nil {
		return nil
	}
	fix := writeAt(v.Origin, key, "http://HOST:PORT")
	var changes []envfile.Change
	text := strings.Trim(v.Value, " \t\r\n\"'")
	if !strings.Contains(text, "://") {
		text = "http://" + strings.TrimLeft(text, "/")
	}
	if _, err := pythonProxyURL(Value{Key: key, Value: text}); err == nil && !strings.Contains(text, "@") {
		fix, changes = writeAt(v.Origin, key, text), replacing(v, text)
	}
	return mending(changes, fail(cause.ProxyMalformed, v, fix, "%s is %q, expected a URL such as http://proxy:3128", key, v.Shown()))
}

func (c *Config) spotlightProblems() []Problem {
	v, ok := c.set(KeySpotlight)
	text := strings.TrimSpace(v.Value)
	if !ok || text == "" || developing(c.Environment()) {
		return nil
	}
	if on, isBoolean := boolean(text); isBoolean && !on {
		return nil
	}
	return mending(removing(v), warn(cause.SpotlightLeftOn, v, removeAt(v.Origin, KeySpotlight),
		"SENTRY_SPOTLIGHT is %s, and the environment is %s: every event is sent there too", v.Shown(), c.Environment()))
}
