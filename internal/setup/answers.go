package setup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/dsn"
)

// setting is an answer to one question: the value of a variable, and where the
// answer comes from.
type setting struct {
	key    string
	value  string
	source string // in words, such as "--environment", ".env:3", "preset production"
	// fixed: it was given or chosen, so that another environment does not
	// change it.
	fixed bool
}

// answers are all of them.
type answers struct {
	dsn         *dsn.DSN
	dsnSetting  setting
	environment setting
	preset      config.Preset
	rates       []setting // sample, traces, profiles
	debug, pii  setting
	release     setting // value "": detected
	detected    config.Release
	services    []setting // only what is to be written
	gitignore   bool
	example     bool
}

// all are the variables that are written, in the order of the table.
func (a *answers) all() []setting {
	written := []setting{a.dsnSetting, a.environment}
	if a.release.value != "" {
		written = append(written, a.release)
	}
	written = append(written, a.rates...)
	written = append(written, a.debug, a.pii)
	return append(written, a.services...)
}

// clone is a copy that can be changed by itself.
func (a *answers) clone() *answers {
	next := *a
	next.rates, next.services = slices.Clone(a.rates), slices.Clone(a.services)
	return &next
}

// fileValue is the effective value of a variable in the file.
func (w *wizard) fileValue(key string) (config.Found, bool) {
	for _, found := range w.cfg.Value(key).All {
		if found.Origin.Kind == config.KindFile {
			return found, true
		}
	}
	return config.Found{}, false
}

// processValue is the value of a variable in the process environment.
func (w *wizard) processValue(key string) (string, bool) {
	for _, found := range w.cfg.Value(key).All {
		if found.Origin.Kind == config.KindProcess {
			return found.Value, true
		}
	}
	return "", false
}

// flagOf is the flag that gives a variable.
func flagOf(key string) string {
	switch key {
	case config.KeyDSN:
		return "--dsn"
	case config.KeyEnvironment:
		return "--environment"
	case config.KeyRelease:
		return "--release"
	case config.KeySampleRate:
		return "--sample-rate"
	case config.KeyTracesSampleRate:
		return "--traces-sample-rate"
	case config.KeyProfilesSampleRate:
		return "--profiles-sample-rate"
	case config.KeyDebug:
		return "--debug"
	case config.KeySendDefaultPII:
		return "--pii"
	}
	return "--service-urls"
}

// nameOf is what a setting is called in the table.
func nameOf(key string) string {
	switch key {
	case config.KeySampleRate:
		return "errors sent"
	case config.KeyTracesSampleRate:
		return "transactions sent"
	case config.KeyProfilesSampleRate:
		return "profiles of those"
	case config.KeyRelease:
		return "release"
	case config.KeyDebug:
		return "SDK debug log"
	case config.KeySendDefaultPII:
		return "personal data sent"
	}
	return key
}

// defaultEnvironment is what is offered: what was given, what the file holds,
// what the process holds, else the table's default.
func (w *wizard) defaultEnvironment() setting {
	key := config.KeyEnvironment
	switch given := w.o.Given; {
	case given.Environment != "":
		return setting{key, given.Environment, "--environment", true}
	case given.Preset != "":
		return setting{key, given.Preset, "--preset", true}
	}
	if found, ok := w.fileValue(key); ok && config.CheckEnvironment(found.Value) == nil {
		return setting{key, found.Value, found.Origin.String(), false}
	}
	if value, ok := w.processValue(key); ok && config.CheckEnvironment(value) == nil {
		return setting{key, value, "process environment", false}
	}
	return setting{key, "development", "default", false}
}

// fill gives every setting that depends on the environment its value: what was
// given or chosen, what the file holds, else the preset's.
func (w *wizard) fill(a *answers) {
	presetName := a.environment.value
	if w.o.Given.Preset != "" {
		presetName = w.o.Given.Preset
	}
	a.preset, _ = config.PresetOf(presetName)
	rates := []struct{ key, given, preset string }{
		{config.KeySampleRate, w.o.Given.SampleRate, a.preset.SampleRate},
		{config.KeyTracesSampleRate, w.o.Given.TracesSampleRate, a.preset.TracesSampleRate},
		{config.KeyProfilesSampleRate, w.o.Given.ProfilesRate, a.preset.ProfilesSampleRate},
	}
	old := a.rates
	a.rates = nil
	for i, r := range rates {
		if i < len(old) && old[i].fixed {
			a.rates = append(a.rates, old[i])
			continue
		}
		if r.given != "" {
			a.rates = append(a.rates, setting{r.key, r.given, flagOf(r.key), true})
			continue
		}
		a.rates = append(a.rates, w.kept(r.key, r.preset, a.preset, config.CheckRate))
	}
	a.debug = w.toggle(a.debug, config.KeyDebug, w.o.Given.Debug, a.preset.Debug, a.preset)
	a.pii = w.toggle(a.pii, config.KeySendDefaultPII, w.o.Given.PII, a.preset.SendDefaultPII, a.preset)
}

// kept is what the file holds where that is valid and no preset was asked for,
// else the preset's value.
func (w *wizard) kept(key, preset string, p config.Preset, check func(string) error) setting {
	found, ok := w.fileValue(key)
	if ok && w.o.Given.Preset == "" {
		err := check(strings.TrimSpace(found.Value))
		if err == nil {
			return setting{key, found.Value, found.Origin.String(), false}
		}
		w.note(Notice{Text: fmt.Sprintf("%s: %s: the preset's %s takes its place: %v", found.Origin, key, preset, err)})
	}
	return setting{key, preset, "preset " + p.Name, false}
}

func (w *wizard) toggle(old setting, key string, given *bool, preset bool, p config.Preset) setting {
	if old.fixed {
		return old
	}
	if given != nil {
		name := flagOf(key)
		if !*given {
			name = "--no-" + strings.TrimPrefix(name, "--")
		}
		// A file that says the same in another word is right as it is.
		if found, ok := w.fileValue(key); ok {
			if on, valid := config.ParseBool(found.Value); valid && on == *given {
				return setting{key, found.Value, name, true}
			}
		}
		return setting{key, strconv.FormatBool(*given), name, true}
	}
	return w.kept(key, strconv.FormatBool(preset), p, func(text string) error {
		if _, ok := config.ParseBool(text); !ok {
			return fmt.Errorf("it is neither true nor false")
		}
		return nil
	})
}

// defaultRelease is what was given, what the file holds, else detection, which
// writes nothing.
func (w *wizard) defaultRelease() setting {
	key := config.KeyRelease
	switch given := w.o.Given.Release; given {
	case "":
	case ReleaseDetected:
		return setting{key, "", "--release", true}
	default:
		return setting{key, given, "--release", true}
	}
	if found, ok := w.fileValue(key); ok && found.Value != "" {
		return setting{key, found.Value, found.Origin.String(), false}
	}
	return setting{key, "", ReleaseDetected, false}
}

// firstAnswers is where the first round starts from.
func (w *wizard) firstAnswers() *answers {
	return &answers{
		gitignore: w.gitignoreDefault(),
		example:   w.exampleDefault(),
	}
}

// gitignoreDefault: a file with secrets that the next `git add` would take
// along is to be ignored, unless it was said otherwise.
func (w *wizard) gitignoreDefault() bool {
	if w.o.Given.Gitignore != nil {
		return *w.o.Given.Gitignore && w.place.root != "" && !w.place.ignored
	}
	return w.place.root != "" && !w.place.ignored && !w.place.tracked
}

// exampleDefault: a file of the repository is left alone unless it is asked
// for.
func (w *wizard) exampleDefault() bool { return w.o.Given.Example != nil && *w.o.Given.Example }

// isOn reads a switch that was checked before.
func (s setting) isOn() bool {
	on, _ := config.ParseBool(s.value)
	return on
}
