//go:build unix

package prompt

import (
	"io"
	"os"
	"strings"
	"testing"
)

func TestNobodyIsAskedWithoutATerminal(t *testing.T) {
	t.Parallel()
	tty := newDisplay(t, 24, 80).tty
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer writer.Close()
	for _, c := range []struct {
		name  string
		in    io.Reader
		err   io.Writer
		ci    string
		plain bool
		why   string // empty: somebody is asked
	}{
		{"a terminal", tty, tty, "", false, ""},
		{"a terminal, --plain", tty, tty, "", true, ""},
		{"CI of false", tty, tty, "false", false, ""},
		{"CI of False", tty, tty, "False", false, ""},
		{"CI of 0", tty, tty, "0", false, ""},
		{"CI", tty, tty, "true", false, "CI is set"},
		{"CI with a name", tty, tty, "woodpecker", false, "CI is set"},
		{"a pipe", reader, tty, "", false, "stdin is no terminal"},
		{"a buffer", strings.NewReader("x"), tty, "", false, "stdin is no terminal"},
		{"nothing", nil, tty, "", true, "there is no stdin"},
		{"stderr in a file", tty, writer, "", false, "stderr is no terminal"},
		{"stderr in a file, --plain", tty, writer, "", true, "stderr is no terminal"},
		{"a pipe, --plain", reader, writer, "", true, ""},
		{"a pipe, --plain, CI", reader, writer, "1", true, "CI is set"},
	} {
		ok, why := Interactive(Options{In: c.in, Err: c.err, Plain: c.plain, Getenv: func(key string) string {
			return map[string]string{"CI": c.ci}[key]
		}})
		if ok != (c.why == "") || why != c.why {
			t.Errorf("%s: %v, %q; want %q", c.name, ok, why, c.why)
		}
	}
}
