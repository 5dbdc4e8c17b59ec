package verify

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/monitoring"
)

// settled makes the run of a check on one setting: what the loader found wrong
// with it comes first; without a fault the setting is played through a client
// and must show on the wire. A warning is told where the play went well.
func settled(body func(ctx context.Context, l *Lab, e *expectation), keys ...string) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		problems := l.problems(keys...)
		if i := slices.IndexFunc(problems, func(p config.Problem) bool { return p.Severity == cause.Fail }); i >= 0 {
			return check.Failed(problems[i].Cause, problems[i].Fix, "%s", evidence(problems, i))
		}
		e := &expectation{}
		body(ctx, l, e)
		result := e.result()
		if result.Outcome == check.Pass && len(problems) > 0 {
			return check.Warned(problems[0].Cause, problems[0].Fix, "%s", evidence(problems, 0))
		}
		return result
	}
}

// problems are what the loader says about some settings. Where the run stays
// on the embedded receiver the DSN is not used, so nothing is wrong with it.
func (l *Lab) problems(keys ...string) []config.Problem {
	var found []config.Problem
	for _, p := range l.o.Config.Problems() {
		if !slices.Contains(keys, p.Key) {
			continue
		}
		if p.Key == config.KeyDSN && (l.o.Local || l.o.Config.DSNState() == config.DSNAbsent) {
			continue
		}
		found = append(found, p)
	}
	return found
}

// evidence tells the problem that decides, and that there are others.
func evidence(problems []config.Problem, first int) string {
	text := problems[first].Evidence
	var others []string
	for i, p := range problems {
		if i != first {
			others = append(others, string(p.Cause))
		}
	}
	if len(others) > 0 {
		text += "; also " + strings.Join(others, ", ")
	}
	return text
}

// fromLoader is the configuration that the Go library makes of the settings
// that were found, pointed at a scene. Where the library refuses one of them
// although the loader has found no fault, that is a miss.
func (l *Lab) fromLoader(e *expectation, change func(*monitoring.Config)) setting {
	cfg, problems := monitoring.FromEnv(l.o.Config.Lookup)
	for _, p := range problems {
		if p.Key != config.KeyDSN && !l.faulty(p.Key) {
			e.missed("%s: the library says %s", p.Key, p.Detail)
		}
	}
	return configured(func(c *monitoring.Config) {
		address, server := c.DSN, c.ServerName
		*c = cfg
		c.DSN, c.ServerName = address, server
		if c.Release == "" {
			c.Release = l.o.Config.Release().Value
		}
		if change != nil {
			change(c)
		}
	})
}

// faulty says whether the loader has found something wrong with a setting: then
// that is told by the setting's own check, once, and the library takes the safe
// side.
func (l *Lab) faulty(key string) bool { return len(l.problems(key)) > 0 }

// certain makes a client answer for everything, so that one event is enough.
func certain(c *monitoring.Config) {
	c.SampleRate = monitoring.Rate{Value: 1, Set: true}
	c.TracesSampleRate = monitoring.Rate{Value: 1, Set: true}
}

// on opens a scene for the body of a settled check.
func (l *Lab) on(ctx context.Context, e *expectation, body func(*scene), settings ...setting) {
	s, err := l.open(settings...)
	if err != nil {
		e.missed("making a client: %v", err)
		return
	}
	defer s.close(ctx)
	body(s)
}

// configDSN judges the DSN by the loader, and by an event which a client that
// is made of the same settings delivers to the receiver's own DSN.
func configDSN(ctx context.Context, l *Lab, e *expectation) {
	l.on(ctx, e, func(s *scene) {
		s.client.CaptureError(ctx, errPlanted)
		e.that(len(s.events(e)) == 1, "events of a client made of these settings: saw %d, expected 1", len(s.events(e)))
	}, l.fromLoader(e, certain))
	switch {
	case l.dsn != nil:
		e.saw("%s from %s", l.dsn.Redacted(), l.o.Config.Value(config.KeyDSN).Origin)
	case l.o.Local:
		e.saw("--local: the embedded receiver's own")
	default:
		e.saw("set nowhere: the embedded receiver's own")
	}
}

// sampleFile is a .env as people write it: comments behind values, quotes,
// export, blanks. Every reader must see the same in it.
const sampleFile = `# Sentry
export SENTRY_ENVIRONMENT="staging"
SENTRY_RELEASE='bookedbarber@2.1.0'
SENTRY_SAMPLE_RATE=1.0 # all errors
`

// configFile reads a sample as the application would, and expects its values
// on the wire.
func configFile(ctx context.Context, l *Lab, e *expectation) {
	values := config.ReadSample([]byte(sampleFile))
	cfg, problems := monitoring.FromEnv(func(key string) (string, bool) {
		value, ok := values[key]
		return value, ok
	})
	e.number("problems in a sample of a .env", len(problems), 0)
	l.on(ctx, e, func(s *scene) {
		s.client.CaptureError(ctx, errPlanted)
		event := s.event(e)
		e.equal("environment", event.Environment, "staging")
		e.equal("release", event.Release, "bookedbarber@2.1.0")
	}, configured(func(c *monitoring.Config) {
		cfg.DSN, cfg.ServerName = c.DSN, c.ServerName
		*c = cfg
	}))
	if path, found := l.o.Config.EnvFile(); found {
		e.saw("%s is read alike by all readers where it matters", path)
	}
}

func configEnvironment(ctx context.Context, l *Lab, e *expectation) {
	l.on(ctx, e, func(s *scene) {
		s.client.CaptureError(ctx, errPlanted)
		e.equal("environment", s.event(e).Environment, l.o.Config.Environment())
	}, l.fromLoader(e, certain))
}

func configRelease(ctx context.Context, l *Lab, e *expectation) {
	release := l.o.Config.Release()
	l.on(ctx, e, func(s *scene) {
		s.client.CaptureError(ctx, errPlanted)
		e.equal("release", s.event(e).Release, release.Value)
	}, l.fromLoader(e, certain))
	e.saw("from %s", release.Origin)
}

// The dice of a client are loaded: a draw just below the rate must be kept,
// the rate itself and all above it must not.
func configSampleRate(ctx context.Context, l *Lab, e *expectation) {
	rate, err := l.o.Config.Rate(config.KeySampleRate)
	e.that(err == nil, "rate: %v", err)
	drawn(ctx, l, e, rate, func(s *scene) int {
		s.client.CaptureError(ctx, errPlanted)
		return len(s.events(e))
	})
	e.saw("SENTRY_SAMPLE_RATE %g is obeyed", rate)
}

func configTracesRate(ctx context.Context, l *Lab, e *expectation) {
	rate, err := l.o.Config.Rate(config.KeyTracesSampleRate)
	e.that(err == nil, "rate: %v", err)
	drawn(ctx, l, e, rate, func(s *scene) int {
		_, span := s.client.StartTransaction(ctx, "GET /slots", "http.server")
		span.Finish()
		return len(s.transactions(e))
	})
	e.saw("SENTRY_TRACES_SAMPLE_RATE %g is obeyed", rate)
}

func drawn(ctx context.Context, l *Lab, e *expectation, rate float64, count func(*scene) int) {
	const hair = 1e-6
	for _, draw := range []float64{rate - hair, rate} {
		if draw < 0 || draw >= 1 {
			continue // dice show 0 to just under 1
		}
		want := 0
		if draw < rate {
			want = 1
		}
		l.on(ctx, e, func(s *scene) {
			if got := count(s); got != want {
				e.missed("a draw of %g at rate %g: %d arrived, expected %d", draw, rate, got, want)
			}
		}, l.fromLoader(e, nil), with(monitoring.WithRand(func() float64 { return draw })))
	}
}

// configProfilesRate expects that a Go service sends no profile, whatever the
// rate: sentry-go has had none since 0.31. The rate is the Python side's.
func configProfilesRate(ctx context.Context, l *Lab, e *expectation) {
	l.on(ctx, e, func(s *scene) {
		_, span := s.client.StartTransaction(ctx, "GET /slots", "http.server")
		span.Finish()
		e.that(len(s.transactions(e)) == 1, "transactions: saw %d, expected 1", len(s.transactions(e)))
		e.number("profiles from Go", len(s.items(e, "profile", "profile_chunk")), 0)
	}, l.fromLoader(e, certain))
	rate, err := l.o.Config.Rate(config.KeyProfilesSampleRate)
	e.that(err == nil, "rate: %v", err)
	e.saw("SENTRY_PROFILES_SAMPLE_RATE %g is for the Python side", rate)
}

// configPrivacy expects the e-mail address of a user on the wire exactly when
// SENTRY_SEND_DEFAULT_PII says so.
func configPrivacy(ctx context.Context, l *Lab, e *expectation) {
	allowed, err := l.o.Config.Bool(config.KeySendDefaultPII)
	e.that(err == nil || l.faulty(config.KeySendDefaultPII), "%v", err)
	l.on(ctx, e, func(s *scene) {
		s.client.CaptureError(monitoring.AddUser(ctx, planted), errPlanted)
		arrived := userField(s.event(e), "email") != ""
		e.that(arrived == allowed, "user.email on the wire: saw %t, expected %t", arrived, allowed)
	}, l.fromLoader(e, certain))
	e.saw("SENTRY_SEND_DEFAULT_PII %t is obeyed", allowed)
}

// rateZero is the trap of the SDK below: to it a rate of 0 means 1.
func rateZero(ctx context.Context, s *scene, e *expectation) {
	s.client.CaptureError(ctx, errPlanted)
	_, span := s.client.StartTransaction(ctx, "GET /slots", "http.server")
	span.Finish()
	e.number("errors at rate 0", len(s.events(e)), 0)
	e.number("transactions at rate 0", len(s.transactions(e)), 0)
	expectDrops(ctx, s, e, monitoring.DropSampleRate, 2)
}

// clientOff captures with a client whose DSN is empty, beside one whose is
// not: nothing of the first may arrive anywhere.
func clientOff(ctx context.Context, s *scene, e *expectation) {
	off, err := s.newClient(configured(func(c *monitoring.Config) { c.DSN = "" }))
	if err != nil {
		e.missed("a client without a DSN: %v, expected one that is off", err)
		return
	}
	before := s.lab.receiver.Stats().Requests
	e.absent("event id", string(off.CaptureError(ctx, errPlanted)))
	e.number("requests to any address", int(s.lab.receiver.Stats().Requests-before), 0)
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, "on")
	e.equal("what the other client sent", s.event(e).Message, "on")
}

// configDebug expects the log to speak exactly when SENTRY_DEBUG is on, and
// the event to be the same either way.
func configDebug(ctx context.Context, l *Lab, e *expectation) {
	debug, err := l.o.Config.Bool(config.KeyDebug)
	e.that(err == nil || l.faulty(config.KeyDebug), "%v", err)
	var lines lineCounter
	l.on(ctx, e, func(s *scene) {
		s.client.CaptureMessage(ctx, monitoring.LevelInfo, "explained")
		e.equal("message", s.event(e).Message, "explained")
	}, l.fromLoader(e, certain), with(monitoring.WithLogger(slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug})))))
	e.that((lines.n.Load() > 0) == debug, "lines on the log with SENTRY_DEBUG %t: saw %d", debug, lines.n.Load())
	e.saw("SENTRY_DEBUG %t: %d lines on the log", debug, lines.n.Load())
}

// lineCounter counts what is logged and forgets it.
type lineCounter struct{ n atomic.Int64 }

func (c *lineCounter) Write(p []byte) (int, error) {
	c.n.Add(1)
	return len(p), nil
}
