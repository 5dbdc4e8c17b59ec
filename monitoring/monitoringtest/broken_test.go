package monitoringtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/monitoring"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// broken is a service with one fault, and what must be said of it.
type broken struct {
	name    string
	service constructor
	options []Option
	check   string
	outcome check.Outcome
	want    cause.ID
}

// foreign is the DSN of somebody else's project, at which nobody listens.
func foreign() string {
	return "http://" + strings.Repeat("0ff1ce42", 4) + "@127.0.0.1:1/7"
}

func unmade() []broken {
	return []broken{
		{"another DSN in the code", made(func(c *monitoring.Config) { c.DSN = foreign() }), nil, "config-dsn", check.Fail, cause.AppDSNHardcoded},
		{"one client for ever", kept(), nil, "config-dsn", check.Fail, cause.AppDSNHardcoded},
		{"off behind a condition", made(func(c *monitoring.Config) { c.DSN = "" }), nil, "config-dsn", check.Fail, cause.AppSentNothing},
		{"an error", func(string) (*monitoring.Client, error) { return nil, errors.New("vault is sealed") }, nil, "config-dsn", check.Fail, cause.AppInitRefused},
		{"a panic", func(string) (*monitoring.Client, error) { panic("vault is sealed") }, nil, "config-dsn", check.Fail, cause.AppInitRefused},
		{"a rate that is none", made(func(c *monitoring.Config) { c.SampleRate = monitoring.Rate{Value: 50, Set: true} }), nil, "config-dsn", check.Fail, cause.AppInitRefused},
		{"closed at once", closedAtOnce, nil, "config-dsn", check.Fail, cause.AppNoFlush},
		{"a transport that reaches nobody", made(nil, unreachable()), nil, "config-dsn", check.Fail, cause.AppNetworkError},
		{"a DSN for want of one", fallback, nil, "client-off", check.Fail, cause.AppDSNHardcoded},
		{"an error without a DSN", refusing, nil, "client-off", check.Fail, cause.AppModuleBroken},
	}
}

func misconfigured() []broken {
	return []broken{
		{"transactions that are kept", made(nil, swallowing(func(raw []byte) bool { return bytes.Contains(raw, []byte(`"type":"transaction"`)) })), nil, "config-dsn", check.Fail, cause.AppHookDrops},
		{"no environment", made(func(c *monitoring.Config) { c.Environment = "" }), nil, "config-environment", check.Warn, cause.AppEnvironmentMissing},
		{"another environment", made(nil), []Option{Environment("staging")}, "config-environment", check.Fail, cause.AppEnvironmentMissing},
		{"no release", made(func(c *monitoring.Config) { c.Release = "" }), nil, "config-release", check.Warn, cause.AppReleaseMissing},
		{"another release", made(nil), []Option{Release("bookings@3.0.0")}, "config-release", check.Fail, cause.AppReleaseMissing},
		{"no errors", made(func(c *monitoring.Config) { c.SampleRate = monitoring.Rate{Set: true} }), nil, "config-sample-rate", check.Fail, cause.AppSampledOut},
		{"half of the errors", made(func(c *monitoring.Config) { c.SampleRate = monitoring.Rate{Value: 0.5, Set: true} }), nil, "config-sample-rate", check.Warn, cause.AppSampledOut},
		{"no transactions", made(func(c *monitoring.Config) { c.TracesSampleRate = monitoring.Rate{Set: true} }), nil, "config-traces-rate", check.Fail, cause.AppTracesSampledOut},
		{"loaded dice", made(func(c *monitoring.Config) { c.TracesSampleRate = monitoring.Rate{Value: 0.5, Set: true} }, monitoring.WithRand(func() float64 { return 0 })), nil, "sample-share", check.Fail, cause.AppRatesNotPassed},
		{"e-mail addresses", made(func(c *monitoring.Config) { c.SendDefaultPII = true }), nil, "user-email", check.Warn, cause.AppPII},
		{"no addresses where they are meant", made(nil), []Option{Emails()}, "user-email", check.Fail, cause.AppContextMissing},
		{"a scrubber that is too wide", made(nil, scrubbing(scrub.Policy{Keys: []string{"appointment_id"}})), nil, "booking-error", check.Fail, cause.AppContextMissing},
		{"thresholds that are too high", made(nil, thresholds(time.Minute, time.Hour)), nil, "query-slow-warning", check.Fail, cause.AppExpectationUnmet},
		{"thresholds that are too low", made(nil, thresholds(time.Millisecond, time.Hour)), []Option{Only("query-fast")}, "query-fast", check.Fail, cause.AppEventUnwanted},
	}
}

func filtered() []broken {
	deadline := func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
	return []broken{
		{"a transport that keeps errors", made(nil, swallowing(func(raw []byte) bool { return !bytes.Contains(raw, []byte(`"type":"transaction"`)) })), nil, "config-sample-rate", check.Fail, cause.AppHookDrops},
		{"a transport that keeps some errors", made(nil, swallowing(func(raw []byte) bool { return bytes.Contains(raw, []byte("deadline exceeded")) })), nil, "filter-cancelled", check.Fail, cause.AppHookDrops},
		{"a transport that hides refusals", made(nil, hiding()), nil, "delivery-rejected", check.Fail, cause.AppNetworkError},
		{"a filter of all timeouts", made(nil), []Option{Capture(unless(deadline))}, "filter-cancelled", check.Fail, cause.AppErrorSwallowed},
		{"a text in place of the error", made(nil), []Option{Capture(func(ctx context.Context, c *monitoring.Client, err error) {
			c.CaptureError(ctx, errors.New(err.Error()))
		})}, "filter-cancelled", check.Fail, cause.AppEventUnwanted},
		{"panics that are recovered too early", made(nil), []Option{Middleware(recovering)}, "panic-in-handler", check.Fail, cause.AppErrorSwallowed},
		{"no flush at the end", made(nil), []Option{Shutdown(func(context.Context, *monitoring.Client) error { return nil })}, "delivery-background", check.Fail, cause.AppNoFlush},
		{"an end without time", made(nil), []Option{Shutdown(hasty)}, "delivery-background", check.Fail, cause.AppNoFlush},
	}
}

// TestBrokenServicesAreNamed: each by the right check with the right cause, and
// by that cause alone.
func TestBrokenServicesAreNamed(t *testing.T) {
	t.Parallel()
	for kind, services := range map[string][]broken{"unmade": unmade(), "misconfigured": misconfigured(), "filtered": filtered()} {
		for _, b := range services {
			t.Run(kind+"/"+b.name, func(t *testing.T) {
				t.Parallel()
				rep := examined(t, b.service, append(b.options, Skip(costly(b.check)...))...)
				named(t, rep, b.check, b.outcome, b.want)
				if strings.Contains(text(rep), "0ff1ce42") {
					t.Error("the report holds the key of the service's own DSN")
				}
				if failed := rep.Verdict() == check.VerdictFail; failed != (b.outcome == check.Fail) {
					t.Errorf("verdict: got %s", rep.Verdict())
				}
			})
		}
	}
}

// costly are the checks that take most of the time, but for the one that is
// looked at: a healthy service is put to all of them elsewhere.
func costly(but string) []string {
	return slices.DeleteFunc([]string{"sample-share", "secrets-scrubbed", "error-large", "user-isolation"}, func(id string) bool { return id == but })
}

// kept is a service that makes its client once.
func kept() constructor {
	var once sync.Once
	var client *monitoring.Client
	return func(dsn string) (*monitoring.Client, error) {
		var err error
		once.Do(func() { client, err = monitoring.New(well(dsn)) })
		return client, err
	}
}

func closedAtOnce(dsn string) (*monitoring.Client, error) {
	client, err := monitoring.New(well(dsn))
	return client, errors.Join(err, client.Close(context.Background()))
}

func fallback(dsn string) (*monitoring.Client, error) {
	if dsn == "" {
		dsn = foreign()
	}
	return monitoring.New(well(dsn))
}

func refusing(dsn string) (*monitoring.Client, error) {
	if dsn == "" {
		return nil, fmt.Errorf("SENTRY_DSN is required, such as %s", foreign())
	}
	return monitoring.New(well(dsn))
}

func scrubbing(p scrub.Policy) monitoring.Option {
	s, err := scrub.New(p)
	if err != nil {
		panic(err) // the policies stand above
	}
	return monitoring.WithScrubber(s)
}

func thresholds(warn, fail time.Duration) monitoring.Option {
	return monitoring.WithThresholds(monitoring.Thresholds{Warn: warn, Error: fail})
}

func unreachable() monitoring.Option {
	return monitoring.WithTransport(roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("proxy is down")
	}))
}

// swallowing answers in the server's place for what matches.
func swallowing(match func(raw []byte) bool) monitoring.Option {
	return monitoring.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		plain, err := plainOf(raw)
		if err != nil || !match(plain) {
			return http.DefaultTransport.RoundTrip(r)
		}
		return answered(plain), nil
	}))
}

// plainOf takes the compression from a body.
func plainOf(raw []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return raw, nil // it had none
	}
	return io.ReadAll(r)
}

// answered is an answer as of a server that takes an envelope.
func answered(raw []byte) *http.Response {
	body := `{}`
	if e, err := envelope.Split(raw); err == nil {
		if header, err := e.Header(); err == nil {
			body = `{"id":"` + header.EventID + `"}`
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// hiding makes a success of every refusal.
func hiding() monitoring.Option {
	return monitoring.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil || response.StatusCode < http.StatusBadRequest || response.StatusCode == http.StatusTooManyRequests {
			return response, err
		}
		if err := response.Body.Close(); err != nil {
			return nil, err
		}
		plain, err := plainOf(raw)
		if err != nil {
			return nil, err
		}
		return answered(plain), nil
	}))
}

func unless(noise func(error) bool) func(context.Context, *monitoring.Client, error) {
	return func(ctx context.Context, client *monitoring.Client, err error) {
		if !noise(err) {
			client.CaptureError(ctx, err)
		}
	}
}

// recovering answers panics before the client sees them.
func recovering(client *monitoring.Client, next http.Handler) http.Handler {
	return client.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	}))
}

// hasty closes a client in no time.
func hasty(ctx context.Context, client *monitoring.Client) error {
	ctx, cancel := context.WithTimeout(ctx, time.Nanosecond)
	defer cancel()
	return client.Close(ctx)
}
