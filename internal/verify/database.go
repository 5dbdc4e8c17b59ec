package verify

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/infra/postgres"
	"github.com/bookedbarber/bbctl/monitoring"
)

// database is what the database checks ask: the PostgreSQL of DATABASE_URL, or
// SQLite in its stead.
type database interface {
	// Name tells people what answers.
	Name() string
	// Exec runs a statement, reads its rows and forgets them. It cannot
	// change anything.
	Exec(ctx context.Context, statement string) error
	Close()
}

// sqlite stands in where there is no DATABASE_URL. It lives in memory.
type sqlite struct{ db *sql.DB }

func openSQLite() (*sqlite, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would be a memory of its own
	return &sqlite{db}, nil
}

func (*sqlite) Name() string { return "SQLite, which stands in" }

func (s *sqlite) Exec(ctx context.Context, statement string) error {
	rows, err := s.db.QueryContext(ctx, statement)
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

func (s *sqlite) Close() { _ = s.db.Close() } // in memory: there is nothing to lose

// openDatabase connects to the real database where one is set; a failure to
// reach it is never answered by the stand-in.
func (l *Lab) openDatabase(ctx context.Context) (database, error) {
	if l.service != nil && l.service.Database != nil {
		return &handle{l.service.Database}, nil
	}
	if url, ok := l.set(config.KeyDatabaseURL); ok {
		return postgres.Connect(ctx, url)
	}
	return openSQLite()
}

// set is a setting that the user has made, if it is not empty.
func (l *Lab) set(key string) (string, bool) {
	value, ok := l.o.Config.Lookup(key)
	return value, ok && value != ""
}

// query makes the run of a check that asks the database.
func query(body func(ctx context.Context, s *scene, db database, e *expectation), settings ...setting) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		db, err := l.openDatabase(ctx)
		if err != nil {
			return l.databaseFailed(err)
		}
		defer db.Close()
		return play(func(ctx context.Context, s *scene, e *expectation) { body(ctx, s, db, e) }, settings...)(ctx, l)
	}
}

// databaseFailed names the layer at which the database could not be reached.
func (l *Lab) databaseFailed(err error) check.Result {
	if l.service != nil && l.service.Database != nil {
		return check.Failed(cause.DatabaseRefused, "hand monitoringtest.Database a *sql.DB that reaches a running server", "the database of the service: %s", shown(err.Error()))
	}
	var fault *postgres.Fault
	switch {
	case errors.Is(err, postgres.ErrUnsupported):
		return check.Skipped("%v", err)
	case errors.As(err, &fault):
		return check.Failed(fault.Cause, fault.Fix, "DATABASE_URL from %s: %s", l.o.Config.Value(config.KeyDatabaseURL).Origin, fault.Detail)
	default:
		return check.Failed(cause.DatabaseRefused, "run SELECT 1 there as the user of DATABASE_URL, and look into the server's log",
			"DATABASE_URL from %s: the server takes the connection and not a query: %v", l.o.Config.Value(config.KeyDatabaseURL).Origin, err)
	}
}

// The statements that checks run. Each carries a literal that must never be
// on the wire, and works on SQLite and PostgreSQL alike.
const (
	literal = "planted-4242"

	statementSlow = `WITH RECURSIVE appointments(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM appointments WHERE n < 2000)
SELECT count(*) FROM appointments WHERE 'planted-4242' <> ''`
	statementFast   = `SELECT 1 WHERE 'planted-4242' <> ''`
	statementBroken = `SELECT client_phone FROM bbctl_no_such_table WHERE client_name = 'planted-4242'`
)

// thresholds that every measured duration is over, or none.
var (
	never    = monitoring.Thresholds{Warn: time.Hour, Error: 2 * time.Hour}
	warnOnly = monitoring.Thresholds{Warn: time.Nanosecond, Error: time.Hour}
	always   = monitoring.Thresholds{Warn: time.Nanosecond, Error: 2 * time.Nanosecond}
)

// observed runs a statement and reports it as an application would.
func observed(ctx context.Context, s *scene, db database, statement string) {
	started := time.Now()
	err := db.Exec(ctx, statement)
	s.client.ObserveQuery(ctx, statement, s.lasted(time.Since(started)), err)
}

func databaseConnection(ctx context.Context, l *Lab) check.Result {
	db, err := l.openDatabase(ctx)
	if err != nil {
		return l.databaseFailed(err)
	}
	defer db.Close()
	started := time.Now()
	if err := db.Exec(ctx, statementFast); err != nil {
		return l.databaseFailed(err)
	}
	took := time.Since(started)
	return play(func(ctx context.Context, s *scene, e *expectation) {
		s.client.CaptureMessage(ctx, monitoring.LevelInfo, "the database answers", monitoring.Data("database", db.Name()))
		e.equal("message", s.event(e).Message, "the database answers")
		e.saw("%s, in %s", db.Name(), took.Round(10*time.Microsecond))
	})(ctx, l)
}

func queryFast(ctx context.Context, s *scene, db database, e *expectation) {
	observed(ctx, s, db, statementFast)
	e.number("events of a query below both thresholds", len(s.events(e)), 0)
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, "after")
	e.equal("what came after it", s.event(e).Message, "after")
}

func querySlow(level string) func(context.Context, *scene, database, *expectation) {
	return func(ctx context.Context, s *scene, db database, e *expectation) {
		observed(ctx, s, db, statementSlow)
		event := s.event(e)
		e.equal("level", event.Level, level)
		e.equal("query.operation", contextField(event, "query", "operation"), "SELECT")
		e.equal("query.table", contextField(event, "query", "table"), "appointments")
		e.that(contextField(event, "query", "duration_ms") != "", "query.duration_ms: saw none")
	}
}

// queryValues lets a slow and a failing query through: the statement must be
// there, with placeholders, and the literal nowhere.
func queryValues(ctx context.Context, s *scene, db database, e *expectation) {
	observed(ctx, s, db, statementSlow)
	observed(ctx, s, db, statementBroken)
	events := s.events(e)
	e.number("events", len(events), 2)
	for _, event := range events {
		statement := contextField(event, "query", "statement")
		e.that(strings.Contains(statement, "SELECT") && strings.Contains(statement, "?"), "query.statement: saw %q, expected a statement with placeholders", statement)
	}
	e.that(!strings.Contains(string(s.raw()), literal), "the literal of the statement: it was on the wire, expected a placeholder")
	e.saw("the statements, and no value")
}

func queryFailure(ctx context.Context, s *scene, db database, e *expectation) {
	observed(ctx, s, db, statementBroken)
	event := s.event(e)
	e.equal("level", event.Level, "error")
	e.equal("query.table", contextField(event, "query", "table"), "bbctl_no_such_table")
	text := ""
	for _, exception := range event.Exceptions {
		text += exception.Value
	}
	e.that(strings.Contains(text, "bbctl_no_such_table"), "exception: saw %q, expected the driver's own text", text)
}
