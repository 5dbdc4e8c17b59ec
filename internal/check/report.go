package check

import (
	"slices"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// Report is what a suite found, before it is rendered.
type Report struct {
	Tool, Version, Command string
	Started                time.Time
	Duration               time.Duration
	Stages                 []StageRun
	Groups                 []Group
	Checks                 []Item
	// Intro and Closing are lines of the text form: what is looked at, and
	// what was proved and what was not.
	Intro, Closing []string
	// First are the causes that answer the question which was asked: among the
	// failures, and among the warnings, they come first, in this order.
	First []cause.ID
	// Strict makes warnings fail.
	Strict bool
}

// StageRun says whether a stage ran, and if not what it needs.
type StageRun struct {
	Stage  string
	Ran    bool
	Reason string
}

// RootCause is a cause that was found, once, with its first evidence.
type RootCause struct {
	Cause    cause.ID
	Severity cause.Severity
	Check    string
	Title    string
	Evidence string
	Fix      string
	Doc      string
}

// Verdict is what a report comes to.
type Verdict string

// The verdicts. A run without a pass is incomplete: it proved nothing.
const (
	VerdictPass       Verdict = "pass"
	VerdictFail       Verdict = "fail"
	VerdictIncomplete Verdict = "incomplete"
)

// RootCauses returns the causes that were found: failures first, then
// warnings, each with those of First before the others, and in order of
// declaration. A cause stands in it once.
func (r Report) RootCauses() []RootCause {
	var roots []RootCause
	seen := map[cause.ID]bool{}
	for _, pass := range []struct {
		outcome  Outcome
		severity cause.Severity
	}{{Fail, cause.Fail}, {Warn, cause.Warn}} {
		for _, item := range r.Checks {
			if item.Outcome != pass.outcome || item.Cause == "" || seen[item.Cause] {
				continue
			}
			seen[item.Cause] = true
			known, _ := cause.Get(item.Cause)
			roots = append(roots, RootCause{
				Cause: item.Cause, Severity: pass.severity, Check: item.ID,
				Title: known.Title, Evidence: item.Detail, Fix: item.Fix, Doc: item.Cause.Doc(),
			})
		}
	}
	slices.SortStableFunc(roots, func(a, b RootCause) int {
		if a.Severity != b.Severity {
			return strings.Compare(string(a.Severity), string(b.Severity)) // fail, warn
		}
		return r.rank(a.Cause) - r.rank(b.Cause)
	})
	return roots
}

// rank is the place of a cause in First, behind all of it where it has none.
func (r Report) rank(id cause.ID) int {
	if i := slices.Index(r.First, id); i >= 0 {
		return i
	}
	return len(r.First)
}

// Verdict is fail where a check failed (or warned, when strict); else
// incomplete where one broke or none passed; else pass.
func (r Report) Verdict() Verdict {
	count := r.Count()
	switch {
	case count[Fail] > 0 || r.Strict && count[Warn] > 0:
		return VerdictFail
	case count[Broken] > 0 || count[Pass]+count[Warn] == 0:
		return VerdictIncomplete
	default:
		return VerdictPass
	}
}

// Count is how many checks had each outcome.
func (r Report) Count() map[Outcome]int {
	count := map[Outcome]int{}
	for _, item := range r.Checks {
		count[item.Outcome]++
	}
	return count
}

// ExitCode is the process's exit code: 0 pass, 1 fail, 3 incomplete.
func (r Report) ExitCode() int {
	switch r.Verdict() {
	case VerdictPass:
		return 0
	case VerdictFail:
		return 1
	case VerdictIncomplete:
		return 3
	}
	return 3
}

// Map returns a copy of the report with a function applied to every text that
// may hold what users or servers wrote: the way to redact it as a whole.
func (r Report) Map(f func(string) string) Report {
	each := func(lines []string) []string {
		mapped := make([]string, len(lines))
		for i, line := range lines {
			mapped[i] = f(line)
		}
		return mapped
	}
	r.Intro, r.Closing = each(r.Intro), each(r.Closing)
	stages := make([]StageRun, len(r.Stages))
	for i, stage := range r.Stages {
		stage.Reason = f(stage.Reason)
		stages[i] = stage
	}
	r.Stages = stages
	items := make([]Item, len(r.Checks))
	for i, item := range r.Checks {
		item.Detail, item.Fix = f(item.Detail), f(item.Fix)
		items[i] = item
	}
	r.Checks = items
	return r
}
