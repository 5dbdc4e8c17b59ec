package monitoring_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getsentry/sentry-go"

	"github.com/bookedbarber/bbctl/monitoring"
)

// nowhere takes envelopes and answers as Sentry does, without a network.
type nowhere struct{}

func (nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

func benchConfig() monitoring.Config {
	return monitoring.Config{
		DSN: "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1", Environment: "bench", Release: "r", ServerName: "h",
		SampleRate: always(), TracesSampleRate: always(),
	}
}

func benchClient(b *testing.B, change func(*monitoring.Config), options ...monitoring.Option) *monitoring.Client {
	b.Helper()
	cfg := benchConfig()
	if change != nil {
		change(&cfg)
	}
	return clientOf(b, cfg, append([]monitoring.Option{monitoring.WithTransport(nowhere{})}, options...)...)
}

var errBench = fmt.Errorf("booking: %w", fmt.Errorf("storing: %w", errors.New("connection refused")))

func BenchmarkOff(b *testing.B) {
	var c *monitoring.Client
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		c.CaptureError(ctx, errBench)
	}
}

func BenchmarkUnsampledError(b *testing.B) {
	c := benchClient(b, func(cfg *monitoring.Config) { cfg.SampleRate = monitoring.Rate{Set: true} })
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		c.CaptureError(ctx, errBench)
	}
}

func BenchmarkFastQuery(b *testing.B) {
	c := benchClient(b, nil)
	ctx := c.WithScope(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		c.ObserveQuery(ctx, slowSQL, time.Millisecond, nil)
	}
}

func BenchmarkUnsampledTransaction(b *testing.B) {
	c := benchClient(b, func(cfg *monitoring.Config) { cfg.TracesSampleRate = monitoring.Rate{Set: true} })
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_, span := c.StartTransaction(ctx, "GET /slots", "http.server")
		span.Finish()
	}
}

func BenchmarkUnsampledSpan(b *testing.B) {
	c := benchClient(b, func(cfg *monitoring.Config) { cfg.TracesSampleRate = monitoring.Rate{Set: true} })
	ctx, root := c.StartTransaction(context.Background(), "GET /slots", "http.server")
	defer root.Finish()
	b.ReportAllocs()
	for b.Loop() {
		_, span := c.StartSpan(ctx, "db.query", slowSQL)
		span.Finish()
	}
}

func BenchmarkBreadcrumb(b *testing.B) {
	c := benchClient(b, nil)
	ctx := c.WithScope(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		c.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: "create", ResourceType: "appointment", ResourceID: "apt_12345", BarberID: "barber_456"})
	}
}

func BenchmarkStatement(b *testing.B) {
	c := benchClient(b, nil, monitoring.WithSync())
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		c.ObserveQuery(ctx, slowSQL, 2*time.Second, nil)
	}
}

// The next two do the same work in the same run, an error of three links with
// 30 breadcrumbs through the synchronous transport: the ratio is what the
// scrubbing, the account and the receipts cost.
func BenchmarkErrorWith30Breadcrumbs(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		c := benchClient(b, nil, monitoring.WithSync())
		ctx := monitoring.AddUser(c.WithScope(context.Background()), monitoring.User{ID: "user_1", Role: "barber"})
		for n := range 30 {
			c.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: "step", ResourceType: "appointment", ResourceID: fmt.Sprint("apt_", n), BarberID: "barber_456"})
		}
		b.ReportAllocs()
		for b.Loop() {
			c.CaptureError(ctx, errBench)
		}
	})
	b.Run("sentry-go", func(b *testing.B) {
		hub := bareHub(b, sentry.NewHTTPSyncTransport(), nowhere{})
		b.ReportAllocs()
		for b.Loop() {
			hub.CaptureException(errBench)
		}
	})
}

// stuck never answers: what is measured beside it is the caller's part alone.
type stuck struct{}

func (stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// The caller's part alone, as in a service: the rest happens elsewhere. The
// queue overflows, which costs either side the same.
func BenchmarkErrorInTheBackground(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		c, err := monitoring.New(benchConfig(), monitoring.WithTransport(stuck{}))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = c.Close(ctx) // what is stuck is given up
		})
		ctx := monitoring.AddUser(c.WithScope(context.Background()), monitoring.User{ID: "user_1", Role: "barber"})
		for n := range 30 {
			c.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: "step", ResourceType: "appointment", ResourceID: fmt.Sprint("apt_", n), BarberID: "barber_456"})
		}
		b.ReportAllocs()
		for b.Loop() {
			c.CaptureError(ctx, errBench)
		}
	})
	b.Run("sentry-go", func(b *testing.B) {
		ctx, release := context.WithCancel(context.Background())
		hub := bareHub(b, nil, roundTrip(func(*http.Request) (*http.Response, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}))
		b.Cleanup(release)
		b.ReportAllocs()
		for b.Loop() {
			hub.CaptureException(errBench)
		}
	})
}

func bareHub(b *testing.B, transport sentry.Transport, base http.RoundTripper) *sentry.Hub {
	b.Helper()
	client, err := sentry.NewClient(sentry.ClientOptions{
		Dsn: "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1", Environment: "bench", Release: "r", ServerName: "h",
		Transport: transport, HTTPTransport: base, MaxBreadcrumbs: 100,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	hub := sentry.NewHub(client, sentry.NewScope())
	hub.Scope().SetUser(sentry.User{ID: "user_1"})
	for n := range 30 {
		hub.AddBreadcrumb(&sentry.Breadcrumb{
			Category: "business", Message: "step appointment", Timestamp: time.Now(),
			Data: map[string]any{"action": "step", "resource_type": "appointment", "resource_id": fmt.Sprint("apt_", n), "barber_id": "barber_456"},
		}, nil)
	}
	return hub
}
