//go:build unix

package prompt

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	xterm "golang.org/x/term"
)

// patience is how long a test waits for what must come. It is a bound for
// failures: nothing waits that long otherwise.
const patience = 20 * time.Second

// shown is what a person has seen so far.
type shown struct {
	mu   sync.Mutex
	text []byte
	from int           // what stands before it was waited for already
	more chan struct{} // closed when there is more
}

func newShown() *shown { return &shown{more: make(chan struct{})} }

func (s *shown) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, p...)
	close(s.more)
	s.more = make(chan struct{})
	return len(p), nil
}

func (s *shown) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text)
}

// await waits for a text, after all that was waited for before.
func (s *shown) await(t *testing.T, text string) {
	t.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		at, more := bytes.Index(s.text[s.from:], []byte(text)), s.more
		if at >= 0 {
			s.from += at + len(text)
		}
		s.mu.Unlock()
		if at >= 0 {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("waited for %q, saw %q", text, s.String())
		}
	}
}

// display is a pty with a person before it.
type display struct {
	*shown
	controller, tty *os.File
	screen          *screen
	mu              sync.Mutex
	silent          bool // answers no question for the cursor
	before          xterm.State
}

func newDisplay(t *testing.T, rows, columns uint16) *display {
	t.Helper()
	controller, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(controller, &pty.Winsize{Rows: rows, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	controller = interruptible(t, controller)
	t.Cleanup(func() { controller.Close(); tty.Close() })
	m := &display{shown: newShown(), controller: controller, tty: tty, screen: newScreen(int(rows), int(columns))}
	m.before = m.mode(t)
	go m.draw()
	return m
}

// interruptible returns a file whose Close ends a Read that waits.
func interruptible(t *testing.T, f *os.File) *os.File {
	t.Helper()
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), f.Name())
}

// draw shows what comes and answers as a terminal does.
func (m *display) draw() {
	b := make([]byte, 4096)
	for {
		n, err := m.controller.Read(b)
		if err != nil {
			return
		}
		m.mu.Lock()
		silent := m.silent
		answers := m.screen.write(string(b[:n]))
		m.mu.Unlock()
		if !silent && answers != "" {
			_, _ = io.WriteString(m.controller, answers)
		}
		_, _ = m.Write(b[:n])
	}
}

func (m *display) lines() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.screen.String()
}

func (m *display) keys(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(m.controller, text); err != nil {
		t.Fatal(err)
	}
}

func (m *display) mode(t *testing.T) xterm.State {
	t.Helper()
	mode, err := xterm.GetState(int(m.tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return *mode
}

// restored fails a test that leaves the terminal in another mode, the cursor
// hidden or a line begun.
func (m *display) restored(t *testing.T) {
	t.Helper()
	if now := m.mode(t); now != m.before {
		t.Errorf("the mode is %+v, was %+v", now, m.before)
	}
	m.keys(t, "marker") // echoed at the end, when all else is drawn
	m.await(t, "marker")
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.screen.hidden {
		t.Error("the cursor stays hidden")
	}
	if line := m.screen.line(m.screen.y); !strings.HasPrefix(line, "marker") {
		t.Errorf("a line was not ended: %q", line)
	}
}

func (m *display) options(environ ...string) Options {
	getenv := func(key string) string {
		value := map[string]string{"TERM": "xterm"}[key]
		for _, e := range environ {
			if k, v, _ := strings.Cut(e, "="); k == key {
				value = v
			}
		}
		return value
	}
	return Options{In: m.tty, Err: m.tty, Getenv: getenv}
}

// person answers questions, whichever prompter asks them.
type person struct {
	*shown
	*display // nil: a pipe
	prompter Prompter
	pipe     *io.PipeWriter
}

func (p *person) await(t *testing.T, text string) { t.Helper(); p.shown.await(t, text) }

func (p *person) keys(t *testing.T, text string) {
	t.Helper()
	if p.display != nil {
		p.display.keys(t, strings.ReplaceAll(text, "\n", "\r"))
		return
	}
	go func() { _, _ = io.WriteString(p.pipe, text) }() // a pipe waits for its reader
}

// leave ends the input.
func (p *person) leave(t *testing.T) {
	t.Helper()
	if p.display != nil {
		p.display.keys(t, "\x04")
		return
	}
	p.pipe.Close()
}

func (p *person) seen() string { return p.String() }

// prompters are all the ways in which questions are asked.
func prompters() map[string]func(*testing.T) *person {
	sized := func(rows, columns uint16, plain bool) func(*testing.T) *person {
		return func(t *testing.T) *person {
			m := newDisplay(t, rows, columns)
			o := m.options()
			o.Plain = plain
			p, done := New(t.Context(), o)
			t.Cleanup(done)
			if _, is := p.(questions).asker.(bySurvey); is == (plain || columns == 0) {
				t.Fatalf("asked by %T", p.(questions).asker)
			}
			return &person{shown: m.shown, display: m, prompter: p}
		}
	}
	return map[string]func(*testing.T) *person{
		"survey at 24x80":         sized(24, 80, false),
		"survey at 10x40":         sized(10, 40, false),
		"plain at 24x80":          sized(24, 80, true),
		"plain at 10x40":          sized(10, 40, true),
		"a terminal without size": sized(0, 0, false),
		"plain on a pipe": func(t *testing.T) *person {
			in, pipe := io.Pipe()
			out := newShown()
			p, done := New(t.Context(), Options{In: in, Err: out, Plain: true, Getenv: func(string) string { return "" }})
			t.Cleanup(done)
			t.Cleanup(func() { in.Close(); pipe.Close() })
			return &person{shown: out, prompter: p, pipe: pipe}
		},
	}
}

// everywhere runs a test with every prompter.
func everywhere(t *testing.T, test func(*testing.T, *person)) {
	t.Parallel()
	for name, begin := range prompters() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, begin(t))
		})
	}
}

// answered is what a question returned.
type answered struct {
	value any
	err   error
}

// ask asks in the background.
func ask[T any](ctx context.Context, method func(context.Context, T) (string, error), q T) <-chan answered {
	done := make(chan answered, 1)
	go func() {
		value, err := method(ctx, q)
		done <- answered{value, err}
	}()
	return done
}

func result(t *testing.T, p *shown, done <-chan answered) answered {
	t.Helper()
	select {
	case a := <-done:
		return a
	case <-time.After(patience):
		t.Fatalf("the question does not end; seen %q", p.String())
		return answered{}
	}
}

// canceled fails where a question did not end by ErrCanceled naming it.
func canceled(t *testing.T, a answered, message string) {
	t.Helper()
	if !errors.Is(a.err, ErrCanceled) {
		t.Fatalf("answer %q, error %v", a.value, a.err)
	}
	if !strings.Contains(a.err.Error(), message) {
		t.Errorf("the error does not name the question: %v", a.err)
	}
}
