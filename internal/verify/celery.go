package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/infra/celery"
	"github.com/bookedbarber/bbctl/monitoring"
)

// broker makes the run of a check on the real Celery. It sends a control
// ping, never a task.
func broker(body func(ctx context.Context, s *scene, ping celery.Pong, e *expectation), wantWorkers bool) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		url, ok := l.set(config.KeyCeleryBrokerURL)
		if !ok {
			return check.Skipped("CELERY_BROKER_URL is set nowhere")
		}
		origin := l.o.Config.Value(config.KeyCeleryBrokerURL).Origin
		pong, err := celery.Ping(ctx, celery.Options{URL: url})
		var fault *celery.Fault
		switch {
		case errors.Is(err, celery.ErrUnsupportedBroker):
			return check.Skipped("CELERY_BROKER_URL from %s: %v", origin, err)
		case errors.As(err, &fault) && fault.Cause == cause.CeleryNoWorker && wantWorkers && l.o.ApplicationFollows:
			return check.Skipped("CELERY_BROKER_URL from %s: no worker answers yet; the application's own commands run after these checks", origin)
		case errors.As(err, &fault) && (wantWorkers || fault.Cause != cause.CeleryNoWorker):
			return check.Failed(fault.Cause, fault.Fix, "CELERY_BROKER_URL from %s: %s", origin, fault.Detail)
		case err != nil && fault == nil:
			return check.BrokenBy(err)
		}
		return play(func(ctx context.Context, s *scene, e *expectation) { body(ctx, s, pong, e) }, paced(warnOnly))(ctx, l)
	}
}

// celeryBroker expects the broker to take a control command, and the time it
// took to be reported as the Redis operation that it is.
func celeryBroker(ctx context.Context, s *scene, pong celery.Pong, e *expectation) {
	s.client.ObserveRedis(ctx, "celery.control.ping", s.lasted(pong.Latency), nil)
	e.equal("redis.operation", contextField(s.event(e), "redis", "operation"), "celery.control.ping")
	e.saw("%d listeners", pong.Listeners)
}

func celeryWorkers(ctx context.Context, s *scene, pong celery.Pong, e *expectation) {
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, "workers answer", monitoring.Data("workers", len(pong.Workers)))
	e.equal("message", s.event(e).Message, "workers answer")
	e.that(len(pong.Workers) > 0, "workers that answer: saw none of %d listeners", pong.Listeners)
	e.saw("%d of %d answer, in %s", len(pong.Workers), pong.Listeners, pong.Latency.Round(100*time.Microsecond))
}

// errTask is the failure of a task, wrapped as tasks do.
var errTask = fmt.Errorf("sending the reminder: %w", errPlanted)

func taskFailure(ctx context.Context, s *scene, e *expectation) {
	err := s.client.Task(ctx, monitoring.TaskInfo{Name: "email.send_notification", ID: "task-1", Attempt: 3, MaxAttempts: 3},
		func(context.Context) error { return errTask })
	e.that(errors.Is(err, errPlanted), "what Task returned: saw %v, expected the task's error", err)
	event := s.event(e)
	e.equal("level", event.Level, "error")
	e.equal("task.name", contextField(event, "task", "name"), "email.send_notification")
	e.equal("task.attempt", contextField(event, "task", "attempt"), "3")
	e.equal("task.max_attempts", contextField(event, "task", "max_attempts"), "3")
	e.equal("task.outcome", contextField(event, "task", "outcome"), "failure")
}

// taskRetry fails twice and then succeeds: no error event, because nothing is
// lost yet; the attempts stand in the breadcrumbs of whatever comes next.
func taskRetry(ctx context.Context, s *scene, e *expectation) {
	ctx = s.client.WithScope(ctx)
	for attempt := 1; attempt <= 3; attempt++ {
		err := s.client.Task(ctx, monitoring.TaskInfo{Name: "calendar.sync", ID: "task-2", Attempt: attempt, MaxAttempts: 5},
			func(context.Context) error {
				if attempt < 3 {
					return errTask
				}
				return nil
			})
		e.that((err != nil) == (attempt < 3), "attempt %d: saw error %v", attempt, err)
	}
	e.number("events of a task that succeeds at its third attempt", len(s.events(e)), 0)
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, "after")
	retries := 0
	for _, crumb := range s.event(e).Breadcrumbs {
		if crumbField(crumb, "outcome") == "retry" {
			retries++
		}
	}
	e.number("breadcrumbs of retries", retries, 2)
}

func taskSlow(ctx context.Context, s *scene, e *expectation) {
	err := s.client.Task(ctx, monitoring.TaskInfo{Name: "report.build", ID: "task-3", Attempt: 1, MaxAttempts: 1},
		func(context.Context) error { time.Sleep(time.Microsecond); return nil })
	e.that(err == nil, "what Task returned: %v", err)
	event := s.event(e)
	e.equal("level", event.Level, "warning")
	e.equal("task.name", contextField(event, "task", "name"), "report.build")
	e.that(contextField(event, "task", "duration_ms") != "", "task.duration_ms: saw none")
}

func taskSuccess(ctx context.Context, s *scene, e *expectation) {
	err := s.client.Task(ctx, monitoring.TaskInfo{Name: "report.build", ID: "task-4", Attempt: 1, MaxAttempts: 3},
		func(context.Context) error { return nil })
	e.that(err == nil, "what Task returned: %v", err)
	e.number("events of a task that succeeds in time", len(s.events(e)), 0)
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, "after")
	e.equal("what came after it", s.event(e).Message, "after")
}

func taskPanic(ctx context.Context, s *scene, e *expectation) {
	err := s.panickingTask(ctx)
	e.that(err != nil, "a task that panics: saw no error")
	event := s.event(e)
	text := event.Message
	for _, exception := range event.Exceptions {
		text += exception.Value
	}
	e.that(strings.Contains(text, "planted panic"), "the panic's text: saw %q", text)
	e.equal("task.name", contextField(event, "task", "name"), "payment.settle")
}

// panickingTask turns a panic that Task passes on into an error, as a worker's
// own recovery would.
func (s *scene) panickingTask(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the task panicked: %v", r)
		}
	}()
	return s.client.Task(ctx, monitoring.TaskInfo{Name: "payment.settle", ID: "task-5", Attempt: 1, MaxAttempts: 1},
		func(context.Context) error { panic("planted panic") })
}
