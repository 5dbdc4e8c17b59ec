package doctor

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// loaded finds an application that does not load the .env which its settings
// stand in. It is given SENTRY_DSN here and sends; started by anybody else it
// has none. What tells is that nothing of the file is in what it sent.
func (a application) loaded() check.Result {
	file, found := a.settings.EnvFile()
	if !found || a.settings.Value(config.KeyDSN).Origin.Kind != config.KindFile {
		return check.Passed("SENTRY_DSN does not stand in a .env alone")
	}
	for _, p := range a.seen.Processes {
		lacking, obeyed := a.ofFile(p)
		switch {
		case obeyed || len(lacking) < 2:
		case loadedOutside(file) != "":
			return check.Passed("%s sent nothing of %s, which %s may load for it", nameOf(p), filepath.Base(file), loadedOutside(file))
		default:
			return check.Failed(cause.EnvProcessLacks, inWords(p,
				"call load_dotenv() of python-dotenv before configure_sentry(), or set the variables where this process is started",
				"call godotenv.Load() before sentry.Init, or set the variables where this process is started",
				"node --env-file=.env, or set the variables where this process is started"),
				"SENTRY_DSN stands in %s alone, and nothing of that file is in what %s sent: %s", filepath.Base(file), nameOf(p), strings.Join(lacking, "; "))
		}
	}
	return check.Passed("nothing says that a command lacks what its .env says")
}

// ofFile compares what a process sent with the settings that stand in the file
// alone: obeyed says that one of them came, lacking are those of which what an
// SDK takes by itself came instead.
func (a application) ofFile(p observe.Process) (lacking []string, obeyed bool) {
	for _, s := range []struct {
		key  string
		seen map[string]int
		own  []string // what SDKs take by themselves; nil: anything else
	}{
		{config.KeyEnvironment, p.Seen.Environments, []string{"production", ""}},
		{config.KeyRelease, p.Seen.Releases, nil},
		{config.KeyTracesSampleRate, p.Seen.TraceRates, nil},
	} {
		want := a.settings.Value(s.key)
		if _, own := byCommand(p, s.key); own || want.Empty || len(s.seen) == 0 {
			continue
		}
		for got := range s.seen {
			obeyed = obeyed || got == strings.TrimSpace(want.Value) || s.key == config.KeyTracesSampleRate && same(got, rateIn(want.Value))
		}
		if want.Origin.Kind == config.KindFile && (s.own == nil || onlyOf(s.seen, s.own)) {
			lacking = append(lacking, fmt.Sprintf("%s=%s is set, and %s came", s.key, want.Shown(), tally(s.seen)))
		}
	}
	return lacking, obeyed
}

// rateIn is the number that a text says; none is equal to nothing.
func rateIn(text string) float64 {
	rate, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return math.NaN()
	}
	return rate
}

func onlyOf(seen map[string]int, names []string) bool {
	for name := range seen {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

// loadedOutside is a file beside a .env by which something else may load it;
// empty: there is none.
func loadedOutside(file string) string {
	for _, pattern := range []string{"compose*.y*ml", "docker-compose*.y*ml", "Procfile*", ".envrc", "Makefile", "justfile"} {
		if found, err := filepath.Glob(filepath.Join(filepath.Dir(file), pattern)); err == nil && len(found) > 0 {
			return filepath.Base(found[0])
		}
	}
	return ""
}
