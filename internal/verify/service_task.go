package verify

import (
	"context"
	"sync"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/monitoring"
)

// errand is the slow task of a service: tasks are measured by the client's own
// clock, so that one really has to take its time. It runs beside the checks.
type errand struct {
	once   sync.Once
	cancel context.CancelFunc
	done   chan struct{} // nil: it was not started
	scene  *scene
	reason string // why it was not
}

// longestErrand is the longest that is waited for.
const longestErrand = 2 * time.Second

// start sets out, unless it would take too long.
func (r *errand) start(l *Lab) {
	r.once.Do(func() {
		limits := l.service.Thresholds
		takes := limits.Warn + 20*time.Millisecond
		if takes > longestErrand || takes >= limits.Error {
			r.reason = "tasks that are slow by the thresholds of " + limits.Warn.String() + " and " + limits.Error.String() + " are not waited for"
			return
		}
		s, err := l.open()
		if err != nil {
			r.reason = "making a client: " + shown(err.Error())
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		r.scene, r.cancel, r.done = s, cancel, make(chan struct{})
		go func() {
			defer close(r.done)
			// What it returns is nil: the task only waits.
			_ = s.client.Task(ctx, monitoring.TaskInfo{Name: "report.build", ID: "task-3", Attempt: 1, MaxAttempts: 1},
				func(ctx context.Context) error { linger(ctx, takes); return nil })
		}()
	})
}

// linger waits for some time, or for the context.
func linger(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// end gives up what is still under way.
func (r *errand) end() {
	if r.done == nil {
		return
	}
	r.cancel()
	<-r.done
	r.scene.close(context.Background())
}

// serviceSlowTask judges the task that config-dsn has sent on its way.
func serviceSlowTask(ctx context.Context, l *Lab) check.Result {
	r := &l.service.errand
	if r.done == nil {
		return check.Skipped("%s", r.reason)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		return check.BrokenBy(ctx.Err())
	}
	delivery := r.scene.account()
	if delivery.ByReason[monitoring.DropSampleRate] > 0 {
		return check.BlockedBy(sampleRateCheck, "the dice of SampleRate left it out")
	}
	e := &expectation{}
	event := r.scene.event(e)
	e.equal("level", event.Level, "warning")
	e.equal("task.name", contextField(event, "task", "name"), "report.build")
	e.that(contextField(event, "task", "duration_ms") != "", "task.duration_ms: saw none")
	result := e.result()
	if result.Outcome == check.Fail {
		result.Cause, result.Fix = cause.AppExpectationUnmet, fixThresholds
	}
	return result
}
