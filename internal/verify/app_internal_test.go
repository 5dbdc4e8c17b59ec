package verify

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

func TestApplicationSuiteIsValid(t *testing.T) {
	t.Parallel()
	if err := check.Validate(AppChecks(), Groups()); err != nil {
		t.Error(err)
	}
}

// Reports of the library and of an application can be laid side by side.
func TestApplicationSuiteHasTheSameIDs(t *testing.T) {
	t.Parallel()
	library, application := Checks(), AppChecks()
	for i, c := range application {
		if c.ID != library[i].ID || c.Group != library[i].Group {
			t.Errorf("check %d: got %s of %s, want %s of %s", i, c.ID, c.Group, library[i].ID, library[i].Group)
		}
		if c.Title == "" || c.Timeout <= 0 {
			t.Errorf("%s: no title or no bound", c.ID)
		}
	}
	for id := range appPlays() {
		if !slices.ContainsFunc(library, func(c Check) bool { return c.ID == id }) {
			t.Errorf("%s is no check of the suite", id)
		}
	}
}

// hanging is an interpreter that never answers, however it is asked.
func TestHangingApplicationIsEnded(t *testing.T) {
	t.Parallel()
	python := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(python, []byte("#!/bin/sh\necho it waits >&2\nsleep 600 & wait\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	l := labOf(t, python, 300*time.Millisecond)
	items, err := check.Run(t.Context(), AppChecks(), l, check.Options{Only: []string{"user-fields"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 2 || items[0].Cause != cause.AppModuleBroken || !strings.Contains(items[0].Detail, "did not come back in time") || !strings.Contains(items[0].Detail, "it waits") {
		t.Errorf("items: %+v", items)
	}
	if items[1].Outcome != check.Blocked {
		t.Errorf("user-fields: %s, want blocked", items[1].Outcome)
	}
	for _, d := range l.app.drivers {
		select {
		case <-d.ended:
		default:
			t.Error("its process is still there")
		}
	}
}

// A scenario that hangs costs its own check alone: the next one starts anew.
func TestHangingScenarioCostsOneCheck(t *testing.T) {
	t.Parallel()
	python := filepath.Join(t.TempDir(), "python")
	script := `#!/bin/sh
read app
echo '{"stage":"ready","active":true,"same":true}'
while read line; do
	case $line in
	*capture*) sleep 600 ;;
	*) echo '{"seen":{}}' ;;
	esac
done
`
	if err := os.WriteFile(python, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	l := labOf(t, python, 500*time.Millisecond)
	run := func(s step) check.Result {
		return tried(func(t *trial) {
			if _, ok := t.play(s); ok {
				t.saw("played")
			}
		})(t.Context(), l)
	}
	if r := run(capture("planted")); r.Outcome != check.Fail || r.Cause != cause.AppExitedBadly {
		t.Errorf("a scenario that hangs: %s by %s (%s)", r.Outcome, r.Cause, r.Detail)
	}
	if r := run(message("planted")); r.Outcome != check.Pass {
		t.Errorf("the next scenario: %s (%s)", r.Outcome, r.Detail)
	}
}

func labOf(t *testing.T, python string, patience time.Duration) *Lab {
	t.Helper()
	cfg, err := config.Load(t.Context(), config.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLab(context.WithoutCancel(t.Context()), Options{Config: cfg, App: "config.sentry", Python: python, Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	l.app.patience = patience
	return l
}

func TestFieldsAreFoundWhereverTheyArePut(t *testing.T) {
	t.Parallel()
	for place, raw := range map[string]string{
		"a context":          `{"contexts":{"booking":{"service_type":"haircut"}}}`,
		"inside of one":      `{"contexts":{"booking":{"details":{"service_type":"haircut"}}}}`,
		"a tag":              `{"tags":{"service_type":"haircut"}}`,
		"a tag with a group": `{"tags":{"booking.service_type":"haircut"}}`,
		"extra":              `{"extra":{"service_type":"haircut"}}`,
	} {
		if got := fieldOf(decodedEvent(t, raw), "service_type"); got != "haircut" {
			t.Errorf("in %s: got %q", place, got)
		}
	}
	if got := fieldOf(decodedEvent(t, `{"contexts":{"runtime":{"service_type":"haircut"}},"message":"service_type haircut"}`), "service_type"); got != "" {
		t.Errorf("in the SDK's own places: got %q, want none", got)
	}
}

func decodedEvent(t *testing.T, raw string) *envelope.Event {
	t.Helper()
	event, err := envelope.Item{Type: "event", Payload: []byte(raw)}.Event()
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// What stands among local variables is told apart from what stands elsewhere.
func TestLeaksInLocalVariablesAreToldApart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw             string
		vars, elsewhere bool
	}{
		"vars":    {`{"exception":{"values":[{"stacktrace":{"frames":[{"vars":{"note":"planted-1"}}]}}]}}`, true, false},
		"message": {`{"message":"it is planted-1"}`, false, true},
		"a key":   {`{"tags":{"planted-1":"x"}}`, false, true},
		"neither": {`{"message":"planted-2"}`, false, false},
	} {
		inVars, elsewhere := leaksOf(&arrival{events: []*envelope.Event{decodedEvent(t, c.raw)}}, "planted-1")
		if inVars != c.vars || elsewhere != c.elsewhere {
			t.Errorf("%s: got %t and %t, want %t and %t", name, inVars, elsewhere, c.vars, c.elsewhere)
		}
	}
}

// The environment is as it is, but for what is pointed at the receiver.
func TestEnvironmentOfAnApplication(t *testing.T) {
	t.Parallel()
	got := environOf([]string{"A=1", "SENTRY_DSN=theirs", "HTTPS_PROXY=http://127.0.0.1:9", "NO_PROXY=example.org", "SENTRY_SPOTLIGHT=1", "SENTRY_SAMPLE_RATE=0.5"}, "ours", certainly())
	for key, want := range map[string]string{"A": "1", "SENTRY_DSN": "ours", "NO_PROXY": "example.org,127.0.0.1,localhost", "no_proxy": "example.org,127.0.0.1,localhost", "SENTRY_SPOTLIGHT": "", "SENTRY_SAMPLE_RATE": "1.0"} {
		if value := lookEnv(got, key); value != want {
			t.Errorf("%s: got %q, want %q", key, value, want)
		}
	}
	if slices.Contains(got, "SENTRY_DSN=theirs") {
		t.Error("the configured DSN is still there")
	}
	if value := lookEnv(environOf(nil, "ours", without()), "SENTRY_DSN"); value != "" {
		t.Errorf("SENTRY_DSN of the process without one: got %q", value)
	}
}
