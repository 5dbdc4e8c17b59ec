package verify

import (
	"context"
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/monitoring"
)

func transactionArrives(ctx context.Context, s *scene, e *expectation) {
	_, span := s.begin(ctx, "POST /bookings", "http.server")
	span.Finish()
	event := s.transaction(e)
	e.equal("transaction", event.Transaction, "POST /bookings")
	e.equal("contexts.trace.op", contextField(event, "trace", "op"), "http.server")
	e.that(!event.StartTimestamp.IsZero() && !event.Timestamp.Before(event.StartTimestamp),
		"times: saw start %s and end %s, expected a start that is not after the end", event.StartTimestamp, event.Timestamp)
}

// spanTree nests two spans in a transaction: both must name their parent.
func spanTree(ctx context.Context, s *scene, e *expectation) {
	ctx, root := s.begin(ctx, "POST /bookings", "http.server")
	outer, parent := s.client.StartSpan(ctx, "booking.create", "create the booking")
	_, child := s.client.StartSpan(outer, "db.query", "SELECT * FROM appointments WHERE id = ?")
	child.Finish()
	parent.Finish()
	root.Finish()

	event := s.transaction(e)
	e.number("spans", len(event.Spans), 2)
	ids := map[string]string{} // op -> span id
	parents := map[string]string{}
	for _, span := range event.Spans {
		ids[span.Op], parents[span.Op] = span.SpanID, span.ParentSpanID
	}
	e.that(ids["booking.create"] != "" && parents["db.query"] == ids["booking.create"],
		"parent of the db.query span: saw %q, expected %q", parents["db.query"], ids["booking.create"])
	rootID := contextField(event, "trace", "span_id")
	e.that(rootID != "" && parents["booking.create"] == rootID,
		"parent of the booking.create span: saw %q, expected %q", parents["booking.create"], rootID)
}

// The share of transactions that is kept at a rate of 0.25. 400 draws keep
// 100 on average; 48 to 152 is six standard deviations to either side, so
// that an honest sampler fails once in 500 million runs.
const (
	sampleDraws  = 400
	sampleRate   = 0.25
	sampleLeast  = 48
	sampleUtmost = 152
)

func sampleShare(ctx context.Context, s *scene, e *expectation) {
	for range sampleDraws {
		_, span := s.client.StartTransaction(ctx, "GET /slots", "http.server")
		span.Finish()
	}
	kept := len(s.transactions(e))
	e.that(kept >= sampleLeast && kept <= sampleUtmost, "transactions kept of %d at rate %g: saw %d, expected %d to %d", sampleDraws, sampleRate, kept, sampleLeast, sampleUtmost)
	e.saw("%d of %d transactions kept at rate %g", kept, sampleDraws, sampleRate)
}

// A trace header as a frontend or a gateway sends it.
const (
	traceID      = "0123456789abcdef0123456789abcdef"
	parentSpanID = "00f067aa0ba902b7"
)

func traceContinued(ctx context.Context, s *scene, e *expectation) {
	_, span := s.client.StartTransaction(ctx, "POST /bookings", "http.server",
		monitoring.ContinueFrom(traceID+"-"+parentSpanID+"-1", ""))
	header := span.TraceHeader()
	span.Finish()
	event := s.transaction(e)
	e.equal("contexts.trace.trace_id", contextField(event, "trace", "trace_id"), traceID)
	e.equal("contexts.trace.parent_span_id", contextField(event, "trace", "parent_span_id"), parentSpanID)
	e.that(strings.HasPrefix(header, traceID+"-") && strings.HasSuffix(header, "-1"),
		"the header for the next service: saw %q, expected the same trace, sampled", header)
}

// traceDecision gives two clients the opposite of their own rate: what the
// caller decided counts, or half a trace is missing.
func traceDecision(ctx context.Context, l *Lab) check.Result {
	e := &expectation{}
	for _, c := range []struct {
		rate     float64
		decision string
		want     int
	}{{0, "1", 1}, {1, "0", 0}} {
		s, err := l.open(configured(func(cfg *monitoring.Config) {
			cfg.TracesSampleRate = monitoring.Rate{Value: c.rate, Set: true}
		}))
		if err != nil {
			return check.BrokenBy(err)
		}
		_, span := s.client.StartTransaction(ctx, "POST /bookings", "http.server",
			monitoring.ContinueFrom(traceID+"-"+parentSpanID+"-"+c.decision, ""))
		span.Finish()
		if got := len(s.transactions(e)); got != c.want {
			e.missed("transactions at rate %g whose caller said %s: saw %d, expected %d", c.rate, c.decision, got, c.want)
		} else {
			e.saw("rate %g, caller says %s: %d arrived", c.rate, c.decision, got)
		}
		s.close(ctx)
	}
	return e.result()
}

func transactionStatus(ctx context.Context, s *scene, e *expectation) {
	ctx, root := s.begin(ctx, "POST /payments", "http.server")
	s.client.CapturePaymentError(ctx, errPlanted, monitoring.PaymentInfo{ErrorStage: "charge_creation"})
	root.SetStatus(monitoring.StatusInternalError)
	root.Finish()
	transaction := s.transaction(e)
	e.equal("contexts.trace.status", contextField(transaction, "trace", "status"), "internal_error")
	e.equal("trace of the error inside it", contextField(s.event(e), "trace", "trace_id"), contextField(transaction, "trace", "trace_id"))
}
