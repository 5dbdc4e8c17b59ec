package cmd

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// writeSetupText says what was done, what the server said, and what remains.
func writeSetupText(o *setupOptions, r setup.Result) error {
	redact, width := newRedactor(o.env), o.env.width()
	var b bytes.Buffer
	put := func(rest, text string) {
		_ = fill(&b, width, "", rest, redact(text)) // a bytes.Buffer takes everything
	}
	asked, _ := o.asked()
	if !asked || o.dryRun {
		b.WriteString(redact(r.Diff()))
	}
	for _, line := range setupLines(o, r) {
		put("  ", line)
	}
	for _, root := range r.RootCauses() {
		if root.Severity == cause.Fail {
			writeSetupCause(&b, width, redact, root)
		}
	}
	if len(r.Next) > 0 && !r.Undone {
		b.WriteByte('\n')
		put("", "The SDKs read the DSN, the environment and the release by themselves, sentry-python debug as well. The rates and PII have an effect only where the application passes them to init.")
		if err := writeNext(&b, width, nextOf(r)); err != nil {
			return err
		}
	}
	_, err := o.env.Out.Write(b.Bytes())
	return err
}

// setupLines are the result in a few lines.
func setupLines(o *setupOptions, r setup.Result) []string {
	var lines []string
	switch {
	case o.undo && o.dryRun:
		lines = append(lines, fmt.Sprintf("would put back %s; nothing was written (--dry-run)", names(r)))
	case o.undo && len(r.Files) == 0:
		lines = append(lines, r.File+" is as it was before bbctl setup already")
	case r.Undone:
		lines = append(lines, fmt.Sprintf("put back as it was: %s", names(r)))
	case !r.Planned:
		lines = append(lines, "nothing to change in "+r.File)
	case o.dryRun:
		lines = append(lines, fmt.Sprintf("would change %s; nothing was written or sent (--dry-run)", names(r)))
	default:
		for _, f := range r.Files {
			lines = append(lines, "wrote "+wrote(f))
		}
		if r.Backup != "" {
			lines = append(lines, "as it was before: "+setup.UndoCommand(o.envFile))
		}
	}
	for _, f := range r.Files {
		lines = append(lines, remarks(f)...)
	}
	lines = append(lines, projectLines(o, r)...)
	lines = append(lines, goneLines(o, r)...)
	return append(lines, proofLines(o, r)...)
}

func names(r setup.Result) string {
	var files []string
	for _, f := range r.Files {
		files = append(files, f.File)
	}
	if len(files) == 0 {
		return "nothing"
	}
	return strings.Join(files, ", ")
}

func wrote(f setup.FileChange) string {
	text := f.File
	if f.Created {
		text += " (new)"
	}
	if f.Summary != "" {
		text += ": " + f.Summary
	}
	return text
}

// remarks are about lines that a reader would not expect.
func remarks(f setup.FileChange) []string {
	var lines []string
	differ := make(map[string][]string) // variables by their readers
	for _, c := range f.Changes {
		if len(c.Others) > 0 {
			lines = append(lines, fmt.Sprintf("note: %s is set in line %d; line %s sets it too, loses, and was left alone", c.Key, c.Line, numbered(c.Others)))
		}
		if len(c.Differ) > 0 {
			differ[strings.Join(c.Differ, " and ")] = append(differ[strings.Join(c.Differ, " and ")], c.Key)
		}
	}
	for _, readers := range slices.Sorted(maps.Keys(differ)) {
		lines = append(lines, fmt.Sprintf("note: %s would not read %s as it is meant: bbctl config says why", readers, strings.Join(differ[readers], ", ")))
	}
	return lines
}

func numbered(lines []int) string {
	parts := make([]string, len(lines))
	for i, n := range lines {
		parts[i] = fmt.Sprint(n)
	}
	return strings.Join(parts, ", ")
}

// proofLines say what the server said.
func proofLines(o *setupOptions, r setup.Result) []string {
	p := r.Proof
	switch {
	case o.undo || o.dryRun || p.Host == "":
		return nil
	case len(r.Unread) > 0:
		return []string{"not proven: the application would not see " + strings.Join(r.Unread, ", ")}
	case !p.Sent:
		return []string{"not proven: " + p.Reason}
	case p.Accepted():
		return []string{fmt.Sprintf("proven: %s accepted the test event %s (%d in %d ms)", p.Host, p.EventID, p.Status, p.Latency.Milliseconds())}
	}
	state := r.File + " holds what you answered"
	if r.Undone || !r.Planned {
		state = r.File + " is as it was before"
	}
	return []string{"not proven: the test event was not accepted; " + state}
}

func writeSetupCause(w io.Writer, width int, redact func(string) string, n setup.Notice) {
	head := n.Text
	if known, ok := cause.Get(n.Cause); ok {
		head = string(n.Cause) + ": " + known.Title
	}
	_ = fill(w, width, "fail  ", "      ", redact(head)) // a bytes.Buffer takes everything
	_ = fill(w, width, "      seen: ", "            ", redact(n.Text))
	if n.Fix != "" {
		_ = fill(w, width, "      fix:  ", "            ", redact(n.Fix))
	}
	if n.Cause != "" {
		_ = fill(w, width, "      more: ", "            ", "bbctl explain "+string(n.Cause))
	}
}

func nextOf(r setup.Result) []nextStep {
	var steps []nextStep
	for _, s := range r.Next {
		steps = append(steps, nextStep{s.Command, s.Why})
	}
	return steps
}
