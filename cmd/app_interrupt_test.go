//go:build !windows

package cmd_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// running is a bbctl whose application has said that it runs, with its PID.
type running struct {
	command *exec.Cmd
	out     bytes.Buffer
	err     bytes.Buffer
	app     int
	read    chan struct{} // closed when stderr has ended
}

// started runs bbctl with an application of the shell, until it has written
// "ready PID".
func started(t *testing.T, script string, args ...string) *running {
	t.Helper()
	return begun(t, bbctl(t, append(args, "--", "/bin/sh", "-c", script)...))
}

func begun(t *testing.T, command *exec.Cmd) *running {
	t.Helper()
	r := &running{command: command, read: make(chan struct{})}
	r.command.Env = append(r.command.Env, "SENTRY_ENVIRONMENT=development")
	r.command.Stdout = &r.out
	stderr, err := r.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.command.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(2*time.Minute, func() { _ = r.command.Process.Kill() })
	t.Cleanup(func() {
		late.Stop()
		_ = r.command.Process.Kill()
		if r.app > 0 {
			_ = syscall.Kill(r.app, syscall.SIGKILL) // where bbctl has left it
		}
	})
	lines := bufio.NewReader(stderr)
	for r.app == 0 {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("bbctl ended: %v\n%s%s", err, r.err.String(), r.out.String())
		}
		r.err.WriteString(line)
		if pid, ok := strings.CutPrefix(strings.TrimSpace(line), "ready "); ok {
			if r.app, err = strconv.Atoi(pid); err != nil {
				t.Fatal(err)
			}
		}
	}
	go func() {
		defer close(r.read)
		_, _ = io.Copy(&r.err, lines)
	}()
	return r
}

// end waits for bbctl's end, and returns its exit code.
func (r *running) end(t *testing.T) int {
	t.Helper()
	<-r.read
	_ = r.command.Wait()
	if err := syscall.Kill(r.app, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the application runs on (%v)", err)
	}
	return r.command.ProcessState.ExitCode()
}

const waits = `echo ready $$ >&2; while :; do sleep 1; done`

func TestInterruptEndsTheRunAndKeepsTheReport(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"test":   {"test"},
		"doctor": {"doctor", "--quick", "--no-send"},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			t.Run(name+" "+signal.String(), func(t *testing.T) {
				t.Parallel()
				r := started(t, waits, args...)
				if err := r.command.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				if signal == syscall.SIGHUP { // a terminal that is closed hangs up twice
					_ = r.command.Process.Signal(signal)
				}
				if code := r.end(t); code != 130 {
					t.Errorf("exit code %d", code)
				}
				if out := r.out.String(); !strings.Contains(out, "the run ended: interrupted") || !strings.Contains(out, "app-sent-nothing") {
					t.Errorf("the report is not of what was seen:\n%s", out)
				}
				if strings.Contains(r.err.String(), "a second time") {
					t.Errorf("who wanted it to end had to wait for a second run: %s", r.err.String())
				}
				if !strings.Contains(r.err.String(), "until then") {
					t.Errorf("it is not said that the run was cut short: %s", r.err.String())
				}
			})
		}
	}
}

// TestASecondInterruptEndsAtOnce has an application that ends for none: only
// what kills it ends it.
func TestASecondInterruptEndsAtOnce(t *testing.T) {
	t.Parallel()
	r := started(t, `trap "echo asked >&2" INT TERM; `+waits, "test")
	if err := r.command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := r.end(t); code != 130 {
		t.Errorf("exit code %d", code)
	}
	if r.out.Len() > 0 {
		t.Errorf("there is a report of what was not seen to its end:\n%s", r.out.String())
	}
}

// TestTheSuiteOutlivesAnInterruptOfTheApplication has a bbctl.yaml, whose
// application runs behind the suite: what that has come to is not lost, however
// the application ends.
func TestTheSuiteOutlivesAnInterruptOfTheApplication(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script  string
		signals []syscall.Signal
		stage   string
	}{
		"in good order": {waits, []syscall.Signal{syscall.SIGINT}, "the run ended: interrupted"},
		"at once":       {`trap "" INT TERM; ` + waits, []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}, "app       interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := bbctl(t, "test", "--local", "--once")
			yaml := "run:\n  job: [/bin/sh, -c, '" + test.script + "']\n"
			if err := os.WriteFile(filepath.Join(command.Dir, "bbctl.yaml"), []byte(yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			r := begun(t, command)
			for _, signal := range test.signals {
				if err := r.command.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
			}
			if code := r.end(t); code != 130 {
				t.Errorf("exit code %d", code)
			}
			if out := r.out.String(); !strings.Contains(out, "booking-error") || !strings.Contains(out, test.stage) {
				t.Errorf("the report is not of what was seen:\n%s", out)
			}
		})
	}
}
