// Package report renders what a suite found: as text, JSON, JUnit's XML and
// GitHub's annotations, all from one check.Report and with one verdict. It
// writes the reference pages of causes and checks too, and has the redactor
// through which all output passes.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/nearest"
)

// Format is a form of a report.
type Format string

// The formats.
const (
	Text   Format = "text"
	JSON   Format = "json"
	JUnit  Format = "junit"
	GitHub Format = "github"
)

func formats() []Format { return []Format{Text, JSON, JUnit, GitHub} }

// ParseFormat returns the format with a name. The error names those there are,
// and the nearest.
func ParseFormat(name string) (Format, error) {
	if slices.Contains(formats(), Format(name)) {
		return Format(name), nil
	}
	var known []string
	for _, f := range formats() {
		known = append(known, string(f))
	}
	text := fmt.Sprintf("there is no format %q: it is one of %s", name, strings.Join(known, ", "))
	if near := nearest.To(strings.ToLower(name), known); len(near) > 0 {
		text += "; did you mean " + near[0] + "?"
	}
	return "", fmt.Errorf("%s", text)
}

// Style is how the text form looks.
type Style struct {
	Width int // columns; 0: as wide as it gets
	Color bool
}

// Write renders a report. The style is for the text form alone. Texts are
// written as they are, but for what a format must not hold: the caller has
// redacted them (check.Report.Map).
func Write(w io.Writer, f Format, rep check.Report, s Style) error {
	switch f {
	case Text:
		return writeText(w, rep, s)
	case JSON:
		return writeJSON(w, rep)
	case JUnit:
		return writeJUnit(w, rep)
	case GitHub:
		return writeGitHub(w, rep)
	}
	return fmt.Errorf("there is no format %q", string(f))
}

// section is a group with its checks.
type section struct {
	check.Group
	items []check.Item
}

// sections returns the groups that have checks, in order of declaration.
// Checks of a group that the report does not declare follow: none gets lost.
func sections(rep check.Report) []section {
	var all []section
	for _, g := range rep.Groups {
		all = append(all, section{Group: g})
	}
	for _, item := range rep.Checks {
		at := slices.IndexFunc(all, func(s section) bool { return s.ID == item.Group })
		if at < 0 {
			at = len(all)
			all = append(all, section{Group: check.Group{ID: item.Group, Title: item.Group}})
		}
		all[at].items = append(all[at].items, item)
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.items) == 0 })
}

// failed says whether a check makes the report fail.
func failed(item check.Item, strict bool) bool {
	return item.Outcome == check.Fail || strict && item.Outcome == check.Warn
}

// nothingProved says whether the report is incomplete although no check broke.
// No item stands for that, so each format has to say it by itself.
func nothingProved(rep check.Report) bool {
	return rep.Verdict() == check.VerdictIncomplete && rep.Count()[check.Broken] == 0
}
