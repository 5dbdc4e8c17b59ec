package report

import (
	"strings"
	"testing"
	"unicode"

	"github.com/bookedbarber/bbctl/internal/check"
)

func TestGitHubGolden(t *testing.T) {
	t.Parallel()
	golden(t, "eventful.github", render(t, GitHub, eventful(), Style{}))
}

// command is a line as the runner of GitHub Actions reads it.
type command struct{ name, title, message string }

// runnerLines splits output as the runner does, with any character in doubt
// taken for the end of a line.
func runnerLines(output string) []string {
	return strings.FieldsFunc(output, func(r rune) bool { return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) })
}

// readCommands reads the commands as the runner does: a line that begins with
// :: holds a name, a blank and properties up to the next ::, and its data.
func readCommands(t *testing.T, output string) []command {
	t.Helper()
	var commands []command
	for _, line := range runnerLines(output) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "::")
		if !ok {
			t.Fatalf("a line that is no command: %q in %q", line, output)
		}
		info, data, ok := strings.Cut(rest, "::")
		name, properties, _ := strings.Cut(info, " ")
		if !ok || strings.Count(properties, "=") < 1 {
			t.Fatalf("no command: %q", line)
		}
		c := command{name: name, message: unescape(data)}
		for property := range strings.SplitSeq(properties, ",") {
			key, value, _ := strings.Cut(property, "=")
			if key != "title" {
				t.Fatalf("a property %q in %q", key, line)
			}
			c.title = unescape(strings.NewReplacer("%3A", ":", "%2C", ",").Replace(value))
		}
		commands = append(commands, c)
	}
	return commands
}

func unescape(s string) string {
	return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(s)
}

func TestGitHubAnnotatesWhatIsWrong(t *testing.T) {
	t.Parallel()
	rep := only(check.Pass, check.Warn, check.Blocked, check.Broken, check.Fail, check.Skip)
	var got []string
	for _, c := range readCommands(t, string(render(t, GitHub, rep, Style{}))) {
		got = append(got, c.name+" "+c.title)
	}
	want := []string{"error redis-e: it is so", "error redis-d: it is so", "warning redis-b: it is so", "notice bbctl test"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("saw %q, want %q", got, want)
	}
}

func TestStrictWarningIsAnErrorAlone(t *testing.T) {
	t.Parallel()
	rep := only(check.Pass, check.Warn)
	rep.Strict = true
	got := readCommands(t, string(render(t, GitHub, rep, Style{})))
	if len(got) != 2 || got[0].name != "error" || got[1].name != "notice" {
		t.Errorf("saw %q, want an error and the notice", got)
	}
}

func TestGitHubNamesCauseAndFix(t *testing.T) {
	t.Parallel()
	got := readCommands(t, string(render(t, GitHub, only(check.Fail), Style{})))
	if want := "saw that\nfix: start Redis\nbbctl explain redis-unreachable"; got[0].message != want {
		t.Errorf("saw %q, want %q", got[0].message, want)
	}
}

// FuzzNothingInjectsACommand holds that whatever a server said, the runner
// reads the commands that are ours and no other, and reads the text as it was.
func FuzzNothingInjectsACommand(f *testing.F) {
	for _, s := range hostileTexts() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rep := only(check.Fail, check.Broken, check.Warn)
		for i := range rep.Checks {
			rep.Checks[i].Detail, rep.Checks[i].Title = text, text
		}
		got := readCommands(t, string(render(t, GitHub, rep, Style{})))
		if len(got) != 4 {
			t.Fatalf("%d commands: %q", len(got), got)
		}
		want := strings.Map(func(r rune) rune {
			if r != '\n' && r != '\r' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
				return ' '
			}
			return r
		}, text)
		if !strings.HasPrefix(got[0].message, want) {
			t.Errorf("the message is %q, want it to begin with %q", got[0].message, want)
		}
		if got[0].title != "redis-a: "+want {
			t.Errorf("the title is %q, want %q", got[0].title, want)
		}
	})
}
