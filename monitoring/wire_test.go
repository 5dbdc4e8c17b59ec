package monitoring_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/monitoring"
)

// server takes envelopes as Sentry does and keeps their bytes.
type server struct {
	*httptest.Server
	// script, where it is set, may answer a request; n is 1 for the first. It
	// says whether it did.
	script func(n int, w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	requests int
	raw      [][]byte
	encoding []string
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
		var inflated *gzip.Reader
		if inflated, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, err = io.ReadAll(inflated)
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.requests++
	n, script := s.requests, s.script
	s.mu.Unlock()
	if script != nil && script(n, w, r) {
		return
	}
	s.mu.Lock()
	s.raw = append(s.raw, body)
	s.encoding = append(s.encoding, r.Header.Get("Content-Encoding"))
	s.mu.Unlock()
	answerID(w, body)
}

// answerID answers as Sentry does.
func answerID(w http.ResponseWriter, body []byte) {
	e, _ := envelope.Split(body)
	header, _ := e.Header()
	fmt.Fprintf(w, `{"id":%q}`, header.EventID)
}

func (s *server) dsn() string {
	return strings.Replace(s.URL, "http://", "http://0123456789abcdef0123456789abcdef@", 1) + "/42"
}

// bytes is all that arrived.
func (s *server) bytes() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(bytes.Join(s.raw, []byte("\n")))
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// items are those of a type, in the order of arrival.
func (s *server) items(t testing.TB, kind string) []envelope.Item {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []envelope.Item
	for _, raw := range s.raw {
		e, err := envelope.Split(raw)
		if err != nil {
			t.Fatalf("splitting what arrived: %v", err)
		}
		for _, item := range e.Items {
			if item.Type == kind {
				found = append(found, item)
			}
		}
	}
	return found
}

func (s *server) events(t testing.TB) []*envelope.Event {
	t.Helper()
	return decoded(t, s.items(t, "event"), envelope.Item.Event)
}

func (s *server) transactions(t testing.TB) []*envelope.Event {
	t.Helper()
	return decoded(t, s.items(t, "transaction"), envelope.Item.Transaction)
}

func decoded(t testing.TB, items []envelope.Item, decode func(envelope.Item) (*envelope.Event, error)) []*envelope.Event {
	t.Helper()
	var events []*envelope.Event
	for _, item := range items {
		event, err := decode(item)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event)
	}
	return events
}

// event is the only one that arrived.
func (s *server) event(t testing.TB) *envelope.Event {
	t.Helper()
	events := s.events(t)
	if len(events) != 1 {
		t.Fatalf("events that arrived: got %d, want 1", len(events))
	}
	return events[0]
}

func (s *server) transaction(t testing.TB) *envelope.Event {
	t.Helper()
	events := s.transactions(t)
	if len(events) != 1 {
		t.Fatalf("transactions that arrived: got %d, want 1", len(events))
	}
	return events[0]
}

// always is a rate of 1.
func always() monitoring.Rate { return monitoring.Rate{Value: 1, Set: true} }

func testConfig(s *server) monitoring.Config {
	return monitoring.Config{
		DSN: s.dsn(), Environment: "testing", Release: "bookings@1.2.3", ServerName: "test-host",
		SampleRate: always(), TracesSampleRate: always(),
	}
}

// newClient makes a synchronous client of a server.
func newClient(t testing.TB, s *server, options ...monitoring.Option) *monitoring.Client {
	t.Helper()
	return clientOf(t, testConfig(s), append([]monitoring.Option{monitoring.WithSync()}, options...)...)
}

func clientOf(t testing.TB, cfg monitoring.Config, options ...monitoring.Option) *monitoring.Client {
	t.Helper()
	c, err := monitoring.New(cfg, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

func flush(t testing.TB, c *monitoring.Client) monitoring.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d, err := c.Flush(ctx)
	if err != nil {
		t.Fatalf("flush: %v", err)
	}
	return d
}

var errPlanted = errors.New("slot is taken")

// steps is a clock that goes on by one step at every look.
func steps(step time.Duration) func() time.Time {
	var mu sync.Mutex
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(step)
		return at
	}
}
