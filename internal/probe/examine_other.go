package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// reach makes a connection up to TLS, and sends nothing.
func reach(ctx context.Context, t Target) *send {
	t.sealed = true
	return exchange(ctx, t, nil, "")
}

// stands says whether a request ended because the connection was all that was
// wanted.
func stands(err error) bool { return errors.Is(err, errSealed) }

// other looks at the way of the other kind of client, as far as TLS. What the
// application's own way fails of as well is no finding of its own.
func (x *examiner) other(ctx context.Context) Finding {
	if x.plan.Other == nil {
		return Finding{Layer: LayerOther, Status: Passed, Detail: "every client goes the same way"}
	}
	w := *x.plan.Other
	s := reach(ctx, x.target(w, x.routeOf(ctx, w)))
	a, l := s.answer, s.trail.state()
	if a.Accepted() {
		return Finding{Layer: LayerOther, Status: Passed, Detail: otherWay(w, a, l)}
	}
	select {
	case <-x.wayKnown:
	case <-ctx.Done():
	}
	if interrupted(ctx) || cut(ctx, a) && a.Latency < longWait || !x.known() {
		return x.unlooked(ctx, LayerOther)
	}
	layer := judgedBy(a, l)
	f := bypassed(w, layer, failed(LayerOther, a))
	if x.verdict.Status == Failed && (layer == x.verdict.Layer || x.sameFault(f.Cause, a.Cause)) {
		return Finding{Layer: LayerOther, Status: Blocked, BlockedBy: x.verdict.Layer, Detail: "every client meets it: follows from the layer " + string(x.verdict.Layer)}
	}
	f.Detail = fmt.Sprintf("for %s alone: %s", cmp.Or(w.Client, "the other client"), f.Detail)
	if x.plan.OtherSeverity != cause.Fail {
		f.Status = Warned
	}
	return f
}

// known says whether there is a verdict on the application's own way.
func (x *examiner) known() bool {
	select {
	case <-x.wayKnown:
		return true
	default:
		return false
	}
}

// sameFault says whether the application's own way fails of the same.
func (x *examiner) sameFault(causes ...cause.ID) bool {
	for _, id := range causes {
		if id == x.verdict.Cause {
			return true
		}
	}
	return false
}

func otherWay(w Way, a Answer, l *trail) string {
	words := fmt.Sprintf("%s reaches it too, by %s", cmp.Or(w.Client, "the other client"), l.remote)
	if a.Proxy != "" {
		words += ", the proxy from " + cmp.Or(w.ProxyFrom, "the settings")
	}
	if l.tlsDone {
		words += ": " + tlsWords(l.tls)
	}
	return words
}
