package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/term"
)

func TestTextGolden(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 80, 120} {
		golden(t, fmt.Sprintf("eventful-%d.txt", width), render(t, Text, eventful(), Style{Width: width}))
	}
	golden(t, "quiet-80.txt", render(t, Text, quiet(), Style{Width: 80}))
	golden(t, "color-100.txt", render(t, Text, eventful(), Style{Width: 100, Color: true}))
}

// TestTextFitsItsWidth allows a longer line only for what cannot be broken:
// one word or one command to copy behind its indentation, and the verdict.
func TestTextFitsItsWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 60, 80, 100, 120} {
		lines := strings.Split(strings.TrimSpace(string(render(t, Text, eventful(), Style{Width: width}))), "\n")
		for _, line := range lines[:len(lines)-1] {
			if term.Columns(line) > width && len(strings.Fields(line)) > 1 && !strings.HasPrefix(line, "      more: ") {
				t.Errorf("at %d: %d columns: %s", width, term.Columns(line), line)
			}
		}
	}
}

func TestColourIsNeverTheOnlyCarrier(t *testing.T) {
	t.Parallel()
	plain := string(render(t, Text, eventful(), Style{Width: 80}))
	colored := string(render(t, Text, eventful(), Style{Width: 80, Color: true}))
	if strings.ContainsRune(plain, '\x1b') {
		t.Error("escape sequences without colour")
	}
	if plain == colored {
		t.Error("no colour where it is asked for")
	}
	stripped := regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(colored, "")
	if diff := cmp.Diff(plain, stripped); diff != "" {
		t.Errorf("the words differ (-plain +coloured)\n%s", diff)
	}
}

func TestIntroIsFirstAndVerdictIsLast(t *testing.T) {
	t.Parallel()
	for _, rep := range []check.Report{eventful(), quiet()} {
		text := string(render(t, Text, rep, Style{Width: 200}))
		if !strings.HasPrefix(text, rep.Intro[0]+"\n"+rep.Intro[1]+"\n") {
			t.Errorf("begins %q", text[:80])
		}
		want := strings.Join(rep.Closing, "\n") + "\n\n" + summary(rep) + "\n"
		if !strings.HasSuffix(text, want) {
			t.Errorf("does not end in %q:\n%s", want, text)
		}
	}
}

func TestWhatDidNotRunIsSaid(t *testing.T) {
	t.Parallel()
	text := string(render(t, Text, quiet(), Style{Width: 80}))
	if !strings.Contains(text, "\nnot run\n  app  bbctl test does not run your application\n") || strings.Contains(text, "environment  \n") {
		t.Errorf("the stages are not told:\n%s", text)
	}
	rep := quiet()
	rep.Stages = rep.Stages[:2]
	if text := string(render(t, Text, rep, Style{Width: 80})); strings.Contains(text, "not run") {
		t.Errorf("all stages ran:\n%s", text)
	}
}

// TestBrokenStandsAboveTheVerdict keeps the end of the report from naming a
// verdict without its reason.
func TestBrokenStandsAboveTheVerdict(t *testing.T) {
	t.Parallel()
	text := string(render(t, Text, only(check.Pass, check.Broken), Style{Width: 80}))
	if !strings.Contains(text, "\n\nbroken  redis-b: it is so\n      seen: saw that\n\nincomplete: ") {
		t.Errorf("broken is not told:\n%s", text)
	}
}

func TestFixOfARootCauseStandsOnce(t *testing.T) {
	t.Parallel()
	text := string(render(t, Text, only(check.Fail), Style{Width: 80}))
	if n := strings.Count(text, "start Redis"); n != 1 {
		t.Errorf("the fix stands %d times:\n%s", n, text)
	}
}

// TestNothingFromOutsideActsOnTheTerminal puts escape sequences and what turns
// the direction of writing into every text that can hold what a server said.
func TestNothingFromOutsideActsOnTheTerminal(t *testing.T) {
	t.Parallel()
	hostile := func(s string) string { return s + "\x1b]0;owned\x07\u009b2J\u202e\r" }
	for _, width := range []int{0, 40, 120} {
		text := string(render(t, Text, eventful().Map(hostile), Style{Width: width}))
		for _, r := range text {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Fatalf("at %d: %U passes", width, r)
			}
		}
	}
}

func TestDurationsReadWell(t *testing.T) {
	t.Parallel()
	for ms, want := range map[int]string{0: "0 ms", 412: "412 ms", 999: "999 ms", 1234: "1.2 s", 59_999: "59.9 s", 124_900: "2m4s"} {
		if got := duration(time.Duration(ms) * time.Millisecond); got != want {
			t.Errorf("%d ms: %q, want %q", ms, got, want)
		}
	}
}

// TestManyThatAreBlockedAlikeAreOneLine: they say one thing. Two are not many,
// and those that another check blocks stand apart.
func TestManyThatAreBlockedAlikeAreOneLine(t *testing.T) {
	t.Parallel()
	blocked := func(id, by string) check.Item {
		return check.Item{ID: id, Group: "g", Title: id, Outcome: check.Blocked, BlockedBy: []string{by}, Detail: "blocked by " + by}
	}
	rep := check.Report{Groups: []check.Group{{ID: "g", Title: "Group"}}, Checks: []check.Item{
		{ID: "root", Group: "g", Title: "root", Outcome: check.Fail, Cause: cause.DSNMissing, Detail: "saw nothing"},
		blocked("a", "root"), blocked("b", "root"), blocked("c", "root"), blocked("d", "other"), blocked("e", "other"),
	}}
	got := string(render(t, Text, rep, Style{Width: 100}))
	for _, line := range []string{"  blocked  3 checks  by root: a to c\n", "  blocked  d         by other\n", "  blocked  e         by other\n", "fail: 1 failed, 5 blocked in "} {
		if !strings.Contains(got, line) {
			t.Errorf("no line %q in\n%s", line, got)
		}
	}
}
