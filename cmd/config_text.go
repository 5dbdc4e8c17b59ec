package cmd

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
)

// writeConfigText writes the settings as a list. A table of five columns fits
// no terminal, and a list reads alike at 40 columns and at 200.
func writeConfigText(w io.Writer, shown configDocument, width int) error {
	var b bytes.Buffer
	put := func(first, rest, text string) {
		_ = fill(&b, width, first, rest, text) // a bytes.Buffer takes everything
	}
	if shown.EnvFile == "" {
		put("", "  ", "no .env file, from here up to the repository's root")
	} else {
		put("", "  ", "the .env file is "+shown.EnvFile)
	}
	b.WriteByte('\n')
	for _, e := range entries(shown.Variables) {
		put("", "  ", e.line)
		for _, note := range e.notes {
			put("  ", "    ", note)
		}
	}
	b.WriteByte('\n')
	for _, p := range shown.Problems {
		place := p.Key
		if place == config.KeyEnvFile {
			place = ".env file"
		}
		put("", "      ", fmt.Sprintf("%s %s (%s): %s", p.Severity, p.Cause, place, p.Title))
		put("      ", "      ", p.Evidence)
		put("      ", "      ", "fix: "+p.Fix)
	}
	switch n := len(shown.Problems); n {
	case 0:
		b.WriteString("no problems found\n")
	case 1:
		b.WriteByte('\n')
		put("", "  ", "1 problem; bbctl explain "+shown.Problems[0].Cause+" says more")
	default:
		b.WriteByte('\n')
		put("", "  ", fmt.Sprintf("%d problems; bbctl explain %s says more of the gravest", n, gravest(shown.Problems)))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// configEntry is one entry of the list.
type configEntry struct {
	line  string
	notes []string
}

// entries makes one entry of neighbours that are not set and of which the same
// is to be said, so that what is set stands out.
func entries(variables []configVariable) []configEntry {
	var list []configEntry
	for len(variables) > 0 {
		first := variables[0]
		names := []string{first.Key}
		if first.Origin.Kind == "" {
			for _, v := range variables[1:] {
				if v.Origin.Kind != "" || !slices.Equal(v.notes(), first.notes()) {
					break
				}
				names = append(names, v.Key)
			}
		}
		line := first.line()
		if last := len(names) - 1; last > 0 {
			line = strings.Join(names[:last], ", ") + " and " + names[last] + " are not set"
		}
		list = append(list, configEntry{line, first.notes()})
		variables = variables[len(names):]
	}
	return list
}

// line is the variable with its value and where that stands.
func (v configVariable) line() string {
	switch {
	case v.Empty:
		return fmt.Sprintf("%s is empty (%s)", v.Key, v.Origin.Text)
	case v.Origin.Kind == "":
		return v.Key + " is not set"
	default:
		return fmt.Sprintf("%s = %s (%s)", v.Key, v.Value, v.Origin.Text)
	}
}

// notes are what it shadows, why, and who reads it.
func (v configVariable) notes() []string {
	var notes []string
	if len(v.Shadows) > 0 {
		var lost []string
		for _, f := range v.Shadows {
			lost = append(lost, f.text())
		}
		notes = append(notes, "shadows "+strings.Join(lost, ", "))
	}
	// Where nothing is set and there is still something to say, a value was
	// found that may not be used.
	if len(v.Shadows) > 0 || !v.Set && strings.Contains(v.Why, "not used") {
		notes = append(notes, "because "+v.Why)
	}
	return append(notes, v.ReadBy.text())
}

func (f configFound) text() string {
	switch {
	case f.Same:
		return "the same value (" + f.Origin.Text + ")"
	case f.Value == "":
		return "an empty value (" + f.Origin.Text + ")"
	default:
		return f.Value + " (" + f.Origin.Text + ")"
	}
}

// text says in one sentence who reads a variable. The readers' own words begin
// with yes, no, or a condition under which they read it.
func (r configReaders) text() string {
	var yes, no []string
	type reader struct{ name, words string }
	readers := []reader{{"bbctl", r.Bbctl}, {"sentry-python", r.SentryPython}, {"sentry-go", r.SentryGo}}
	if r.SentryPython == r.SentryGo {
		readers = []reader{{"bbctl", r.Bbctl}, {"sentry-python and sentry-go", r.SentryGo}}
	}
	for _, reader := range readers {
		words, reads := reader.words, true
		if rest, ok := strings.CutPrefix(words, "no"); ok && (rest == "" || rest[0] == ':') {
			words, reads = strings.TrimPrefix(rest, ":"), false
		} else if rest, ok := strings.CutPrefix(words, "yes"); ok {
			words = strings.TrimLeft(rest, ",;")
		}
		part := reader.name
		if words = strings.TrimSpace(words); words != "" {
			if words[0] != '(' {
				words = "(" + words + ")"
			}
			part += " " + words
		}
		if reads {
			yes = append(yes, part)
		} else {
			no = append(no, part)
		}
	}
	text := "read by " + strings.Join(yes, ", ")
	if len(no) > 0 {
		text += "; not by " + strings.Join(no, ", ")
	}
	return text
}

// gravest is the first failure, or the first warning where there is none.
func gravest(problems []configProblem) string {
	for _, p := range problems {
		if p.Severity == string(cause.Fail) {
			return p.Cause
		}
	}
	return problems[0].Cause
}
