//go:build !windows

package observe_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/observe"
)

func TestExitIsToldAsItWas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		command observe.Command
		want    observe.Exit
		why     string
	}{
		{"well", shell("job", "exit 0"), observe.Exit{}, "every command ended"},
		{"with a code", shell("job", "exit 7"), observe.Exit{Code: 7}, "every command ended"},
		{"by a signal", shell("job", "kill -KILL $$"), observe.Exit{Signal: "SIGKILL"}, "every command ended"},
		{"not there", observe.Command{Name: "job", Args: []string{"no-such-program"}}, observe.Exit{Err: "no-such-program is not in PATH"}, "no command could be started"},
		{"no file there", observe.Command{Name: "job", Args: []string{"./no-such-program"}}, observe.Exit{Err: "./no-such-program is not there, or its interpreter or the folder it is to run in is not"}, "no command could be started"},
		{"not executable", observe.Command{Name: "job", Args: []string{"/etc/passwd"}}, observe.Exit{Err: "/etc/passwd is not executable"}, "no command could be started"},
		{"empty", observe.Command{Name: "job"}, observe.Exit{Err: "the command is empty"}, "no command could be started"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, tt.command)
			b.options.Once = false
			if tt.want.Err == "" {
				b.options.Once = true
			}
			e := b.run(t)
			if diff := cmp.Diff(tt.want, e.Processes[0].Exit); diff != "" {
				t.Errorf("exit (-want +got):\n%s", diff)
			}
			if e.Why != tt.why || e.Second != nil {
				t.Errorf("ended because %q with a second run: %v, expected %q and none", e.Why, e.Second != nil, tt.why)
			}
			if tt.want.Err != "" && !strings.Contains(b.told(), "cannot be started") {
				t.Errorf("said %q, expected that the command cannot be started", b.told())
			}
		})
	}
}

func TestProgramIsLookedForInTheCommandsOwnPath(t *testing.T) {
	t.Parallel()
	b := newBench(t, observe.Command{Name: "job", Args: []string{"only-here", "x"}}, observe.Command{Name: "near", Args: []string{"./bin/only-here", "y"}})
	bin := filepath.Join(b.options.Dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "only-here"), []byte("#!/bin/sh\necho $1 $(pwd)\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.env("PATH=bin:/usr/bin:/bin")
	e := b.run(t)
	for i, word := range []string{"x ", "y "} {
		if diff := cmp.Diff([]string{word + b.options.Dir}, e.Processes[i].Stdout); diff != "" {
			t.Errorf("output (-want +got):\n%s", diff)
		}
	}
}

func TestEnvironmentIsTheApplicationsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("job", "cat; env | sort")).env("SECRET_OF_MINE=kept", "SENTRY_DSN=theirs", "SENTRY_SPOTLIGHT=1", "SENTRY_DEBUG=0", "PYTHONUNBUFFERED=")
	b.run(t)
	got := map[string]string{}
	for line := range strings.Lines(b.out.String()) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		got[key] = value
	}
	for key, want := range map[string]string{"SECRET_OF_MINE": "kept", "SENTRY_DEBUG": "0", "PYTHONUNBUFFERED": ""} {
		if value, set := got[key]; !set || value != want {
			t.Errorf("%s is %q, expected %q as before", key, value, want)
		}
	}
	if _, set := got["SENTRY_SPOTLIGHT"]; set || !strings.Contains(b.told(), "SENTRY_SPOTLIGHT is taken out") {
		t.Errorf("SENTRY_SPOTLIGHT set: %v, said %q; expected it gone, and said", set, b.told())
	}
	if dsn := got["SENTRY_DSN"]; !strings.Contains(dsn, "@127.0.0.1:") || !strings.HasSuffix(dsn, "/1") {
		t.Errorf("SENTRY_DSN is %q, expected project 1 of the receiver", dsn)
	}
	for _, key := range []string{"NO_PROXY", "no_proxy", "HTTPS_PROXY"} {
		if value, set := got[key]; set {
			t.Errorf("%s is %q, expected it unset where there is no proxy", key, value)
		}
	}
}

// TestOutputPassesAsItComes: a single command's is passed byte for byte, and
// what has no end of line yet is not held back.
func TestOutputPassesAsItComes(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("job", `printf 'sure? '; while [ ! -e go ]; do sleep 0.01; done; printf 'yes\r\nlast'; printf 'to stderr' >&2`))
	ctx, cancel := context.WithTimeout(t.Context(), runTime)
	defer cancel()
	done := make(chan observe.Evidence, 1)
	go func() {
		e, err := observe.Run(ctx, b.options)
		if err != nil {
			t.Error(err)
		}
		done <- e
	}()
	b.out.await(t, "sure? ")
	if err := os.WriteFile(filepath.Join(b.options.Dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e := <-done
	if got := b.out.String(); got != "sure? yes\r\nlast" {
		t.Errorf("stdout is %q", got)
	}
	if got := b.err.String(); got != "to stderr" {
		t.Errorf("stderr is %q", got)
	}
	if diff := cmp.Diff([]string{"sure? yes", "last"}, e.Processes[0].Stdout); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestOutputOfSeveralIsToldApart(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200<<10)
	b := newBench(t,
		shell("web", "for i in 1 2 3; do printf 'half '; sleep 0.02; echo whole $i; done"),
		shell("worker", "for i in 1 2 3; do printf 'half '; sleep 0.02; echo whole $i; done; printf end"),
		observe.Command{Name: "beat", Args: []string{debianPython, "-c", "print('x' * (200 << 10))"}},
	)
	b.options.Out = b.out
	b.run(t)
	got := map[string][]string{}
	for line := range strings.Lines(b.out.String()) {
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " | ")
		got[name] = append(got[name], text)
	}
	three := []string{"half whole 1", "half whole 2", "half whole 3"}
	if diff := cmp.Diff(three, got["web"]); diff != "" {
		t.Errorf("web (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(append(three, "end"), got["worker"]); diff != "" {
		t.Errorf("worker (-want +got):\n%s", diff)
	}
	if !strings.Contains(b.out.String(), "beat | xxx") || strings.Count(b.out.String(), "x") != len(long) {
		t.Errorf("of a line of %d bytes %d came", len(long), strings.Count(b.out.String(), "x"))
	}
}

func TestLastLinesAreKeptAndRedacted(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("job", "i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i hush >&2; done"))
	b.options.Redact = func(text string) string { return strings.ReplaceAll(text, "hush", "[redacted]") }
	stderr := b.run(t).Processes[0].Stderr
	if len(stderr) != 40 || stderr[0] != "line 61 [redacted]" || stderr[39] != "line 100 [redacted]" {
		t.Errorf("kept %d lines, from %q to %q", len(stderr), stderr[0], stderr[len(stderr)-1])
	}
	if !strings.Contains(b.err.String(), "line 1 hush") {
		t.Error("what is passed on was changed")
	}
}

// dead waits until a process is gone, or is only a zombie that nobody takes.
func dead(t *testing.T, pid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for alive(pid) {
		select {
		case <-ctx.Done():
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatalf("process %d is still there", pid)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return !errors.Is(err, os.ErrNotExist) || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	_, after, _ := strings.Cut(string(content), ") ")
	return !strings.HasPrefix(after, "Z")
}

func pidIn(t *testing.T, dir, name string) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestNothingIsLeft: also what outlives its parent, ignores requests, and is in
// a session of its own.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"a child in the background": `sleep 300 & echo $! > pid`,
		"a deaf child":              `sh -c 'trap "" TERM INT; echo $$ > pid; while :; do sleep 0.1; done' & while [ ! -s pid ]; do sleep 0.01; done`,
		"a daemon":                  `setsid sh -c 'echo $$ > pid; exec sleep 300' > /dev/null 2>&1 < /dev/null & while [ ! -s pid ]; do sleep 0.01; done`,
		"a daemon with the pipes":   `setsid sh -c 'echo $$ > pid; exec sleep 300' & while [ ! -s pid ]; do sleep 0.01; done`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, shell("job", script))
			b.options = observe.Wordless(b.options)
			b.options.Drain = 100 * time.Millisecond
			e := b.run(t)
			if e.Processes[0].Exit != (observe.Exit{}) {
				t.Errorf("exit is %+v, expected that of the command itself", e.Processes[0].Exit)
			}
			dead(t, pidIn(t, b.options.Dir, "pid"))
		})
	}
}

func TestServersAreStoppedGently(t *testing.T) {
	t.Parallel()
	// The child must not get the request before its parent, which would take it
	// for a crash.
	b := newBench(t, shell("web", `sh -c 'trap "echo child asked >> log" TERM; while [ ! -e stop ]; do sleep 0.01; done' & trap 'echo parent asked >> log; touch stop; wait; exit 3' TERM; echo ready; while :; do sleep 0.01; done`))
	b.options.For = 300 * time.Millisecond
	e := b.run(t)
	if diff := cmp.Diff(observe.Exit{Running: true, Code: 3}, e.Processes[0].Exit); diff != "" {
		t.Errorf("exit (-want +got):\n%s", diff)
	}
	log, err := os.ReadFile(filepath.Join(b.options.Dir, "log"))
	if err != nil || string(log) != "parent asked\n" {
		t.Errorf("asked to end: %q (%v), expected the parent alone", log, err)
	}
	if e.Why != "--for 300ms" {
		t.Errorf("ended because %q", e.Why)
	}
}

func TestAConditionThatWasNotMetIsSaid(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("web", `echo ready; while :; do sleep 0.1; done`))
	b.options.For, b.options.Until = 100*time.Millisecond, map[string]int{"errors": 1}
	if e := b.run(t); e.Why != "--for 100ms, and --until errors=1 was not so" {
		t.Errorf("ended because %q", e.Why)
	}
}

func TestDeafServersAreKilled(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("web", `trap "" TERM INT; echo $$ > pid; while :; do sleep 0.1; done`))
	b.options.For = 200 * time.Millisecond
	e := b.run(t)
	if diff := cmp.Diff(observe.Exit{Running: true, Signal: "SIGKILL"}, e.Processes[0].Exit); diff != "" {
		t.Errorf("exit (-want +got):\n%s", diff)
	}
	dead(t, pidIn(t, b.options.Dir, "pid"))
}

// TestInterruptReachesTheWholeGroup: by Stop, which is no error, and by the end
// of the context.
func TestInterruptReachesTheWholeGroup(t *testing.T) {
	t.Parallel()
	for name, byContext := range map[string]bool{"stopped": false, "cancelled": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, shell("web", `trap 'echo interrupted; exit 5' INT; sh -c 'trap "echo child interrupted; exit" INT; echo child ready; while :; do sleep 0.01; done'; echo not reached`))
			b.options.Once = false
			ctx, cancel := context.WithTimeout(t.Context(), runTime)
			defer cancel()
			stop := make(chan struct{})
			b.options.Stop = stop
			done := b.begin(ctx)
			b.out.await(t, "child ready")
			var want error
			if byContext {
				want = context.Canceled
				cancel()
			} else {
				close(stop)
			}
			r := <-done
			if !errors.Is(r.err, want) || r.e.Why != "interrupted" || r.e.Second != nil {
				t.Errorf("ended because %q with %v, expected interrupted, %v, and no second run", r.e.Why, r.err, want)
			}
			if diff := cmp.Diff(observe.Exit{Running: true, Code: 5}, r.e.Processes[0].Exit); diff != "" {
				t.Errorf("exit (-want +got):\n%s", diff)
			}
			if got := b.out.String(); !strings.Contains(got, "\ninterrupted") || !strings.Contains(got, "child interrupted") {
				t.Errorf("output is %q, expected both processes to have been interrupted", got)
			}
		})
	}
}

// TestASecondRequestEndsAtOnce what has not followed the first.
func TestASecondRequestEndsAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("web", `trap "" TERM INT; echo $$ > pid; echo ready; while :; do sleep 0.1; done`))
	b.options = observe.Unending(b.options)
	ctx, cancel := context.WithTimeout(t.Context(), runTime)
	defer cancel()
	stop := make(chan struct{})
	b.options.Stop = stop
	done := b.begin(ctx)
	b.out.await(t, "ready")
	close(stop)
	cancel()
	if r := <-done; r.e.Processes[0].Exit.Signal != "SIGKILL" {
		t.Errorf("it ended with %+v", r.e.Processes[0].Exit)
	}
	dead(t, pidIn(t, b.options.Dir, "pid"))
}

type ending struct {
	e   observe.Evidence
	err error
}

// begin runs in the background.
func (b *bench) begin(ctx context.Context) <-chan ending {
	done := make(chan ending, 1)
	go func() {
		e, err := observe.Run(ctx, b.options)
		done <- ending{e, err}
	}()
	return done
}
