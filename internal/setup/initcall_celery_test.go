package setup_test

import (
	"bytes"
	"context"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/servers"
)

var celeryModules = []string{"celery", "redis"}

// celeryProject makes the folder of a Celery application, with its .env and a
// Redis of its own.
func celeryProject(t *testing.T, dsn, code string) string {
	t.Helper()
	broker := servers.Redis(t, servers.RedisOptions{})
	return project(t, everything(dsn).with("CELERY_BROKER_URL", broker.URL(0)), map[string]string{
		"worker.py": code + initTestdata(t, "tasks.py"), "enqueue.py": initTestdata(t, "enqueue.py"),
	})
}

// startCelery starts a worker or beat, and returns what ends it and waits.
func startCelery(t *testing.T, sdk pythonSDK, dir string, args ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), initTimeout)
	cmd := exec.CommandContext(ctx, debianPython, append([]string{"-m", "celery", "-A", "worker"}, args...)...)
	cmd.Dir, cmd.Env = dir, sdk.environ(dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		_ = cmd.Wait() // how a worker ends after a signal is its own affair
		if t.Failed() {
			t.Logf("celery %s:\n%s", strings.Join(args, " "), log.String())
		}
	}
	t.Cleanup(stop)
	return stop
}

// failTask runs a worker on a project, lets a task fail in it, and ends it.
func failTask(t *testing.T, sdk pythonSDK, dir string) {
	t.Helper()
	stop := startCelery(t, sdk, dir, "worker", "-P", "prefork", "-c", "1", "--without-mingle", "--without-gossip")
	ctx, cancel := context.WithTimeout(t.Context(), initTimeout)
	defer cancel()
	enqueue := exec.CommandContext(ctx, debianPython, "enqueue.py")
	enqueue.Dir, enqueue.Env = dir, sdk.environ(dir)
	if out, err := enqueue.CombinedOutput(); err != nil || string(out) != "FAILURE\n" {
		t.Errorf("enqueuing: %v\n%s", err, out)
	}
	stop()
}

// TestCeleryInitReportsAFailingTask runs the code that is printed, in the pool
// that forks.
func TestCeleryInitReportsAFailingTask(t *testing.T) {
	t.Parallel()
	withPythonSDKs(t, celeryModules, func(t *testing.T, sdk pythonSDK) {
		r, dsn := initReceiver(t)
		failTask(t, sdk, celeryProject(t, dsn, initCall(t, "celery").Code))
		got := whatArrived(t, r)
		if len(got.events) != 1 || len(got.transactions) != 1 {
			t.Fatalf("saw %d events and %d transactions, expected one of each", len(got.events), len(got.transactions))
		}
		expectSettings(t, got.transactions[0], false)
		event := got.events[0]
		expectSettings(t, event, false)
		if len(event.Exceptions) == 0 || event.Exceptions[0].Value != "no phone number" {
			t.Errorf("saw the exceptions %+v", event.Exceptions)
		}
		job, _ := event.Extra["celery-job"].(map[string]any)
		if event.Transaction != "reminder.send" || job["task_name"] != "reminder.send" {
			t.Errorf("saw the transaction %q and the job %v", event.Transaction, job)
		}
	})
}

// TestCeleryInitAfterTheForkReportsNothing holds what the code says of the
// other signal: why init stands where it does.
func TestCeleryInitAfterTheForkReportsNothing(t *testing.T) {
	t.Parallel()
	withPythonSDKs(t, celeryModules, func(t *testing.T, sdk pythonSDK) {
		r, dsn := initReceiver(t)
		code := strings.Replace(initCall(t, "celery").Code, "@signals.celeryd_init.", "@signals.worker_process_init.", 1)
		failTask(t, sdk, celeryProject(t, dsn, code))
		if got := whatArrived(t, r); len(got.events) > 0 {
			t.Errorf("saw %d events: the comment in the code is out of date", len(got.events))
		}
	})
}

func TestCeleryInitReachesBeat(t *testing.T) {
	t.Parallel()
	withPythonSDKs(t, celeryModules, func(t *testing.T, sdk pythonSDK) {
		r, dsn := initReceiver(t)
		dir := celeryProject(t, dsn, initCall(t, "celery").Code)
		startCelery(t, sdk, dir, "beat", "-s", dir+"/schedule", "--pidfile", dir+"/pid")
		ctx, cancel := context.WithTimeout(t.Context(), initTimeout)
		defer cancel()
		isMessage := func(record *receiver.Record) bool {
			return slices.ContainsFunc(decoded(t, record).events, func(e *envelope.Event) bool { return e.Message == "beat begins" })
		}
		records, err := r.Await(ctx, isMessage, 1)
		if err != nil {
			t.Fatalf("nothing came from beat: %v", err)
		}
		expectSettings(t, decoded(t, records[0]).events[0], false)
	})
}
