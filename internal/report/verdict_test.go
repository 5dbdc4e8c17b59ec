package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/check"
)

type verdictCase struct {
	name string
	rep  check.Report
	want check.Verdict
}

func verdicts() []verdictCase {
	strict := func(rep check.Report) check.Report {
		rep.Strict = true
		return rep
	}
	return []verdictCase{
		{"all pass", only(check.Pass, check.Pass), check.VerdictPass},
		{"pass and skip", only(check.Pass, check.Skip), check.VerdictPass},
		{"a warning", only(check.Pass, check.Warn), check.VerdictPass},
		{"nothing but a warning", only(check.Warn), check.VerdictPass},
		{"a warning, strict", strict(only(check.Pass, check.Warn)), check.VerdictFail},
		{"pass, strict", strict(only(check.Pass, check.Skip)), check.VerdictPass},
		{"a failure", only(check.Fail, check.Pass), check.VerdictFail},
		{"a failure and what it blocks", only(check.Fail, check.Blocked), check.VerdictFail},
		{"a failure wins over broken", only(check.Broken, check.Fail), check.VerdictFail},
		{"broken", only(check.Pass, check.Broken), check.VerdictIncomplete},
		{"broken and what it blocks", only(check.Broken, check.Blocked), check.VerdictIncomplete},
		{"nothing but broken, strict", strict(only(check.Broken)), check.VerdictIncomplete},
		{"all skipped", only(check.Skip, check.Skip), check.VerdictIncomplete},
		{"all blocked", only(check.Blocked), check.VerdictIncomplete},
		{"no check", only(), check.VerdictIncomplete},
		{"everything", eventful(), check.VerdictFail},
		{"quiet", quiet(), check.VerdictPass},
	}
}

// TestAllFormatsAgreeOnTheVerdict reads it out of each format as its readers
// do: people the last line, programs the field, CI what is red.
func TestAllFormatsAgreeOnTheVerdict(t *testing.T) {
	t.Parallel()
	for _, c := range verdicts() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for format, read := range map[Format]func(*testing.T, []byte) string{
				Text: verdictOfText, JSON: verdictOfJSON, JUnit: verdictOfJUnit, GitHub: verdictOfGitHub,
			} {
				if got := read(t, render(t, format, c.rep, Style{Width: 80})); got != string(c.want) {
					t.Errorf("%s: saw %q, want %q", format, got, c.want)
				}
			}
		})
	}
}

func verdictOfText(_ *testing.T, text []byte) string {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	verdict, _, _ := strings.Cut(lines[len(lines)-1], ":")
	return verdict
}

func verdictOfJSON(t *testing.T, encoded []byte) string {
	var got struct{ Verdict string }
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatal(err)
	}
	return got.Verdict
}

// verdictOfJUnit knows failures and errors alone, as CI does.
func verdictOfJUnit(t *testing.T, encoded []byte) string {
	switch got := readJUnit(t, encoded); {
	case got.Failures > 0:
		return "fail"
	case got.Errors > 0:
		return "incomplete"
	default:
		return "pass"
	}
}

// verdictOfGitHub is the notice; an error beside a good verdict is a
// contradiction, and so is a bad one without.
func verdictOfGitHub(t *testing.T, output []byte) string {
	errors, verdict := 0, ""
	for _, c := range readCommands(t, string(output)) {
		switch c.name {
		case "error":
			errors++
		case "notice":
			if verdict != "" {
				t.Errorf("two notices: %s", output)
			}
			verdict, _, _ = strings.Cut(c.message, ":")
		}
	}
	if (errors > 0) == (verdict == "pass") {
		t.Errorf("%d errors and the verdict %q", errors, verdict)
	}
	return verdict
}

func TestSummaryCounts(t *testing.T) {
	t.Parallel()
	strict := only(check.Warn, check.Pass)
	strict.Strict = true
	for _, c := range []struct {
		rep  check.Report
		want string
	}{
		{only(check.Pass, check.Skip, check.Fail, check.Blocked, check.Broken, check.Warn, check.Pass), "fail: 1 failed, 1 broken, 1 blocked, 1 warned, 1 skipped, 2 passed in 0 ms"},
		{only(check.Skip, check.Skip), "incomplete: no check passed, 2 skipped in 0 ms"},
		{only(), "incomplete: no check ran in 0 ms"},
		{strict, "fail: 1 warned (--strict), 1 passed in 0 ms"},
	} {
		if got := summary(c.rep); got != c.want {
			t.Errorf("saw %q, want %q", got, c.want)
		}
	}
}

func TestFormatsAreNamedInTheError(t *testing.T) {
	t.Parallel()
	for _, f := range formats() {
		if got, err := ParseFormat(string(f)); err != nil || got != f {
			t.Errorf("ParseFormat(%q) = %q, %v", f, got, err)
		}
	}
	for name, want := range map[string]string{
		"xml":   `there is no format "xml": it is one of text, json, junit, github`,
		"junti": `there is no format "junti": it is one of text, json, junit, github; did you mean junit?`,
		"JSON":  `there is no format "JSON": it is one of text, json, junit, github; did you mean json?`,
	} {
		if _, err := ParseFormat(name); err == nil || err.Error() != want {
			t.Errorf("ParseFormat(%q): %v, want %s", name, err, want)
		}
	}
}
