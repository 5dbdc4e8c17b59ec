package monitoringtest

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/bookedbarber/bbctl/internal/verify"
	"github.com/bookedbarber/bbctl/monitoring"
)

// Option says more about the service, or about what is tested.
type Option func(*settings)

type settings struct {
	service    verify.Service
	only, skip []string
	strict     bool
}

func settle(service verify.Service, options []Option) settings {
	o := settings{service: service}
	for _, option := range options {
		option(&o)
	}
	return o
}

// Only leaves out all checks but these; ids of checks or of groups. What they
// need is tested too.
func Only(ids ...string) Option { return func(o *settings) { o.only = append(o.only, ids...) } }

// Skip leaves checks out: what the service does on purpose in another way.
func Skip(ids ...string) Option { return func(o *settings) { o.skip = append(o.skip, ids...) } }

// Strict makes warnings fail.
func Strict() Option { return func(o *settings) { o.strict = true } }

// Environment is what events are meant to carry. Unstated, the name that the
// library sends where none is given is a warning.
func Environment(name string) Option { return func(o *settings) { o.service.Environment = name } }

// Release is what events are meant to carry. Unstated, none is a warning.
func Release(name string) Option { return func(o *settings) { o.service.Release = name } }

// Emails says that the e-mail addresses of users are meant to be sent.
func Emails() Option { return func(o *settings) { o.service.Emails = true } }

// Thresholds are those that the service means; unstated, the team's.
func Thresholds(t monitoring.Thresholds) Option {
	return func(o *settings) { o.service.Thresholds = t }
}

// Database is asked in place of SQLite: SELECT statements alone, one of them
// for a table that is not there.
func Database(db *sql.DB) Option { return func(o *settings) { o.service.Database = db } }

// Redis is called in place of the stand-in: a function that asks the service's
// Redis for something harmless, such as PING.
func Redis(ask func(context.Context) error) Option {
	return func(o *settings) { o.service.Redis = ask }
}

// Capture is how the service reports an error, where it has a function of its
// own for that: one that filters too much is found out.
func Capture(report func(context.Context, *monitoring.Client, error)) Option {
	return func(o *settings) { o.service.Capture = report }
}

// Middleware is how the service puts the client around its handlers, where that
// is more than Client.Middleware.
func Middleware(wrap func(*monitoring.Client, http.Handler) http.Handler) Option {
	return func(o *settings) { o.service.Middleware = wrap }
}

// Shutdown is how the service ends: what was captured last must have arrived
// when it returns.
func Shutdown(end func(context.Context, *monitoring.Client) error) Option {
	return func(o *settings) { o.service.Shutdown = end }
}
