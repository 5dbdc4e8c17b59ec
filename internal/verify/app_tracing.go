package verify

import (
	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

// fixTransactionHook is for a hook that changes transactions.
const fixTransactionHook = "before_send_transaction: leave name, contexts[\"trace\"] and spans as they are"

// traced plays steps and expects one transaction.
func (t *trial) traced(steps ...step) (*act, *envelope.Event, bool) {
	a, ok := t.play(steps...)
	if !ok {
		return nil, nil, false
	}
	if len(a.transactions) == 0 {
		t.noTransaction(a)
		return nil, nil, false
	}
	return a, a.transactions[0], true
}

// same expects a value of a transaction.
func (t *trial) same(what, got, want string) {
	if got != want {
		t.miss(cause.AppContextMissing, fixTransactionHook, "%s: saw %q, expected %q", what, shown(got), want)
		return
	}
	t.saw("%s %q", what, got)
}

func appTransactionArrives(t *trial) {
	_, event, ok := t.traced(transaction("POST /bookings"))
	if !ok {
		return
	}
	t.same("transaction", event.Transaction, "POST /bookings")
	t.same("contexts.trace.op", contextField(event, "trace", "op"), "http.server")
	if event.StartTimestamp.IsZero() || event.Timestamp.Before(event.StartTimestamp) {
		t.miss(cause.AppContextMissing, fixTransactionHook, "times: saw start %s and end %s, expected a start that is not after the end", event.StartTimestamp, event.Timestamp)
	}
}

func appSpanTree(t *trial) {
	inner := step{"do": "span", "op": "db.query", "text": "SELECT 1"}
	outer := step{"do": "span", "op": "booking.create", "steps": []step{inner}}
	_, event, ok := t.traced(transaction("POST /bookings", outer))
	if !ok {
		return
	}
	ids, parents := map[string]string{}, map[string]string{}
	for _, span := range event.Spans {
		ids[span.Op], parents[span.Op] = span.SpanID, span.ParentSpanID
	}
	if ids["booking.create"] == "" || parents["db.query"] != ids["booking.create"] {
		t.miss(cause.AppContextMissing, fixTransactionHook, "parent of the db.query span: saw %q, expected %q", parents["db.query"], ids["booking.create"])
	}
	t.same("parent of the booking.create span", parents["booking.create"], contextField(event, "trace", "span_id"))
}

func appTransactionStatus(t *trial) {
	failed := transaction("POST /payments", capture("planted"))
	failed["status"] = "internal_error"
	a, event, ok := t.traced(failed)
	if !ok {
		return
	}
	t.same("contexts.trace.status", contextField(event, "trace", "status"), "internal_error")
	if inside, ok := t.only(a, "an error inside a transaction"); ok {
		t.same("trace of the error inside it", contextField(inside, "trace", "trace_id"), contextField(event, "trace", "trace_id"))
	}
}

func appSampleShare(t *trial) {
	const flushed = 50 // the SDK's queue holds 100
	batch := step{"do": "repeat", "times": flushed, "steps": []step{unsampled("GET /slots")}}
	a, ok := t.playIn(generous(), step{"do": "repeat", "times": sampleDraws / flushed, "steps": []step{batch}, "flush": true})
	if !ok {
		return
	}
	if kept := len(a.transactions); kept < sampleLeast || kept > sampleUtmost {
		fix, sampler := fixTracesRate, hookNamed(a.start.Options, "traces_sampler")
		if sampler != "" {
			t.end(check.Skipped("%d of %d transactions were kept at SENTRY_TRACES_SAMPLE_RATE=0.25%s, which may have its reasons", kept, sampleDraws, sampler))
			return
		}
		t.disobeyed(config.KeyTracesSampleRate, cause.AppRatesNotPassed, fix, "transactions kept of %d at SENTRY_TRACES_SAMPLE_RATE=0.25: saw %d, expected %d to %d", sampleDraws, kept, sampleLeast, sampleUtmost)
	}
	t.saw("%d of %d transactions kept at SENTRY_TRACES_SAMPLE_RATE=0.25", len(a.transactions), sampleDraws)
}

// continued is a transaction that a caller's header came with.
func continued(decision string) step {
	return step{"do": "transaction", "name": "POST /bookings", "header": traceID + "-" + parentSpanID + "-" + decision}
}

func appTraceContinued(t *trial) {
	_, event, ok := t.traced(continued("1"))
	if !ok {
		return
	}
	t.same("contexts.trace.trace_id", contextField(event, "trace", "trace_id"), traceID)
	t.same("contexts.trace.parent_span_id", contextField(event, "trace", "parent_span_id"), parentSpanID)
}

func appTraceDecision(t *trial) {
	for _, c := range []struct {
		v        variant
		decision string
		want     int
	}{{silent(), "1", 1}, {certainly(), "0", 0}} {
		a, ok := t.playIn(c.v, continued(c.decision))
		if !ok {
			return
		}
		if got := len(a.transactions); got != c.want {
			t.remark(cause.AppParentUnsampled, "traces_sampler: return sampling_context[\"parent_sampled\"] where it is not None",
				"transactions in the process with the rates of %q whose caller said %s: saw %d, expected %d%s", c.v.name, c.decision, got, c.want, hookNamed(a.start.Options, "traces_sampler"))
			continue
		}
		t.saw("caller says %s: %d arrived", c.decision, c.want)
	}
}
