package cmd

import (
	"encoding/json"
	"io"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// setupDocument is what `bbctl setup --format json` prints: version 1.
// docs/json.md describes it.
type setupDocument struct {
	Version     int               `json:"version"`
	Tool        setupTool         `json:"tool"`
	Command     string            `json:"command"`
	Started     string            `json:"started"`
	DurationMS  float64           `json:"duration_ms"`
	Verdict     string            `json:"verdict"`
	EnvFile     string            `json:"env_file"`
	WouldChange bool              `json:"would_change"` // with --dry-run
	Written     bool              `json:"written"`
	Undone      bool              `json:"undone"`
	Backup      string            `json:"backup"`
	Files       []setupFile       `json:"files"`
	Notices     []setupNotice     `json:"notices"`
	Unread      []string          `json:"unread"`
	Proof       setupProof        `json:"proof"`
	RootCauses  []setupRootCause  `json:"root_causes"`
	Next        []setupNextAction `json:"next"`
	ProjectFile setupProject      `json:"project_file"`
}

type setupTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type setupFile struct {
	File    string        `json:"file"`
	Created bool          `json:"created"`
	Removed bool          `json:"removed"`
	InPlace string        `json:"in_place"`
	Changes []setupChange `json:"changes"`
	Diff    string        `json:"diff"`
}

type setupChange struct {
	Key        string   `json:"key"`
	Action     string   `json:"action"` // added, replaced or removed
	Line       int      `json:"line"`
	Old        string   `json:"old"`
	New        string   `json:"new"`
	OtherLines []int    `json:"other_lines"`
	Differ     []string `json:"differ"`
}

type setupNotice struct {
	Severity string `json:"severity"`
	Cause    string `json:"cause"`
	Text     string `json:"text"`
	Fix      string `json:"fix"`
}

type setupProof struct {
	Sent      bool    `json:"sent"`
	Accepted  bool    `json:"accepted"`
	Reason    string  `json:"reason"` // why none was sent
	Host      string  `json:"host"`
	EventID   string  `json:"event_id"`
	Status    int     `json:"status"`
	LatencyMS float64 `json:"latency_ms"`
	Cause     string  `json:"cause"`
	Detail    string  `json:"detail"`
	Fix       string  `json:"fix"`
}

type setupRootCause struct {
	Cause    string `json:"cause"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Evidence string `json:"evidence"`
	Fix      string `json:"fix"`
	Doc      string `json:"doc"`
}

type setupNextAction struct {
	Command string `json:"command"`
	Why     string `json:"why"`
}

func describeSetup(o *setupOptions, r setup.Result) setupDocument {
	redact := newRedactor(o.env)
	d := setupDocument{
		Version: 1, Tool: setupTool{"bbctl", o.env.Version}, Command: "setup",
		Started: r.Started.UTC().Format(time.RFC3339Nano), DurationMS: milliseconds(r.Duration), Verdict: string(r.Verdict()),
		EnvFile: redact(r.File), WouldChange: r.DryRun && r.Planned, Written: r.Written, Undone: r.Undone, Backup: redact(r.Backup),
		Files: []setupFile{}, Notices: []setupNotice{}, Unread: append([]string{}, r.Unread...), RootCauses: []setupRootCause{}, Next: []setupNextAction{},
	}
	for _, f := range r.Files {
		file := setupFile{File: redact(f.File), Created: f.Created, Removed: f.Removed, InPlace: redact(f.InPlace), Changes: []setupChange{}, Diff: redact(f.Diff)}
		for _, c := range f.Changes {
			file.Changes = append(file.Changes, setupChange{
				Key: c.Key, Action: string(c.Action), Line: c.Line, Old: redact(c.Old), New: redact(c.New),
				OtherLines: append([]int{}, c.Others...), Differ: append([]string{}, c.Differ...),
			})
		}
		d.Files = append(d.Files, file)
	}
	d.ProjectFile = describeProject(r.Project, redact)
	for _, n := range r.Notices {
		d.Notices = append(d.Notices, setupNotice{string(n.Severity), string(n.Cause), redact(n.Text), redact(n.Fix)})
	}
	p := r.Proof
	d.Proof = setupProof{
		Sent: p.Sent, Accepted: p.Accepted(), Reason: redact(p.Reason), Host: redact(p.Host), EventID: p.EventID, Status: p.Status,
		LatencyMS: milliseconds(p.Latency), Cause: string(p.Cause), Detail: redact(p.Detail), Fix: redact(p.Fix),
	}
	for _, root := range r.RootCauses() {
		known, _ := cause.Get(root.Cause)
		d.RootCauses = append(d.RootCauses, setupRootCause{
			Cause: string(root.Cause), Severity: string(root.Severity), Title: known.Title, Evidence: redact(root.Text), Fix: redact(root.Fix), Doc: root.Cause.Doc(),
		})
	}
	for _, s := range r.Next {
		d.Next = append(d.Next, setupNextAction{s.Command, s.Why})
	}
	return d
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// writeJSON writes one indented document.
func writeJSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}
