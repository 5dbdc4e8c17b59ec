package setup

import (
	"slices"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// Result is what a run of the wizard did. No part of it holds a secret.
type Result struct {
	Started  time.Time
	Duration time.Duration

	File   string // the .env file, from the working directory
	DryRun bool
	// Planned says that something is not as it was answered; Written that it
	// was written. Both false: nothing to change.
	Planned, Written bool
	Undone           bool // the files are as they were before the last run
	Files            []FileChange
	Backup           string // where the files lie as they were; empty: none was needed
	Notices          []Notice
	Proof            Proof
	// Unread are written variables that the application would not see.
	Unread []string
	Next   []Step

	Project ProjectFile // bbctl.yaml
}

// FileChange is what became, or would become, of one file.
type FileChange struct {
	File    string // from the working directory
	Created bool
	Removed bool
	InPlace string // why it was overwritten in place; empty: it was replaced at once
	Changes []KeyChange
	Summary string // such as "6 added, 1 replaced"
	Diff    string // unified; secrets are masked
}

// KeyChange is what became of one variable.
type KeyChange struct {
	Key      string
	Action   envfile.Action
	Line     int // in the new file; of what was removed: in the old one
	Old, New string
	// Others are lines that set it too, and lose.
	Others []int
	// Differ are readers that see another value there.
	Differ []string
}

// Proof is what the server said to the test event.
type Proof struct {
	Sent     bool
	Reason   string // why none was sent
	Withheld bool   // it was not sent since it held something secret
	Host     string
	EventID  string
	Status   int
	Latency  time.Duration
	Cause    cause.ID // why it was not accepted; empty: it was
	Detail   string
	Fix      string
}

// Accepted says whether the server took the test event.
func (p Proof) Accepted() bool { return p.Sent && p.Cause == "" }

// Step is a thing to do next.
type Step struct{ Command, Why string }

// Verdict is fail where the application would not see what was written, a
// setting is such that it has no effect, or the test event was not accepted,
// and where a dry run would change something.
func (r Result) Verdict() check.Verdict {
	failing := slices.ContainsFunc(r.Notices, func(n Notice) bool { return n.Severity == cause.Fail })
	if failing || r.failed() || r.DryRun && r.Planned {
		return check.VerdictFail
	}
	return check.VerdictPass
}

// failed says whether the settings have no effect as they are.
func (r Result) failed() bool {
	return r.Proof.Withheld || r.Proof.Sent && !r.Proof.Accepted() || len(r.Unread) > 0
}

// names are the files that change, in words.
func (r Result) names() string {
	var files []string
	for _, f := range r.Files {
		files = append(files, f.File)
	}
	return strings.Join(files, ", ")
}

// take notes what a plan would do.
func (r *Result) take(p *plan) {
	r.Files, r.Planned = nil, p.changed()
	for _, f := range p.files {
		if f.changed() {
			r.Files = append(r.Files, describe(f))
		}
	}
}

func describe(f *planned) FileChange {
	change := FileChange{File: f.shown, Created: !f.before.Exists, Removed: f.removed, InPlace: f.before.InPlace, Summary: summary(f), Diff: diffOf(f)}
	for i, c := range f.applied {
		if c.Action == envfile.ActionKept {
			continue
		}
		k := KeyChange{Key: c.Key, Action: c.Action, Line: c.Line, Others: c.Others}
		if c.Action != envfile.ActionAdded {
			old, _ := f.old(c.Key)
			k.Old = config.Mask(c.Key, old.Value)
		}
		if c.Action != envfile.ActionRemoved {
			k.New = config.Mask(c.Key, f.changes[i].Value)
		}
		for _, r := range c.Differ {
			k.Differ = append(k.Differ, string(r))
		}
		change.Changes = append(change.Changes, k)
	}
	return change
}

// Diff is the whole change, secrets masked.
func (r Result) Diff() string {
	var b strings.Builder
	for _, f := range r.Files {
		b.WriteString(f.Diff)
	}
	return b.String()
}

// RootCauses are why the settings would have no effect, the gravest first, then
// what deserves to be known; a cause stands in it once.
func (r Result) RootCauses() []Notice {
	var roots []Notice
	seen := make(map[cause.ID]bool)
	add := func(n Notice) {
		if n.Cause != "" && !seen[n.Cause] {
			seen[n.Cause] = true
			roots = append(roots, n)
		}
	}
	if r.Proof.Sent && !r.Proof.Accepted() {
		add(Notice{Severity: cause.Fail, Cause: r.Proof.Cause, Text: r.Proof.Detail, Fix: r.Proof.Fix})
	}
	for _, severity := range []cause.Severity{cause.Fail, cause.Warn} {
		for _, n := range r.Notices {
			if n.Severity == severity {
				add(n)
			}
		}
	}
	return roots
}
