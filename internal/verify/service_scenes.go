package verify

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/monitoring"
)

// serviceOff makes a client without a DSN, as on a laptop and in most tests. It
// is asked for nothing: if it is on, nobody knows where it sends.
func serviceOff(_ context.Context, t *trial, v *service) {
	client, err := v.made(v.given("", nil))
	switch {
	case err != nil:
		t.miss(cause.AppModuleBroken, "return what monitoring.New returns for an empty DSN: a nil client, which is off, and no error", "without a DSN the service does not start: %s", shown(err.Error()))
	case client.Enabled():
		t.miss(cause.AppDSNHardcoded, fixAddress, "without a DSN the client is on (nothing was sent with it)")
	default:
		t.saw("the client is off")
	}
}

// serviceEmail captures an error of a user with an address.
func serviceEmail(ctx context.Context, t *trial, v *service) {
	t.address(ctx, v, func(arrived bool) {
		switch {
		case arrived && !v.Emails && v.Variables:
			t.miss(cause.AppPII, fixEmail, "user.email at SENTRY_SEND_DEFAULT_PII=false: saw a value, expected none")
		case arrived && !v.Emails:
			t.remark(cause.AppPII, fixEmail, "user.email: saw a value; nothing says that addresses are meant to be sent")
		case !arrived && v.Emails:
			t.miss(cause.AppContextMissing, "SendDefaultPII: true in monitoring.Config, and KeepUserEmail: true in the scrub.Policy of monitoring.WithScrubber", "user.email: saw none, expected the address")
		default:
			t.saw("user.email on the wire: %t, as is meant", arrived)
		}
	})
}

// servicePrivacy expects that the variable opens what is closed without it.
func servicePrivacy(ctx context.Context, t *trial, v *service) {
	if !v.Variables {
		t.end(check.Skipped("the service is handed a DSN and no variables: user-email judges what it sends"))
		return
	}
	t.address(ctx, v, func(arrived bool) {
		if !arrived {
			t.remark(cause.AppRatesNotPassed, fixVariables, "user.email at SENTRY_SEND_DEFAULT_PII=true: saw none, expected the address")
			return
		}
		t.saw("user.email at SENTRY_SEND_DEFAULT_PII=true")
	}, valued(config.KeySendDefaultPII, "true"))
}

// address tells whether the e-mail address of a user arrives with an error.
func (t *trial) address(ctx context.Context, _ *service, judge func(arrived bool), settings ...setting) {
	result := play(func(ctx context.Context, s *scene, e *expectation) {
		s.client.CaptureError(monitoring.AddUser(ctx, planted), errPlanted)
		if events := s.events(e); len(events) == 1 {
			judge(userField(events[0], "email") != "")
			return
		}
		s.event(e) // the miss
	}, settings...)(ctx, t.lab)
	if result.Outcome != check.Pass {
		t.end(result)
	}
}

func serviceRateZero(ctx context.Context, t *trial, v *service) {
	if !v.Variables {
		t.end(check.Skipped("the service is handed a DSN and no variables: its rates are judged as they are"))
		return
	}
	t.on(func(s *scene) {
		s.client.CaptureError(ctx, errPlanted)
		_, span := s.client.StartTransaction(ctx, "GET /slots", "http.server")
		span.Finish()
		if n := s.arrivals(); n > 0 {
			t.miss(cause.AppRatesNotPassed, fixVariables, "an error and a transaction at rates of 0: saw %d, expected none", n)
			return
		}
		t.saw("no error and no transaction")
	}, valued(config.KeySampleRate, "0", config.KeyTracesSampleRate, "0"))
}

// serviceProfiles expects no profile: sentry-go has none since 0.31.
func serviceProfiles(ctx context.Context, s *scene, e *expectation) {
	_, span := s.begin(ctx, "GET /slots", "http.server")
	span.Finish()
	s.transaction(e)
	e.number("profiles from Go", len(s.items(e, "profile", "profile_chunk")), 0)
}

// serviceDecision takes two transactions, one that the caller wants and one
// that it does not.
func serviceDecision(ctx context.Context, s *scene, e *expectation) {
	for _, decision := range []string{"1", "0"} {
		_, span := s.client.StartTransaction(ctx, "caller says "+decision, "http.server", monitoring.ContinueFrom(decided(decision), ""))
		span.Finish()
	}
	e.equal("the one that arrived", s.transaction(e).Transaction, "caller says 1")
}

// serviceShutdownNoise plays the end of a server in the service's environment.
func serviceShutdownNoise(ctx context.Context, s *scene, e *expectation) {
	s.report(ctx, fmt.Errorf("serving: %w", http.ErrServerClosed))
	want := 1
	if environment := s.client.Status().Environment; environment == defaultEnvironment {
		want = 0
	}
	e.number("server-closed errors in "+s.client.Status().Environment, len(s.events(e)), want)
}

// serviceAccount expects the client to know what was delivered, by the ids that
// it gave out.
func serviceAccount(ctx context.Context, s *scene, e *expectation) {
	first := s.client.CaptureMessage(ctx, monitoring.LevelInfo, "one")
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, "two")
	delivery, err := s.client.Flush(ctx)
	e.that(err == nil, "flush: %v", err)
	e.number("delivered", delivery.Delivered, 2)
	events := s.events(e)
	e.that(len(events) == 2 && events[0].EventID == string(first), "event id on the wire: expected the one that was given out")
}

// How a service is seen to wait for its last events: the server takes its time
// for each.
const (
	lastEvents = 3
	answering  = 30 * time.Millisecond
)

// serviceEnd captures and ends, the service's way where it has one.
func serviceEnd(ctx context.Context, l *Lab) check.Result {
	if l.service.Shutdown == nil {
		return play(serviceFlush)(ctx, l)
	}
	return whole(serviceShutdown)(ctx, l)
}

func serviceFlush(ctx context.Context, s *scene, e *expectation) {
	const events = 20
	for n := range events {
		s.client.CaptureMessage(ctx, monitoring.LevelInfo, fmt.Sprintf("message %d", n))
	}
	delivery, err := s.client.Flush(ctx)
	e.that(err == nil, "flush: %v", err)
	e.number("delivered after Flush", delivery.Delivered, events)
	e.saw("the service's own end was not handed over")
}

// serviceShutdown counts what has come when the service's end returns.
func serviceShutdown(ctx context.Context, l *Lab) check.Result {
	server := scripted(l, receiver.Answer{N: -1, Delay: answering})
	defer server.close()
	s, err := l.open(at(server.dsn))
	if err != nil {
		return check.Failed(cause.AppInitRefused, fixConstructor, "making a client: %s", shown(err.Error()))
	}
	defer s.close(ctx)
	for n := range lastEvents {
		s.client.CaptureMessage(ctx, monitoring.LevelInfo, fmt.Sprintf("last words %d", n))
	}
	err = l.service.Shutdown(ctx, s.client)
	came, with := server.received(), ""
	if err != nil {
		with = ", with the error " + shown(err.Error())
	}
	switch {
	case came < lastEvents:
		return check.Failed(cause.AppNoFlush, fixEnd, "messages that were captured last: %d of %d had arrived when the service's end returned%s", came, lastEvents, with)
	case err != nil:
		return check.Failed(cause.AppModuleBroken, "let the service's end return no error where all was sent", "the service's end returned%s", with)
	}
	return check.Passed("%d messages that were captured last arrived before the service's end returned", came)
}

// serviceRedis asks the service's Redis, or the one that stands in.
func serviceRedis(ctx context.Context, l *Lab) check.Result {
	if l.service.Redis == nil {
		return redisConnection(ctx, l)
	}
	if err := l.service.Redis(ctx); err != nil {
		return l.redisFailed(err)
	}
	return check.Passed("the Redis of the service answers")
}

func serviceRedisClean(ctx context.Context, l *Lab) check.Result {
	if l.service.Redis != nil {
		return check.Skipped("the Redis of the service is asked as the service asks it: no key of ours is in it")
	}
	return command(redisClean, paced(never))(ctx, l)
}
