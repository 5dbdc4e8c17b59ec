package monitoring

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/getsentry/sentry-go"
)

// TaskInfo is one attempt at a task.
type TaskInfo struct {
	Name string // "email.send_notification"
	ID   string
	// Attempt is 1 for the first. The attempt that reaches MaxAttempts is the
	// last; 0 stands for 1 in both.
	Attempt, MaxAttempts int
}

// How an attempt ended, as it stands in the field outcome of the context task.
const (
	outcomeFailure = "failure"
	outcomeRetry   = "retry"
	outcomeSlow    = "slow"
	outcomePanic   = "panic"
)

// Task runs one attempt at a task and reports it: the last attempt that fails
// is an error event; one that will be tried again leaves a breadcrumb in the
// scope around it; one that took too long is a warning or an error by the
// thresholds, unless it is reported as failed already. It returns the task's
// own error. A panic is reported and goes on: what becomes of the process is
// not this package's to decide.
func (c *Client) Task(ctx context.Context, info TaskInfo, fn func(context.Context) error) error {
	if c == nil {
		return fn(ctx)
	}
	info.Attempt, info.MaxAttempts = max(info.Attempt, 1), max(info.MaxAttempts, 1)
	started := c.now()
	own := with(c.WithScope(ctx), func(s *scope) {
		s.addContext("task", sentry.Context{
			"name": info.Name, "id": info.ID, "attempt": info.Attempt, "max_attempts": info.MaxAttempts,
		})
		s.tags = maps.Clone(s.tags)
		if s.tags == nil {
			s.tags = map[string]string{}
		}
		s.tags["task"] = info.Name
	})
	defer func() {
		if r := recover(); r != nil {
			c.CapturePanic(ended(own, outcomePanic, c.now().Sub(started)), r)
			panic(r)
		}
	}()
	err := fn(own)
	c.attempted(ctx, own, info, c.now().Sub(started), err)
	return err
}

// attempted reports an attempt that ended: own is its context, and ctx the one
// around it.
func (c *Client) attempted(ctx, own context.Context, info TaskInfo, took time.Duration, err error) {
	level, threshold := c.thresholds.level(took)
	last := info.Attempt >= info.MaxAttempts
	if err != nil && last {
		c.captureError(ended(own, outcomeFailure, took), err, description{
			kind: "TaskError", stage: info.Name, fingerprint: []string{info.Name}, own: true,
		}, nil)
		return
	}
	if err != nil {
		data := fields("name", info.Name, "id", info.ID, "outcome", outcomeRetry, "error", said(err.Error))
		data["duration_ms"] = milliseconds(took)
		data["attempt"], data["max_attempts"] = info.Attempt, info.MaxAttempts
		c.leave(ctx, crumb{
			category: "task", kind: "info", level: LevelWarning, data: data,
			message: fmt.Sprintf("%s failed at attempt %d of %d", info.Name, info.Attempt, info.MaxAttempts),
		})
	}
	if level != "" {
		how := outcomeSlow
		if err != nil {
			how = outcomeRetry
		}
		c.captureError(ended(own, how, took), slow{info.Name, threshold}, description{
			kind: "SlowTask", stage: info.Name, fingerprint: []string{info.Name}, level: level,
		}, nil)
	}
}

// ended adds to the task's context how it ended.
func ended(ctx context.Context, how string, took time.Duration) context.Context {
	return with(ctx, func(s *scope) {
		task := maps.Clone(s.contexts["task"])
		task["outcome"], task["duration_ms"] = how, milliseconds(took)
		s.addContext("task", task)
	})
}
