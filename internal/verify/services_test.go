package verify_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/servers"
	"github.com/bookedbarber/bbctl/internal/verify"
)

// The checks of real parts, by the variable that turns them on.
var (
	databaseChecks = []string{"database-connection", "query-fast", "query-slow-warning", "query-slow-error", "query-failure", "query-values"}
	redisChecks    = []string{"redis-connection", "redis-fast", "redis-slow", "redis-clean"}
	celeryChecks   = []string{"celery-broker", "celery-workers"}
)

func TestRealPartsAreUsed(t *testing.T) {
	t.Parallel()
	database := servers.Postgres(t, servers.PostgresOptions{})
	redis := servers.Redis(t, servers.RedisOptions{})
	broker := servers.Redis(t, servers.RedisOptions{})
	servers.Celery(t, broker.URL(0), servers.CeleryOptions{})

	rep := suite(t, verify.Options{Config: settings(t,
		"DATABASE_URL="+database.URL(servers.Superuser, "", "postgres"),
		"REDIS_URL="+redis.URL(0),
		"CELERY_BROKER_URL="+broker.URL(0),
	)})
	healthy(t, rep)
	outcomes(t, rep, check.Pass, databaseChecks...)
	outcomes(t, rep, check.Pass, redisChecks...)
	outcomes(t, rep, check.Pass, celeryChecks...)
	if detail := find(t, rep, "database-connection").Detail; !strings.Contains(detail, "PostgreSQL 15") {
		t.Errorf("database-connection does not name the server: %q", detail)
	}
	last := strings.Join(rep.Closing, "\n")
	for _, want := range []string{"your database", "your Redis", "your Celery workers"} {
		if !strings.Contains(last, want) || strings.Index(last, want) > strings.Index(last, "not proved:") {
			t.Errorf("the last lines do not say that %s was proved: %q", want, last)
		}
	}
	if first := strings.Join(rep.Intro, "\n"); !strings.Contains(first, "real: the database of DATABASE_URL") {
		t.Errorf("the first lines do not say that the database is real: %q", first)
	}
}

// A part that is set and cannot be reached is a failure with its cause: the
// stand-in never answers in its place.
func TestPartsThatFailAreNamed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		variable string
		check    string
		want     cause.ID
	}{
		{"database down", "DATABASE_URL=postgresql://bb@" + servers.Closed(t) + "/bb", "database-connection", cause.DatabaseUnreachable},
		{"database slow", "DATABASE_URL=postgresql://bb@" + silent(t) + "/bb", "database-connection", cause.DatabaseUnreachable},
		{"Redis down", "REDIS_URL=redis://" + servers.Closed(t) + "/0", "redis-connection", cause.RedisUnreachable},
		{"Redis slow", "REDIS_URL=redis://" + silent(t) + "/0", "redis-connection", cause.RedisUnreachable},
		{"broker down", "CELERY_BROKER_URL=redis://" + servers.Closed(t) + "/0", "celery-broker", cause.CeleryUnreachable},
		{"broker slow", "CELERY_BROKER_URL=redis://" + silent(t) + "/0", "celery-broker", cause.CeleryUnreachable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			failedPart(t, c.variable, c.check, c.want)
		})
	}
}

func TestPartsThatRefuseAreNamed(t *testing.T) {
	t.Parallel()
	t.Run("database", func(t *testing.T) {
		t.Parallel()
		server := servers.Postgres(t, servers.PostgresOptions{})
		failedPart(t, "DATABASE_URL="+server.URL(servers.Superuser, "", "no_such_database"), "database-connection", cause.DatabaseRefused)
	})
	t.Run("Redis", func(t *testing.T) {
		t.Parallel()
		server := servers.Redis(t, servers.RedisOptions{Args: []string{"--requirepass", "planted-pass"}})
		failedPart(t, "REDIS_URL="+server.URL(0), "redis-connection", cause.RedisRefused)
	})
	t.Run("no worker", func(t *testing.T) {
		t.Parallel()
		server := servers.Redis(t, servers.RedisOptions{})
		rep := suite(t, verify.Options{Config: settings(t, "CELERY_BROKER_URL="+server.URL(0))})
		outcomes(t, rep, check.Pass, "celery-broker")
		outcomes(t, rep, check.Fail, "celery-workers")
		if got := find(t, rep, "celery-workers").Cause; got != cause.CeleryNoWorker {
			t.Errorf("cause: got %s", got)
		}
	})
	t.Run("no worker, before the application is started", func(t *testing.T) {
		t.Parallel()
		server := servers.Redis(t, servers.RedisOptions{})
		rep := suite(t, verify.Options{Config: settings(t, "CELERY_BROKER_URL="+server.URL(0)), ApplicationFollows: true})
		outcomes(t, rep, check.Pass, "celery-broker")
		outcomes(t, rep, check.Skip, "celery-workers")
		if text := strings.Join(rep.Closing, "\n"); strings.Contains(text, ", your application") {
			t.Errorf("it says of what follows that it is not proved:\n%s", text)
		}
	})
}

func TestOtherBrokersAndDatabasesAreSkippedWithTheirReason(t *testing.T) {
	t.Parallel()
	rep := suite(t, verify.Options{Config: settings(t, "CELERY_BROKER_URL=amqp://guest@127.0.0.1//", "DATABASE_URL=sqlite:///bb.db")})
	outcomes(t, rep, check.Skip, "celery-broker", "celery-workers", "database-connection", "query-fast")
	if detail := find(t, rep, "celery-broker").Detail; !strings.Contains(detail, "amqp") {
		t.Errorf("celery-broker: %q does not name the broker", detail)
	}
	if detail := find(t, rep, "database-connection").Detail; !strings.Contains(detail, "sqlite") {
		t.Errorf("database-connection: %q does not name the database", detail)
	}
}

// failedPart expects one failure with one cause, in time, and everything that
// does not depend on the part to pass.
func failedPart(t *testing.T, variable, id string, want cause.ID) {
	t.Helper()
	rep := suite(t, verify.Options{
		Config: settings(t, "SENTRY_ENVIRONMENT=development", "SENTRY_RELEASE=1.0", variable),
		Only:   []string{"database", "redis", "celery", "booking-error", "transaction-arrives", "filter-paths"},
	})
	if rep.ExitCode() != 1 {
		t.Errorf("exit code: got %d, want 1", rep.ExitCode())
	}
	roots := rep.RootCauses()
	if len(roots) != 1 || roots[0].Cause != want || roots[0].Check != id {
		t.Errorf("root causes: got %+v, want %s alone", roots, want)
	}
	outcomes(t, rep, check.Pass, "booking-error", "transaction-arrives", "filter-paths")
	if strings.Contains(text(rep), "planted-pass") {
		t.Error("the report holds a password")
	}
}

// silent is the address of a server that takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(func() {
		cancel()
		listener.Close()
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ctx, func() { conn.Close() })
			go io.Copy(io.Discard, conn)
		}
	}()
	return listener.Addr().String()
}
