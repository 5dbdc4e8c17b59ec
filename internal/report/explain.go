package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/term"
)

// CheckDoc is what is said of a check in words.
type CheckDoc struct {
	ID, Group, Title string
	Needs            []string
	Why              string // why it matters
}

// WriteCause explains a cause on a terminal.
func WriteCause(w io.Writer, c cause.Cause, s Style) error {
	p := &paper{style: s}
	p.hanging(0, 2, "", string(c.ID)+": "+c.Title, bold)
	p.line("stage ", string(c.Stage), ", ", p.paint(colorOf(check.Outcome(c.Severity)), string(c.Severity)), ": ", severity(c.Severity))
	p.paragraph("why", c.Why)
	p.paragraph("how it shows", c.Shows)
	p.paragraph("how to find it by hand", c.Find)
	p.paragraph("fix", c.Fix)
	if len(c.Sources) > 0 {
		p.line()
		p.line(p.paint(bold, "known from"))
		for _, source := range c.Sources {
			p.line("  ", term.Clean(address(source)))
		}
	}
	p.line()
	p.line("see ", c.ID.Doc())
	_, err := io.WriteString(w, p.String())
	return err
}

// WriteCheck explains a check on a terminal.
func WriteCheck(w io.Writer, d CheckDoc, s Style) error {
	p := &paper{style: s}
	p.hanging(0, 2, "", d.ID+": "+d.Title, bold)
	p.line("check, group ", d.Group)
	p.paragraph("why", d.Why)
	if len(d.Needs) > 0 {
		p.paragraph("needs", strings.Join(d.Needs, ", "))
	}
	p.line()
	p.line("see docs/checks.md#", d.ID)
	_, err := io.WriteString(w, p.String())
	return err
}

func (p *paper) paragraph(title, text string) {
	if text == "" {
		return
	}
	p.line()
	p.line(p.paint(bold, title))
	p.block(2, "", text, "")
}

func severity(s cause.Severity) string {
	if s == cause.Warn {
		return "to be known"
	}
	return "events are lost or wrong"
}

// address is where a source can be read: a thread or a file of a repository on
// GitHub, or the address that it is.
func address(source string) string {
	if repository, number, ok := strings.Cut(source, "#"); ok && !strings.Contains(source, "://") {
		return fmt.Sprintf("https://github.com/%s/issues/%s", repository, number)
	}
	if repository, path, ok := strings.Cut(source, " "); ok {
		return fmt.Sprintf("https://github.com/%s/blob/HEAD/%s", repository, path)
	}
	return source
}
