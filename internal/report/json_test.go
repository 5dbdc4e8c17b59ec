package report

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/check"
)

func TestJSONGolden(t *testing.T) {
	t.Parallel()
	golden(t, "eventful.json", render(t, JSON, eventful(), Style{}))
}

// TestJSONArraysAreNeverNull reads a report of nothing and one of checks
// without needs.
func TestJSONArraysAreNeverNull(t *testing.T) {
	t.Parallel()
	for _, rep := range []check.Report{{}, only(check.Pass, check.Skip)} {
		encoded := render(t, JSON, rep, Style{})
		if bytes.Contains(encoded, []byte("null")) {
			t.Errorf("holds null:\n%s", encoded)
		}
	}
}

func TestJSONHoldsWhatTheReportHolds(t *testing.T) {
	t.Parallel()
	rep := eventful().Map(func(s string) string { return s + " <&> \x1b \u009b \u202e é 😀" })
	var got jsonReport
	encoded := render(t, JSON, rep, Style{})
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(newJSONReport(rep), got); diff != "" {
		t.Errorf("read back it is another (-written +read)\n%s", diff)
	}
	for _, r := range string(encoded) {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			t.Fatalf("%U passes to the terminal", r)
		}
	}
}

func TestJSONKeepsTheOrderOfDeclaration(t *testing.T) {
	t.Parallel()
	var got struct{ Checks []struct{ ID string } }
	if err := json.Unmarshal(render(t, JSON, eventful(), Style{}), &got); err != nil {
		t.Fatal(err)
	}
	for i, item := range eventful().Checks {
		if got.Checks[i].ID != item.ID {
			t.Errorf("place %d holds %s, want %s", i, got.Checks[i].ID, item.ID)
		}
	}
}

// The example of docs/json.md stands between these lines.
const (
	exampleBegin = "<!-- example: report -->\n```json\n"
	exampleEnd   = "```\n<!-- end of example -->"
)

// exampleReport is short enough for a page, and has every field.
func exampleReport() check.Report {
	rep := eventful()
	rep.Stages = rep.Stages[1:3]
	rep.Checks = []check.Item{rep.Checks[0], rep.Checks[2], rep.Checks[3]}
	return rep
}

// TestExampleOfTheJSONPageIsReal is not parallel: with -update it writes what
// another test reads.
func TestExampleOfTheJSONPageIsReal(t *testing.T) {
	const file = "../../docs/json.md"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), exampleBegin)
	example, after, ends := strings.Cut(rest, exampleEnd)
	if !begins || !ends {
		t.Fatalf("%s has no example between its marks", file)
	}
	want := string(render(t, JSON, exampleReport(), Style{}))
	if *update {
		example = want
		if err := os.WriteFile(file, []byte(before+exampleBegin+example+exampleEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, example); diff != "" {
		t.Errorf("the example of %s is not what is printed (-printed +page), -update writes it anew\n%s", file, diff)
	}
}

// TestJSONPageNamesEveryField holds the tables of docs/json.md to the types:
// every field of the report stands in the first column of its section.
func TestJSONPageNamesEveryField(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## `bbctl test --format json`")
	section, _, _ = strings.Cut(section, "\n## ")
	var columns strings.Builder
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "| ") {
			first, _, _ := strings.Cut(line[2:], "|")
			columns.WriteString(first)
		}
	}
	for _, part := range []any{jsonReport{}, jsonTool{}, jsonStage{}, jsonCause{}, jsonCheck{}} {
		kind := reflect.TypeOf(part)
		for i := range kind.NumField() {
			name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			if name == "" || !strings.Contains(columns.String(), "`"+name+"`") {
				t.Errorf("%s: docs/json.md does not name %q", kind.Name(), name)
			}
		}
	}
}
