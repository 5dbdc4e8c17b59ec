package verify

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/monitoring"
)

func TestServiceSuiteIsValid(t *testing.T) {
	t.Parallel()
	if err := check.Validate(ServiceChecks(), Groups()); err != nil {
		t.Error(err)
	}
}

// Reports of the library, of an application and of a service can be laid side
// by side.
func TestServiceSuiteHasTheSameIDs(t *testing.T) {
	t.Parallel()
	library, service := Checks(), ServiceChecks()
	for i, c := range service {
		if c.ID != library[i].ID || c.Group != library[i].Group {
			t.Errorf("check %d: got %s of %s, want %s of %s", i, c.ID, c.Group, library[i].ID, library[i].Group)
		}
		if c.Title == "" || c.Timeout <= 0 || c.Run == nil {
			t.Errorf("%s: no title, no bound or no run", c.ID)
		}
	}
	for id := range servicePlays() {
		if !slices.ContainsFunc(library, func(c Check) bool { return c.ID == id }) {
			t.Errorf("%s is no check of the suite", id)
		}
	}
}

// A service that asks for a client when the run is over must not change the
// environment of the next test.
func TestServiceIsNotCalledAfterTheEnd(t *testing.T) {
	t.Parallel()
	calls := 0
	v := newService(&Service{New: func(map[string]string) (*monitoring.Client, error) { calls++; return nil, nil }})
	if _, err := v.made(nil); err != nil || calls != 1 {
		t.Fatalf("before the end: %v after %d calls", err, calls)
	}
	v.close()
	if _, err := v.made(nil); err == nil || calls != 1 {
		t.Errorf("after the end: %v after %d calls, want an error and no further call", err, calls)
	}
}

// What the service does not do by itself is not its fault: a play that misses on
// a client of our own as well is a fault of the library.
func TestFaultOfTheLibraryIsNotBlamedOnTheService(t *testing.T) {
	t.Parallel()
	cfg, err := config.Load(t.Context(), config.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLab(t.Context(), Options{Config: cfg, Local: true, Now: time.Now, Service: &Service{
		New: func(values map[string]string) (*monitoring.Client, error) {
			return monitoring.New(monitoring.Config{DSN: values[config.KeyDSN]})
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	for name, c := range map[string]struct {
		body scenario
		want string
	}{
		"missed by both":           {func(_ context.Context, _ *scene, e *expectation) { e.missed("a thing") }, "library-broken"},
		"missed by the service's":  {func(_ context.Context, s *scene, e *expectation) { e.that(!s.own, "a thing") }, "app-context-missing"},
		"missed by none, and seen": {func(_ context.Context, _ *scene, e *expectation) { e.saw("a thing") }, ""},
	} {
		if got := play(c.body)(t.Context(), l); string(got.Cause) != c.want {
			t.Errorf("%s: got %s %s (%s), want %q", name, got.Outcome, got.Cause, got.Detail, c.want)
		}
	}
}
