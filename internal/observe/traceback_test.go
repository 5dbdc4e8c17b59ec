//go:build !windows

package observe_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// TestUncaughtErrorsAreNamed: in what real interpreters print, and in what is
// mixed with the lines of others.
func TestUncaughtErrorsAreNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		command observe.Command
		want    []string
	}{
		{"Python", python("job", "def f():\n  raise ValueError('no slot')\nf()"), []string{"ValueError: no slot"}},
		{"Python, without a text", python("job", "raise KeyError"), []string{"KeyError"}},
		{"Python, of a module", python("job", "import json; json.loads('{')"), []string{"json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"}},
		{"Python, a class without Error in its name", python("job", "class SlotTaken(Exception): pass\nraise SlotTaken('at 9')"), []string{"SlotTaken: at 9"}},
		{"Python, after another", python("job", "try:\n  {}['k']\nexcept KeyError as e:\n  raise ValueError('v') from e"), []string{"ValueError: v"}},
		{"Python, during another", python("job", "try:\n  {}['k']\nexcept KeyError:\n  raise ValueError('v')"), []string{"ValueError: v"}},
		{"Python, a group", python("job", "raise ExceptionGroup('of two', [ValueError('a'), KeyError('b')])"), []string{"ExceptionGroup: of two (2 sub-exceptions)"}},
		{"Python, syntax", python("job", "def f(:"), nil}, // it has no traceback: nothing ran
		{"Python, in a thread, two of them", python("job", "import threading\nfor i in range(2):\n  t = threading.Thread(target=lambda: 1/0); t.start(); t.join()"), []string{"ZeroDivisionError: division by zero", "ZeroDivisionError: division by zero"}},
		{"mixed with other lines", printing(`Traceback (most recent call last):
  File "a.py", line 1, in <module>
INFO:     127.0.0.1:5000 - "GET / HTTP/1.1" 200 OK
    f()
[2026-01-01 10:00:00,123: WARNING/MainProcess] still here
ValueError: between others`), []string{"ValueError: between others"}},
		{"behind a prefix", printing(`worker-1  | Traceback (most recent call last):
worker-1  |   File "a.py", line 1, in <module>
worker-1  | app.errors.SlotTaken: at 9`), []string{"app.errors.SlotTaken: at 9"}},
		{"a group, with what is in it", printing(`  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 1, in <module>
  | ExceptionGroup: of one (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "a.py", line 2, in task
    | app.SlotTaken: at 9
    +------------------------------------`), []string{"ExceptionGroup: of one (1 sub-exception)", "app.SlotTaken: at 9"}},
		{"a log of JSON", printing(`{"level": "error", "exc": "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'slot'\n", "n": 1}
Finished: 3 rows imported`), []string{"KeyError: 'slot'"}},
		{"no errors", printing(`INFO: ValueError: is what it would say
ERROR: nothing
Done: all
panic: at the disco
Error: of a shell`), nil},
		{"Go, all goroutines", printing(`fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main.main()`), []string{"fatal error: all goroutines are asleep - deadlock!"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newBench(t, tt.command).run(t)
			if diff := cmp.Diff(tt.want, e.Processes[0].Tracebacks); diff != "" {
				t.Errorf("uncaught (-want +got):\n%s\n%s", diff, strings.Join(e.Processes[0].Stderr, "\n"))
			}
		})
	}
}

// printing is a command that prints a text to stderr.
func printing(text string) observe.Command {
	return observe.Command{Name: "job", Args: []string{"/bin/sh", "-c", `printf '%s\n' "$1" >&2`, "sh", text}}
}

func TestUncaughtErrorOfNode(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
			t.Fatal("integration: node is not there")
		}
		t.Skip("integration: node is not there")
	}
	b := newBench(t, observe.Command{Name: "web", Args: []string{node, "-e", `
try { null.x } catch (e) { console.error(e) }
throw new RangeError("no slot")`}})
	if diff := cmp.Diff([]string{"RangeError: no slot"}, b.run(t).Processes[0].Tracebacks); diff != "" {
		t.Errorf("uncaught (-want +got):\n%s", diff)
	}
}

func TestPanicOfGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "panics")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {\n\tvar m map[string]int\n\tm[\"slot\"] = 1\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, source)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	e := newBench(t, observe.Command{Name: "svc", Args: []string{binary}}).run(t)
	p := e.Processes[0]
	if diff := cmp.Diff([]string{"panic: assignment to entry in nil map"}, p.Tracebacks); diff != "" {
		t.Errorf("uncaught (-want +got):\n%s", diff)
	}
	if p.Exit != (observe.Exit{Code: 2}) || p.Program != "panics" || p.PID == 0 {
		t.Errorf("process is %+v", p)
	}
}

func TestPendingEventsAreTold(t *testing.T) {
	t.Parallel()
	e := newBench(t, printing("Sentry is attempting to send 3 pending events\nWaiting up to 2 seconds")).run(t)
	if got := e.Processes[0].Debug.Pending; got != 3 {
		t.Errorf("pending: saw %d, expected 3", got)
	}
	if len(e.Processes[0].Stderr) != 2 {
		t.Errorf("kept %q", e.Processes[0].Stderr)
	}
}
