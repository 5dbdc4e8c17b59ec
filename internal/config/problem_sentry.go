package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/dsn"
)

func (c *Config) dsnProblems() []Problem {
	v := c.Value(KeyDSN)
	switch c.DSNState() {
	case DSNAbsent:
		return nil
	case DSNLost:
		return c.dsnLost(v)
	}
	parsed, err := dsn.Parse(v.Value)
	var defect *dsn.Defect
	if errors.As(err, &defect) {
		return fail(cause.ID(defect.ID), v, defect.Fix, "SENTRY_DSN is %s: %s", v.Shown(), defect.Detail)
	}
	var found []Problem
	for _, w := range dsn.Warnings(v.Value, parsed) {
		found = append(found, warn(cause.ID(w.ID), v, w.Fix, "SENTRY_DSN is %s: %s", v.Shown(), w.Detail)...)
	}
	if parsed.Loopback() && !developing(c.Environment()) {
		found = append(found, fail(cause.DSNLocalReceiver, v,
			"set SENTRY_DSN to the DSN of the project that is to get the events of "+c.Environment(),
			"SENTRY_DSN is %s, a receiver on this machine, and the environment is %s", v.Shown(), c.Environment())...)
	}
	return found
}

// dsnLost says where the DSN went that somebody wants.
func (c *Config) dsnLost(v Value) []Problem {
	if v.Set {
		fix := writeAt(v.Origin, KeyDSN, "https://KEY@HOST/PROJECT") + ", with the DSN from Project Settings > Client Keys (DSN)"
		return fail(cause.DSNMissing, v, fix, "SENTRY_DSN is set, and empty (in CI: a secret that is not passed to this job looks so)")
	}
	v.Origin = Origin{Kind: KindFile, File: c.file.shown}
	if o, why := c.file.hidden(KeyDSN); why != "" {
		v.Origin = o
		fix := "write the line as SENTRY_DSN=https://KEY@HOST/PROJECT, without blanks around the ="
		if o.Line == 1 && c.file.bom {
			fix = c.file.withoutBOM()
		}
		return fail(cause.DSNMissing, v, fix, "SENTRY_DSN stands there, but python-dotenv does not read it: %s", why)
	}
	for _, name := range c.file.keys() {
		if key, ok := intended(name); ok && key == KeyDSN {
			v.Origin = c.file.origin(name)
			return fail(cause.DSNMissing, v, "rename "+name+" to SENTRY_DSN in "+v.Origin.String(), "%s is set, SENTRY_DSN is not", name)
		}
	}
	return fail(cause.DSNMissing, v, "add to "+c.file.shown+": SENTRY_DSN=https://KEY@HOST/PROJECT, with the DSN from Project Settings > Client Keys (DSN)",
		"it holds SENTRY_ variables, and SENTRY_DSN is set nowhere")
}

// Limits of Sentry's own validation of names, in bytes.
const (
	environmentMost = 64
	releaseMost     = 200
)

// namable says why Sentry would remove the name of an environment or release,
// and returns "" where it keeps it. Sentry trims blanks first.
func namable(name string, most int) string {
	if i := strings.IndexFunc(name, func(r rune) bool { return r == '/' || r == '\\' || r < ' ' || r == 0x7f }); i >= 0 {
		return fmt.Sprintf("it holds %s", short(strconv.QuoteRune([]rune(name[i:])[0])))
	}
	if len(name) > most {
		return fmt.Sprintf("it has %d bytes, %d are allowed", len(name), most)
	}
	if name == "." || name == ".." {
		return "it is no name"
	}
	return ""
}

func (c *Config) environmentProblems() []Problem {
	v, ok := c.set(KeyEnvironment)
	if !ok || strings.TrimSpace(v.Value) == "" {
		what := "SENTRY_ENVIRONMENT is not set"
		if v.Set {
			what = "SENTRY_ENVIRONMENT is empty"
		} else {
			v.Origin = Origin{}
		}
		return warn(cause.EnvironmentMissing, v, writeAt(v.Origin, KeyEnvironment, "development")+" (or staging, production)",
			"%s: our table says development, sentry-python sends production, sentry-go sends none", what)
	}
	name := strings.TrimSpace(v.Value)
	fix := writeAt(v.Origin, KeyEnvironment, canonical(name))
	why := namable(name, environmentMost)
	if strings.EqualFold(name, "none") {
		why = "it is reserved"
	}
	if why != "" {
		if canonical(name) == name {
			fix = writeAt(v.Origin, KeyEnvironment, "production") + " (letters, digits and - are safe)"
		}
		return fail(cause.EnvironmentInvalid, v, fix, "SENTRY_ENVIRONMENT is %q: Sentry removes it from events, %s", v.Shown(), why)
	}
	if canonical(name) != v.Value {
		return warn(cause.EnvironmentUnusual, v, fix,
			"SENTRY_ENVIRONMENT is %q: Sentry keeps it apart from %q", v.Shown(), canonical(name))
	}
	return nil
}

func (c *Config) releaseProblems() []Problem {
	found := c.effectiveRelease()
	v := Value{Key: KeyRelease, Value: found.Value, Origin: found.Origin}
	const advice = "bookedbarber@2.1.0"
	if found.Value == "" {
		return warn(cause.ReleaseMissing, v, "set SENTRY_RELEASE where the image is built, such as export SENTRY_RELEASE=$(git rev-parse HEAD)",
			"SENTRY_RELEASE is not set, no CI variable is, and there is no commit to be found")
	}
	name := strings.TrimSpace(found.Value)
	why := namable(name, releaseMost)
	if strings.EqualFold(name, "latest") {
		why = "it is reserved"
	}
	if why == "" {
		return nil
	}
	fix := writeAt(v.Origin, KeyRelease, advice) + " (or the commit)"
	if v.Origin.Kind == KindDetected {
		fix = "export SENTRY_RELEASE=" + advice + " (or the commit)"
	}
	return fail(cause.ReleaseInvalid, v, fix, "the release is %q: Sentry removes it from events and drops their sessions, %s", v.Shown(), why)
}

func (c *Config) booleanProblems(key string) []Problem {
	v, ok := c.set(key)
	if !ok {
		return nil
	}
	on, ok := boolean(strings.TrimSpace(v.Value))
	if !ok {
		python := "sentry-python takes it as false"
		if key == KeySendDefaultPII {
			python = "an application that writes bool(os.getenv(…)) takes it as true"
		}
		return warn(cause.BooleanMalformed, v, writeAt(v.Origin, key, "false"),
			"%s is %q, neither true nor false: bbctl takes it as false, %s, Go's ParseBool refuses it", key, v.Shown(), python)
	}
	if !on || canonical(c.Environment()) != "production" {
		return nil
	}
	if key == KeyDebug {
		return warn(cause.DebugInProduction, v, writeAt(v.Origin, key, "false"), "SENTRY_DEBUG is on, and the environment is %s", c.Environment())
	}
	return warn(cause.PIIInProduction, v, writeAt(v.Origin, key, "false"), "SENTRY_SEND_DEFAULT_PII is on, and the environment is %s", c.Environment())
}

// expansion is what a shell would have filled in.
var expansion = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("\\$\\([^)]*\\)?|\\$\\{[^}]*\\}|`[^`]+`") })

// nameOnly is a reference to a variable, which tells its name and no more.
var nameOnly = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\$\{[A-Z][A-Z0-9_]*\}$`) })

// unexpanded finds shell syntax that stands literally in a value. For the DSN
// that is one of its own defects.
func (c *Config) unexpanded(key string) []Problem {
	v, ok := c.set(key)
	if !ok || key == KeyDSN || !expansion().MatchString(v.Value) {
		return nil
	}
	fix := removeAt(v.Origin, key) + ", and export " + key + " where the process is started"
	if key == KeyRelease {
		fix = removeAt(v.Origin, key) + ", and run where the process is started: export SENTRY_RELEASE=$(git rev-parse HEAD)"
	}
	shown := short(expansion().FindString(v.Value))
	if v.Secret && !nameOnly().MatchString(shown) {
		// A password may hold such characters: this would be a piece of it.
		shown = "what a shell would fill in ($(…), ${…} or backquotes)"
	}
	return fail(cause.ValueUnexpanded, v, fix, "%s holds %s as it stands: nothing fills it in", key, shown)
}
