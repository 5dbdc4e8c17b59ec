package monitoring

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/getsentry/sentry-go"
)

// envelopeTrace is what the envelope's header says of the trace: what stands
// in the baggage for the next service.
func (s *Span) envelopeTrace() sentry.Context {
	trace := sentry.Context{}
	dsc, err := sentry.DynamicSamplingContextFromHeader([]byte(s.inner.ToBaggage()))
	if err != nil {
		return trace
	}
	for key, entry := range dsc.Entries {
		trace[key] = entry
	}
	return trace
}

// TraceHeader is the header sentry-trace for the next service.
func (s *Span) TraceHeader() string {
	switch {
	case s == nil:
		return ""
	case s.Sampled():
		return s.trace + "-" + s.id + "-1"
	default:
		return s.trace + "-" + s.id + "-0"
	}
}

// Baggage is the header baggage for the next service.
func (s *Span) Baggage() string {
	if s == nil {
		return ""
	}
	s.tree.mu.Lock()
	defer s.tree.mu.Unlock()
	switch {
	case s.inner != nil:
		return s.inner.ToBaggage()
	case s.tree.head:
		return sentry.DynamicSamplingContext{Entries: s.head("false"), Frozen: true}.String()
	default:
		return s.tree.baggage
	}
}

// TraceHeaders are the headers sentry-trace and baggage of the context's span
// or, where that is not sampled, of its transaction; empty without one. They
// go with a request to the next service.
func TraceHeaders(ctx context.Context) (sentryTrace, baggage string) {
	s := scopeOf(ctx).span
	return s.TraceHeader(), s.Baggage()
}

// head says what was decided here, for the whole trace: with the rate that the
// dice were thrown for, and not the SDK's, which knows only a yes.
func (s *Span) head(sampled string) map[string]string {
	cfg := s.client.cfg
	entries := map[string]string{
		"trace_id":    s.trace,
		"public_key":  s.client.transport.key,
		"sampled":     sampled,
		"sample_rate": strconv.FormatFloat(cfg.TracesSampleRate.Value, 'f', -1, 64),
		"environment": cfg.Environment,
	}
	if cfg.Release != "" {
		entries["release"] = cfg.Release
	}
	return entries
}

// traceHeader is a parsed sentry-trace header.
type traceHeader struct{ header, trace, span, decision string }

// parseTrace reads TRACE-SPAN or TRACE-SPAN-DECISION; anything else is as if
// there were no header.
func parseTrace(header string) traceHeader {
	header = strings.TrimSpace(header)
	parts := strings.Split(header, "-")
	if len(parts) < 2 || len(parts) > 3 || !isHex(parts[0], 32) || !isHex(parts[1], 16) {
		return traceHeader{}
	}
	t := traceHeader{header: header, trace: strings.ToLower(parts[0]), span: strings.ToLower(parts[1])}
	switch {
	case len(parts) == 2:
	case parts[2] == "0" || parts[2] == "1":
		t.decision = parts[2]
	default:
		return traceHeader{}
	}
	return t
}

func isHex(s string, size int) bool {
	return len(s) == size && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

func randomHex(size int) string {
	b := make([]byte, size)
	_, _ = rand.Read(b) // it never fails (crypto/rand)
	return hex.EncodeToString(b)
}
