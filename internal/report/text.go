package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/term"
)

// narrow is below how many columns the id of a check stands without its title,
// where that has passed: both on one line would leave half of each.
const narrow = 60

// writeText writes the groups, a line a check and more where one did not pass,
// and then what matters most, since the end is what stays on the screen: the
// root causes with their fixes, what did not run, and the verdict.
func writeText(w io.Writer, rep check.Report, s Style) error {
	p := &paper{style: s}
	for _, line := range rep.Intro {
		p.hanging(0, 2, "", line, "")
	}
	roots := rep.RootCauses()
	for _, section := range sections(rep) {
		p.group(section, roots)
	}
	p.roots(rep, roots)
	p.notRun(rep.Stages)
	if len(rep.Closing) > 0 {
		p.line()
	}
	for _, line := range rep.Closing {
		p.hanging(0, 2, "", line, "")
	}
	p.verdict(rep)
	_, err := io.WriteString(w, strings.TrimLeft(p.String(), "\n"))
	return err
}

// group writes the lines of a group, with the ids in a column.
func (p *paper) group(s section, roots []check.RootCause) {
	p.line()
	p.hanging(0, 2, "", s.Title, bold)
	words, ids := 4, 0 // as wide as pass, warn, fail and skip
	for _, item := range together(s.items) {
		words, ids = max(words, len(item.Outcome)), max(ids, term.Columns(item.ID))
	}
	for _, item := range together(s.items) {
		word := fmt.Sprintf("%-*s", words, item.Outcome)
		begin := fmt.Sprintf("  %s  %-*s  ", p.paint(colorOf(item.Outcome), word), ids, item.ID)
		column := 2 + words + 2 // of the id
		switch item.Outcome {
		case check.Pass:
			p.passed(item, begin, column+ids+2)
		case check.Skip:
			p.behind(begin, column, ids, reason(item))
		case check.Blocked:
			p.behind(begin, column, ids, strings.TrimPrefix(reason(item), "blocked "))
		case check.Warn, check.Fail, check.Broken:
			p.behind(begin, column, ids, item.Title)
			p.seen(item, column, roots)
		}
	}
}

// manyAlike is from how many on checks that follow each other, and are blocked
// by the same or skipped for one reason, stand on one line: they say one thing.
const manyAlike = 3

func alike(a, b check.Item) bool {
	switch {
	case a.Outcome != b.Outcome:
		return false
	case a.Outcome == check.Blocked:
		return slices.Equal(a.BlockedBy, b.BlockedBy)
	}
	return a.Outcome == check.Skip && a.Detail == b.Detail
}

// together makes one item of many that are blocked or skipped alike.
func together(items []check.Item) []check.Item {
	var shown []check.Item
	for i := 0; i < len(items); {
		end := i + 1
		for end < len(items) && alike(items[i], items[end]) {
			end++
		}
		if end-i < manyAlike {
			shown = append(shown, items[i:end]...)
		} else {
			all := items[i]
			all.ID = fmt.Sprintf("%d checks", end-i)
			all.Detail = fmt.Sprintf("%s: %s to %s", reason(all), items[i].ID, items[end-1].ID)
			all.BlockedBy = nil // the detail says it
			shown = append(shown, all)
		}
		i = end
	}
	return shown
}

func (p *paper) narrow() bool { return p.style.Width > 0 && p.style.Width < narrow }

// passed writes one line: the title, and behind it what was seen, where all of
// that fits: the beginning of it would be noise.
func (p *paper) passed(item check.Item, begin string, column int) {
	if p.narrow() {
		p.line(begin)
		return
	}
	title := term.Truncate(item.Title, p.room(column))
	left := p.room(column) - term.Columns(title) - 2
	if detail := term.Clean(item.Detail); p.style.Width > 0 && detail != "" && term.Columns(detail) <= left {
		title += "  " + p.paint(dim, detail)
	}
	p.line(begin, title)
}

// behind writes a text behind the id of a check, or below it where there is no
// room for two columns.
func (p *paper) behind(begin string, column, ids int, text string) {
	if p.narrow() {
		p.line(begin)
		p.block(column, "", text, "")
		return
	}
	column += ids + 2
	for i, line := range term.Wrap(text, p.room(column)) {
		if i > 0 {
			begin = strings.Repeat(" ", column)
		}
		p.line(begin, line)
	}
}

// seen writes what a check saw and, unless it stands among the root causes, the
// fix.
func (p *paper) seen(item check.Item, column int, roots []check.RootCause) {
	if p.narrow() {
		column += 2 // the title stands where the detail would
	}
	if item.Detail != "" {
		p.block(column, "", item.Detail, "")
	}
	told := slices.ContainsFunc(roots, func(r check.RootCause) bool { return r.Cause == item.Cause && r.Fix == item.Fix })
	if item.Fix != "" && !told {
		p.block(column, "fix: ", item.Fix, "")
	}
}

// notRun names the stages that did not run, and what they need.
func (p *paper) notRun(stages []check.StageRun) {
	missing := slices.DeleteFunc(slices.Clone(stages), func(s check.StageRun) bool { return s.Ran })
	if len(missing) == 0 {
		return
	}
	p.line()
	p.line(p.paint(bold, "not run"))
	wide := 0
	for _, s := range missing {
		wide = max(wide, len(s.Stage))
	}
	for _, s := range missing {
		p.block(2, fmt.Sprintf("%-*s  ", wide, s.Stage), s.Reason, "")
	}
}

// verdict writes the last line, which is one line however narrow it is.
func (p *paper) verdict(rep check.Report) {
	color := map[check.Verdict]string{check.VerdictPass: green, check.VerdictFail: red, check.VerdictIncomplete: magenta}[rep.Verdict()]
	word, rest, _ := strings.Cut(summary(rep), ":")
	p.line()
	p.line(p.paint(color, word), ":", rest)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
