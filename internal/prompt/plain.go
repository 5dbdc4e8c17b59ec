package prompt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/bookedbarber/bbctl/internal/term"
)

// plain asks line by line and writes no escape sequence: for screen readers,
// terminals that can do little, and pipes.
type plain struct {
	in     *input
	out    io.Writer
	mode   *term.Mode // of the terminal; nil: answers come from a pipe
	failed error      // of writing
}

func newPlain(in *input, o Options, mode *term.Mode) *plain {
	if mode != nil {
		in.ahead = edited(in.ahead)
	}
	return &plain{in: in, out: o.Err, mode: mode}
}

func (p *plain) forget() {
	if p.mode != nil {
		p.in.forget(p.mode)
	}
}

func (p *plain) line(ctx context.Context, q question) (string, error) {
	hint := q.message
	switch {
	case q.kind == kindConfirm:
		hint += " yes/no"
	case q.help != "":
		hint += " (? for help)"
	}
	if q.empty != "" {
		if q.kind == kindSecret {
			hint += " [Enter: " + q.empty + "]"
		} else {
			hint += " [" + q.empty + "]"
		}
	}
	return again(ctx, p, q, hint, q.take)
}

func (p *plain) choose(ctx context.Context, q Select) (int, error) {
	p.paragraph(q.Message, "")
	for i, o := range q.Options {
		text := fmt.Sprintf("%d %s", i+1, o.Name)
		if o.Note != "" {
			text += ": " + o.Note
		}
		p.paragraph(text, "  ")
	}
	hint := "Number or name"
	if q.Help != "" {
		hint += " (? for help)"
	}
	hint += fmt.Sprintf(" [%d %s]", q.Default+1, q.Options[q.Default].Name)
	return again(ctx, p, question{kind: kindSelect, message: q.Message, help: q.Help}, hint,
		func(answer string) (int, error) { return pick(q, answer) })
}

// again asks until an answer is taken.
func again[T any](ctx context.Context, p *plain, q question, hint string, take func(string) (T, error)) (T, error) {
	var none T
	for {
		line, err := p.ask(ctx, hint, q.kind == kindSecret)
		if err != nil && !errors.Is(err, errTooLong) {
			return none, unanswered(ctx, q.message, err)
		}
		answer := clean(line)
		if err == nil && answer == "?" && q.help != "" {
			p.paragraph(q.help, "")
			continue
		}
		var taken T
		if err == nil {
			taken, err = take(answer)
		}
		if err == nil {
			return taken, nil
		}
		p.paragraph(invalid(err), "")
	}
}

// invalid says why an answer was refused.
func invalid(err error) string { return "Not valid: " + err.Error() }

// ask writes a prompt and returns the line that answers it. The echo is off
// before a secret is asked for: who types at once is not seen.
func (p *plain) ask(ctx context.Context, hint string, secret bool) (line []byte, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if secret && p.mode != nil {
		if err := p.mode.EchoOff(); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, p.mode.Restore()) }()
	}
	early := p.early(ctx)
	lines := term.Wrap(hint, p.width()-len(": "))
	p.print(strings.Join(lines, "\n") + ": ")
	if p.failed != nil {
		return nil, p.failed
	}
	whole, err := p.typedAhead(secret)
	if err == nil {
		err = early
	}
	if err == nil {
		line, err = p.in.line(ctx)
	}
	switch {
	case err != nil || secret || whole:
		p.print("\n")
	case p.mode == nil: // nothing has shown the answer
		p.print(clean(line) + "\n")
	}
	return line, err
}

// early reads what was typed on a terminal before the question is there: the
// terminal has shown it in another place, or not at all.
func (p *plain) early(ctx context.Context) error {
	if p.mode == nil || !p.in.source.Ready() {
		return nil
	}
	return p.in.fill(ctx)
}

// typedAhead shows what was typed on a terminal before the question, and
// says whether that is a whole line. Ctrl-D among it is the end, as it would
// have been.
func (p *plain) typedAhead(secret bool) (whole bool, err error) {
	if p.mode == nil || len(p.in.ahead) == 0 {
		return false, nil
	}
	line, _, whole := bytes.Cut(p.in.ahead, []byte("\n"))
	if bytes.IndexByte(line, ctrlD) >= 0 {
		return false, io.EOF
	}
	if !secret {
		p.print(clean(line))
	}
	return whole, nil
}

// paragraph writes a text within the width.
func (p *plain) paragraph(text, indent string) {
	for i, line := range term.Wrap(text, p.width()-2*len(indent)) {
		if i > 0 {
			line = indent + line
		}
		p.print(indent + line + "\n")
	}
}

func (p *plain) width() int { return term.Width(p.out, fallbackWidth) }

// fallbackWidth is how many columns a terminal is taken to have that does not
// know them.
const fallbackWidth = 80

func (p *plain) print(text string) {
	if _, err := io.WriteString(p.out, text); err != nil && p.failed == nil {
		p.failed = err
	}
}
