package config

import (
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// expansion is what a shell would have filled in.
var expansion = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("\\$\\([^)]*\\)?|\\$\\{[^}]*\\}|`[^`]+`") })

// wholly are references that are all of a value: $NAME, %NAME%, and templates.
var wholly = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:\$[A-Za-z_][A-Za-z0-9_]*|%[A-Za-z_][A-Za-z0-9_]*%|\{\{[^{}]*\}\})$`)
})

// nameOnly is a reference to a variable, which tells its name and no more.
var nameOnly = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`) })

// unexpanded finds shell syntax that stands literally in a value, and in a line
// of the .env file that the application reads as nothing. For the DSN all but
// the latter is one of its own defects.
func (c *Config) unexpanded(key string) []Problem {
	v := c.Value(key)
	if !v.Set {
		return nil
	}
	if shown := c.unfilled(v); shown != "" {
		return c.referenceLost(v, shown)
	}
	shown := literal(v)
	if shown == "" || key == KeyDSN {
		return nil
	}
	fix := removeAt(v.Origin, key) + ", and export " + key + " where the process is started"
	changes := removing(v)
	if key == KeyRelease {
		fix = removeAt(v.Origin, key) + ", and run where the process is started: export SENTRY_RELEASE=$(git rev-parse HEAD)"
	}
	if key != KeyRelease || c.detect().Value == "" {
		changes = nil // nothing would be in its place
	}
	return mending(changes, fail(cause.ValueUnexpanded, v, fix, "%s holds %s as it stands: nothing fills it in", key, shown))
}

// isReference says whether a variable holds what nothing has filled in.
func (c *Config) isReference(key string) bool {
	v := c.Value(key)
	return v.Set && (c.unfilled(v) != "" || literal(v) != "")
}

// literal is what stands in a value for something else. In the application's
// own URLs only a whole reference is one: a password may hold anything.
func literal(v Value) string {
	switch {
	case !strings.HasPrefix(v.Key, "SENTRY_"):
		return short(nameOnly().FindString(v.Value))
	case wholly().MatchString(v.Value):
		return short(v.Value)
	case !expansion().MatchString(v.Value):
		return ""
	}
	found := short(expansion().FindString(v.Value))
	if v.Secret && nameOnly().FindString(found) != found {
		return "what a shell would fill in ($(…), ${…} or backquotes)" // it would be a piece of a secret
	}
	return found
}

// unfilled is the reference in the line of a variable of Sentry's that names
// one which is set nowhere; empty where there is none.
func (c *Config) unfilled(v Value) string {
	if v.Origin.Kind != KindFile || !strings.HasPrefix(v.Key, "SENTRY_") {
		return ""
	}
	return c.file.unfilled(v.Key)
}

func (c *Config) referenceLost(v Value, shown string) []Problem {
	if nameOnly().FindString(shown) != shown {
		shown = "a reference" // it may be a piece of a secret
	}
	id, fix := cause.ValueUnexpanded, writeAt(v.Origin, v.Key, "VALUE")+", with the value itself"
	if v.Key == KeyDSN {
		id, fix = cause.DSNUnexpanded, writeAt(v.Origin, v.Key, "https://KEY@HOST/PROJECT")+", with the DSN from Project Settings > Client Keys (DSN)"
	}
	return fail(id, v, fix, "%s holds %s, and that variable is set nowhere: python-dotenv fills in nothing, docker --env-file and systemd leave it as it stands", v.Key, short(shown))
}
