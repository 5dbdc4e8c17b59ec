package monitoring

import (
	"context"
	"strings"
	"sync"

	"github.com/getsentry/sentry-go"
)

// SpanStatus is how a transaction or a span ended.
type SpanStatus string

// The statuses, as they stand on the wire.
const (
	StatusOK               SpanStatus = "ok"
	StatusCancelled        SpanStatus = "cancelled"
	StatusInvalidArgument  SpanStatus = "invalid_argument"
	StatusDeadlineExceeded SpanStatus = "deadline_exceeded"
	StatusNotFound         SpanStatus = "not_found"
	StatusPermissionDenied SpanStatus = "permission_denied"
	StatusUnauthenticated  SpanStatus = "unauthenticated"
	StatusUnavailable      SpanStatus = "unavailable"
	StatusInternalError    SpanStatus = "internal_error"
)

// Span is a transaction, or a part of one. The nil *Span takes every call and
// does nothing; so does one that is not sampled, but for its trace header. All
// methods may be called from any goroutine.
type Span struct {
	client   *Client
	inner    *sentry.Span // nil where it is not sampled
	tree     *tree
	root     bool
	trace    string // 32 hexadecimal digits
	id       string // 16
	parent   string
	op       string
	budget   *budget
	finished bool // guarded by the tree's lock
}

// tree is what a transaction and its spans share.
type tree struct {
	// mu keeps a span that ends late from being written while the transaction
	// is serialized: the SDK has no lock of its own for that.
	mu       sync.Mutex
	hub      *sentry.Hub
	baggage  string // the caller's, where nothing is sampled
	head     bool   // there is no caller, and nothing is sampled
	scope    *scope // of the transaction's context
	user     User   // what was added last to any context of the transaction
	business Business
}

// TransactionOption changes how a transaction starts.
type TransactionOption func(*transactionOptions)

type transactionOptions struct{ traceHeader, baggage string }

// ContinueFrom makes a transaction a part of the caller's trace, by the
// caller's headers sentry-trace and baggage. The caller's decision on
// sampling counts, where it made one.
func ContinueFrom(sentryTrace, baggage string) TransactionOption {
	return func(o *transactionOptions) { o.traceHeader, o.baggage = sentryTrace, baggage }
}

// StartTransaction begins a transaction with a name such as "POST /bookings"
// and an operation such as "http.server". The context is for its spans and
// for the errors that happen in it.
func (c *Client) StartTransaction(ctx context.Context, name, op string, opts ...TransactionOption) (context.Context, *Span) {
	if c == nil {
		return ctx, nil
	}
	var o transactionOptions
	for _, option := range opts {
		option(&o)
	}
	incoming := parseTrace(o.traceHeader)
	s := &Span{client: c, root: true, trace: incoming.trace, parent: incoming.span, op: op, tree: &tree{}, budget: &budget{maxTrace}}
	reason := c.refuse(ctx, incoming)
	if reason == "" {
		s.start(ctx, cut(name, maxTag), o, incoming)
	} else {
		c.drop(reason)
		s.startUnsampled(o, incoming)
	}
	ctx = with(ctx, func(sc *scope) { sc.span = s })
	s.follow(ctx)
	return ctx, s
}

// follow makes a context the transaction's: its tags and contexts are sent.
func (s *Span) follow(ctx context.Context) {
	if s == nil {
		return
	}
	s.tree.mu.Lock()
	defer s.tree.mu.Unlock()
	s.tree.scope = scopeOf(ctx)
	s.tree.user, s.tree.business = s.tree.scope.user, s.tree.scope.business
}

// noted takes what was added to a context of the transaction.
func (s *Span) noted(sc *scope) {
	if s == nil {
		return
	}
	s.tree.mu.Lock()
	defer s.tree.mu.Unlock()
	s.tree.user, s.tree.business = sc.user, sc.business
}

// completed is a context of the transaction with all that was noted.
func (s *Span) completed(ctx context.Context) context.Context {
	if s == nil {
		return ctx
	}
	s.tree.mu.Lock()
	user, business := s.tree.user, s.tree.business
	s.tree.mu.Unlock()
	return with(ctx, func(sc *scope) { sc.user, sc.business = user, business })
}

// refuse decides whether a transaction is sent: noise first, then what the
// caller decided, then the dice. It returns the reason for which it is not.
func (c *Client) refuse(ctx context.Context, incoming traceHeader) string {
	rate := c.cfg.TracesSampleRate.Value
	switch {
	case scopeOf(ctx).request.noise != "":
		return scopeOf(ctx).request.noise
	case incoming.decision == "0":
		return DropParent
	case incoming.decision == "1":
		rate = 1
	}
	return c.refused(rate, categoryTransaction)
}

// startUnsampled makes the ids and headers of a trace that is not recorded, so
// that the services behind this one make the same decision.
func (s *Span) startUnsampled(o transactionOptions, incoming traceHeader) {
	s.id = randomHex(8)
	if incoming.trace != "" {
		s.tree.baggage = o.baggage
		return
	}
	s.trace, s.tree.head = randomHex(16), true
}

func (s *Span) start(ctx context.Context, name string, o transactionOptions, incoming traceHeader) {
	s.tree.hub = sentry.NewHub(s.client.sdk, sentry.NewScope())
	options := []sentry.SpanOption{sentry.WithOpName(s.op), sentry.WithSpanSampled(sentry.SampledTrue)}
	if incoming.trace != "" {
		options = append(options, sentry.ContinueFromHeaders(incoming.header, o.baggage))
	}
	// A context without the caller's values: the SDK would take a span of
	// another client that it finds there for the parent.
	s.inner = sentry.StartTransaction(sentry.SetHubOnContext(context.WithoutCancel(bare{ctx}), s.tree.hub), name, options...)
	s.trace, s.id = s.inner.TraceID.String(), s.inner.SpanID.String()
	if incoming.trace == "" {
		s.inner.SetDynamicSamplingContext(sentry.DynamicSamplingContext{Entries: s.head("true"), Frozen: true})
	}
}

// bare hides the values of a context, but keeps its deadline.
type bare struct{ context.Context }

func (bare) Value(any) any { return nil }

// StartSpan begins a part of the context's transaction. Without one, or in one
// that is not sampled or has ended, the span is nil and costs nothing. A
// description of a query is sent without its values where the operation begins
// with "db".
func (c *Client) StartSpan(ctx context.Context, op, description string) (context.Context, *Span) {
	if c == nil {
		return ctx, nil
	}
	parent := scopeOf(ctx).span
	if !parent.Sampled() {
		return ctx, nil
	}
	if op == "db" || strings.HasPrefix(op, "db.") {
		description = parseStatement(description).text
	}
	parent.tree.mu.Lock()
	defer parent.tree.mu.Unlock()
	if parent.finished {
		return ctx, nil
	}
	s := &Span{
		client: c, tree: parent.tree, budget: parent.budget, op: op, trace: parent.trace, parent: parent.id,
		inner: parent.inner.StartChild(op, sentry.WithDescription(parent.budget.text(description, maxCrumb))),
	}
	s.id = s.inner.SpanID.String()
	return with(ctx, func(sc *scope) { sc.span = s }), s
}

// Sampled says whether the span is recorded.
func (s *Span) Sampled() bool { return s != nil && s.inner != nil }

// change changes a span that is recorded and has not ended.
func (s *Span) change(f func(*sentry.Span)) {
	if !s.Sampled() {
		return
	}
	s.tree.mu.Lock()
	defer s.tree.mu.Unlock()
	if !s.finished {
		f(s.inner)
	}
}

// SetName changes the name of a transaction, for example when the route is
// known.
func (s *Span) SetName(name string) {
	s.change(func(inner *sentry.Span) { inner.Name = cut(name, maxTag) })
}

// SetStatus says how it ended.
func (s *Span) SetStatus(status SpanStatus) {
	s.change(func(inner *sentry.Span) { inner.Status = spanStatus(status) })
}

// SetTag sets a tag of the transaction or span.
func (s *Span) SetTag(key, value string) {
	s.change(func(inner *sentry.Span) { inner.SetTag(cut(key, maxTag), s.budget.text(value, maxTag)) })
}

// SetData adds a value for people to read. What JSON cannot say is said in
// words.
func (s *Span) SetData(key string, value any) {
	s.change(func(inner *sentry.Span) { inner.SetData(cut(key, maxTag), s.budget.value(value, 0)) })
}

// Finish ends the span, and sends the transaction where it is one. A second
// call does nothing. Spans that have not ended when their transaction does are
// not sent.
func (s *Span) Finish() {
	s.change(func(inner *sentry.Span) {
		s.finished = true
		if s.root {
			s.complete()
		}
		inner.Finish()
	})
	if s.Sampled() && s.root && s.client.sync {
		s.client.account.lost(string(s.tree.hub.LastEventID()), DropSDK)
	}
}

// complete gives the transaction what its context knows.
func (s *Span) complete() {
	sc := *s.tree.scope
	sc.user, sc.business = s.tree.user, s.tree.business
	for name, values := range s.client.contexts(&sc, s.budget) {
		if name != "trace" {
			s.inner.SetContext(name, values)
		}
	}
	s.inner.SetContext(headKey, s.envelopeTrace())
	for key, value := range sc.tags {
		s.inner.SetTag(key, s.budget.text(value, maxTag))
	}
	s.tree.hub.Scope().SetUser(s.client.user(&sc))
}

func (s *Span) traceContext() sentry.Context {
	c := sentry.Context{"trace_id": s.trace, "span_id": s.id, "op": s.op}
	if s.parent != "" {
		c["parent_span_id"] = s.parent
	}
	return c
}

func spanStatus(status SpanStatus) sentry.SpanStatus {
	switch status {
	case StatusOK:
		return sentry.SpanStatusOK
	case StatusCancelled:
		return sentry.SpanStatusCanceled
	case StatusInvalidArgument:
		return sentry.SpanStatusInvalidArgument
	case StatusDeadlineExceeded:
		return sentry.SpanStatusDeadlineExceeded
	case StatusNotFound:
		return sentry.SpanStatusNotFound
	case StatusPermissionDenied:
		return sentry.SpanStatusPermissionDenied
	case StatusUnauthenticated:
		return sentry.SpanStatusUnauthenticated
	case StatusUnavailable:
		return sentry.SpanStatusUnavailable
	case StatusInternalError:
		return sentry.SpanStatusInternalError
	default:
		return sentry.SpanStatusUnknown
	}
}
