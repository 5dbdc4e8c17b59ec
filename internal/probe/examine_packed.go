package probe

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// gzip sends what was taken once more, compressed.
func (x *examiner) gzip(ctx context.Context) Finding {
	if !x.packs() {
		return Finding{Layer: LayerGzip, Status: Passed, Detail: x.plan.Main.Client + " sends its bodies as they are: no compressed one is sent"}
	}
	a := x.send(ctx, x.report(), "", true)
	switch {
	case a.Accepted():
		return Finding{Layer: LayerGzip, Status: Passed, Detail: a.Detail + " to a body compressed with gzip"}
	case cut(ctx, a):
		return x.cutShort(ctx, LayerGzip, a, "an envelope, compressed with gzip,")
	case a.Cause == cause.EncodingRejected, explains(a.Cause):
		x.heard.tellAll(a)
		return failed(LayerGzip, a)
	}
	return x.compare(ctx, a)
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

// compare finds out whether it is the compression that is refused. A balancer
// with a bad server refuses every second or third request: in the order of the
// tries it meets a plain one, or takes a compressed one.
func (x *examiner) compare(ctx context.Context, refused Answer) Finding {
	bad, all := 1, 2 // the first envelope was taken, the compressed one was not
	for _, compressed := range []bool{false, false, true, true} {
		a := x.try(ctx, compressed)
		all++
		switch {
		case cut(ctx, a):
			return x.undecided(ctx, refused, all > 3)
		case !compressed && !a.Accepted():
			x.heard.tellAll(a)
			a.Detail = fmt.Sprintf("the first envelope was accepted, and %d of %d were not, plain and compressed ones: %s", bad+1, all, a.Detail)
			return failed(LayerGzip, a)
		case compressed && a.Accepted():
			refused.Detail = fmt.Sprintf("%d of %d envelopes were not taken, and others like them were: %s", bad, all, refused.Detail)
			return failed(LayerGzip, refused)
		case compressed:
			bad++
		}
	}
	return encodingFails(refused)
}

// try is a further request, which need not wait as long as the first ones.
func (x *examiner) try(ctx context.Context, compressed bool) Answer {
	t := x.compressed(compressed)
	t.Timeout = min(x.plan.AnswerTimeout, max(longWait, 3*x.heard.slowest()))
	return x.keep(exchange(ctx, t, x.report(), ""))
}

// undecided judges a refusal where the time was over before it could be put
// down to something.
func (x *examiner) undecided(ctx context.Context, refused Answer, plainTaken bool) Finding {
	mayBe := []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotAcceptable, http.StatusUnsupportedMediaType, http.StatusNotImplemented}
	switch {
	case interrupted(ctx):
		return x.unlooked(ctx, LayerGzip)
	case plainTaken && slices.Contains(mayBe, refused.Status):
		return encodingFails(refused)
	}
	refused.Detail = fmt.Sprintf("an envelope, compressed with gzip, was not taken (there was no time to see whether the compression is why): %s", refused.Detail)
	return failed(LayerGzip, refused)
}

func encodingFails(refused Answer) Finding {
	return Finding{
		Layer: LayerGzip, Status: Failed, Cause: cause.EncodingRejected,
		Detail: "a body compressed with gzip is not taken, and the same one plain is, before and after it: " + refused.Detail,
		Fix:    fixEncoding,
	}
}

// sentBefore says whether the event went out so long after the first envelope
// that it is a second look already: a slow ingest leaves no time for another.
func (x *examiner) sentBefore(first *send) (after time.Duration, ok bool) {
	after = x.taken.at.Sub(first.ended.Add(-first.answer.Latency))
	return after, x.taken.took > inHurry && after >= x.plan.Pause
}
