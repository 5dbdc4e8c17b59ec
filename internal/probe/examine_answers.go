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
	event := sync.OnceValue(func() Finding { return x.event(ctx, test) })
	if first.answer.Latency > inHurry {
		go event()
	}
	gzip := x.gzip(ctx)
	x.publish(gzip)
	if gzip.Status == Failed {
		x.block(LayerGzip, LayerEvent, LayerAgain)
	} else {
		x.publish(event())
		if event().Status == Failed {
			x.block(LayerEvent, LayerAgain)
		} else {
			x.publish(x.again(ctx, test, first.ended))
		}
	}
	x.publish(x.limits(ctx))
	x.publish(x.latency())
	x.publish(x.clock())
}

// gzip sends what was taken once more, compressed. Where only that is refused,
// the reason is the compression, whatever is said.
func (x *examiner) gzip(ctx context.Context) Finding {
	packed := x.send(ctx, x.report(), "", true)
	switch {
	case packed.Accepted():
		return Finding{Layer: LayerGzip, Status: Passed, Detail: packed.Detail + " to a body compressed with gzip"}
	case ctx.Err() != nil:
		return Finding{Layer: LayerGzip, Status: Skipped, Detail: x.over(ctx)}
	case packed.Cause == cause.EncodingRejected, explains(packed.Cause):
		x.heard.tellAll(packed)
		return failed(LayerGzip, packed)
	}
	plain := x.send(ctx, x.report(), "", false)
	switch {
	case ctx.Err() != nil && !plain.Accepted():
		return failed(LayerGzip, packed)
	case !plain.Accepted():
		x.heard.tellAll(plain)
		plain.Detail = "the first envelope was accepted, and then: " + plain.Detail
		return failed(LayerGzip, plain)
	}
	if packed.Cause != cause.ResponseTimeout { // there is no time for another wait
		if again := x.send(ctx, x.report(), "", true); again.Accepted() {
			packed.Detail = "one of several envelopes was not taken: " + packed.Detail
			return failed(LayerGzip, packed)
		}
	}
	return Finding{
		Layer: LayerGzip, Status: Failed, Cause: cause.EncodingRejected,
		Detail: "a body compressed with gzip is not taken, and the same one plain is, before and after it: " + packed.Detail,
		Fix:    fixEncoding,
	}
}

// explains says whether a refusal is Relay's own word, which has nothing to do
// with how a body is packed.
func explains(id cause.ID) bool {
	switch id {
	case cause.KeyRejected, cause.ProjectStateUnavailable, cause.RateLimitedKey, cause.RateLimitedProject, cause.RateLimitedOrganization, cause.RateLimited:
		return true
	}
	return false
}

// event sends the tagged event. Where it is limited already, that is known
// without sending it.
func (x *examiner) event(ctx context.Context, test tested) Finding {
	if test.reason != "" {
		return Finding{Layer: LayerEvent, Status: Skipped, Detail: test.reason}
	}
	if l, ok := tightest(x.heard.active(), errorCategories()); ok {
		x.heard.tell(l)
		v := limited(l, "an answer to a client report tells it:")
		return Finding{Layer: LayerEvent, Status: Failed, Cause: v.cause, Detail: v.detail + "; no event was sent", Fix: v.fix}
	}
	a := x.send(ctx, test.raw, test.id, true)
	switch {
	case a.Accepted():
		return Finding{Layer: LayerEvent, Status: Passed, Detail: a.Detail}
	case ctx.Err() != nil:
		return Finding{Layer: LayerEvent, Status: Skipped, Detail: x.over(ctx)}
	}
	x.heard.tellAll(a)
	a.Detail = "the test event: " + a.Detail
	return failed(LayerEvent, a)
}

func errorCategories() []string { return categories("event") }

// again looks once more, some seconds later: a Relay that does not know the
// project yet takes everything until it does.
func (x *examiner) again(ctx context.Context, test tested, accepted time.Time) Finding {
	f := Finding{Layer: LayerAgain, Status: Skipped}
	if x.plan.Quick {
		f.Detail = "--quick: accepted once"
		return f
	}
	select {
	case <-time.After(x.plan.Pause - time.Since(accepted)):
	case <-ctx.Done():
		f.Detail = x.over(ctx) + ": accepted once"
		return f
	}
	later := seconds(time.Since(accepted))
	raw := test.raw
	if test.reason != "" {
		raw = x.report()
	}
	a := x.send(ctx, raw, test.id, true)
	switch {
	case a.Accepted():
		f.Status, f.Detail = Passed, fmt.Sprintf("%s, %s after the first", a.Detail, later)
		return f
	case ctx.Err() != nil:
		f.Detail = x.over(ctx) + ": accepted once"
		return f
	}
	x.heard.tellAll(a)
	a.Detail = fmt.Sprintf("the first envelope was accepted, and %s later another was not: %s", later, a.Detail)
	return failed(LayerAgain, a)
}
