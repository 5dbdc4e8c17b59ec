//go:build !windows

package cmd_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// clearLine is what the progress line begins with, and what removes it.
const clearLine = "\r\x1b[K"

func bbctl(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &exec.Cmd{
		Path: executable, Args: append([]string{"bbctl"}, args...), Dir: t.TempDir(),
		Env: []string{"TERM=xterm", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")},
	}
}

// onTerminal runs bbctl with a terminal of a size on all streams and returns
// what it wrote there.
func onTerminal(t *testing.T, size pty.Winsize, args ...string) string {
	t.Helper()
	command := bbctl(t, args...)
	terminal, err := pty.StartWithSize(command, &size)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	late := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	defer late.Stop()
	var seen bytes.Buffer
	// Linux answers EIO once the other side of a terminal is closed.
	if _, err := io.Copy(&seen, terminal); err != nil && !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("bbctl %s: %v\n%s", strings.Join(args, " "), err, seen.String())
	}
	return seen.String()
}

// progressLines are the lines that were drawn one over the other, and what
// stands on the screen after the last of them was removed.
func progressLines(seen string) (lines []string, rest string) {
	parts := strings.Split(seen, clearLine)
	return parts[1 : len(parts)-1], parts[0] + parts[len(parts)-1]
}

func TestProgressShowsOnATerminal(t *testing.T) {
	t.Parallel()
	seen := onTerminal(t, pty.Winsize{Rows: 24, Cols: 80}, "test", "--local")
	if strings.Count(seen, clearLine) < 3 {
		t.Fatalf("no progress in %q", seen)
	}
	lines, rest := progressLines(seen)
	if !strings.HasPrefix(lines[0], "1 of ") {
		t.Errorf("the first line is %q", lines[0])
	}
	last := lines[len(lines)-1]
	count, _, _ := strings.Cut(last, "  ")
	if ended, total, ok := strings.Cut(count, " of "); !ok || ended != total {
		t.Errorf("the last line is %q", last)
	}
	if strings.Contains(rest, last) || !strings.Contains(rest, "not proved") {
		t.Errorf("the report is not all that stays: %q", rest)
	}
}

func TestProgressOfASelectionPromisesNoTotal(t *testing.T) {
	t.Parallel()
	seen := onTerminal(t, pty.Winsize{Rows: 24, Cols: 80}, "test", "--local", "--only", "redis")
	if strings.Count(seen, clearLine) < 3 {
		t.Fatalf("no progress in %q", seen)
	}
	lines, _ := progressLines(seen)
	if !strings.HasPrefix(lines[0], "check 1  ") {
		t.Errorf("the first line is %q", lines[0])
	}
}

func TestProgressFitsANarrowTerminal(t *testing.T) {
	t.Parallel()
	seen := onTerminal(t, pty.Winsize{Rows: 10, Cols: 30}, "test", "--local", "--only", "event-filtering")
	if strings.Count(seen, clearLine) < 3 {
		t.Fatalf("no progress in %q", seen)
	}
	lines, _ := progressLines(seen)
	for _, line := range lines {
		if len([]rune(line)) >= 30 {
			t.Errorf("a line fills the terminal: %q", line)
		}
	}
}

func TestTerminalWithoutASizeIsSurvived(t *testing.T) {
	t.Parallel()
	seen := onTerminal(t, pty.Winsize{}, "test", "--local", "--only", "redis")
	if !strings.Contains(seen, "redis") {
		t.Errorf("saw %q", seen)
	}
	for _, command := range []string{"config", "--help"} {
		if seen := onTerminal(t, pty.Winsize{}, command); !strings.Contains(seen, "bbctl") {
			t.Errorf("bbctl %s: saw %q", command, seen)
		}
	}
}

func TestNoProgressInAPipe(t *testing.T) {
	t.Parallel()
	command := bbctl(t, "test", "--local", "--only", "redis")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stdout.String())
	}
	if stderr.Len() > 0 {
		t.Errorf("stderr: %q", stderr.String())
	}
	if strings.ContainsRune(stdout.String(), '\x1b') {
		t.Errorf("stdout holds escape sequences: %q", stdout.String())
	}
}

// TestInterruptIsExitCode130 waits for the suite to run before it interrupts.
func TestInterruptIsExitCode130(t *testing.T) {
	t.Parallel()
	command := bbctl(t, "test", "--local")
	terminal, err := pty.StartWithSize(command, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	late := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	defer late.Stop()
	var seen bytes.Buffer
	one := make([]byte, 1)
	for !strings.Contains(seen.String(), " of ") {
		if _, err := terminal.Read(one); err != nil {
			t.Fatalf("%v after %q", err, seen.String())
		}
		seen.Write(one)
	}
	if _, err := terminal.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(&seen, terminal); err != nil && !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	_ = command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d\n%s", code, seen.String())
	}
	if !strings.Contains(seen.String(), "bbctl: interrupted") {
		t.Errorf("saw %q", seen.String())
	}
}
