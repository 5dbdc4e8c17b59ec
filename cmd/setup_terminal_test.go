//go:build !windows

package cmd_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// dialog is a bbctl on a terminal, and the person before it.
type dialog struct {
	t        *testing.T
	command  *exec.Cmd
	terminal *os.File
	dir      string

	mu     sync.Mutex
	more   *sync.Cond
	seen   bytes.Buffer // as it was drawn
	from   int          // what was waited for lies before it, in the plain text
	closed bool
}

// talk starts bbctl. A terminal that is mute answers no question about the
// cursor, as some do.
func talk(t *testing.T, size pty.Winsize, mute bool, args ...string) *dialog {
	t.Helper()
	return talkWith(t, size, mute, func(string) {}, args...)
}

// talkWith starts it in a folder that is prepared before.
func talkWith(t *testing.T, size pty.Winsize, mute bool, prepare func(dir string), args ...string) *dialog {
	t.Helper()
	command := bbctl(t, args...)
	prepare(command.Dir)
	d := &dialog{t: t, command: command, dir: command.Dir}
	d.more = sync.NewCond(&d.mu)
	terminal, err := pty.StartWithSize(command, &size)
	if err != nil {
		t.Fatal(err)
	}
	d.terminal = terminal
	late := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	t.Cleanup(func() {
		late.Stop()
		_ = terminal.Close()
		_ = command.Process.Kill()
	})
	go d.read(mute)
	return d
}

func (d *dialog) read(mute bool) {
	chunk := make([]byte, 4096)
	for {
		n, err := d.terminal.Read(chunk)
		if n > 0 && !mute && bytes.Contains(chunk[:n], []byte("\x1b[6n")) {
			_, _ = d.terminal.WriteString("\x1b[1;1R")
		}
		d.mu.Lock()
		d.seen.Write(chunk[:n])
		d.closed = err != nil
		d.more.Broadcast()
		d.mu.Unlock()
		if err != nil {
			return
		}
	}
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]|\x1b[78]|\r`)

// text is what was drawn, without control characters and line breaks: a narrow
// terminal breaks lines anywhere.
func (d *dialog) text() string {
	plain := escapes.ReplaceAllString(d.seen.String(), "")
	return strings.Join(strings.Fields(plain), " ")
}

// expect waits until a text is seen behind what was waited for before.
func (d *dialog) expect(text string) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		if all := d.text(); len(all) >= d.from {
			if at := strings.Index(all[d.from:], text); at >= 0 {
				d.from += at + len(text)
				return
			}
		}
		if d.closed {
			d.t.Fatalf("%q was never seen:\n%s", text, d.seen.String())
		}
		d.more.Wait()
	}
}

// enter types a line.
func (d *dialog) enter(text string) {
	d.t.Helper()
	if _, err := d.terminal.WriteString(text + "\r"); err != nil {
		d.t.Fatal(err)
	}
}

// end waits for the end and returns the exit code.
func (d *dialog) end() int {
	d.t.Helper()
	_ = d.command.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.closed {
		d.more.Wait()
	}
	return d.command.ProcessState.ExitCode()
}

// written is what the .env file holds.
func (d *dialog) written() string {
	b, err := os.ReadFile(filepath.Join(d.dir, ".env"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		d.t.Fatal(err)
	}
	return string(b)
}

// localSentry serves a receiver until the test ends and returns its DSN.
func localSentry(t *testing.T) string {
	t.Helper()
	r := receiver.New(receiver.Options{})
	address, stop, err := r.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return r.DSN(address)
}

// TestWizardOnEveryTerminal is the way of most people: the DSN, and Enter three
// times.
func TestWizardOnEveryTerminal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		size pty.Winsize
		mute bool
		args []string
	}{
		{"24x80", pty.Winsize{Rows: 24, Cols: 80}, false, nil},
		{"10x40", pty.Winsize{Rows: 10, Cols: 40}, false, nil},
		{"0x0", pty.Winsize{}, false, nil},
		{"mute", pty.Winsize{Rows: 24, Cols: 80}, true, nil},
		{"plain", pty.Winsize{Rows: 24, Cols: 80}, false, []string{"--plain"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dsn := localSentry(t)
			d := talk(t, test.size, test.mute, append([]string{"setup"}, test.args...)...)
			d.expect("Sentry DSN")
			d.enter("SENTRY_DSN=" + dsn)
			d.expect("project 1")
			d.expect("Environment")
			d.enter("")
			d.expect("transactions sent")
			d.expect("Change any of these?")
			d.enter("")
			d.expect("+SENTRY_ENVIRONMENT=development")
			d.expect("Write .env?")
			d.enter("")
			d.expect("proven: ")
			d.expect("bbctl explain init")
			if code := d.end(); code != 0 {
				t.Errorf("exit code %d\n%s", code, d.seen.String())
			}
			if !strings.HasPrefix(d.written(), "SENTRY_DSN="+dsn+"\nSENTRY_ENVIRONMENT=development\n") {
				t.Errorf("the file is %q", d.written())
			}
			if strings.Contains(d.text(), receiver.Key()) {
				t.Errorf("the key was shown:\n%s", d.seen.String())
			}
			if len(test.args) > 0 && strings.ContainsRune(d.seen.String(), '\x1b') {
				t.Errorf("--plain writes control characters: %q", d.seen.String())
			}
		})
	}
}

// TestLeavingTheWizard goes away at every question, in every way.
func TestLeavingTheWizard(t *testing.T) {
	t.Parallel()
	ways := map[string]func(d *dialog){
		"Ctrl-C":  func(d *dialog) { _, _ = d.terminal.WriteString("\x03") },
		"Ctrl-D":  func(d *dialog) { _, _ = d.terminal.WriteString("\x04") },
		"SIGTERM": func(d *dialog) { _ = d.command.Process.Signal(syscall.SIGTERM) },
		"SIGHUP":  func(d *dialog) { _ = d.command.Process.Signal(syscall.SIGHUP) },
		"SIGINT":  func(d *dialog) { _ = d.command.Process.Signal(syscall.SIGINT) },
	}
	questions := []string{"Sentry DSN", "Environment", "Change any of these?", "Write .env?"}
	for name, leave := range ways {
		for n, last := range questions {
			t.Run(name+" at "+last, func(t *testing.T) {
				t.Parallel()
				dsn := localSentry(t)
				d := talk(t, pty.Winsize{Rows: 24, Cols: 80}, false, "setup")
				for i, question := range questions[:n] {
					d.expect(question)
					d.enter([]string{dsn, "", ""}[i])
				}
				d.expect(last)
				leave(d)
				if code := d.end(); code != 130 {
					t.Errorf("exit code %d, expected 130\n%s", code, d.seen.String())
				}
				if d.written() != "" {
					t.Error("the file was written")
				}
				if !strings.Contains(d.text(), "nothing was written") {
					t.Errorf("it is not said that nothing was written:\n%s", d.seen.String())
				}
			})
		}
	}
}

// TestWizardSaysThatItWaitsForTheDSN: `--dsn -` on a terminal must not look as
// if it hung.
func TestWizardSaysThatItWaitsForTheDSN(t *testing.T) {
	t.Parallel()
	dsn := localSentry(t)
	d := talk(t, pty.Winsize{Rows: 24, Cols: 80}, false, "setup", "--yes", "--dsn", "-")
	d.expect("Waiting for the DSN: paste it")
	d.enter(dsn)
	d.expect("proven: ")
	if code := d.end(); code != 0 {
		t.Errorf("exit code %d\n%s", code, d.seen.String())
	}
	if strings.Contains(d.text(), receiver.Key()) {
		t.Errorf("the key was shown:\n%s", d.seen.String())
	}
}

// TestNoTerminalMeansNoQuestion: a session without a controlling terminal, with
// stdin closed, ends at once.
func TestNoTerminalMeansNoQuestion(t *testing.T) {
	t.Parallel()
	command := bbctl(t, "setup")
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var out, stderr bytes.Buffer
	command.Stdout, command.Stderr = &out, &stderr
	command.Stdin = io.Reader(nil)
	_ = command.Run()
	if code := command.ProcessState.ExitCode(); code != 2 || out.Len() > 0 || !strings.Contains(stderr.String(), "--dsn-file") {
		t.Errorf("exit code %d\n%s%s", code, out.String(), stderr.String())
	}
}

// TestPastedBlockIsNoConsent: the rest of several pasted lines answers no
// question that nobody has read.
func TestPastedBlockIsNoConsent(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"--plain"}} {
		dsn := localSentry(t)
		d := talk(t, pty.Winsize{Rows: 24, Cols: 80}, false, append([]string{"setup"}, args...)...)
		d.expect("Sentry DSN")
		d.enter("SENTRY_DSN=" + dsn + "\r\r\r\r\r\r\r\r")
		d.expect("Write .env?")
		if d.written() != "" {
			t.Errorf("%v: it was written at once", args)
		}
		d.enter("no")
		if code := d.end(); code != 130 || d.written() != "" {
			t.Errorf("%v: exit code %d, file %q\n%s", args, code, d.written(), d.seen.String())
		}
	}
}

// TestNameIsTypedAtAChoice, in front of a list.
func TestNameIsTypedAtAChoice(t *testing.T) {
	t.Parallel()
	dsn := localSentry(t)
	d := talk(t, pty.Winsize{Rows: 24, Cols: 80}, false, "setup")
	d.expect("Sentry DSN")
	d.enter(dsn)
	d.expect("4 other")
	d.enter("staging")
	d.expect("preset staging")
	d.expect("Change any of these?")
	d.enter("")
	d.expect("Write .env?")
	d.enter("yes")
	d.expect("proven: ")
	if code := d.end(); code != 0 || !strings.Contains(d.written(), "SENTRY_ENVIRONMENT=staging\n") {
		t.Errorf("exit code %d, file %q", code, d.written())
	}
}

// TestSecretThatNeverComesIsNotWaitedForAfterASignal: the DSN is read from a
// pipe to which nobody writes.
func TestSecretThatNeverComesIsNotWaitedForAfterASignal(t *testing.T) {
	t.Parallel()
	command := bbctl(t, "setup", "--yes", "--dsn-file", "pipe")
	pipe := filepath.Join(command.Dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	defer late.Stop()
	// Opened only once the other side is: from then on it reads.
	writer, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d\n%s", code, stderr.String())
	}
}
