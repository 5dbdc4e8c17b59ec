package config

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// lineFault is a line that the application's reader drops, or for which that
// of the Go services refuses the file.
type lineFault struct {
	line int
	more int // lines behind it that go with it
	text string
}

// withoutFaults returns the text of the file with its faulty lines blanked out,
// and those lines: what else is wrong is looked for in the rest, so that one
// fault is not told twice. A byte-order mark is left out, and a line in YAML's
// form of a variable that the application lacks is none: it is a divergence, unless there is nobody
// left who reads it.
func (f *envFile) withoutFaults() ([]byte, []lineFault) {
	const rounds = 20 // a quote that closes another one uncovers new faults
	text := f.content
	var faults []lineFault
	for _, r := range []envfile.Reader{envfile.PythonDotenv, envfile.Godotenv} {
		for range rounds {
			found := f.lineFaults(r, text)
			if len(found) == 0 {
				break
			}
			blanked := blank(text, found)
			if bytes.Equal(blanked, text) {
				break
			}
			text = blanked
			faults = append(faults, found...)
		}
	}
	return text, faults
}

// lineFaults are those that one reader finds in a text.
func (f *envFile) lineFaults(r envfile.Reader, text []byte) []lineFault {
	result := f.parse(r, text)
	var found []lineFault
	var lines [][]byte
	for _, p := range result.Problems {
		switch {
		case r != envfile.PythonDotenv && !p.Fatal:
			continue // where it matters it is a divergence
		case lines == nil:
			lines = bytes.SplitAfter(text, []byte("\n"))
		}
		what := "drops line"
		if p.Fatal {
			what = "refuses the file at line"
		}
		if !p.Fatal && p.Line <= len(lines) && f.isYAML(string(lines[p.Line-1])) && !f.godotenvRefuses() {
			continue
		}
		found = append(found, lineFault{p.Line, 0, fmt.Sprintf("%s %s %d: %s", readerName(r), what, p.Line, p.Message)})
	}
	if r == envfile.PythonDotenv {
		found = append(found, f.runningOn(result)...)
		found = append(found, nameless(result)...)
	}
	return found
}

// nameless are the lines that are a DSN alone: python-dotenv takes it for a
// name without a value.
func nameless(result envfile.Result) []lineFault {
	var found []lineFault
	for _, e := range result.Entries {
		if !e.HasValue && isDSN(e.Key) {
			found = append(found, lineFault{e.Line, 0, fmt.Sprintf("python-dotenv takes nothing from line %d: it is a DSN without SENTRY_DSN= before it", e.Line)})
		}
	}
	return found
}

func isDSN(text string) bool {
	_, err := dsn.Parse(text)
	return err == nil
}

// runningOn are the lines of Sentry's variables whose values swallow the next.
func (f *envFile) runningOn(result envfile.Result) []lineFault {
	var found []lineFault
	for _, e := range result.Entries {
		if strings.HasPrefix(e.Key, "SENTRY_") && strings.Contains(e.Value, "\n") && f.runsOn(e.Key) {
			found = append(found, lineFault{e.Line, strings.Count(e.Value, "\n"), fmt.Sprintf("a quote is not closed in line %d: the value of %s runs on to the next one", e.Line, e.Key)})
		}
	}
	return found
}

// isYAML says whether a line is `KEY: value` of a variable of the table that
// the application does not see.
func (f *envFile) isYAML(line string) bool {
	key := named(line)
	_, known := variable(key)
	_, rest, _ := strings.Cut(line, key)
	return known && len(f.values(key)) == 0 && strings.HasPrefix(strings.TrimLeft(rest, "\"' \t"), ":")
}

// blank makes comments of lines.
func blank(text []byte, faults []lineFault) []byte {
	drop := make(map[int]bool)
	for _, fault := range faults {
		for i := range fault.more + 1 {
			drop[fault.line+i] = true
		}
	}
	out := make([]byte, 0, len(text))
	number := 0
	for line := range bytes.Lines(text) {
		if number++; drop[number] {
			end := line[len(bytes.TrimRight(line, "\r\n")):]
			line = append([]byte("#"), end...)
		}
		out = append(out, line...)
	}
	return out
}

// syntaxProblems is one failure for all faulty lines, which also names those
// that take nothing of the file for them.
func (f *envFile) syntaxProblems(faults []lineFault, refusing []refusal) []Problem {
	if len(faults) == 0 {
		return nil
	}
	first := faults[0].line
	var texts []string
	for _, fault := range faults {
		first = min(first, fault.line)
		texts = append(texts, fault.text)
	}
	evidence := firstOf(texts)
	for _, r := range refusing {
		if !strings.Contains(evidence, readerName(r.reader)+" refuses") {
			evidence += fmt.Sprintf("; %s refuses the whole file (line %d)", readerName(r.reader), r.line)
		}
	}
	fix := fmt.Sprintf("write line %d of %s as KEY=value: no blanks around the =, quotes closed, nothing else on the line", first, f.shown)
	if isDSN(strings.TrimSpace(f.text(first))) {
		fix = fmt.Sprintf("write SENTRY_DSN= before the DSN in line %d of %s", first, f.shown)
	}
	return fail(cause.EnvFileSyntax, f.at(first), fix, "%s", evidence)
}

// firstOf joins the first few texts and counts the rest.
func firstOf(texts []string) string {
	const most = 3
	if len(texts) <= most {
		return strings.Join(texts, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(texts[:most], "; "), len(texts)-most)
}
