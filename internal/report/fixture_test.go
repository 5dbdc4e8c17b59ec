package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
)

var update = flag.Bool("update", false, "write the golden files and the examples of docs/json.md")

// golden compares what was written with testdata/NAME.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is another (-want +got), -update writes it anew\n%s", file, diff)
	}
}

func render(t *testing.T, f Format, rep check.Report, s Style) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, rep, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// eventful is a run in which everything has happened once.
func eventful() check.Report {
	return check.Report{
		Tool: "bbctl", Version: "v1.2.3", Command: "test",
		Started: time.Date(2026, 3, 9, 8, 30, 0, 0, time.FixedZone("CET", 3600)), Duration: 1234567 * time.Microsecond,
		Intro: []string{
			"everything is judged on an embedded receiver first; then three test events go to https://4b74****@o1.ingest.us.sentry.io/42",
			"stand-ins: SQLite for the database, an in-process Redis, nothing for Celery (its workers are not tested)",
		},
		Stages: []check.StageRun{
			{Stage: "environment", Ran: true},
			{Stage: "probe", Ran: true},
			{Stage: "app", Reason: "bbctl test does not run your application"},
			{Stage: "api", Reason: "the web API is not asked"},
		},
		Groups: []check.Group{
			{ID: "configuration", Title: "Configuration: what was set is what is sent"},
			{ID: "database", Title: "Database: slow and failing queries"},
			{ID: "celery", Title: "Celery: tasks and workers"},
			{ID: "redis", Title: "Redis: slow and failing operations"},
			{ID: "delivery", Title: "Delivery: the fate of an event is known"},
		},
		Checks: []check.Item{
			{ID: "config-dsn", Group: "configuration", Title: "SENTRY_DSN is one that every SDK understands", Outcome: check.Pass, Detail: ".env:3", Duration: 400 * time.Microsecond},
			{
				ID: "config-environment", Group: "configuration", Title: "events carry the configured environment", Outcome: check.Warn, Cause: cause.EnvironmentMissing,
				Detail: "SENTRY_ENVIRONMENT is set nowhere: saw \"production\" from sentry-python, expected the same name from every SDK",
				Fix:    "write SENTRY_ENVIRONMENT=development into .env", Duration: 2 * time.Millisecond,
			},
			{
				ID: "database-connection", Group: "database", Title: "the database answers", Outcome: check.Fail, Cause: cause.DatabaseUnreachable,
				Detail: "DATABASE_URL from .env:7: dial tcp 127.0.0.1:5432: connection refused", Fix: "start PostgreSQL: systemctl start postgresql", Duration: 11 * time.Millisecond,
			},
			{ID: "query-fast", Group: "database", Title: "a fast query makes no event", Outcome: check.Blocked, Detail: "blocked by database-connection", Needs: []string{"database-connection"}, BlockedBy: []string{"database-connection"}},
			{ID: "query-values", Group: "database", Title: "statements arrive with placeholders, never with values", Outcome: check.Blocked, Detail: "blocked by database-connection", Needs: []string{"database-connection"}, BlockedBy: []string{"database-connection"}},
			{ID: "celery-workers", Group: "celery", Title: "a Celery worker answers", Outcome: check.Skip, Detail: "CELERY_BROKER_URL is set nowhere", Needs: []string{"celery-broker"}},
			{ID: "redis-slow", Group: "redis", Title: "an operation over the threshold is a warning, without its value", Outcome: check.Pass, Detail: "level \"warning\", redis.operation \"GET\", duration_ms 12, no value", Duration: 3100 * time.Microsecond},
			{ID: "redis-lost", Group: "redis", Title: "the loss of Redis is an error event", Outcome: check.Broken, Detail: "the check did not end within 15s", Duration: 15 * time.Second},
			{
				ID: "delivery-error", Group: "delivery", Title: "the DSN accepts an error", Outcome: check.Fail, Cause: cause.KeyRejected,
				Detail:   "the ingest answers 403 “event submission rejected with_reason: ProjectId” to event 0f8fad5bd9cb469fa16570867728950e, expected 200 with its id",
				Fix:      "copy SENTRY_DSN again from Project Settings > Client Keys (DSN) of project 42, and enable the key there",
				Duration: 84210 * time.Microsecond, Needs: []string{"config-dsn", "test-events"},
			},
			{
				ID: "delivery-message", Group: "delivery", Title: "the DSN accepts a message", Outcome: check.Fail, Cause: cause.KeyRejected,
				Detail: "the ingest answers 403, expected 200", Fix: "enable the key", Duration: 80 * time.Millisecond,
			},
		},
		Closing: []string{
			"proved: that the Go library captures, filters and scrubs",
			"not proved: your DSN, your database, your application",
			"next: repair what the root causes name, then run bbctl test again",
		},
	}
}

// quiet is a run in which all went well.
func quiet() check.Report {
	rep := eventful()
	rep.Checks = []check.Item{rep.Checks[0], rep.Checks[6]}
	rep.Duration = 412 * time.Millisecond
	return rep
}

// only is a run with checks of some outcomes.
func only(outcomes ...check.Outcome) check.Report {
	rep := check.Report{
		Tool: "bbctl", Version: "v1.2.3", Command: "test", Started: time.Date(2026, 3, 9, 7, 30, 0, 0, time.UTC),
		Groups: []check.Group{{ID: "redis", Title: "Redis"}},
	}
	for i, outcome := range outcomes {
		item := check.Item{ID: "redis-" + string(rune('a'+i)), Group: "redis", Title: "it is so", Outcome: outcome, Detail: "saw that"}
		switch outcome {
		case check.Fail, check.Warn:
			item.Cause, item.Fix = cause.RedisUnreachable, "start Redis"
		case check.Blocked:
			item.BlockedBy = []string{"redis-a"}
		}
		rep.Checks = append(rep.Checks, item)
	}
	return rep
}
