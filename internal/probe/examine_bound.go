package probe

import (
	"context"
	"fmt"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// longWait is how long a request has to be out before its end by that of the
// examination says something of the ingest.
const longWait = time.Second

// examinationOver is the cause of the end of an examination whose time is over.
type examinationOver struct{}

func (examinationOver) Error() string { return "the time of the examination is over" }
func (examinationOver) Timeout() bool { return true }

// interrupted says whether whoever asked has gone, in contrast to an
// examination whose time is over.
func interrupted(ctx context.Context) bool {
	return ctx.Err() != nil && !isTimeout(context.Cause(ctx))
}

// over says why there was no more time.
func (x *examiner) over(ctx context.Context) string {
	if interrupted(ctx) {
		return "the examination was interrupted"
	}
	return fmt.Sprintf("the %s for the whole examination were over", seconds(x.plan.Timeout))
}

// unlooked is the finding of a layer that was not looked at before ctx ended.
func (x *examiner) unlooked(ctx context.Context, l Layer) Finding {
	f := Finding{Layer: l, Status: Unfinished, Detail: x.over(ctx)}
	if interrupted(ctx) {
		f.Status = Skipped
	}
	return f
}

// cut says whether the end of the examination ended a request, and no answer.
func cut(ctx context.Context, a Answer) bool {
	return ctx.Err() != nil && !a.Accepted() && (a.Status == 0 || a.Err != nil)
}

// cutShort judges a request that was cut: one that was out for longer than any
// that was answered, or for nearly as long as an answer may take, has got none.
func (x *examiner) cutShort(ctx context.Context, l Layer, a Answer, what string) Finding {
	nearly := x.plan.AnswerTimeout * 9 / 10
	if interrupted(ctx) || a.Latency < longWait || a.Latency <= x.heard.slowest() && a.Latency < nearly {
		return x.unlooked(ctx, l)
	}
	a.Detail = fmt.Sprintf("%s was out for %s without an answer when %s, expected one within %s", what, seconds(a.Latency), x.over(ctx), seconds(x.plan.AnswerTimeout))
	a.Cause, a.Fix = cause.ResponseTimeout, fixSilence
	return failed(l, a)
}

// catch ends the examination where one of its goroutines panics: a fault of
// bbctl is no finding, and no reason to end the process. It has to be deferred.
func (x *examiner) catch() {
	if p := recover(); p != nil {
		x.examination.end(Unfinished, "bbctl's own fault: the examination panicked: "+newRedactor(x.plan.DSN).redact(fmt.Sprint(p)))
	}
}

// panicked is a panic as the error of what it ended.
func panicked(p any) error { return fmt.Errorf("bbctl's own fault: a panic: %v", p) }
