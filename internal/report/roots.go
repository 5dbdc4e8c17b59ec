package report

import (
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/term"
)

// roots writes the root causes: what is wrong, what was seen and by which
// checks, what to do.
func (p *paper) roots(rep check.Report, roots []check.RootCause) {
	if len(roots) > 0 {
		p.line()
		p.line(p.paint(bold, plural(len(roots), "root cause")))
	}
	for _, r := range roots {
		p.line()
		title := string(r.Cause)
		if r.Title != "" {
			title += ": " + r.Title
		}
		p.finding(check.Outcome(r.Severity), title)
		p.block(6, "seen: ", r.Evidence, "")
		p.block(6, "by:   ", foundBy(rep, r), "")
		if r.Fix != "" {
			p.block(6, "fix:  ", r.Fix, "")
		}
		p.line("      more: bbctl explain ", string(r.Cause))
	}
	for _, item := range rep.Checks {
		if item.Outcome == check.Broken || item.Outcome == check.Fail && item.Cause == "" {
			p.line()
			p.finding(item.Outcome, item.ID+": "+item.Title)
			p.block(6, "seen: ", item.Detail, "")
		}
	}
}

// finding writes the first lines of a root cause.
func (p *paper) finding(outcome check.Outcome, title string) {
	begin := p.paint(colorOf(outcome), string(outcome)) + "  "
	indent := len(outcome) + 2
	for i, line := range term.Wrap(title, p.room(indent)) {
		if i > 0 {
			begin = strings.Repeat(" ", indent)
		}
		p.line(begin, p.paint(bold, line))
	}
}

// foundBy names the checks that found a cause.
func foundBy(rep check.Report, r check.RootCause) string {
	var ids []string
	for _, item := range rep.Checks {
		if item.Cause == r.Cause && item.Outcome == check.Outcome(r.Severity) {
			ids = append(ids, item.ID)
		}
	}
	return strings.Join(ids, ", ")
}
