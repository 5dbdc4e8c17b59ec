package report

import (
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/term"
)

// paper collects the lines of a text form.
type paper struct {
	strings.Builder
	style Style
}

// The colours of the text form. They say nothing that the words do not say.
const (
	bold    = "1"
	dim     = "2"
	red     = "1;31"
	green   = "32"
	yellow  = "33"
	magenta = "35"
)

func colorOf(o check.Outcome) string {
	switch o {
	case check.Pass:
		return green
	case check.Warn:
		return yellow
	case check.Fail:
		return red
	case check.Broken:
		return magenta
	case check.Skip, check.Blocked:
		return dim
	}
	return ""
}

// paint colours a text that holds no control characters.
func (p *paper) paint(color, text string) string {
	if !p.style.Color || color == "" || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// room is how many columns are left behind an indentation.
func (p *paper) room(indent int) int {
	const least = 16 // columns below which breaking lines makes them worse
	if p.style.Width <= 0 {
		return unlimited
	}
	return max(p.style.Width-indent, least)
}

const unlimited = 1 << 20

// line writes a line that is made of parts which are fit for it.
func (p *paper) line(parts ...string) {
	p.WriteString(strings.TrimRight(strings.Join(parts, ""), " "))
	p.WriteByte('\n')
}

// block writes a text behind a label, wrapped, and its further lines below the
// first column of the text; in colour where one is given.
func (p *paper) block(indent int, label, text, color string) {
	p.hanging(indent, indent+term.Columns(label), label, text, color)
}

// hanging is a block whose further lines begin at a column of their own.
func (p *paper) hanging(indent, rest int, label, text, color string) {
	first := indent + term.Columns(label)
	lines := term.Wrap(text, p.room(max(first, rest)))
	for i, line := range lines {
		begin := strings.Repeat(" ", rest)
		if i == 0 {
			begin = strings.Repeat(" ", indent) + label
		}
		p.line(begin, p.paint(color, line))
	}
}
