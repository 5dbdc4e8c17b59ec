package monitoringtest

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/getsentry/sentry-go"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/verify"
	"github.com/bookedbarber/bbctl/monitoring"
)

// skipped are the checks that say nothing about a service in a test.
var skipped = []string{
	"config-env-file", "config-privacy", "config-debug", "rate-zero",
	"celery-broker", "celery-workers", "delivery-error", "delivery-transaction", "delivery-message",
}

// allPassed expects every check to pass but for those that are skipped.
func allPassed(t *testing.T, rep check.Report, skipped ...string) {
	t.Helper()
	var ids, library []string
	for _, item := range rep.Checks {
		ids = append(ids, item.ID)
		want := check.Pass
		if slices.Contains(skipped, item.ID) {
			want = check.Skip
		}
		if item.Outcome != want || item.Detail == "" {
			t.Errorf("%s: got %s %s (%s), want %s", item.ID, item.Outcome, item.Cause, item.Detail, want)
		}
	}
	for _, c := range verify.Checks() {
		library = append(library, c.ID)
	}
	if diff := cmp.Diff(library, ids); diff != "" {
		t.Errorf("ids of bbctl test (-) and of this (+):\n%s", diff)
	}
}

func TestHealthyServicePassesInEveryGroup(t *testing.T) {
	t.Parallel()
	for name, rates := range map[string]monitoring.Config{
		"the team's rates": {},
		"all transactions": {TracesSampleRate: monitoring.Rate{Value: 1, Set: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rep := examined(t, made(func(c *monitoring.Config) { c.TracesSampleRate = rates.TracesSampleRate }),
				Environment("production"), Release("bookings@2.1.0"), Strict())
			allPassed(t, rep, skipped...)
			if rep.Verdict() != check.VerdictPass {
				t.Errorf("verdict: got %s", rep.Verdict())
			}
		})
	}
}

// What a service does on purpose can be stated, and is then no finding.
func TestStatedWishesAreNoFindings(t *testing.T) {
	t.Parallel()
	limits := monitoring.Thresholds{Warn: 200e6, Error: 900e6} // nanoseconds
	rep := examined(t, made(func(c *monitoring.Config) { c.Environment, c.SendDefaultPII = "", true }, monitoring.WithThresholds(limits)),
		Environment("development"), Emails(), Thresholds(limits), Strict())
	allPassed(t, rep, skipped...)
}

func TestServicesOwnPartsAreAsked(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.PingContext(t.Context()); err != nil {
			t.Errorf("the service's database was closed: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	db.SetMaxOpenConns(1)
	pings, reports := 0, 0
	rep := examined(t, made(nil), Database(db),
		Redis(func(context.Context) error { pings++; return nil }),
		Capture(func(ctx context.Context, c *monitoring.Client, err error) { reports++; c.CaptureError(ctx, err) }),
		Shutdown(func(ctx context.Context, c *monitoring.Client) error { return c.Close(ctx) }))
	allPassed(t, rep, append(slices.Clone(skipped), "redis-clean")...)
	if pings == 0 || reports == 0 {
		t.Errorf("calls of the service's functions: %d and %d", pings, reports)
	}
}

func TestPartsThatDoNotAnswerAreNamed(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	rep := examined(t, made(nil), Only("database"), Database(db))
	named(t, rep, "database-connection", check.Fail, cause.DatabaseRefused)
	if item := find(t, rep, "query-failure"); item.Outcome != check.Blocked {
		t.Errorf("%s: got %s, want blocked", item.ID, item.Outcome)
	}
	rep = examined(t, made(nil), Only("redis"), Redis(func(context.Context) error { return errors.New("connection refused") }))
	named(t, rep, "redis-connection", check.Fail, cause.RedisUnreachable)
}

// Nothing that outlives a run, and nothing global that it has changed.
func TestRunLeavesEverythingAsItWas(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	environment, hub := os.Environ(), sentry.CurrentHub().Client()
	allPassed(t, examined(t, made(nil)), skipped...)
	if diff := cmp.Diff(environment, os.Environ()); diff != "" {
		t.Errorf("the environment (-before +after):\n%s", diff)
	}
	if sentry.CurrentHub().Client() != hub {
		t.Error("the current hub has another client")
	}
	goleak.VerifyNone(t, ignore)
}
