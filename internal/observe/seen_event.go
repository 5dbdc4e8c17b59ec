package observe

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

func itoa(n int) string { return strconv.Itoa(n) }

// addEvent counts an event or a transaction.
func (s *seen) addEvent(a *arrival, e *envelope.Event) {
	s.environments.add(e.Environment, 1)
	s.releases.add(e.Release, 1)
	if e.SDK.Name != "" {
		s.sdks.add(e.SDK.Name+"/"+e.SDK.Version, 1)
	}
	for _, name := range e.SDK.Integrations {
		s.integrations.add(name, 1)
	}
	switch {
	case e.Type == transactionType:
		s.addTransaction(a, e)
	case isError(e):
		s.Errors++
		if a.header.Trace["sampled"] == "false" {
			s.unsampled.add(a.header.Trace["transaction"], 1)
		}
		if len(s.Exceptions) < mostExceptions {
			s.Exceptions = append(s.Exceptions, exceptionOf(e))
		}
	default:
		s.Messages++
	}
}

// transactionType is the type of an event that is a transaction.
const transactionType = "transaction"

// isError says whether an event is an error: it has an exception, or is as
// serious as one.
func isError(e *envelope.Event) bool {
	return len(e.Exceptions) > 0 || e.Level == "error" || e.Level == "fatal"
}

// exceptionOf keeps of an error what tells where it comes from. Where it has a
// chain, the last exception is what was captured.
func exceptionOf(e *envelope.Event) Exception {
	x := Exception{
		Transaction: short(e.Transaction, longestName), Logger: short(e.Logger, longestName),
		Level: short(e.Level, longestName), Trace: short(traceField(e, "trace_id"), longestName), Tags: map[string]string{},
	}
	if n := len(e.Exceptions); n > 0 {
		last := e.Exceptions[n-1]
		x.Type = short(last.Type, longestName)
		if m := last.Mechanism; m != nil {
			x.Mechanism, x.Handled = short(m.Type, longestName), m.Handled != nil && *m.Handled
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.Tags)) {
		if len(x.Tags) == mostTags {
			break
		}
		x.Tags[short(key, longestName)] = short(e.Tags[key], longestName)
	}
	return x
}

func (s *seen) addTransaction(a *arrival, e *envelope.Event) {
	if len(s.Transactions) >= mostTransactions {
		return
	}
	t := Transaction{
		Name: short(e.Transaction, longestName), Op: short(traceField(e, "op"), longestName),
		Status: short(traceField(e, "status"), longestName), Trace: short(traceField(e, "trace_id"), longestName), Spans: len(e.Spans),
		// Continuous profiling sends its chunks apart from the transaction.
		Profile: a.profile || e.Contexts["profile"] != nil,
	}
	for _, span := range e.Spans {
		if span.Op == "db" || strings.HasPrefix(span.Op, "db.") {
			t.DBSpans++
		}
	}
	if !e.StartTimestamp.IsZero() && !e.Timestamp.IsZero() {
		t.Duration = e.Timestamp.Sub(e.StartTimestamp)
	}
	s.Transactions = append(s.Transactions, t)
}

func traceField(e *envelope.Event, name string) string {
	value, _ := e.Contexts["trace"][name].(string)
	return value
}
