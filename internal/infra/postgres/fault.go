package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/infra"
)

// errNotThisHost passes over a host that target_session_attrs does not want.
var errNotThisHost = errors.New("not the kind of server that target_session_attrs asks for")

// judge names the layer at which a connection ended.
func judge(ctx context.Context, line *infra.Line, config *pgconn.Config, bound time.Duration, err error) *Fault {
	address := addressOf(config)
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		return refused(address, refusal, err)
	}
	fault := func(detail, fix string) *Fault {
		return &Fault{Cause: cause.DatabaseUnreachable, Detail: detail, Fix: fix, Err: err}
	}
	if errors.Is(err, errNotThisHost) {
		return fault(fmt.Sprintf("of the hosts of %s none is what target_session_attrs asks for", address), "correct target_session_attrs or the hosts in DATABASE_URL")
	}
	const fix = "correct host and port in DATABASE_URL, or start the server there"
	if said := foreign(ctx, line); said != "" {
		return fault(fmt.Sprintf("%s answers “%s”, which is not PostgreSQL", address, said), "correct host and port in DATABASE_URL: another server listens there")
	}
	if seen := line.Network(address, err, bound); seen != "" {
		return fault(seen+", expected PostgreSQL", fix)
	}
	if config.TLSConfig != nil && string(line.Head()) == "N" {
		return fault(address+" offers no TLS, and sslmode asks for it", "switch TLS on in the server (ssl = on), or set sslmode=prefer in DATABASE_URL")
	}
	return fault(address+" takes the connection, and does not go on as PostgreSQL does", fix)
}

// foreign returns what a server says that is not PostgreSQL: at once, or when
// it waits for a line.
func foreign(ctx context.Context, line *infra.Line) string {
	head := line.Head()
	if len(head) == 0 && line.Connected() {
		// PostgreSQL says nothing to a line of HTTP, and closes.
		return infra.Excerpt(string(line.Nudge(ctx, "GET / HTTP/1.0\r\n\r\n")), 40)
	}
	// What PostgreSQL begins with: S and N for TLS or none, authentication,
	// errors, notices, settings and protocol versions.
	if len(head) == 0 || strings.IndexByte("SNREv", head[0]) >= 0 && !strings.HasPrefix(string(head), "SSH-") {
		return ""
	}
	return infra.Excerpt(string(head), 40)
}

// refused explains the server's own refusal by its code.
func refused(address string, refusal *pgconn.PgError, err error) *Fault {
	f := &Fault{Cause: cause.DatabaseRefused, Err: err}
	seen := fmt.Sprintf("%s answers %s “%s”", address, refusal.Code, infra.Excerpt(refusal.Message, 200))
	switch refusal.Code {
	case "28P01":
		f.Detail, f.Fix = seen+", expected it to take the password", "correct user and password in DATABASE_URL"
	case "28000":
		f.Detail, f.Fix = seen+", expected it to let this user in", "correct the user in DATABASE_URL, or allow this user, database and address in pg_hba.conf"
	case "3D000":
		f.Detail, f.Fix = seen+", expected that database to exist", "correct the name at the end of DATABASE_URL, or create that database"
	case "42501":
		f.Detail, f.Fix = seen+", expected the right to connect", "grant connect on that database to the user of DATABASE_URL"
	case "53300":
		f.Detail, f.Fix = seen+": the server runs, and all its connections are in use", "lower the pools of the application's processes, or raise max_connections"
	case "57P03":
		f.Detail, f.Fix = seen+": the server is there and not ready", "wait until it has started, and look into its log where that does not end"
	default:
		f.Detail, f.Fix = seen+", expected a session", "look into the server's log for this refusal, and correct DATABASE_URL accordingly"
	}
	return f
}

// settingsFault explains settings that the client does not take, such as a
// certificate that is not there. The client's text quotes the settings and is
// not shown.
func settingsFault(err error) *Fault {
	detail := "the options of the URL do not fit together"
	if inner := errors.Unwrap(err); inner != nil {
		for errors.Unwrap(inner) != nil {
			inner = errors.Unwrap(inner)
		}
		detail += ": " + infra.Excerpt(inner.Error(), 120)
	}
	return &Fault{Cause: cause.DatabaseUnreachable, Detail: detail, Fix: "correct the options after the ? in DATABASE_URL (sslmode, sslrootcert and the like)", Err: err}
}

// addressOf is where the connection was to go, all hosts of it.
func addressOf(config *pgconn.Config) string {
	addresses := []string{address(config.Host, config.Port)}
	for _, f := range config.Fallbacks {
		if a := address(f.Host, f.Port); a != addresses[len(addresses)-1] {
			addresses = append(addresses, a)
		}
	}
	return strings.Join(addresses, ", ")
}

func address(host string, port uint16) string {
	network, at := pgconn.NetworkAddress(host, port)
	if network == "unix" {
		return at
	}
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
