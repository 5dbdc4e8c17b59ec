// Package postgres looks at a PostgreSQL server from outside, and changes
// nothing there.
package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/infra"
)

// How long the parts of a look may take. The looks are small: what takes
// longer only burdens a server that is in trouble already.
const (
	connectTimeout   = 5 * time.Second
	statementTimeout = "2000" // ms
	lockTimeout      = "500"  // ms
	closeTimeout     = time.Second
)

// applicationName is how the connection shows in pg_stat_activity.
const applicationName = "bbctl"

// begin opens the transaction that each statement runs in. The session is
// read-only by itself; but a session's settings can be changed by a statement,
// and do not reach the server through every pooler.
const begin = "BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = " + statementTimeout + "; SET LOCAL lock_timeout = " + lockTimeout

// Fault is why the database cannot be used: its cause is database-unreachable
// or database-refused.
type Fault = infra.Fault

// DB is a connection that can only read. It is for one goroutine at a time.
type DB struct{ conn *pgconn.PgConn }

// Connect connects to a database as SQLAlchemy, asyncpg and libpq name one.
// The error is ErrUnsupported for other databases, else a *Fault. It takes at
// most five seconds, or as long as ctx lets it.
func Connect(ctx context.Context, url string) (*DB, error) {
	t, err := parse(url)
	if errors.Is(err, ErrUnsupported) {
		return nil, err
	}
	if err != nil {
		return nil, &Fault{
			Cause:  cause.DatabaseUnreachable,
			Detail: "the URL cannot be read: " + err.Error() + "; expected postgresql://USER:PASSWORD@HOST:PORT/NAME",
			Fix:    "write DATABASE_URL as postgresql://USER:PASSWORD@HOST:PORT/NAME, special characters of the password as %XX",
		}
	}
	config, err := pgconn.ParseConfig(t.settings())
	if err != nil {
		return nil, settingsFault(err)
	}
	return dial(ctx, t, config)
}

// dial makes the connection and, where it fails, finds out at which layer.
func dial(ctx context.Context, t target, config *pgconn.Config) (*DB, error) {
	bound := connectTimeout
	if deadline, ok := ctx.Deadline(); ok {
		bound = min(bound, time.Until(deadline))
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	// A fifth is for a second look at a server that says nothing.
	bound = bound * 4 / 5
	attempt, stop := context.WithTimeout(ctx, bound)
	defer stop()

	var line infra.Line
	config.DialFunc = line.Dial
	config.ConnectTimeout = 0 // bound by the context, all hosts together
	config.ValidateConnect = validate(t.options.Get("target_session_attrs"))
	readOnly(config)
	conn, err := pgconn.ConnectConfig(attempt, config)
	if poolerRefuses(err) {
		config.RuntimeParams = map[string]string{"application_name": applicationName}
		conn, err = pgconn.ConnectConfig(attempt, config)
	}
	if err != nil {
		return nil, judge(ctx, &line, config, bound, err)
	}
	return &DB{conn}, nil
}

// readOnly makes the session one that cannot write.
func readOnly(config *pgconn.Config) {
	p := config.RuntimeParams
	p["application_name"] = applicationName
	p["default_transaction_read_only"] = "on"
	p["statement_timeout"] = statementTimeout
	p["lock_timeout"] = lockTimeout
}

// protocolViolation is the code of poolers such as PgBouncer for settings that
// they do not pass on. Each statement brings what it needs in its transaction.
const protocolViolation = "08P01"

func poolerRefuses(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && refusal.Code == protocolViolation
}

// validate chooses among several hosts as target_session_attrs says. The
// client's own way would ask whether the session can write, which ours never
// can.
func validate(attrs string) pgconn.ValidateConnectFunc {
	var want string
	switch attrs {
	case "read-write", "primary":
		want = "f"
	case "standby":
		want = "t"
	default:
		return nil
	}
	return func(ctx context.Context, conn *pgconn.PgConn) error {
		result := conn.ExecParams(ctx, "SELECT pg_is_in_recovery()", nil, nil, nil, nil).Read()
		if result.Err != nil {
			return result.Err
		}
		if len(result.Rows) != 1 || string(result.Rows[0][0]) != want {
			return errNotThisHost
		}
		return nil
	}
}

// Name is the server's name and version, such as "PostgreSQL 15.18".
func (d *DB) Name() string {
	version, _, _ := strings.Cut(d.conn.ParameterStatus("server_version"), " ")
	return strings.TrimSpace("PostgreSQL " + version)
}

// Exec runs one statement, reads its rows and forgets them. It cannot change
// anything: the statement runs in a read-only transaction with a time limit,
// which is rolled back. The error is the driver's own.
func (d *DB) Exec(ctx context.Context, statement string) error {
	if err := d.script(ctx, begin); err != nil {
		return err
	}
	err := d.read(ctx, statement)
	if d.conn.IsClosed() {
		return err
	}
	return errors.Join(err, d.script(ctx, "ROLLBACK"))
}

// read runs a statement through the extended protocol, which takes one
// statement only: none can end the transaction and go on.
func (d *DB) read(ctx context.Context, statement string) error {
	rows := d.conn.ExecParams(ctx, statement, nil, nil, nil, nil)
	for rows.NextRow() {
	}
	_, err := rows.Close()
	return err
}

func (d *DB) script(ctx context.Context, statements string) error {
	return d.conn.Exec(ctx, statements).Close()
}

// Close ends the connection.
func (d *DB) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = d.conn.Close(ctx) // nothing was written that could be lost
}
