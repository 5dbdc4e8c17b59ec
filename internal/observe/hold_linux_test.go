package observe_test

import (
	"os"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/observe"
	"github.com/bookedbarber/bbctl/internal/servers"
)

// TestWhatAGoProgramHasNotFlushedComesInTheSecondRun: its end is held back,
// also where something else starts it, and how it ends stays as it was.
func TestWhatAGoProgramHasNotFlushedComesInTheSecondRun(t *testing.T) {
	t.Parallel()
	servers.NeedPtrace(t)
	service := goClient(t)
	for name, args := range map[string][]string{
		"itself":                   {service, "unflushed"},
		"in a shell":               {"sh", "-c", service + " unflushed; exit $?"},
		"in the place of a shell":  {"sh", "-c", "exec " + service + " unflushed"},
		"as the child of a child":  {"sh", "-c", "sh -c '" + service + " unflushed; exit $?'; exit $?"},
		"beside programs that end": {"sh", "-c", "ls / >/dev/null; (sleep 0.1; true) & " + service + " unflushed; code=$?; wait; exit $code"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := twice(t, args...)
			if first.Seen.Requests != 0 || first.Held || first.Exit.Code != 3 {
				t.Errorf("in the first run came %d requests, held %v, %+v", first.Seen.Requests, first.Held, first.Exit)
			}
			if second.Seen.Items["event"] != 1 || !second.Held || second.Exit.Code != 3 {
				t.Errorf("in the second run came %v, held %v, %+v", second.Seen.Items, second.Held, second.Exit)
			}
		})
	}
}

func TestAGoProgramWithoutEventsIsHeldBackInVain(t *testing.T) {
	t.Parallel()
	servers.NeedPtrace(t)
	first, second := twice(t, goClient(t), "idle")
	if second.Seen.Requests != 0 || !second.Held {
		t.Errorf("in the second run came %d requests, held %v", second.Seen.Requests, second.Held)
	}
	if !strings.HasPrefix(first.Linked, "sentry.go/0.") {
		t.Errorf("the SDK in it is %q", first.Linked)
	}
}

// TestOthersAreNotHeldBack: neither a program without the SDK, nor one that is
// ended from outside.
func TestOthersAreNotHeldBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script string
		want   observe.Exit
	}{
		"a status":         {"exit 7", observe.Exit{Code: 7}},
		"a signal":         {"kill -KILL $$", observe.Exit{Signal: "SIGKILL"}},
		"a trapped signal": {"trap 'exit 5' TERM; kill -TERM $$; sleep 5", observe.Exit{Code: 5}},
		"another program":  {"exec env sleep 0", observe.Exit{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, second := twice(t, "sh", "-c", tt.script)
			if second.Exit != tt.want || second.Held {
				t.Errorf("it ended with %+v, held %v, expected %+v", second.Exit, second.Held, tt.want)
			}
		})
	}
}

// twice runs a command of which nothing comes.
func twice(t *testing.T, args ...string) (first, second observe.Process) {
	t.Helper()
	b := newBench(t, observe.Command{Name: "service", Args: args})
	b.options.Once, b.options.Environ = false, append(b.options.Environ, "PATH="+os.Getenv("PATH"))
	e := b.run(t)
	if e.Second == nil {
		t.Fatalf("there was no second run after %+v", e.Processes[0].Seen)
	}
	return e.Processes[0], e.Second.Processes[0]
}
