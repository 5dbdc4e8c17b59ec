package verify

import (
	"context"
	"database/sql"
	"net/http"
	"time"

	"github.com/bookedbarber/bbctl/monitoring"
)

// settling bounds how long a client may take to send what it was given, once in
// a scene: loopback takes milliseconds, a busy machine a thousand times that.
const settling = 10 * time.Second

// settle waits until what was captured is sent: the clients of services send
// from a queue.
func (s *scene) settle() {
	if s.own {
		s.account()
	}
}

// account is the client's own account of what it was given.
func (s *scene) account() monitoring.Delivery {
	patience := settling
	if s.stuck {
		patience = 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	delivery, err := s.client.Flush(ctx)
	if err != nil {
		s.stuck = true
		s.lab.o.Log.Debug("flushing a client", "path", s.path, "error", err)
	}
	return delivery
}

// begin starts a transaction that is sent for certain: a service's rate is its
// own, but the caller's decision is stronger.
func (s *scene) begin(ctx context.Context, name, op string) (context.Context, *monitoring.Span) {
	if !s.own {
		return s.client.StartTransaction(ctx, name, op)
	}
	return s.client.StartTransaction(ctx, name, op, monitoring.ContinueFrom(decided("1"), ""))
}

// decide makes a request one whose transaction is sent for certain.
func (s *scene) decide(header http.Header) {
	if s.own {
		header.Set("Sentry-Trace", decided("1"))
	}
}

func decided(sampled string) string { return traceID + "-" + parentSpanID + "-" + sampled }

// report reports an error, the service's way where it has one.
func (s *scene) report(ctx context.Context, err error) {
	if s.own && s.lab.service.Capture != nil {
		s.lab.service.Capture(ctx, s.client, err)
		return
	}
	s.client.CaptureError(ctx, err)
}

// middleware puts the client around a handler, the service's way where it has
// one.
func (s *scene) middleware(next http.Handler) http.Handler {
	if s.own && s.lab.service.Middleware != nil {
		return s.lab.service.Middleware(s.client, next)
	}
	return s.client.Middleware(next)
}

// lasted is the time that is reported of an operation: a client that is made
// here has thresholds for what was measured, one of a service has its own.
func (s *scene) lasted(measured time.Duration) time.Duration {
	if !s.own {
		return max(measured, 10*time.Nanosecond)
	}
	limits := s.lab.service.Thresholds
	switch s.thresholds {
	case warnOnly:
		return limits.Warn + (limits.Error-limits.Warn)/2
	case always:
		return limits.Error + limits.Warn
	default:
		return limits.Warn / 2
	}
}

// handle is the service's database.
type handle struct{ db *sql.DB }

func (*handle) Name() string { return "the database of the service" }

func (h *handle) Exec(ctx context.Context, statement string) error {
	return (&sqlite{h.db}).Exec(ctx, statement)
}

func (*handle) Close() {} // it is the service's

// redisOfService is the service's Redis.
type redisOfService struct{ ask func(context.Context) error }

func (a redisOfService) RoundTrip(ctx context.Context, _, _ string) error { return a.ask(ctx) }
func (redisOfService) Left(context.Context) (int, error)                  { return 0, nil }
func (redisOfService) Close()                                             {}
