package monitoringtest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/verify"
	"github.com/bookedbarber/bbctl/monitoring"
)

// well is the configuration of a service in which nothing is wrong.
func well(dsn string) monitoring.Config {
	return monitoring.Config{DSN: dsn, Environment: "production", Release: "bookings@2.1.0"}
}

// constructor is what a service hands to Run.
type constructor = func(dsn string) (*monitoring.Client, error)

// made is a service that changes the healthy configuration, and adds options.
func made(change func(*monitoring.Config), options ...monitoring.Option) constructor {
	return func(dsn string) (*monitoring.Client, error) {
		cfg := well(dsn)
		if change != nil {
			change(&cfg)
		}
		return monitoring.New(cfg, options...)
	}
}

// examined is the report of a service that is handed a DSN.
func examined(t *testing.T, newClient constructor, options ...Option) check.Report {
	t.Helper()
	return reported(t, subject(newClient), options...)
}

func reported(t *testing.T, service verify.Service, options ...Option) check.Report {
	t.Helper()
	rep, err := examine(t.Context(), t.TempDir(), settle(service, options))
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func find(t *testing.T, rep check.Report, id string) check.Item {
	t.Helper()
	i := slices.IndexFunc(rep.Checks, func(item check.Item) bool { return item.ID == id })
	if i < 0 {
		t.Fatalf("%s is not in the report", id)
	}
	return rep.Checks[i]
}

// named expects one root cause, found by one check, with evidence and a fix.
func named(t *testing.T, rep check.Report, id string, outcome check.Outcome, want cause.ID) {
	t.Helper()
	item := find(t, rep, id)
	if item.Outcome != outcome || item.Cause != want {
		t.Errorf("%s: got %s %s (%s), want %s %s", id, item.Outcome, item.Cause, item.Detail, outcome, want)
	}
	if item.Detail == "" || item.Fix == "" {
		t.Errorf("%s: evidence %q, fix %q: want both", id, item.Detail, item.Fix)
	}
	for _, root := range rep.RootCauses() {
		if root.Cause != want {
			t.Errorf("another root cause: %s by %s (%s)", root.Cause, root.Check, root.Evidence)
		}
	}
	for _, other := range rep.Checks {
		if other.Outcome == check.Broken {
			t.Errorf("%s: %s (%s)", other.ID, other.Outcome, other.Detail)
		}
	}
	if strings.Contains(text(rep), receiver.Key()) {
		t.Error("the report holds the key of a DSN")
	}
}

// text is all that a report says.
func text(rep check.Report) string {
	var b strings.Builder
	for _, line := range slices.Concat(rep.Intro, rep.Closing) {
		b.WriteString(line + "\n")
	}
	for _, item := range rep.Checks {
		b.WriteString(item.ID + " " + item.Title + " " + item.Detail + " " + item.Fix + "\n")
	}
	return b.String()
}

// roundTripper is a function that sends requests.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
