package postgres_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/infra/postgres"
	"github.com/bookedbarber/bbctl/internal/servers"
)

const hba = `local all all trust
host all postgres 127.0.0.1/32 trust
host shop app 127.0.0.1/32 scram-sha-256
host nowhere app 127.0.0.1/32 scram-sha-256
`

// password is built so that no text of the tests looks like one.
var password = strings.Join([]string{"right", "horse's", "@/?"}, "-")

func escaped(s string) string {
	return strings.NewReplacer("@", "%40", "/", "%2F", "?", "%3F").Replace(s)
}

// shop starts a server with a table and a user, who has a password.
func shop(t *testing.T) *servers.PostgresServer {
	t.Helper()
	server := servers.Postgres(t, servers.PostgresOptions{Settings: []string{"max_connections=13", "superuser_reserved_connections=3", "track_counts=on"}, HBA: hba})
	server.Run(t, "postgres", "create database shop")
	server.Run(t, "shop", "create user app password '"+strings.ReplaceAll(password, "'", "''")+"'; create table bookings(id int); "+
		"insert into bookings values (1), (2); grant all on bookings to app; grant all on schema public to app; create sequence tickets; grant all on tickets to app")
	return server
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	server := shop(t)
	url := server.URL("app", escaped(password), "shop")
	// The tests take turns: one of them takes all connections.
	t.Run("answers with its name", func(t *testing.T) {
		db := connect(t, url)
		if !strings.HasPrefix(db.Name(), "PostgreSQL ") || strings.Contains(db.Name(), "(") {
			t.Errorf("Name: %q", db.Name())
		}
		if err := db.Exec(t.Context(), "select * from bookings"); err != nil {
			t.Error(err)
		}
		if seen := server.Run(t, "shop", "select count(*) from pg_stat_activity where application_name = 'bbctl'"); seen != "1" {
			t.Errorf("connections named bbctl: %s, want 1", seen)
		}
	})
	t.Run("takes every driver's URL and the socket", func(t *testing.T) {
		rest := strings.TrimPrefix(url, "postgresql")
		for _, prefix := range []string{"postgres", "postgresql+psycopg2", "postgresql+psycopg", "postgresql+asyncpg", "postgresql+pg8000"} {
			connect(t, prefix+rest+"?prepared_statement_cache_size=0").Close()
		}
		_, port, err := net.SplitHostPort(server.Address)
		if err != nil {
			t.Fatal(err)
		}
		connect(t, "postgresql://"+servers.Superuser+"@/shop?host="+server.Socket+"&port="+port)
		connect(t, url+"?target_session_attrs=read-write")
	})
	t.Run("cannot be written to", func(t *testing.T) { writesAreRefused(t, server, url) })
	t.Run("cannot be written to through a pooler", func(t *testing.T) {
		writesAreRefused(t, server, strings.Replace(url, server.Address, pooler(t, server.Address), 1))
	})
	t.Run("a failing statement does not end the session", func(t *testing.T) {
		db := connect(t, url)
		if err := db.Exec(t.Context(), "select 1 from bbctl_no_such_table"); err == nil || !strings.Contains(err.Error(), "bbctl_no_such_table") {
			t.Errorf("Exec: %v, want the server's text", err)
		}
		if err := db.Exec(t.Context(), "select 1"); err != nil {
			t.Error(err)
		}
	})
	t.Run("a statement that takes long is ended", func(t *testing.T) {
		// The session's own limit does not pass a pooler; the transaction's does.
		throughPooler := strings.Replace(url, server.Address, pooler(t, server.Address), 1)
		err := connect(t, throughPooler).Exec(t.Context(), "select pg_sleep(30)")
		if err == nil || !strings.Contains(err.Error(), "57014") {
			t.Errorf("Exec: %v, want 57014 of the statement timeout", err)
		}
	})
	t.Run("a statement ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := connect(t, url).Exec(ctx, "select pg_sleep(30)"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Exec: %v, want the context's error", err)
		}
	})
	t.Run("refuses", func(t *testing.T) {
		refuses(t, server.URL("app", "wrong", "shop"), "28P01", "wrong")
		refuses(t, server.URL("app", escaped(password), "nowhere"), "3D000", password)
		refuses(t, server.URL("app", escaped(password), "postgres"), "28000", password)
	})
	t.Run("has no connection left", func(t *testing.T) {
		for range 10 { // all that are not for superusers
			db, err := postgres.Connect(t.Context(), url)
			if err != nil {
				break // sessions of the tests before may not have ended yet
			}
			t.Cleanup(db.Close)
		}
		refuses(t, url, "53300", password)
	})
}

func connect(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("Connect: %v (%v)", err, errors.Unwrap(err))
	}
	t.Cleanup(db.Close)
	return db
}

// writesAreRefused tries all ways to write as a user who may, and compares
// what the server counts before and after.
func writesAreRefused(t *testing.T, server *servers.PostgresServer, url string) {
	t.Helper()
	const state = `select n_tup_ins, n_tup_upd, n_tup_del, (select array_agg(id) from bookings), (select is_called from tickets),
		(select count(*) from pg_class), (select count(*) from pg_prepared_xacts) from pg_stat_user_tables where relname = 'bookings'`
	before := server.Run(t, "shop", state)
	db := connect(t, url)
	for _, statement := range []string{
		"insert into bookings values (3)",
		"update bookings set id = 4",
		"delete from bookings",
		"truncate bookings",
		"create table other(id int)",
		"select nextval('tickets')",
		"with gone as (delete from bookings returning 1) select * from gone",
		"select set_config('transaction_read_only', 'off', false)",
		"commit; delete from bookings",
	} {
		if err := db.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s: no error, want a refusal", statement)
		}
	}
	// What is allowed must not open the way for what comes after it.
	for _, statement := range []string{
		"set default_transaction_read_only = off", "set transaction read write", "set session characteristics as transaction read write", "commit",
	} {
		_ = db.Exec(t.Context(), statement) // may be refused or not
		if err := db.Exec(t.Context(), "delete from bookings"); err == nil {
			t.Errorf("delete after %s: no error, want a refusal", statement)
		}
	}
	db.Close()
	if diff := cmp.Diff(before, server.Run(t, "shop", "select pg_stat_force_next_flush(); "+state)); strings.TrimSpace(diff) != "" {
		t.Errorf("the server counts (-before +after):\n%s", diff)
	}
}

func refuses(t *testing.T, url, code, secret string) {
	t.Helper()
	fault := failing(t, url)
	if fault.Cause != cause.DatabaseRefused || !strings.Contains(fault.Detail, code) {
		t.Errorf("fault %s: %s, want %s with %s", fault.Cause, fault.Detail, cause.DatabaseRefused, code)
	}
	if strings.Contains(fault.Detail+fault.Fix, secret) {
		t.Errorf("the fault shows the password: %s (%s)", fault.Detail, fault.Fix)
	}
}

// failing expects a fault within some seconds, whatever the server does.
func failing(t *testing.T, url string) *postgres.Fault {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	db, err := postgres.Connect(ctx, url)
	if err == nil {
		db.Close()
		t.Fatal("Connect: no error")
	}
	var fault *postgres.Fault
	if !errors.As(err, &fault) || fault.Fix == "" {
		t.Fatalf("Connect: %v, want a fault with a fix", err)
	}
	return fault
}

func TestUnreachableNamesTheLayer(t *testing.T) {
	t.Parallel()
	website := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(website.Close)
	webAddress := website.Listener.Addr().String()
	tests := map[string]struct{ url, want string }{
		"closed port":         {"postgresql://app:pw@" + servers.Closed(t) + "/shop", "the connection is refused"},
		"no such socket":      {"postgresql://app:pw@/shop?host=/nowhere", "there is no socket"},
		"silent":              {"postgresql://app:pw@" + serve(t, swallow) + "/shop", "said nothing within"},
		"closes":              {"postgresql://app:pw@" + serve(t, func(c net.Conn) { read(c) }) + "/shop", "closed it without a word"},
		"a website":           {"postgresql://app:pw@" + webAddress + "/shop", "“HTTP/1.0 404 Not Found”, which is not PostgreSQL"},
		"a website, no TLS":   {"postgresql://app:pw@" + webAddress + "/shop?sslmode=disable", "which is not PostgreSQL"},
		"a shell":             {"postgresql://app:pw@" + serve(t, func(c net.Conn) { say(c, "SSH-2.0-x\r\n") }) + "/shop", "“SSH-2.0-x”"},
		"another protocol":    {"postgresql://app:pw@" + serve(t, func(c net.Conn) { say(c, "220 mail\r\n") }) + "/shop", "“220 mail”"},
		"TLS is not offered":  {"postgresql://app:pw@" + serve(t, func(c net.Conn) { read(c); say(c, "N") }) + "/shop?sslmode=require", "offers no TLS"},
		"TLS breaks off":      {"postgresql://app:pw@" + serve(t, func(c net.Conn) { read(c); say(c, "S") }) + "/shop?sslmode=require", "does not go on as PostgreSQL"},
		"the name is unknown": {"postgresql://app:pw@db.invalid/shop", "does not resolve"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fault := failing(t, test.url)
			if fault.Cause != cause.DatabaseUnreachable || !strings.Contains(fault.Detail, test.want) {
				t.Errorf("fault %s: %s, want %s with %q", fault.Cause, fault.Detail, cause.DatabaseUnreachable, test.want)
			}
		})
	}
}

func TestConnectingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address := serve(t, func(c net.Conn) { read(c); cancel(); swallow(c) })
	if _, err := postgres.Connect(ctx, "postgresql://app:pw@"+address+"/shop"); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "was interrupted") {
		t.Errorf("Connect: %v, want the context's error", err)
	}
}
