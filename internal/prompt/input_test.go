package prompt

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bookedbarber/bbctl/internal/term"
)

func TestAnswerHoldsTextAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, line, want string }{
		{"text", "shop", "shop"},
		{"blanks around", " \t shop one\u00a0\r", "shop one"},
		{"a tab within", "a\tb", "a b"},
		{"what web pages add", "\ufeffshop\u200b", "shop"},
		{"other scripts", "予約 é", "予約 é"},
		{"control characters", "s\x00h\x07o\x7fp\u0085", "shop"},
		{"a paste", "\x1b[200~shop\x1b[201~", "shop"},
		{"cursor keys", "s\x1b[Ah\x1bOBo\x1b[1;5Cp", "shop"},
		{"the cursor's place", "sh\x1b[24;80Rop", "shop"},
		{"colours of the terminal", "\x1b]11;rgb:0000/0000/0000\x1b\\sh\x1b]4;1\aop", "shop"},
		{"a key with Alt", "sho\x1bxp", "shop"},
		{"a sequence that breaks off", "shop\x1b[12;", "shop"},
		{"a sequence that is broken off", "sh\x1b[1\x07op", "shop"},
		{"bytes that are no text", "sh\xffop", "sh\ufffdop"},
		{"half a character", "shop\xe4\xba", "shop\ufffd"},
		{"nothing", "", ""},
	} {
		if got := clean([]byte(c.line)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzAnswerHoldsNoControlCharacter(f *testing.F) {
	f.Add([]byte("\x1b[200~a\x1b]b\x1b"))
	f.Fuzz(func(t *testing.T, line []byte) {
		answer := clean(line)
		if term.Clean(answer) != strings.Map(func(r rune) rune {
			if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
				return -1
			}
			if r == '\ufffd' {
				return '?'
			}
			if r == '\u2028' || r == '\u2029' {
				return ' '
			}
			return r
		}, answer) {
			t.Errorf("%q becomes %q", line, answer)
		}
		if answer != clean([]byte(answer)) {
			t.Errorf("%q becomes %q, and that %q", line, answer, clean([]byte(answer)))
		}
	})
}

func TestLinesComeWholeFromAnySource(t *testing.T) {
	t.Parallel()
	text := "one\n\ntwo\r\n" + strings.Repeat("x", longestLine) + "\n" + strings.Repeat("y", 3*longestLine) + "\nlast\nhalf"
	for name, source := range map[string]io.Reader{
		"at once":      strings.NewReader(text),
		"in halves":    iotest.HalfReader(strings.NewReader(text)),
		"with its end": iotest.DataErrReader(strings.NewReader(text)),
	} {
		in := &input{source: term.NewReader(source)}
		for _, want := range []struct {
			length int
			err    error
		}{{3, nil}, {0, nil}, {4, nil}, {longestLine, nil}, {0, errTooLong}, {4, nil}, {0, io.EOF}, {0, io.EOF}} {
			line, err := in.line(context.Background())
			if len(line) != want.length || !errors.Is(err, want.err) {
				t.Errorf("%s: %d bytes, %v; want %d, %v", name, len(line), err, want.length, want.err)
			}
		}
	}
}

func TestEscapeAloneIsAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	defer writer.Close()
	go func() { _, _ = io.WriteString(writer, "\x1b") }()
	in := &input{source: term.NewReader(reader)}
	if k, b, err := in.key(t.Context()); k != keyOther || string(b) != "\x1b" || err != nil {
		t.Errorf("kind %v, %q, %v", k, b, err)
	}
}

func TestTooLongALineIsRefusedAndAskedAgain(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p, done := New(t.Context(), Options{
		In: strings.NewReader(strings.Repeat("x", longestLine+1) + "\nshop\n"), Err: &out,
		Plain: true, Getenv: func(string) string { return "" },
	})
	defer done()
	got, err := p.Input(t.Context(), Input{Message: "Name", Default: "x"})
	if got != "shop" || err != nil {
		t.Errorf("answer %q, %v", got, err)
	}
	if want := "Name [x]: \nNot valid: the line is longer than 64 KiB\nName [x]: shop\n"; out.String() != want {
		t.Errorf("shown %q, want %q", out.String(), want)
	}
}

func TestLineWithoutItsEndIsNoAnswer(t *testing.T) {
	t.Parallel()
	p, done := New(t.Context(), Options{
		In: strings.NewReader("shop"), Err: io.Discard, Plain: true, Getenv: func(string) string { return "" },
	})
	defer done()
	if got, err := p.Input(t.Context(), Input{Message: "Name"}); !errors.Is(err, ErrCanceled) || got != "" {
		t.Errorf("answer %q, %v", got, err)
	}
}

func TestFaultOfTheStreamsIsNoCancellation(t *testing.T) {
	t.Parallel()
	fault := errors.New("the disk is on fire")
	for name, o := range map[string]Options{
		"reading": {In: iotest.ErrReader(fault), Err: io.Discard},
		"writing": {In: strings.NewReader("x\n"), Err: failing{fault}},
	} {
		o.Plain, o.Getenv = true, func(string) string { return "" }
		p, done := New(t.Context(), o)
		if _, err := p.Input(t.Context(), Input{Message: "Name"}); !errors.Is(err, fault) || errors.Is(err, ErrCanceled) {
			t.Errorf("%s: %v", name, err)
		}
		done()
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
