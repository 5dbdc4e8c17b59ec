//go:build unix

package prompt

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTerminalThatAnswersNothingIsAskedLineByLine is the fault of survey for
// which the probe is there: it would wait for ever.
func TestTerminalThatAnswersNothingIsAskedLineByLine(t *testing.T) {
	t.Parallel()
	m := newDisplay(t, 24, 80)
	m.silent = true
	began := time.Now()
	p, done := New(t.Context(), m.options())
	defer done()
	if took := time.Since(began); took > patience {
		t.Errorf("the probe took %v", took)
	}
	who := &person{shown: m.shown, display: m, prompter: p}
	if !who.plain() {
		t.Fatal("survey asks a terminal that does not answer")
	}
	asked := ask(t.Context(), p.Input, Input{Message: "Name"})
	m.await(t, "Name: ")
	m.keys(t, "shop\r")
	answers(t, who, asked, "shop")
	if rest := strings.Replace(m.String(), askPosition, "", 1); strings.ContainsRune(rest, '\x1b') {
		t.Errorf("escape sequences in %q", rest)
	}
}

func TestLateReportOfTheCursorIsNoAnswer(t *testing.T) {
	t.Parallel()
	m := newDisplay(t, 24, 80)
	m.silent = true
	p, done := New(t.Context(), m.options())
	defer done()
	asked := ask(t.Context(), p.Input, Input{Message: "Name"})
	m.await(t, "Name: ")
	m.keys(t, "sh\x1b[24;80Rop\r")
	answers(t, &person{shown: m.shown, display: m, prompter: p}, asked, "shop")
}

func TestWhatIsTypedDuringTheProbeIsKept(t *testing.T) {
	t.Parallel()
	for _, silent := range []bool{false, true} {
		m := newDisplay(t, 24, 80)
		m.silent = true // until what is typed is there
		begun := make(chan Prompter, 1)
		go func() {
			p, _ := New(t.Context(), m.options())
			begun <- p
		}()
		m.await(t, askPosition)
		m.keys(t, "shX\x7fo")
		if !silent {
			m.keys(t, "\x1b[1;1R")
			m.mu.Lock()
			m.silent = false
			m.mu.Unlock()
		}
		m.keys(t, "p\rst")
		p := <-begun
		who := &person{shown: m.shown, display: m, prompter: p}
		if who.plain() != silent {
			t.Fatalf("asked by %T", p.(questions).asker)
		}
		first := ask(t.Context(), p.Input, Input{Message: "First"})
		if got := result(t, m.shown, first); got.err != nil || got.value != "shop" {
			t.Fatalf("answer %q (%v)", got.value, got.err)
		}
		second := ask(t.Context(), p.Input, Input{Message: "Second"})
		m.await(t, "Second")
		m.keys(t, "age\r")
		if got := result(t, m.shown, second); got.err != nil || got.value != "stage" {
			t.Fatalf("answer %q (%v)", got.value, got.err)
		}
		if m.mode(t) != m.before {
			t.Error("the mode is another one")
		}
		if !strings.Contains(m.lines(), "First: shop") && !strings.Contains(m.lines(), "First shop") {
			t.Errorf("what was typed does not show:\n%s", m.lines())
		}
	}
}

func TestEndTypedDuringTheProbeEndsTheQuestion(t *testing.T) {
	t.Parallel()
	m := newDisplay(t, 24, 80)
	m.silent = true
	begun := make(chan Prompter, 1)
	go func() {
		p, _ := New(t.Context(), m.options())
		begun <- p
	}()
	m.await(t, askPosition)
	m.keys(t, "\x04")
	canceled(t, result(t, m.shown, ask(t.Context(), (<-begun).Input, Input{Message: "First", Default: "x"})), "First")
	m.restored(t)
}

// TestTerminalThatFallsSilentIsStillAsked takes the answers away after the
// probe.
func TestTerminalThatFallsSilentIsStillAsked(t *testing.T) {
	t.Parallel()
	m := newDisplay(t, 24, 80)
	p, done := New(t.Context(), m.options())
	defer done()
	m.mu.Lock()
	m.silent = true
	m.mu.Unlock()
	who := &person{shown: m.shown, display: m, prompter: p}
	for range 2 {
		asked := ask(t.Context(), p.Input, Input{Message: "Name"})
		m.await(t, "Name")
		m.keys(t, "shop\r")
		if got := result(t, m.shown, asked); got.err != nil || got.value != "shop" {
			t.Fatalf("answer %q (%v)", got.value, got.err)
		}
	}
	secret := ask(t.Context(), p.Secret, Secret{Message: "Key"})
	m.await(t, "Key")
	m.keys(t, "abc\r")
	answers(t, who, secret, "abc")
	if n := strings.Count(m.String(), askPosition); n != 2 {
		t.Errorf("asked %d times, want once by the probe and once in vain", n)
	}
}

func TestWhoCannotUseSurveyIsAskedLineByLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		environ string
		plain   bool
	}{
		{"TERM=xterm-256color", false},
		{"TERM=dumb", true},
		{"TERM=", true},
		{"ACCESSIBLE=1", true},
		{"ACCESSIBLE=0", false},
		{"ACCESSIBLE=false", false},
	} {
		m := newDisplay(t, 24, 80)
		p, done := New(t.Context(), m.options(c.environ))
		who := &person{shown: m.shown, display: m, prompter: p}
		if who.plain() != c.plain {
			t.Errorf("%s: asked by %T", c.environ, p.(questions).asker)
		}
		if c.plain {
			asked := ask(t.Context(), who.choose, environments)
			m.await(t, "[2 staging]")
			m.keys(t, "production\r")
			answers(t, who, asked, "2")
			if strings.ContainsRune(m.String(), '\x1b') {
				t.Errorf("%s: escape sequences in %q", c.environ, m.String())
			}
		}
		done()
		m.restored(t)
	}
}

func TestNoColourWhereNoneIsWanted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		environ string
		off     bool
		colour  bool
	}{{"X=", false, true}, {"NO_COLOR=1", false, false}, {"X=", true, false}} {
		m := newDisplay(t, 24, 80)
		o := m.options(c.environ)
		o.NoColor = c.off
		p, done := New(t.Context(), o)
		who := &person{shown: m.shown, display: m, prompter: p}
		asked := ask(t.Context(), who.choose, environments)
		m.await(t, "production")
		m.keys(t, "\x1b[B\r")
		answers(t, who, asked, "2")
		asked = ask(t.Context(), p.Input, Input{Message: "Name", Help: "Any.", Validate: short})
		m.await(t, "Name")
		m.keys(t, "\x15marker?") // the keys after the check of the mode are there too
		m.keys(t, "\r")
		m.await(t, "must begin with s")
		m.keys(t, "s\r")
		answers(t, who, asked, "s")
		if got := string(withoutColor([]byte(m.String()))) != m.String(); got != c.colour {
			t.Errorf("%s, off %v: colours are %v in %q", c.environ, c.off, got, m.String())
		}
		done()
	}
}

func TestScreenOfTheWizardAt40Columns(t *testing.T) {
	t.Parallel()
	m := newDisplay(t, 10, 40)
	p, done := New(t.Context(), m.options())
	defer done()
	who := &person{shown: m.shown, display: m, prompter: p}
	long := "Share of the requests whose traces are sent, from 0 to 1"
	asked := ask(t.Context(), who.choose, environments)
	m.await(t, "production")
	m.keys(t, "\x1b[A")
	m.await(t, "> 1 development")
	m.keys(t, "?")
	m.await(t, "Where it runs.")
	if diff := cmp.Diff(`? Environment
[arrows or a number, then Enter; ? for
help]
Where it runs.
> 1 development  all errors and traces…
  2 staging  a few traces
  3 production`, strings.Replace(m.lines(), "\n[arrows or a number, then Enter]", "\n[arrows or a number, then Enter; ? for\nhelp]", 1)); diff != "" {
		t.Error(diff)
	}
	m.keys(t, "\r")
	if got := result(t, m.shown, asked); got.err != nil || got.value != "0" {
		t.Fatalf("answer %q (%v)", got.value, got.err)
	}
	asked = ask(t.Context(), p.Input, Input{Message: long, Default: "0.05", Validate: short})
	m.await(t, "(0.05)")
	m.keys(t, "x\r")
	m.await(t, "must begin with s")
	m.await(t, "(0.05)")
	m.keys(t, "s\r")
	answers(t, who, asked, "s")
	want := `? Environment development
Share of the requests whose traces are
! Sorry, your reply was invalid:
it must begin with s
? sent, from 0 to 1 s
marker`
	if diff := cmp.Diff(want, m.lines()); diff != "" {
		t.Error(diff)
	}
}

func TestChoiceOfMoreThanFits(t *testing.T) {
	t.Parallel()
	m := newDisplay(t, 6, 40)
	p, done := New(t.Context(), m.options())
	defer done()
	q := Select{Message: "Which", Default: 7}
	for _, name := range strings.Fields("a b c d e f g h i j k l") {
		q.Options = append(q.Options, Option{Name: name})
	}
	who := &person{shown: m.shown, display: m, prompter: p}
	asked := ask(t.Context(), who.choose, q)
	m.await(t, "> 8 h")
	m.keys(t, "\x1b[B")
	m.await(t, "> 9 i")
	m.keys(t, "\x1b[B\x1b[B\x1b[B\x1b[B")
	m.await(t, "> 1 a")
	m.keys(t, "\x1b[A")
	m.await(t, "> 12 l")
	if strings.Count(m.lines(), "Which") != 1 {
		t.Errorf("rests of what was drawn before:\n%s", m.lines())
	}
	m.keys(t, "\r")
	answers(t, who, asked, "11")
	if diff := cmp.Diff("? Which l\nmarker", m.lines()); diff != "" {
		t.Error(diff)
	}
}

func TestClosedTerminalIsAnEnd(t *testing.T) {
	t.Parallel()
	for _, environ := range []string{"TERM=xterm", "TERM=dumb"} {
		for message := range (&person{}).kinds(t.Context()) {
			m := newDisplay(t, 24, 80)
			p, done := New(t.Context(), m.options(environ))
			who := &person{shown: m.shown, display: m, prompter: p}
			asked := who.kinds(t.Context())[message]()
			m.await(t, message)
			m.controller.Close()
			canceled(t, result(t, m.shown, asked), message)
			done()
		}
	}
}
