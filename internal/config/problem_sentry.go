package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

func (c *Config) dsnProblems() []Problem {
	v := c.Value(KeyDSN)
	switch c.DSNState() {
	case DSNAbsent:
		return nil
	case DSNLost:
		return c.dsnLost(v)
	case DSNPresent:
	}
	return c.judgeDSN(v)
}

// judgeDSN says what is wrong with a DSN that is set to something.
func (c *Config) judgeDSN(v Value) []Problem {
	parsed, err := dsn.Parse(v.Value)
	var defect *dsn.Defect
	if errors.As(err, &defect) {
		found := fail(cause.ID(defect.ID), v, defect.Fix, "SENTRY_DSN is %s: %s", v.Shown(), defect.Detail)
		if inner, ok := innerDSN(v.Value); ok && len(c.judgeDSN(Value{Key: KeyDSN, Value: inner})) == 0 {
			return mending(replacing(v, inner), found)
		}
		return found
	}
	var found []Problem
	for _, w := range dsn.Warnings(v.Value, parsed) {
		one := problem(cause.ID(w.ID), cause.Warn, v, w.Fix, "SENTRY_DSN is %s: %s", v.Shown(), w.Detail)
		if one.Cause == cause.DSNQueryOptions {
			before, _, _ := strings.Cut(v.Value, "?")
			one.Changes = replacing(v, before)
		}
		found = append(found, one)
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
	const from = ", with the DSN from Project Settings > Client Keys (DSN)"
	follows := c.follows(KeyDSN)
	if v.Set {
		fix := writeAt(v.Origin, KeyDSN, "https://KEY@HOST/PROJECT") + from
		return following(follows, fail(cause.DSNMissing, v, fix, "SENTRY_DSN is set, and empty (in CI: a secret that is not passed to this job looks so)"))
	}
	if hidden := c.concealed(KeyDSN); hidden.cause != "" {
		v.Origin = hidden.origin
		fix := hidden.fix
		if fix == "" {
			fix = "write the line as SENTRY_DSN=https://KEY@HOST/PROJECT, without blanks around the ="
		}
		where := "SENTRY_DSN stands there, but python-dotenv does not read it"
		if v.Origin.Line == 0 {
			where, fix = "SENTRY_DSN may stand there, and is set nowhere else", c.file.readableFix()
		}
		return following(follows, fail(cause.DSNMissing, v, fix, "%s: %s", where, hidden.why))
	}
	if wrong := c.misspelt(KeyDSN); len(wrong) > 0 {
		v.Origin = wrong[0].Origin
		return following(follows, fail(cause.DSNMissing, v, wrong[0].Fix, "SENTRY_DSN is set nowhere: what stands there has another name"))
	}
	v.Origin = Origin{Kind: KindFile, File: c.file.shown}
	return fail(cause.DSNMissing, v, "add to "+c.file.shown+": SENTRY_DSN=https://KEY@HOST/PROJECT"+from,
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
		return following(c.follows(KeyEnvironment), warn(cause.EnvironmentMissing, v, c.give(v.Origin, KeyEnvironment, "development")+" (or staging, production)",
			"%s: our table says development, sentry-python sends production, sentry-go sends none", what))
	}
	name := strings.TrimSpace(v.Value)
	right := canonical(name)
	fix := writeAt(v.Origin, KeyEnvironment, right)
	why := namable(strings.Trim(v.Value, " \t"), environmentMost)
	if strings.EqualFold(name, "none") {
		why = "it is reserved"
	}
	if why != "" {
		if right == name {
			fix = writeAt(v.Origin, KeyEnvironment, "production") + " (letters, digits and - are safe)"
		}
		return fail(cause.EnvironmentInvalid, v, fix, "SENTRY_ENVIRONMENT is %q: Sentry removes it from events, %s", v.Shown(), why)
	}
	if right != v.Value {
		return mending(replacing(v, right), warn(cause.EnvironmentUnusual, v, fix,
			"SENTRY_ENVIRONMENT is %q: Sentry keeps it apart from %q", v.Shown(), right))
	}
	return nil
}

func (c *Config) releaseProblems() []Problem {
	found := c.effectiveRelease()
	v := Value{Key: KeyRelease, Value: found.Value, Origin: found.Origin}
	const advice = "bookedbarber@2.1.0"
	if found.Value == "" {
		return following(c.follows(KeyRelease), warn(cause.ReleaseMissing, v, "set SENTRY_RELEASE where the image is built, such as export SENTRY_RELEASE=$(git rev-parse HEAD)",
			"SENTRY_RELEASE is not set, no CI variable is, and there is no commit to be found"))
	}
	name := found.Value
	if set := c.Value(KeyRelease); set.Set && set.Origin == found.Origin {
		name = set.Value // with the newline that it may end in
	}
	why := namable(strings.Trim(name, " \t"), releaseMost)
	if strings.EqualFold(found.Value, "latest") {
		why = "it is reserved"
	}
	if why == "" {
		return nil
	}
	v.Value = name
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
		return c.booleanMalformed(v)
	}
	if !on || canonical(c.Environment()) != "production" {
		return nil
	}
	id := cause.DebugInProduction
	if key == KeySendDefaultPII {
		id = cause.PIIInProduction
	}
	return mending(replacing(v, "false"), warn(id, v, writeAt(v.Origin, key, "false"), "%s is on (%s), and the environment is %s", key, v.Shown(), c.Environment()))
}

// booleanMalformed is for a word that no reader knows. What it means is told by
// the word where that is one for yes or no, and what it is to be by the preset
// of the environment; only where the two agree, or the preset is production's,
// is it certain.
func (c *Config) booleanMalformed(v Value) []Problem {
	value, certain := "false", true
	if _, set := c.Lookup(KeyEnvironment); meansYes(v.Value) {
		preset, known := c.Preset()
		if known = known && set; known && v.Key == KeyDebug {
			value = strconv.FormatBool(preset.Debug)
		}
		certain = known && (value == "true" || preset.Name == "production")
	}
	python := "sentry-python takes it as false"
	if v.Key == KeySendDefaultPII {
		python = "an application that writes bool(os.getenv(…)) takes it as true"
	}
	fix := writeAt(v.Origin, v.Key, value)
	var changes []envfile.Change
	if certain {
		changes = replacing(v, value)
	} else {
		fix += " (or true, where that is meant)"
	}
	return mending(changes, warn(cause.BooleanMalformed, v, fix,
		"%s is %q, neither true nor false: bbctl takes it as false, %s, Go's ParseBool refuses it", v.Key, v.Shown(), python))
}

// meansYes says whether a word that is no boolean is meant for true.
func meansYes(text string) bool {
	switch strings.ToLower(strings.Trim(text, " \t\"'!.")) {
	case "enabled", "enable", "active", "verbose", "debug", "tru", "ture", "treu", "yes", "yep", "ja", "wahr":
		return true
	}
	return false
}
