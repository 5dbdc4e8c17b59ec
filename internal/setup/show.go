package setup

import (
	"io"
	"slices"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/term"
)

// Show is where the wizard talks on the way: questions, warnings, the change
// that is to be confirmed. The result is not told there.
type Show struct {
	W      io.Writer
	Width  int
	Redact func(string) string
}

func (w *wizard) show() Show { return w.o.Show }

// say writes a paragraph.
func (s Show) say(text string) { s.paragraph("", "", text) }

// paragraph writes a text as lines that fit; the first begins with first, the
// others with rest.
func (s Show) paragraph(first, rest, text string) {
	// Talk that cannot be written is no reason to stop: what matters is the
	// file, and the result has a writer of its own.
	_, _ = io.WriteString(s.W, term.Fill(s.Width, first, rest, s.Redact(text)))
}

// lines writes lines that must not be wrapped, such as a diff.
func (s Show) lines(text string) { _, _ = io.WriteString(s.W, s.Redact(text)) }

// notice tells one.
func (s Show) notice(n Notice) {
	head := n.Text
	if n.Cause != "" {
		head += " [" + string(n.Cause) + "]"
	}
	s.paragraph(string(n.severity())+"  ", "      ", head)
	if n.Fix != "" {
		s.paragraph("      fix: ", "           ", n.Fix)
	}
}

// Notice is something to know about the file or its surroundings.
type Notice struct {
	Severity cause.Severity // fail: the application would not see its settings; note: only to be known
	Cause    cause.ID       // may be empty
	Text     string
	Fix      string // may be empty
}

// severityNote is that of a notice without a cause: nothing is wrong.
const severityNote cause.Severity = "note"

func (n Notice) severity() cause.Severity {
	switch {
	case n.Severity != "":
		return n.Severity
	case n.Cause == "":
		return severityNote
	}
	return cause.Warn
}

func hasCause(notices []Notice, id cause.ID) bool {
	return slices.ContainsFunc(notices, func(n Notice) bool { return n.Cause == id })
}

// note tells a notice and keeps it for the result. The same is told once.
func (w *wizard) note(n Notice) {
	n.Severity = n.severity()
	for _, known := range w.result.Notices {
		if known.Cause == n.Cause && known.Text == n.Text {
			return
		}
	}
	w.result.Notices = append(w.result.Notices, n)
	w.show().notice(n)
}
