//go:build !windows

package term

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/creack/pty"
	xterm "golang.org/x/term"
)

func TestModeIsGivenBackAsItWas(t *testing.T) {
	t.Parallel()
	controller, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer controller.Close()
	defer terminal.Close()
	before := state(t, terminal)
	mode, err := SaveMode(terminal)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func() error{"no echo": mode.EchoOff, "key by key": mode.KeyByKey} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if state(t, terminal) == before {
			t.Errorf("%s: nothing has changed", name)
		}
		if err := mode.Restore(); err != nil {
			t.Fatal(err)
		}
		if state(t, terminal) != before {
			t.Errorf("%s: the mode is another one", name)
		}
	}
}

func TestKeysCanBeHiddenAndComeAtOnce(t *testing.T) {
	t.Parallel()
	controller, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer controller.Close()
	defer terminal.Close()
	mode, err := SaveMode(terminal)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(terminal)
	if r.Ready() {
		t.Error("something is there before a key was pressed")
	}
	if err := mode.KeyByKey(); err != nil {
		t.Fatal(err)
	}
	if _, err := controller.WriteString("k"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 8)
	if n, err := r.Read(t.Context(), b); string(b[:n]) != "k" || err != nil {
		t.Errorf("read %q, %v", b[:n], err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Read(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled read: %v", err)
	}
	if _, err := terminal.WriteString("."); err != nil {
		t.Fatal(err)
	}
	if n, err := controller.Read(b); string(b[:n]) != "." || err != nil {
		t.Errorf("the terminal shows %q, %v", b[:n], err)
	}
}

func TestWhatIsNoTerminalHasNoMode(t *testing.T) {
	t.Parallel()
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, f := range map[string]any{"a file": file, "nothing": nil} {
		if _, err := SaveMode(f); err == nil {
			t.Errorf("%s has a mode", name)
		}
	}
}

func state(t *testing.T, f *os.File) xterm.State {
	t.Helper()
	s, err := xterm.GetState(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return *s
}
