package monitoring_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/monitoring"
)

const (
	traceID  = "0123456789abcdef0123456789abcdef"
	parentID = "00f067aa0ba902b7"
)

func TestTransactionArrivesWithItsSpans(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	ctx := monitoring.AddUser(context.Background(), monitoring.User{ID: "user_1"})
	ctx, root := c.StartTransaction(ctx, "POST /bookings", "http.server")
	outer, create := c.StartSpan(ctx, "booking.create", "create the booking")
	_, query := c.StartSpan(outer, "db.query", "SELECT * FROM appointments WHERE phone = '+49 151 2345 6789'")
	query.SetStatus(monitoring.StatusOK)
	query.SetData("rows", 3)
	query.SetTag("table", "appointments")
	query.Finish()
	query.SetData("rows", "after the end")
	create.Finish()
	create.Finish()
	_, open := c.StartSpan(ctx, "never.ended", "")
	root.SetName("POST /bookings/{id}")
	root.SetStatus(monitoring.StatusInternalError)
	root.Finish()
	open.Finish()
	root.Finish()

	event := s.transaction(t)
	if event.Transaction != "POST /bookings/{id}" || event.Contexts["trace"]["op"] != "http.server" || event.Contexts["trace"]["status"] != "internal_error" {
		t.Errorf("got %q, trace %v", event.Transaction, event.Contexts["trace"])
	}
	if event.User["id"] != "user_1" || event.Contexts["system"]["num_cpu"] == nil || event.Release != "bookings@1.2.3" {
		t.Errorf("got user %v, system %v", event.User, event.Contexts["system"])
	}
	spans := map[string]envelope.Span{}
	for _, span := range event.Spans {
		spans[span.Op] = span
	}
	if len(spans) != 2 || spans["db.query"].ParentSpanID != spans["booking.create"].SpanID || spans["booking.create"].ParentSpanID != event.Contexts["trace"]["span_id"] {
		t.Errorf("spans: got %+v", event.Spans)
	}
	got := spans["db.query"]
	if got.Description != "SELECT * FROM appointments WHERE phone = ?" || got.Status != "ok" || got.Data["rows"] != 3.0 || got.Tags["table"] != "appointments" {
		t.Errorf("db.query: got %+v", got)
	}
}

func TestCallersDecisionIsHonoured(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header string
		rate   float64
		want   int
		reason string
	}{
		{traceID + "-" + parentID + "-1", 0, 1, ""},
		{traceID + "-" + parentID + "-0", 1, 0, monitoring.DropParent},
		{traceID + "-" + parentID, 1, 1, ""},
		{traceID + "-" + parentID, 0, 0, monitoring.DropSampleRate},
		{traceID + "-" + parentID + "-x", 0, 0, monitoring.DropSampleRate},
		{"nonsense-1", 0, 0, monitoring.DropSampleRate},
		{"", 1, 1, ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s at %g", tt.header, tt.rate), func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			cfg := testConfig(s)
			cfg.TracesSampleRate = monitoring.Rate{Value: tt.rate, Set: true}
			c := clientOf(t, cfg, monitoring.WithSync())
			ctx, span := c.StartTransaction(context.Background(), "t", "test", monitoring.ContinueFrom(tt.header, ""))
			header, _ := monitoring.TraceHeaders(ctx)
			span.Finish()
			events := s.transactions(t)
			if len(events) != tt.want {
				t.Fatalf("transactions: got %d, want %d", len(events), tt.want)
			}
			decision := "-0"
			if tt.want == 1 {
				decision = "-1"
			}
			if header != span.TraceHeader() || !strings.HasSuffix(header, decision) {
				t.Errorf("the header for the next service: got %q, want the decision %s", header, decision)
			}
			continued := strings.HasPrefix(tt.header, traceID) && !strings.HasSuffix(tt.header, "x")
			if strings.HasPrefix(header, traceID) != continued {
				t.Errorf("the header for the next service: got %q, continued %t", header, continued)
			}
			if continued && tt.want == 1 {
				trace := events[0].Contexts["trace"]
				if trace["trace_id"] != traceID || trace["parent_span_id"] != parentID {
					t.Errorf("trace: got %v", trace)
				}
			}
			if tt.reason != "" && flush(t, c).ByReason[tt.reason] != 1 {
				t.Errorf("counted: got %v, want %s", flush(t, c).ByReason, tt.reason)
			}
		})
	}
}

func TestHeadOfTraceSaysItsOwnRate(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	cfg := testConfig(s)
	cfg.TracesSampleRate = monitoring.Rate{Value: 0.25, Set: true}
	draw := 0.1
	c := clientOf(t, cfg, monitoring.WithSync(), monitoring.WithRand(func() float64 { return draw }))
	_, span := c.StartTransaction(context.Background(), "GET /slots", "http.server")
	baggage := span.Baggage()
	span.Finish()
	want := map[string]string{
		"trace_id": span.TraceHeader()[:32], "public_key": "0123456789abcdef0123456789abcdef", "sample_rate": "0.25",
		"sampled": "true", "environment": "testing", "release": "bookings@1.2.3",
	}
	if diff := cmp.Diff(want, headerTrace(t, s)); diff != "" {
		t.Errorf("trace of the envelope's header (-want +got):\n%s", diff)
	}
	for _, part := range []string{"sentry-sample_rate=0.25", "sentry-sampled=true", "sentry-environment=testing"} {
		if !strings.Contains(baggage, part) {
			t.Errorf("baggage: got %q, want %s in it", baggage, part)
		}
	}
	draw = 0.9
	_, unsampled := c.StartTransaction(context.Background(), "GET /slots", "http.server")
	if got := unsampled.Baggage(); !strings.Contains(got, "sentry-sampled=false") {
		t.Errorf("baggage of one that is not sampled: got %q", got)
	}
}

func TestCallersBaggageGoesOn(t *testing.T) {
	t.Parallel()
	const baggage = "sentry-trace_id=" + traceID + ",sentry-sample_rate=0.5,sentry-public_key=abc,other=1"
	s := newServer(t)
	c := newClient(t, s)
	for _, decision := range []string{"-1", "-0"} {
		_, span := c.StartTransaction(context.Background(), "t", "test", monitoring.ContinueFrom(traceID+"-"+parentID+decision, baggage))
		if got := span.Baggage(); !strings.Contains(got, "sentry-sample_rate=0.5") || !strings.Contains(got, "sentry-public_key=abc") {
			t.Errorf("decision %s: got baggage %q", decision, got)
		}
		span.Finish()
	}
	if got := headerTrace(t, s); got["sample_rate"] != "0.5" || got["public_key"] != "abc" {
		t.Errorf("trace of the envelope's header: got %v, want the caller's", got)
	}
}

func headerTrace(t *testing.T, s *server) map[string]string {
	t.Helper()
	e, err := envelope.Split([]byte(s.bytes()))
	if err != nil {
		t.Fatal(err)
	}
	header, err := e.Header()
	if err != nil {
		t.Fatal(err)
	}
	return header.Trace
}

func TestErrorSharesTheTraceOfItsTransaction(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{0, 1} {
		s := newServer(t)
		cfg := testConfig(s)
		cfg.TracesSampleRate = monitoring.Rate{Value: rate, Set: true}
		c := clientOf(t, cfg, monitoring.WithSync())
		ctx, span := c.StartTransaction(context.Background(), "t", "test")
		c.CaptureError(ctx, errPlanted)
		span.Finish()
		if got := s.event(t).Contexts["trace"]["trace_id"]; got != span.TraceHeader()[:32] {
			t.Errorf("rate %g: trace of the error: got %v, want %s", rate, got, span.TraceHeader()[:32])
		}
	}
}

func TestSampledShare(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	cfg := testConfig(s)
	cfg.TracesSampleRate = monitoring.Rate{Value: 0.25, Set: true}
	c := clientOf(t, cfg, monitoring.WithSync())
	for range 400 {
		_, span := c.StartTransaction(context.Background(), "t", "test")
		span.Finish()
	}
	// 100 on average; six standard deviations to either side.
	kept := len(s.transactions(t))
	if kept < 48 || kept > 152 {
		t.Errorf("kept of 400 at rate 0.25: got %d", kept)
	}
	if d := flush(t, c); d.Delivered != kept || d.ByReason[monitoring.DropSampleRate] != 400-kept {
		t.Errorf("account: got %+v, want %d kept", d, kept)
	}
}

func TestSpansMayEndInAnyGoroutine(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := clientOf(t, testConfig(s))
	ctx, root := c.StartTransaction(context.Background(), "t", "test")
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			for range 20 {
				child, span := c.StartSpan(monitoring.AddUser(ctx, monitoring.User{ID: "u"}), "step", "d")
				span.SetData("k", map[string]any{"v": 1})
				c.CaptureMessage(child, monitoring.LevelInfo, "m")
				span.SetStatus(monitoring.StatusOK)
				span.Finish()
				root.SetTag("k", "v")
				root.Baggage()
			}
		})
	}
	together.Go(root.Finish)
	together.Wait()
	flush(t, c)
	if n := len(s.transactions(t)); n != 1 {
		t.Errorf("transactions: got %d, want 1", n)
	}
}

func TestLongTransactionIsCutUntilItFits(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	ctx, root := c.StartTransaction(context.Background(), "t", "test")
	for n := range 999 {
		_, span := c.StartSpan(ctx, "step", fmt.Sprint(n, strings.Repeat("\x01", 900)))
		span.Finish()
	}
	root.Finish()
	event := s.transaction(t)
	if n := len(s.items(t, "transaction")[0].Payload); n > 1<<20 {
		t.Errorf("size: got %d", n)
	}
	if len(event.Spans) < 100 || event.Contexts["cut"]["spans"] == nil || event.Contexts["trace"]["trace_id"] == nil {
		t.Errorf("got %d spans, cut %v, trace %v", len(event.Spans), event.Contexts["cut"], event.Contexts["trace"])
	}
}
