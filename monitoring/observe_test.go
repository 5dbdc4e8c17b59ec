package monitoring_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/monitoring"
)

const slowSQL = "SELECT * FROM appointments WHERE client_name = 'planted-4242' AND id IN (1, 2)"

func TestQueryIsReportedOncePerThreshold(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		took      time.Duration
		err       error
		level     string // empty: no event
		title     string
		threshold any
	}{
		{"fast", 999 * time.Millisecond, nil, "", "", nil},
		{"at the first threshold", time.Second, nil, "", "", nil},
		{"over the first", time.Second + 1, nil, "warning", "SlowQuery: appointments", 1000.0},
		{"at the second", 5 * time.Second, nil, "warning", "SlowQuery: appointments", 1000.0},
		{"over the second", 6 * time.Second, nil, "error", "SlowQuery: appointments", 5000.0},
		{"failed", time.Millisecond, errors.New("deadlock detected"), "error", "QueryError: appointments", nil},
		{"failed late", 2 * time.Second, errors.New("deadlock detected"), "error", "QueryError: appointments", 1000.0},
		{"no rows", time.Millisecond, sql.ErrNoRows, "", "", nil},
		{"no rows, slowly", 2 * time.Second, fmt.Errorf("loading: %w", sql.ErrNoRows), "warning", "SlowQuery: appointments", 1000.0},
		{"connection lost", time.Millisecond, &net.OpError{Op: "write", Err: syscall.EPIPE}, "error", "QueryError: appointments", nil},
		{"cancelled", time.Millisecond, context.Canceled, "", "", nil},
		{"deadline", time.Millisecond, context.DeadlineExceeded, "error", "QueryError: appointments", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			id := newClient(t, s).ObserveQuery(context.Background(), slowSQL, tt.took, tt.err)
			if tt.level == "" {
				if n := len(s.events(t)); n != 0 || id != "" {
					t.Fatalf("events: got %d (id %q), want none", n, id)
				}
				return
			}
			event := s.event(t)
			if got := event.Exceptions[0].Type; event.Level != tt.level || got != tt.title || event.EventID != string(id) {
				t.Errorf("got level %q, title %q; want %q, %q", event.Level, got, tt.level, tt.title)
			}
			want := map[string]any{
				"statement": "SELECT * FROM appointments WHERE client_name = ? AND id IN (?)",
				"operation": "SELECT", "table": "appointments", "duration_ms": float64(tt.took.Microseconds()) / 1000,
			}
			if tt.threshold != nil {
				want["threshold_ms"] = tt.threshold
			}
			if diff := cmp.Diff(want, event.Contexts["query"]); diff != "" {
				t.Errorf("contexts.query (-want +got):\n%s", diff)
			}
			if event.Tags["db.table"] != "appointments" || event.Tags["category"] != "query" {
				t.Errorf("tags: got %v", event.Tags)
			}
			if strings.Contains(s.bytes(), "planted-4242") {
				t.Error("the parameter is on the wire")
			}
		})
	}
}

func TestThresholdsCanBeSet(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s, monitoring.WithThresholds(monitoring.Thresholds{Warn: time.Minute}))
	ctx := context.Background()
	c.ObserveQuery(ctx, "SELECT 1", 59*time.Second, nil)
	c.ObserveQuery(ctx, "SELECT 1", 61*time.Second, nil)
	if got := s.event(t).Level; got != "error" {
		t.Errorf("level: got %q, want error: an error is never milder than a warning", got)
	}
}

func TestFastObservationsCostNoMemory(t *testing.T) {
	s := newServer(t)
	c := newClient(t, s)
	ctx := context.Background()
	if n := testing.AllocsPerRun(100, func() {
		c.ObserveQuery(ctx, slowSQL, time.Millisecond, nil)
		c.ObserveRedis(ctx, "cache.get_user_data", time.Millisecond, nil)
		_, span := c.StartSpan(ctx, "op", "d")
		span.Finish()
	}); n != 0 {
		t.Errorf("allocations: got %g, want 0", n)
	}
}

// redisNil is a client's "no such key".
type redisNil struct{}

func (redisNil) Error() string { return "redis: nil" }
func (redisNil) RedisError()   {}

func TestRedisFailuresAreToldApart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		took    time.Duration
		err     error
		level   string
		failure string
	}{
		{"fast", time.Millisecond, nil, "", ""},
		{"slow", 2 * time.Second, nil, "warning", ""},
		{"very slow", 6 * time.Second, nil, "error", ""},
		{"no such key", time.Millisecond, fmt.Errorf("get: %w", redisNil{}), "", ""},
		{"refused", time.Millisecond, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "error", "connection"},
		{"broken pipe", time.Millisecond, &net.OpError{Op: "write", Err: syscall.EPIPE}, "error", "connection"},
		{"end of file", time.Millisecond, io.EOF, "error", "connection"},
		{"closed", time.Millisecond, net.ErrClosed, "error", "connection"},
		{"timeout", time.Millisecond, context.DeadlineExceeded, "error", "timeout"},
		{"reply", time.Millisecond, errors.New("ERR unknown command 'planted-4242', with args beginning with: 'planted-4242'"), "error", "reply"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			cfg := testConfig(s)
			cfg.Environment = "development" // where connections of a server that ends are noise
			clientOf(t, cfg, monitoring.WithSync()).ObserveRedis(context.Background(), "GET user:planted-4242", tt.took, tt.err)
			if tt.level == "" {
				if n := len(s.events(t)); n != 0 {
					t.Fatalf("events: got %d, want none", n)
				}
				return
			}
			event := s.event(t)
			if event.Level != tt.level || event.Tags["category"] != "redis" || event.Tags["redis.failure"] != tt.failure {
				t.Errorf("got level %q, tags %v; want %q, failure %q", event.Level, event.Tags, tt.level, tt.failure)
			}
			if event.Contexts["redis"]["operation"] != "GET user:?" || event.Contexts["redis"]["duration_ms"] == nil {
				t.Errorf("contexts.redis: got %v", event.Contexts["redis"])
			}
			if strings.Contains(s.bytes(), "planted-4242") {
				t.Error("the key is on the wire")
			}
		})
	}
}

func TestTaskTellsRetryAndLastAttemptApart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		attempt, most    int
		step             time.Duration // what each look at the clock takes
		err              error
		level, title     string // of the event; empty: none
		outcome          string
		retryBreadcrumbs int
	}{
		{"success", 1, 3, time.Millisecond, nil, "", "", "", 0},
		{"retry", 1, 3, time.Millisecond, errPlanted, "", "", "", 1},
		{"last attempt", 3, 3, time.Millisecond, errPlanted, "error", "TaskError: email.send", "failure", 0},
		{"only attempt", 0, 0, time.Millisecond, errPlanted, "error", "TaskError: email.send", "failure", 0},
		{"first of one", 0, 1, time.Millisecond, errPlanted, "error", "TaskError: email.send", "failure", 0},
		{"slow", 1, 1, 2 * time.Second, nil, "warning", "SlowTask: email.send", "slow", 0},
		{"very slow", 1, 1, 6 * time.Second, nil, "error", "SlowTask: email.send", "slow", 0},
		{"slow and failed is one event", 1, 1, 6 * time.Second, errPlanted, "error", "TaskError: email.send", "failure", 0},
		{"slow retry", 1, 2, 2 * time.Second, errPlanted, "warning", "SlowTask: email.send", "retry", 1},
		{"cancelled", 1, 1, time.Millisecond, context.Canceled, "", "", "", 0},
		{"broken pipe of our own", 1, 1, time.Millisecond, syscall.EPIPE, "error", "TaskError: email.send", "failure", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			c := newClient(t, s, monitoring.WithClock(steps(tt.step)))
			ctx := c.WithScope(context.Background())
			err := c.Task(ctx, monitoring.TaskInfo{Name: "email.send", ID: "task-1", Attempt: tt.attempt, MaxAttempts: tt.most},
				func(context.Context) error { return tt.err })
			if !errors.Is(err, tt.err) {
				t.Errorf("returned: got %v, want %v", err, tt.err)
			}
			c.CaptureMessage(ctx, monitoring.LevelInfo, "after")
			events := s.events(t)
			retries := 0
			for _, crumb := range events[len(events)-1].Breadcrumbs {
				if crumb.Data["outcome"] == "retry" && crumb.Data["attempt"] == float64(tt.attempt) && crumb.Data["error"] == errPlanted.Error() {
					retries++
				}
			}
			if retries != tt.retryBreadcrumbs {
				t.Errorf("breadcrumbs of retries: got %d, want %d", retries, tt.retryBreadcrumbs)
			}
			if tt.level == "" {
				if len(events) != 1 {
					t.Fatalf("events: got %d, want none but the one after", len(events))
				}
				return
			}
			if len(events) != 2 {
				t.Fatalf("events: got %d, want 2", len(events))
			}
			event := events[0]
			title := event.Exceptions[len(event.Exceptions)-1].Type
			task := event.Contexts["task"]
			if event.Level != tt.level || title != tt.title || task["outcome"] != tt.outcome || event.Tags["task"] != "email.send" {
				t.Errorf("got level %q, title %q, task %v, tags %v", event.Level, title, task, event.Tags)
			}
			if task["name"] != "email.send" || task["id"] != "task-1" || task["duration_ms"] == nil || task["max_attempts"] != float64(max(tt.most, 1)) {
				t.Errorf("contexts.task: got %v", task)
			}
		})
	}
}

func TestTaskReportsAPanicAndPassesItOn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	var recovered any
	func() {
		defer func() { recovered = recover() }()
		_ = c.Task(context.Background(), monitoring.TaskInfo{Name: "payment.settle"}, func(ctx context.Context) error {
			return c.Task(ctx, monitoring.TaskInfo{Name: "inner"}, func(context.Context) error { panic("planted panic") })
		})
	}()
	if recovered != "planted panic" {
		t.Errorf("recovered outside: got %v", recovered)
	}
	event := s.event(t)
	if event.Level != "fatal" || event.Contexts["task"]["outcome"] != "panic" || event.Contexts["task"]["name"] != "inner" {
		t.Errorf("got level %q, task %v", event.Level, event.Contexts["task"])
	}
}
