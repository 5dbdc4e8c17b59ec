package project_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/project"
)

const whole = `
# how CI runs it
run:
  web: "uvicorn main:app --port 8000"
  worker: [celery, -A, worker, worker]
  beat: cd jobs && ./beat
urls:
  - http://127.0.0.1:8000/health
  - url: http://127.0.0.1:8000/bookings
    method: post
    headers: {X-Shop: "7", Accept: text/html}
for: 30s
until: {errors: 1, transactions: 2}
expect:
  - error type=ValueError
  - no error tag.business_area=payments
`

func TestAWholeFileIsRead(t *testing.T) {
	t.Parallel()
	got, err := project.Parse([]byte(whole), project.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	want := project.File{
		Run: []project.Command{
			{Name: "web", Args: []string{"uvicorn", "main:app", "--port", "8000"}},
			{Name: "worker", Args: []string{"celery", "-A", "worker", "worker"}},
			{Name: "beat", Args: []string{"/bin/sh", "-c", "cd jobs && ./beat"}},
		},
		URLs: []project.URL{
			{URL: "http://127.0.0.1:8000/health"},
			{URL: "http://127.0.0.1:8000/bookings", Method: "POST", Header: []project.Header{{Name: "X-Shop", Value: "7"}, {Name: "Accept", Value: "text/html"}}},
		},
		For:    30 * time.Second,
		Until:  []project.Count{{Category: "errors", N: 1}, {Category: "transactions", N: 2}},
		Expect: []string{"error type=ValueError", "no error tag.business_area=payments"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMistakesAreNamedWithTheirLine(t *testing.T) {
	t.Parallel()
	rules := project.Rules{
		Expect: func(text string) error {
			if strings.HasPrefix(text, "eror") {
				return errors.New("unknown kind")
			}
			return nil
		},
		Category: func(name string) error {
			if name != "errors" {
				return errors.New("unknown category")
			}
			return nil
		},
	}
	for content, want := range map[string]string{
		"\nurl: [http://a/]":                      `line 2: unknown field "url": did you mean urls? known are run, urls, for, until, expect`,
		"alarms: 1":                               `line 1: unknown field "alarms": known are`,
		"run: {web: a}\nrun: {web: b}":            `line 2: "run" stands here a second time`,
		"run:\n  web: a\n  web: b":                `line 3: "web" stands here a second time`,
		"run:\n  - uvicorn":                       "line 2: expected names and commands, such as web: uvicorn main:app",
		"run:\n  web: 'a \"b'":                    "line 2: the command of web: a quote is not closed",
		"run:\n  web: ''":                         "line 2: the command of web is empty",
		"run:\n  web:":                            "line 2: expected a text",
		"run:\n  web: {a: b}":                     "line 2: expected a text",
		"run:\n  'a b': c":                        `line 2: "a b" is no name of a command`,
		"urls:\n- localhost:8000":                 "line 2: it is no URL: expected such as http://127.0.0.1:8000/health",
		"urls:\n- ur: http://a/":                  `line 2: unknown field of a URL "ur": did you mean url? known are url, method, headers`,
		"urls:\n- method: GET":                    "line 2: it is no URL",
		"for: soon":                               `line 1: "soon" is no time: expected such as 30s or 2m`,
		"for: -3s":                                `"-3s" is no time`,
		"for: 0":                                  `"0" is no time`,
		"until:\n  error: 1":                      "line 2: unknown category",
		"until:\n  errors: some":                  `line 2: "some" is no number of errors: expected 1 or more`,
		"until: 3":                                "line 1: expected names and numbers, such as errors: 1",
		"expect:\n- error\n- eror":                "line 3: unknown kind",
		"expect:\n- [a]":                          "line 2: expected a text",
		"- a":                                     "line 1: expected names and values, such as name: value",
		"run: {web: a}\n---\nrun: {web: b}":       "it holds more than one document",
		"run: {web: a":                            "line 1: ",
		"expect:\n- *nowhere":                     "unknown anchor",
		"run: &a\n  web: uvicorn\nurls: [[*a]]\n": "line 3: expected a text",
	} {
		if _, err := project.Parse([]byte(content), rules); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, expected %q in it", content, err, want)
		}
	}
}

func TestWhatIsLeftOutIsNothing(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "# nothing\n", "---\n", "run:\nurls:\nexpect:\n", "run: {}\n", "\ufeff# a byte-order mark\n"} {
		got, err := project.Parse([]byte(content), project.Rules{})
		if err != nil || !cmp.Equal(got, project.File{}) {
			t.Errorf("%q was read as %+v, %v", content, got, err)
		}
	}
	got, err := project.Parse([]byte("urls: http://a/\nexpect: error\nfor: 90"), project.Rules{})
	if err != nil || len(got.URLs) != 1 || len(got.Expect) != 1 || got.For != 90*time.Second {
		t.Errorf("single elements were read as %+v, %v", got, err)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	shell := func(line string) []string { return []string{"/bin/sh", "-c", line} }
	for line, want := range map[string][]string{
		"":                            nil,
		"  a  b\tc ":                  {"a", "b", "c"},
		`a 'b c' "d e" f\ g`:          {"a", "b c", "d e", "f g"},
		`a '' "\"x\" \n" '\'`:         {"a", "", `"x" \n`, `\`},
		`python -c 'print($HOME; 1)'`: {"python", "-c", "print($HOME; 1)"},
		`app --level=debug`:           {"app", "--level=debug"},
		"a | b":                       shell("a | b"),
		`a "$HOME"`:                   shell(`a "$HOME"`),
		"PORT=1 a":                    shell("PORT=1 a"),
		"ls *.py":                     shell("ls *.py"),
		"a; b":                        shell("a; b"),
	} {
		got, err := project.Words(line)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q was taken apart to %q, %v; expected %q", line, got, err, want)
		}
	}
	for _, line := range []string{"a 'b", `a "b`, `a \`} {
		if got, err := project.Words(line); err == nil {
			t.Errorf("%q was taken apart to %q, expected an error", line, got)
		}
	}
}

func TestTheFileIsLookedForUpToTheRoot(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	inner := filepath.Join(top, "repo", "app", "deep")
	for _, dir := range []string{filepath.Join(top, "repo", ".git", "refs"), filepath.Join(top, "repo", ".git", "objects"), inner} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put := func(path, content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(top, "repo", ".git", "HEAD"), "ref: refs/heads/main\n")
	put(filepath.Join(top, project.Name), "run: {other: a}\n")
	if path, err := project.Find(t.Context(), inner); err != nil || path != "" {
		t.Errorf("found %q, %v; expected none: what lies above the root is of another project", path, err)
	}
	want := filepath.Join(top, "repo", project.Name)
	put(want, "run: {web: a}\n")
	if path, err := project.Find(t.Context(), inner); err != nil || path != want {
		t.Errorf("found %q, %v; expected %q", path, err, want)
	}
}

func TestWrittenFilesAreReadAsTheyWere(t *testing.T) {
	t.Parallel()
	file, err := project.Parse([]byte(whole), project.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	file.Expect = append(file.Expect, "error message='a: b # c'", "yes", "1")
	for name, f := range map[string]project.File{"given": project.Given(file.Run[:1], nil), "whole": file} {
		path := filepath.Join(t.TempDir(), project.Name)
		if err := project.Write(t.Context(), path, f); err != nil {
			t.Fatal(err)
		}
		got, err := project.Load(path, project.Rules{})
		if err != nil {
			t.Fatal(err)
		}
		f.Path = path
		if diff := cmp.Diff(f, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		before, _ := os.ReadFile(path)
		if err := project.Write(t.Context(), path, project.File{Expect: []string{"error"}}); err == nil || !strings.Contains(err.Error(), "it is there already") {
			t.Errorf("%s: a second Write: %v, expected a refusal", name, err)
		}
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("%s: a second Write changed the file", name)
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(dir, "broken.yaml")
	if err := os.WriteFile(broken, []byte("fro: 3s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "file does not exist",
		dir:                             "it is not a regular file",
		large:                           "it is too large",
		broken:                          "broken.yaml: line 1: unknown field \"fro\": did you mean for?",
	} {
		if _, err := project.Load(path, project.Rules{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, expected %q in it", path, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, content := range []string{whole, "run: {web: [a, 'b']}", "a: &a [*a]", "&a urls: *a", "until: {a: 1}", "expect: |\n  error\n", "? [a]\n: b", "<<: {run: {}}"} {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := project.Parse(content, project.Rules{})
		if err != nil {
			return
		}
		written, err := file.YAML()
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", file, err)
		}
		again, err := project.Parse(written, project.Rules{})
		if err != nil || !cmp.Equal(file, again) {
			t.Fatalf("%+v was written as\n%s\nand read as %+v, %v", file, written, again, err)
		}
	})
}
