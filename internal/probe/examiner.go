package probe

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

// examiner carries out one plan.
type examiner struct {
	plan        Plan
	examination *Examination
	main        *route
	heard       heard
	// verdict is what the way of the application came to, up to TLS; wayKnown
	// is closed when it is known.
	verdict  Finding
	wayKnown chan struct{}
	// taken is when the event was sent that was accepted, and how long that
	// took; it may be read once there is a finding of the event.
	taken struct {
		at   time.Time
		took time.Duration
	}
}

func newExaminer(p Plan) *examiner {
	p.ConnectTimeout = cmp.Or(p.ConnectTimeout, DefaultConnectTimeout)
	p.AnswerTimeout = cmp.Or(p.AnswerTimeout, DefaultTimeout)
	p.Timeout = cmp.Or(p.Timeout, DefaultExamination)
	p.Pause = cmp.Or(p.Pause, DefaultPause)
	if p.Now == nil {
		p.Now = time.Now
	}
	return &examiner{plan: p, examination: newExamination(), wayKnown: make(chan struct{})}
}

func (x *examiner) run(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(ctx, x.plan.Timeout, examinationOver{})
	defer cancel()
	defer x.catch()
	other := make(chan struct{})
	go func() {
		defer close(other)
		defer x.catch()
		x.publish(x.other(ctx))
	}()
	if first, ok := x.way(ctx); ok {
		x.answers(ctx, first)
	}
	<-other
	rest := x.unlooked(ctx, "")
	x.examination.end(rest.Status, rest.Detail)
}

func (x *examiner) publish(f Finding) { x.examination.publish(f) }

func (x *examiner) pass(l Layer, format string, args ...any) {
	x.publish(Finding{Layer: l, Status: Passed, Detail: fmt.Sprintf(format, args...)})
}

func (x *examiner) block(by Layer, layers ...Layer) {
	for _, l := range layers {
		x.publish(Finding{Layer: l, Status: Blocked, BlockedBy: by, Detail: "follows from the layer " + string(by)})
	}
}

func failed(l Layer, a Answer) Finding {
	return Finding{Layer: l, Status: Failed, Cause: a.Cause, Detail: a.Detail, Fix: a.Fix}
}

// target is the ingest as a kind of client goes there.
func (x *examiner) target(w Way, r *route) Target {
	t := Target{
		DSN: x.plan.DSN, RootCAs: w.Trust.Roots, Resolver: x.plan.Resolver, Timeout: x.plan.AnswerTimeout,
		ConnectTimeout: x.plan.ConnectTimeout, Client: x.plan.Client, Now: x.plan.Now,
		route: r, trust: w.Trust, proxyFrom: w.ProxyFrom, loginFix: w.LoginFix, unsent: w.LoginUnsent,
	}
	if w.Proxy != nil {
		t.Proxy = func(*http.Request) (*url.URL, error) { return w.Proxy, nil }
	}
	return t
}

// routeOf starts to look up what a client connects to: the ingest, or its
// proxy, which looks the ingest up itself.
func (x *examiner) routeOf(ctx context.Context, w Way) *route {
	host := x.plan.DSN.Host
	if w.Proxy != nil {
		host = w.Proxy.Hostname()
	}
	return newRoute(ctx, x.plan.Resolver, host, x.plan.ConnectTimeout)
}

// report is an envelope that no quota counts and no issue comes of.
func (x *examiner) report() []byte {
	now := x.plan.Now().UTC()
	payload := fmt.Appendf(nil, `{"timestamp":%d,"discarded_events":[]}`, now.Unix())
	raw, err := envelope.Append(nil, map[string]any{"sent_at": now.Format(time.RFC3339Nano)}, envelope.Item{Type: "client_report", Payload: payload})
	if err != nil { // a map of strings is always JSON
		panic(fmt.Sprintf("probe: a client report that is no envelope: %v", err))
	}
	return raw
}

// send sends one envelope along the application's way, and keeps what came.
func (x *examiner) send(ctx context.Context, raw []byte, id string, compressed bool) Answer {
	return x.keep(exchange(ctx, x.compressed(compressed), raw, id))
}

// packs says whether the application's client compresses what it sends.
func (x *examiner) packs() bool { return !x.plan.Main.Plain }

func (x *examiner) compressed(compressed bool) Target {
	t := x.target(x.plan.Main, x.main)
	t.Gzip = compressed
	return t
}

func (x *examiner) keep(s *send) Answer {
	x.heard.add(s.answer, s.id != "")
	return s.answer
}

// bypassed puts a failed connection down to what keeps the client from its
// proxy, where one is set.
func bypassed(w Way, l Layer, f Finding) Finding {
	if w.Bypass == "" || w.BypassCause == "" || l != LayerNames && l != LayerConnection {
		return f
	}
	f.Cause, f.Fix = w.BypassCause, w.BypassFix
	f.Detail = fmt.Sprintf("%s goes directly although a proxy is set (%s), and the direct way is closed: %s", cmp.Or(w.Client, "the client"), w.Bypass, f.Detail)
	return f
}

// judgedBy is the layer in which a request failed, by its cause and by how far
// it got.
func judgedBy(a Answer, l *trail) Layer {
	switch {
	case a.Cause == cause.ProxyUnreachable, a.Cause == cause.ProxyAuthRequired, a.Cause == cause.ProxyRefuses, a.Cause == cause.ProxyMalformed:
		return LayerProxy
	case a.Cause == cause.DNSUnresolvable:
		return LayerNames
	case aboutTLS(a.Cause):
		return LayerTLS
	case a.Status != 0:
		return LayerAnswer
	case !l.connected:
		return LayerConnection
	case l.tlsStarted && !l.tlsDone:
		return LayerTLS
	case !l.wrote && a.Cause != cause.ResponseTimeout && a.Cause != cause.NotSentry && a.Cause != cause.ResponseTruncated:
		return LayerConnection
	default:
		return LayerAnswer
	}
}

func aboutTLS(id cause.ID) bool {
	switch id {
	case cause.TLSUntrusted, cause.TLSExpired, cause.TLSNotYetValid, cause.TLSWrongHost, cause.TLSNotSpoken, cause.TLSRequired, cause.TLSHandshake, cause.CABundleMissing:
		return true
	}
	return false
}
