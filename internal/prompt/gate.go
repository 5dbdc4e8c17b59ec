package prompt

import (
	"context"
	"strings"

	"github.com/bookedbarber/bbctl/internal/term"
)

// Interactive says whether a person can be asked at all, and why not: a clause
// such as "stdin is no terminal". It reads nothing. --plain makes a pipe a
// person, but nothing does under CI, where nobody would answer.
func Interactive(o Options) (ok bool, why string) {
	switch {
	case on(o.Getenv("CI")):
		return false, "CI is set"
	case o.In == nil:
		return false, "there is no stdin"
	case term.IsTerminal(o.In) && !term.IsTerminal(o.Err):
		return false, "stderr is no terminal"
	case !term.IsTerminal(o.In) && !o.Plain:
		return false, "stdin is no terminal"
	}
	return true, ""
}

// on reads a variable that is a switch.
func on(value string) bool {
	return value != "" && value != "0" && !strings.EqualFold(value, "false")
}

// New returns the prompter that suits the terminal. It may ask the terminal
// once, for a bounded time. close gives the terminal back as it was.
func New(ctx context.Context, o Options) (p Prompter, close func()) {
	in := &input{source: term.NewReader(o.In)}
	mode, err := term.SaveMode(o.In)
	if err != nil {
		return questions{newPlain(in, o, nil)}, func() {}
	}
	close = func() { _ = mode.Restore() }
	if o.Plain || on(o.Getenv("ACCESSIBLE")) || !capable(o) || !in.probe(ctx, mode, o.Err) {
		return questions{newPlain(in, o, mode)}, close
	}
	return questions{newSurvey(in, o, mode)}, close
}

// capable says whether survey could work on a terminal. It counts the lines
// that it has to erase by the width, which a terminal of 0x0 does not know.
func capable(o Options) bool {
	name := o.Getenv("TERM")
	return surveyRuns && name != "" && name != "dumb" && term.Width(o.Err, 0) > 0
}
