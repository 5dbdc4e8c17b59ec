package verify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/monitoring"
)

// filtered captures one error that must be dropped and one much like it that
// must pass, and expects the drop to be counted under its reason.
func filtered(ctx context.Context, s *scene, e *expectation, reason string, dropped, passed error) {
	s.report(ctx, dropped)
	s.report(ctx, passed)
	event := s.event(e)
	var values []string
	for _, exception := range event.Exceptions {
		values = append(values, exception.Value)
	}
	e.contains("what passed", values, passed.Error())
	expectDrops(ctx, s, e, reason, 1)
}

func expectDrops(ctx context.Context, s *scene, e *expectation, reason string, want int) {
	delivery, err := s.client.Flush(ctx)
	if err != nil {
		e.missed("flush: %v", err)
		return
	}
	e.number("counted as "+reason, delivery.ByReason[reason], want)
}

func filterCancelled(ctx context.Context, s *scene, e *expectation) {
	filtered(ctx, s, e, monitoring.DropCancelled,
		fmt.Errorf("loading slots: %w", context.Canceled),
		fmt.Errorf("loading slots: %w", context.DeadlineExceeded))
}

func filterDisconnect(ctx context.Context, s *scene, e *expectation) {
	filtered(ctx, s, e, monitoring.DropDisconnect,
		&net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE},
		&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})
}

// filterShutdown plays the end of a server twice: in development it is noise,
// in production it is news.
func filterShutdown(ctx context.Context, l *Lab) check.Result {
	e := &expectation{}
	for environment, want := range map[string]int{"development": 0, "production": 1} {
		s, err := l.open(configured(func(c *monitoring.Config) { c.Environment = environment }))
		if err != nil {
			return check.BrokenBy(err)
		}
		s.client.CaptureError(ctx, fmt.Errorf("serving: %w", http.ErrServerClosed))
		if got := len(s.events(e)); got != want {
			e.missed("server-closed errors in %s: saw %d, expected %d", environment, got, want)
		}
		if want == 0 {
			expectDrops(ctx, s, e, monitoring.DropShutdown, 1)
		}
		s.close(ctx)
	}
	return e.result()
}

// noisyPaths are asked for by machines, many times a minute; plainPath looks
// much like one of them.
var noisyPaths = []string{"/health", "/healthz", "/ready", "/live", "/metrics", "/favicon.ico"}

const plainPath = "/healthy-hair"

func filterPaths(ctx context.Context, s *scene, e *expectation) {
	server := transacting(s)
	defer server.Close()
	for _, path := range append(noisyPaths, plainPath) {
		get(ctx, s, e, server.URL+path)
	}
	transactions := s.transactions(e)
	e.number("transactions of 6 machine paths and 1 other", len(transactions), 1)
	for _, transaction := range transactions {
		e.equal("the one that passed", transaction.Transaction, "GET "+plainPath)
	}
	expectDrops(ctx, s, e, monitoring.DropHealth, len(noisyPaths))
}

// transacting is a server whose every request is a transaction.
func transacting(s *scene) *httptest.Server {
	return httptest.NewServer(s.middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})))
}

// filterTestTraffic asks three times for what panics: as a load test marked
// by a header, as one marked by its agent, and as a browser.
func filterTestTraffic(ctx context.Context, s *scene, e *expectation) {
	server := httptest.NewServer(s.middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("planted panic") })))
	defer server.Close()
	for _, header := range []http.Header{
		{"X-Bb-Test": {"1"}},
		{"User-Agent": {"bookedbarber-test/1.0"}},
		{"User-Agent": {"Mozilla/5.0 (testing my patience)"}},
	} {
		s.decide(header)
		if err := ask(ctx, server.URL+"/bookings", header); err != nil {
			e.missed("%v", err)
		}
	}
	e.number("panics of two test requests and one real", len(s.events(e)), 1)
	delivery, err := s.client.Flush(ctx)
	e.that(err == nil, "flush: %v", err)
	e.that(delivery.ByReason[monitoring.DropTestTraffic] >= 2, "counted as %s: saw %d, expected at least 2", monitoring.DropTestTraffic, delivery.ByReason[monitoring.DropTestTraffic])
}

func ask(ctx context.Context, url string, header http.Header) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	request.Header = header
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// filterCounted drops for three reasons and expects every drop to stand in
// the account, and nothing else in it.
func filterCounted(ctx context.Context, s *scene, e *expectation) {
	for range 3 {
		s.client.CaptureError(ctx, context.Canceled)
	}
	for range 2 {
		s.client.CaptureError(ctx, &net.OpError{Op: "write", Net: "tcp", Err: syscall.ECONNRESET})
	}
	s.client.CaptureError(ctx, errors.New("a real one"))
	e.number("events", len(s.events(e)), 1)
	delivery, err := s.client.Flush(ctx)
	e.that(err == nil, "flush: %v", err)
	e.number("dropped", delivery.Dropped, 5)
	e.number("delivered", delivery.Delivered, 1)
	e.number(monitoring.DropCancelled, delivery.ByReason[monitoring.DropCancelled], 3)
	e.number(monitoring.DropDisconnect, delivery.ByReason[monitoring.DropDisconnect], 2)
}
