//go:build !windows

package term

import (
	"testing"

	"github.com/creack/pty"
)

func TestATerminalKnowsItsWidth(t *testing.T) {
	t.Parallel()
	controller, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer controller.Close()
	defer terminal.Close()
	if !IsTerminal(terminal) {
		t.Error("a terminal is none")
	}
	for _, c := range []struct {
		columns uint16
		want    int
	}{{80, 80}, {40, 40}, {0, 100}} {
		if err := pty.Setsize(controller, &pty.Winsize{Rows: 24, Cols: c.columns}); err != nil {
			t.Fatal(err)
		}
		if got := Width(terminal, 100); got != c.want {
			t.Errorf("of %d columns: Width = %d, want %d", c.columns, got, c.want)
		}
	}
}

func TestColourCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	controller, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer controller.Close()
	defer terminal.Close()
	for _, c := range []struct {
		name    string
		environ map[string]string
		off     bool
		want    bool
	}{
		{"a terminal", map[string]string{"TERM": "xterm"}, false, true},
		{"NO_COLOR of nothing", map[string]string{"TERM": "xterm", "NO_COLOR": ""}, false, true},
		{"NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": "0"}, false, false},
		{"a dumb terminal", map[string]string{"TERM": "dumb"}, false, false},
		{"--no-color", map[string]string{"TERM": "xterm"}, true, false},
	} {
		if got := Color(terminal, func(key string) string { return c.environ[key] }, c.off); got != c.want {
			t.Errorf("%s: Color = %v, want %v", c.name, got, c.want)
		}
	}
}
