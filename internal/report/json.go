package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode"

	"github.com/bookedbarber/bbctl/internal/check"
)

// jsonVersion is the version of the JSON form. Fields are added, never renamed;
// a change that breaks readers is another version. docs/json.md describes it.
const jsonVersion = 1

type jsonReport struct {
	Version    int         `json:"version"`
	Tool       jsonTool    `json:"tool"`
	Command    string      `json:"command"`
	Started    string      `json:"started"`
	DurationMS float64     `json:"duration_ms"`
	Verdict    string      `json:"verdict"`
	Stages     []jsonStage `json:"stages"`
	RootCauses []jsonCause `json:"root_causes"`
	Checks     []jsonCheck `json:"checks"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonStage struct {
	Stage  string `json:"stage"`
	Ran    bool   `json:"ran"`
	Reason string `json:"reason,omitempty"`
}

type jsonCause struct {
	Cause    string `json:"cause"`
	Severity string `json:"severity"`
	Check    string `json:"check"`
	Title    string `json:"title"`
	Evidence string `json:"evidence"`
	Fix      string `json:"fix"`
	Doc      string `json:"doc"`
}

type jsonCheck struct {
	ID         string   `json:"id"`
	Group      string   `json:"group"`
	Title      string   `json:"title"`
	Outcome    string   `json:"outcome"`
	Cause      string   `json:"cause"`
	Detail     string   `json:"detail"`
	Fix        string   `json:"fix"`
	Needs      []string `json:"needs"`
	BlockedBy  []string `json:"blocked_by"`
	DurationMS float64  `json:"duration_ms"`
}

func writeJSON(w io.Writer, rep check.Report) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(newJSONReport(rep)); err != nil {
		return err
	}
	_, err := w.Write(escapeControls(b.Bytes()))
	return err
}

// newJSONReport has an empty list where there is nothing, never null.
func newJSONReport(rep check.Report) jsonReport {
	j := jsonReport{
		Version: jsonVersion,
		Tool:    jsonTool{rep.Tool, rep.Version},
		Command: rep.Command,
		Started: rep.Started.UTC().Format("2006-01-02T15:04:05.000Z07:00"), DurationMS: milliseconds(rep.Duration),
		Verdict:    string(rep.Verdict()),
		Stages:     []jsonStage{},
		RootCauses: []jsonCause{},
		Checks:     []jsonCheck{},
	}
	for _, s := range rep.Stages {
		j.Stages = append(j.Stages, jsonStage{s.Stage, s.Ran, s.Reason})
	}
	for _, c := range rep.RootCauses() {
		j.RootCauses = append(j.RootCauses, jsonCause{
			Cause: string(c.Cause), Severity: string(c.Severity), Check: c.Check,
			Title: c.Title, Evidence: c.Evidence, Fix: c.Fix, Doc: c.Doc,
		})
	}
	for _, item := range rep.Checks {
		j.Checks = append(j.Checks, jsonCheck{
			ID: item.ID, Group: item.Group, Title: item.Title, Outcome: string(item.Outcome),
			Cause: string(item.Cause), Detail: item.Detail, Fix: item.Fix,
			Needs: list(item.Needs), BlockedBy: list(item.BlockedBy), DurationMS: milliseconds(item.Duration),
		})
	}
	return j
}

func list(ids []string) []string {
	if ids == nil {
		return []string{}
	}
	return ids
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// escapeControls escapes the control characters beyond ASCII and those that
// turn the direction of writing, which encoding/json leaves as they are: JSON
// is printed on terminals too, where they act. They stand in strings alone.
func escapeControls(encoded []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(encoded) {
		if r >= 0x7f && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.Bytes()
}
