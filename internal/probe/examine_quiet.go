package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// exitWait is how long sentry-python waits at exit for all that is queued.
const exitWait = 2 * time.Second

func isLimit(id cause.ID) bool {
	return slices.Contains([]cause.ID{cause.RateLimited, cause.RateLimitedKey, cause.RateLimitedProject, cause.RateLimitedOrganization}, id)
}

// weight says what a limit comes to: the categories of tracing and profiling
// are asked for by the settings, the others are extras.
func weight(l Limit) Status {
	if l.Covers(slices.Concat([]string{"transaction", "span", "profile", "profile_chunk"}, errorCategories())) {
		return Failed
	}
	return Warned
}

// limits judges the limits of all answers that no other layer has reported.
func (x *examiner) limits(ctx context.Context) Finding {
	f := Finding{Layer: LayerLimits, Status: Passed, Detail: "no answer names a limit"}
	if ctx.Err() != nil {
		f.Detail = "no answer so far names a limit"
	}
	var own []Limit
	told := false
	for _, l := range x.heard.active() {
		switch {
		case x.heard.told(l):
			told = true
		case !slices.ContainsFunc(own, func(o Limit) bool { return sameLimit(o, l) }):
			own = append(own, l)
		}
	}
	if len(own) == 0 {
		if told {
			f.Detail = "no answer names another limit than the one that is reported"
		}
		return f
	}
	slices.SortStableFunc(own, func(a, b Limit) int { return rank(a) - rank(b) })
	v := limited(own[0], "an answer tells it:")
	f.Status, f.Cause, f.Detail, f.Fix = weight(own[0]), v.cause, v.detail, v.fix
	for _, l := range own[1:] {
		f.Detail += "; also " + limited(l, "").detail
	}
	return f
}

func sameLimit(a, b Limit) bool {
	return a.Scope == b.Scope && a.Reason == b.Reason && slices.Equal(a.Categories, b.Categories)
}

func rank(l Limit) int {
	if weight(l) == Failed {
		return 0
	}
	return 1
}

// latency compares the quickest answer with the time that SDKs have at exit.
func (x *examiner) latency() Finding {
	took, n, to := x.heard.quickest()
	f := Finding{Layer: LayerLatency, Status: Passed, Detail: fmt.Sprintf("the quickest answer to %d %s took %s", n, to, seconds(took))}
	if took <= SlowLimit {
		return f
	}
	f.Status, f.Cause = Warned, cause.IngestSlow
	f.Detail += fmt.Sprintf(", expected at most %s: SDKs wait %s at exit for everything that is queued, in which %s", seconds(SlowLimit), seconds(exitWait), atExit(took))
	f.Fix = "sentry_sdk.flush(timeout=10) before the process ends, or shutdown_timeout=10 in init"
	return f
}

func atExit(took time.Duration) string {
	switch n := int(exitWait / took); n {
	case 0:
		return "not one envelope gets through"
	case 1:
		return "one envelope gets through"
	default:
		return fmt.Sprintf("%d envelopes get through", n)
	}
}

// clock compares this machine's clock with the server's.
func (x *examiner) clock() Finding {
	f := Finding{Layer: LayerClock, Status: Passed, Detail: "no answer carries a Date: the clocks were not compared"}
	a, ok := x.heard.dated()
	if !ok {
		return f
	}
	by, direction := a.Skew, "ahead of"
	if by < 0 {
		by, direction = -by, "behind"
	}
	f.Detail = fmt.Sprintf("this machine's clock is %s %s the server's", by.Round(time.Second), direction)
	if by.Round(time.Second) == 0 {
		f.Detail = "this machine's clock and the server's agree"
	}
	if by > SkewLimit {
		f.Status, f.Cause = Warned, cause.ClockSkew
		f.Detail += fmt.Sprintf(" (Date: %s), expected at most %s", strings.Join(a.Header.Values("Date"), ", "), seconds(SkewLimit))
		f.Fix = "set the clock of this machine: timedatectl set-ntp true on the host (containers have its clock)"
	}
	return f
}
