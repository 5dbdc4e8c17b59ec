//go:build unix

package prompt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	xterm "golang.org/x/term"
)

// askVariable makes the test's binary a program that asks the question it
// names on its terminal, and tells on stdout how it ended.
const askVariable = "BBCTL_TEST_ASK"

func TestMain(m *testing.M) {
	if message := os.Getenv(askVariable); message != "" {
		os.Exit(program(message))
	}
	os.Exit(m.Run())
}

func program(message string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	p, done := New(ctx, Options{In: os.Stdin, Err: os.Stderr, Getenv: os.Getenv})
	defer done()
	who := &person{prompter: p}
	fmt.Printf("plain: %v\n", who.plain())
	a := <-who.kinds(ctx)[message]()
	fmt.Printf("canceled: %v\n", errors.Is(a.err, ErrCanceled))
	return 0
}

// TestSignalsEndEveryQuestion asks in a process whose terminal makes signals.
func TestSignalsEndEveryQuestion(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*testing.T, *display, *os.Process){
		"Ctrl-C":    func(t *testing.T, m *display, _ *os.Process) { m.keys(t, "\x03") },
		"SIGTERM":   func(t *testing.T, _ *display, p *os.Process) { send(t, p, syscall.SIGTERM) },
		"SIGHUP":    func(t *testing.T, _ *display, p *os.Process) { send(t, p, syscall.SIGHUP) },
		"a hang up": func(_ *testing.T, m *display, _ *os.Process) { m.controller.Close() },
	}
	for _, environ := range []string{"TERM=xterm", "TERM=dumb"} {
		for end, begin := range ends {
			t.Run(environ+", "+end, func(t *testing.T) {
				t.Parallel()
				for message := range (&person{}).kinds(t.Context()) {
					m := newDisplay(t, 24, 80)
					command, out := askOn(t, m, message, environ)
					m.await(t, message)
					begin(t, m, command.Process)
					// The hang up may end the question before its signal comes.
					if err := command.Wait(); err != nil && end != "a hang up" {
						t.Errorf("%s: %v", message, err)
					}
					want := fmt.Sprintf("plain: %v\ncanceled: true\n", environ == "TERM=dumb")
					if out.String() != want {
						t.Errorf("%s: %q, want %q; seen %q", message, out.String(), want, m.String())
					}
					if end != "a hang up" {
						m.restored(t)
					}
				}
			})
		}
	}
}

func askOn(t *testing.T, m *display, message, environ string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	command := &exec.Cmd{
		Path: executable, Args: []string{"ask"}, Env: []string{askVariable + "=" + message, environ},
		Stdin: m.tty, Stdout: &out, Stderr: m.tty,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true},
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	t.Cleanup(func() { late.Stop() })
	return command, &out
}

func send(t *testing.T, p *os.Process, s os.Signal) {
	t.Helper()
	if err := p.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// TestSecretTypedAsSoonAsItIsAskedForIsHidden types a secret in the moment in
// which the terminal stops showing keys: the question is not written yet.
func TestSecretTypedAsSoonAsItIsAskedForIsHidden(t *testing.T) {
	t.Parallel()
	secret := strings.Join([]string{"zq", "9w", "8x"}, "")
	for _, environ := range []string{"TERM=xterm", "TERM=dumb"} {
		for range 5 {
			m := newDisplay(t, 24, 80)
			p, done := New(t.Context(), m.options(environ))
			asked := make(chan answered, 1)
			go func() {
				for { // type as soon as the terminal shows nothing
					if mode, err := xterm.GetState(int(m.tty.Fd())); err != nil || *mode != m.before {
						break
					}
				}
				_, _ = m.controller.WriteString(secret + "\r")
			}()
			go func() {
				value, err := p.Secret(t.Context(), Secret{Message: "Key"})
				asked <- answered{value, err}
			}()
			answers(t, &person{shown: m.shown, display: m, prompter: p}, asked, secret)
			if strings.Contains(m.String(), secret[:3]) {
				t.Fatalf("the secret shows: %q", m.String())
			}
			done()
		}
	}
}

// watched is a terminal that tells its mode at each write.
type watched struct {
	tty   *os.File
	write func(text string)
}

func (w watched) Fd() uintptr { return w.tty.Fd() }

func (w watched) Write(p []byte) (int, error) {
	w.write(string(p))
	return w.tty.Write(p)
}

func TestKeysAreHiddenBeforeASecretIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, environ := range []string{"TERM=xterm", "TERM=dumb"} {
		m := newDisplay(t, 24, 80)
		o := m.options(environ)
		seen := false
		o.Err = watched{m.tty, func(text string) {
			if mode, err := xterm.GetState(int(m.tty.Fd())); strings.Contains(text, "Key") {
				seen = true
				if err != nil || *mode == m.before {
					t.Errorf("%s: the question comes first (%v)", environ, err)
				}
			}
		}}
		p, done := New(t.Context(), o)
		asked := ask(t.Context(), p.Secret, Secret{Message: "Key"})
		m.await(t, "Key")
		m.keys(t, "s\r")
		answers(t, &person{shown: m.shown, display: m, prompter: p}, asked, "s")
		if !seen {
			t.Errorf("%s: the question was written elsewhere", environ)
		}
		done()
	}
}
