package probe

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// inHurry is the latency from which on two envelopes go out at the same time:
// one after the other would not fit into an examination.
const inHurry = time.Second

// tested is the event of the plan, or why there is none.
type tested struct {
	raw    []byte
	id     string
	reason string // empty where there is one
}

func (x *examiner) makeEvent() tested {
	if x.plan.Event == nil {
		return tested{reason: "--no-send: quota and filters not tested"}
	}
	raw, id, err := x.plan.Event()
	if err != nil {
		return tested{reason: err.Error() + ": quota and filters not tested"}
	}
	return tested{raw: raw, id: id}
}

// answers goes on after the first envelope was taken.
func (x *examiner) answers(ctx context.Context, first *send) {
	test := x.makeEvent()
	event := sync.OnceValue(func() Finding { return x.event(ctx, test, x.packs()) })
	hurried := first.answer.Latency > inHurry
	if hurried {
		go func() {
			defer x.catch()
			event()
		}()
	}
	gzip := x.gzip(ctx)
	x.publish(gzip)
	if gzip.Status == Failed {
		if gzip.Cause == cause.EncodingRejected && !hurried {
			x.quota(ctx, test)
		}
		x.block(LayerGzip, LayerEvent, LayerAgain)
	} else {
		x.publish(event())
		if event().Status == Failed {
			x.block(LayerEvent, LayerAgain)
		} else {
			x.publish(x.again(ctx, test, first))
		}
	}
	x.publish(x.limits(ctx))
	x.publish(x.latency())
	x.publish(x.clock())
}

// quota looks with a plain event for a limit where compressed bodies are
// refused: it is a fault of its own.
func (x *examiner) quota(ctx context.Context, test tested) {
	if f := x.event(ctx, test, false); f.Status == Failed && isLimit(f.Cause) {
		x.publish(f)
	}
}

// event sends the tagged event. Where it is limited already, that is known
// without sending it.
func (x *examiner) event(ctx context.Context, test tested, compressed bool) Finding {
	if test.reason != "" {
		return Finding{Layer: LayerEvent, Status: Skipped, Detail: test.reason}
	}
	if l, ok := tightest(x.heard.active(), errorCategories()); ok {
		x.heard.tell(l)
		v := limited(l, "an answer to a client report tells it:")
		return Finding{Layer: LayerEvent, Status: Failed, Cause: v.cause, Detail: v.detail + "; no event was sent", Fix: v.fix}
	}
	start := time.Now()
	a := x.send(ctx, test.raw, test.id, compressed)
	switch {
	case a.Accepted():
		x.taken.at, x.taken.took = start, a.Latency
		return Finding{Layer: LayerEvent, Status: Passed, Detail: a.Detail}
	case cut(ctx, a):
		return x.cutShort(ctx, LayerEvent, a, "the test event")
	}
	x.heard.tellAll(a)
	a.Detail = "the test event: " + a.Detail
	return failed(LayerEvent, a)
}

func errorCategories() []string { return categories("event") }

// again looks once more, some seconds later: a Relay that does not know the
// project yet takes everything until it does.
func (x *examiner) again(ctx context.Context, test tested, first *send) Finding {
	if x.plan.Quick {
		return Finding{Layer: LayerAgain, Status: Skipped, Detail: "--quick: accepted once"}
	}
	if x.plan.Timeout <= x.plan.Pause { // as it was asked for, whatever the ingest does
		return Finding{Layer: LayerAgain, Status: Skipped, Detail: fmt.Sprintf("the %s for the whole examination end before the later look after %s: accepted once", seconds(x.plan.Timeout), seconds(x.plan.Pause))}
	}
	if after, ok := x.sentBefore(first); ok {
		return Finding{Layer: LayerAgain, Status: Passed, Detail: fmt.Sprintf("the event was sent %s after the first envelope, and accepted too", seconds(after))}
	}
	select {
	case <-time.After(x.plan.Pause - time.Since(first.ended)):
	case <-ctx.Done():
		return once(x.unlooked(ctx, LayerAgain))
	}
	later := seconds(time.Since(first.ended))
	raw := test.raw
	if test.reason != "" {
		raw = x.report()
	}
	a := x.send(ctx, raw, test.id, x.packs())
	switch {
	case a.Accepted():
		return Finding{Layer: LayerAgain, Status: Passed, Detail: fmt.Sprintf("%s, %s after the first", a.Detail, later)}
	case cut(ctx, a):
		return once(x.cutShort(ctx, LayerAgain, a, "another envelope, "+later+" after the first one,"))
	}
	x.heard.tellAll(a)
	a.Detail = fmt.Sprintf("the first envelope was accepted, and %s later another was not: %s", later, a.Detail)
	return failed(LayerAgain, a)
}

// once adds to a later look that was not had what is known without it.
func once(f Finding) Finding {
	if f.Status != Failed {
		f.Detail += ": accepted once"
	}
	return f
}
