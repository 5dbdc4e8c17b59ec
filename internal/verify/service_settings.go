package verify

import (
	"context"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/monitoring"
)

// valued sets variables for a client of a service.
func valued(pairs ...string) setting {
	values := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return setting{values: values}
}

// posed makes the run of a check of a setting out of a body that decides by
// itself what a miss means.
func posed(body func(ctx context.Context, t *trial, v *service)) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		t := &trial{ctx: ctx, lab: l}
		body(ctx, t, l.service)
		return t.result()
	}
}

// on plays on a scene of the service. A client that cannot be had decides the
// check.
func (t *trial) on(body func(*scene), settings ...setting) {
	s, err := t.lab.open(settings...)
	if err != nil {
		t.end(check.Failed(cause.AppInitRefused, fixConstructor, "making a client: %s", shown(err.Error())))
		return
	}
	defer s.close(t.ctx)
	body(s)
}

// serviceStarts makes two clients, and sends nothing before it is certain that
// they are the receiver's.
func serviceStarts(ctx context.Context, l *Lab) check.Result {
	first, err := l.open()
	switch {
	case err != nil && strings.Contains(err.Error(), errOff.Error()):
		return check.Failed(cause.AppSentNothing, "make the client on the one condition that there is a DSN", "for a DSN the service made no client: nil, which is off")
	case err != nil:
		return check.Failed(cause.AppInitRefused, fixConstructor, "for a DSN the service made no client: %s", shown(err.Error()))
	}
	defer first.close(ctx)
	if key := keyOf(first.client); key != receiver.Key() {
		return check.Failed(cause.AppDSNHardcoded, fixAddress, "the client is made for another key than that of the DSN which the service was given (nothing was sent there)")
	}
	second, err := l.open()
	if err != nil {
		return check.Failed(cause.AppInitRefused, fixConstructor, "for a second DSN the service made no client: %s", shown(err.Error()))
	}
	if second.client == first.client {
		return check.Failed(cause.AppDSNHardcoded, "hand monitoringtest the function that makes a client, and not the one that keeps it", "for a second DSN the service returned the client that it had made for the first")
	}
	second.close(ctx)

	e := &expectation{}
	_, span := first.begin(ctx, "bbctl test", "bbctl.test")
	span.Finish()
	e.number("transactions that arrived at the DSN which the service was given", len(first.transactions(e)), 1)
	if len(e.misses) > 0 {
		id, fix, why := l.service.suspect(first, first.account(), -1)
		return check.Failed(id, fix, "%s%s", strings.Join(e.misses, "; "), why)
	}
	l.service.errand.start(l)
	return e.result()
}

// keyOf is the public key of a client's DSN, as it tells the next service of
// it. Nothing is sent for that.
func keyOf(client *monitoring.Client) string {
	_, span := client.StartTransaction(context.Background(), "bbctl test", "bbctl.test")
	for entry := range strings.SplitSeq(span.Baggage(), ",") {
		if name, value, _ := strings.Cut(strings.TrimSpace(entry), "="); name == "sentry-public_key" {
			return value
		}
	}
	return ""
}

// seen is what the transaction of a client says of itself: a transaction, since
// the service's rate for errors is not known to be any good yet.
func (t *trial) seen(read func(environment, release string)) {
	t.on(func(s *scene) {
		_, span := s.begin(t.ctx, "bbctl test", "bbctl.test")
		span.Finish()
		came := s.transactions(&t.e)
		if len(came) != 1 {
			id, fix, why := s.lab.service.suspect(s, s.account(), len(came)-1)
			t.miss(id, fix, "transactions: saw %d, expected 1%s", len(came), why)
			return
		}
		read(came[0].Environment, came[0].Release)
	})
}

// defaultEnvironment is what package monitoring sends where none is given.
const defaultEnvironment = "development"

func serviceEnvironment(_ context.Context, t *trial, v *service) {
	fix := `Environment: os.Getenv("SENTRY_ENVIRONMENT") in monitoring.Config`
	t.seen(func(got, _ string) {
		want := v.given("", nil)[config.KeyEnvironment]
		switch {
		case v.Environment != "" && got != want:
			t.miss(cause.AppEnvironmentMissing, fix, "environment: saw %q, expected %q", got, want)
		case v.Variables && got != want:
			t.miss(cause.AppEnvironmentMissing, fix, "environment: saw %q, expected %q of SENTRY_ENVIRONMENT", got, want)
		case v.Environment == "" && got == defaultEnvironment:
			t.remark(cause.AppEnvironmentMissing, fix+`, or monitoringtest.Environment("development") where that is meant`, "environment: saw %q, which is what the library sends where none is given", got)
		default:
			t.saw("environment %q", got)
		}
	})
}

func serviceRelease(_ context.Context, t *trial, v *service) {
	fix := `Release: os.Getenv("SENTRY_RELEASE") in monitoring.Config, set once per build`
	t.seen(func(_, got string) {
		want := v.given("", nil)[config.KeyRelease]
		switch {
		case v.Release != "" && got != want:
			t.miss(cause.AppReleaseMissing, fix, "release: saw %q, expected %q", got, want)
		case v.Variables && got != want:
			t.miss(cause.AppReleaseMissing, fix, "release: saw %q, expected %q of SENTRY_RELEASE", got, want)
		case got == "":
			t.remark(cause.AppReleaseMissing, fix, "release: saw none")
		default:
			t.saw("release %q", got)
		}
	})
}
