package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/bookedbarber/bbctl/internal/check"
)

// writeGitHub writes annotations for a workflow of GitHub Actions: an error for
// every check that failed or broke, a warning for every one that warns, and the
// verdict as a notice. GitHub shows ten annotations of a kind in a step, so that
// failures come first and what follows from them (blocked) is not among them.
func writeGitHub(w io.Writer, rep check.Report) error {
	var b strings.Builder
	for _, kind := range []struct {
		command string
		is      func(check.Item) bool
	}{
		{"error", func(i check.Item) bool { return failed(i, rep.Strict) }},
		{"error", func(i check.Item) bool { return i.Outcome == check.Broken }},
		{"warning", func(i check.Item) bool { return i.Outcome == check.Warn && !rep.Strict }},
	} {
		for _, item := range rep.Checks {
			if kind.is(item) {
				annotate(&b, kind.command, item.ID+": "+item.Title, annotation(item))
			}
		}
	}
	title := rep.Tool + " " + rep.Command
	if nothingProved(rep) {
		annotate(&b, "error", title, "nothing was proved: a run without a pass is not a good one")
	}
	annotate(&b, "notice", title, summary(rep))
	_, err := io.WriteString(w, b.String())
	return err
}

// annotation is what stands below the title.
func annotation(item check.Item) string {
	var lines []string
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, label+text)
		}
	}
	if item.Outcome == check.Broken {
		add("could not be completed: ", item.Detail)
	} else {
		add("", item.Detail)
	}
	add("fix: ", item.Fix)
	add("bbctl explain ", string(item.Cause))
	return strings.Join(lines, "\n")
}

// annotate writes one workflow command. Its line ends where we end it: the
// runner reads commands from the beginning of lines, and what a server answered
// must not begin one.
func annotate(b *strings.Builder, command, title, message string) {
	fmt.Fprintf(b, "::%s title=%s::%s\n", command, githubProperty(title), githubData(message))
}

// githubData escapes a message as the runner unescapes it. Other control
// characters and ends of lines, which logs would act on, become blanks.
func githubData(s string) string {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\r' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// githubProperty escapes a property, in which : and , end something.
func githubProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubData(s))
}
