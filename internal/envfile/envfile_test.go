package envfile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// told writes a Result as short lines: "2 KEY=value", "3 KEY" for a name
// alone, "4! why" for a problem and "5!! why" for a fatal one.
func told(r Result) []string {
	var lines []string
	for _, e := range r.Entries {
		text := fmt.Sprintf("%d %s", e.Line, e.Key)
		if e.HasValue {
			text += "=" + e.Value
		}
		lines = append(lines, text)
	}
	for _, p := range r.Problems {
		mark := "!"
		if p.Fatal {
			mark = "!!"
		}
		lines = append(lines, fmt.Sprintf("%d%s %s", p.Line, mark, p.Message))
	}
	return lines
}

func environment(key string) (string, bool) {
	value, found := map[string]string{"X": "env", "EMPTY": "", "HOME": "/home/bb"}[key]
	return value, found
}

// TestLinesAndProblems holds the lines of keys and what is said of lines that
// a reader refuses or drops. What values are read is held by the corpus.
func TestLinesAndProblems(t *testing.T) {
	t.Parallel()
	const multiline = "# c\n\nA=\"1\n2\"\n\n  export B=3\n"
	tests := []struct {
		name   string
		reader Reader
		text   string
		want   []string
	}{
		{"a key's line is its own, not that of the blank lines before", PythonDotenv, multiline, []string{"3 A=1\n2", "6 B=3"}},
		{"godotenv", Godotenv, multiline, []string{"3 A=1\n2", "6 B=3"}},
		{"shell", Shell, multiline, []string{"3 A=1\n2", "6 B=3"}},
		{"systemd", Systemd, multiline, []string{"3 A=1\n2", "6! the name is not made of letters, digits and _ alone"}},
		{"docker", Docker, "\n#\nA=1\r\n B=2\nX\nNO\n", []string{"3 A=1", "4 B=2", "5 X=env", "6! there is no =, and the process environment has no such variable"}},

		{"CR LF and CR end a line too", PythonDotenv, "A=1\r\n\rB=2\r\nC=3", []string{"1 A=1", "3 B=2", "4 C=3"}},
		{"a key alone", PythonDotenv, "A=1\nA\nA:b", []string{"1 A=1", "2 A", "3 A:b"}},
		{"a bad line is skipped", PythonDotenv, "A=1\nnot valid\nB=2", []string{"1 A=1", "3 B=2", "2! it is not KEY=value"}},
		{"no name", PythonDotenv, "\n =1\nB=2", []string{"3 B=2", "2! there is no name before the ="}},
		{"an open quote costs its line", PythonDotenv, "A=\"1\nB=2\n", []string{"2 B=2", "1! a quote is not closed"}},
		{"a quote closed far below costs all between", PythonDotenv, "A='1\nB=2\nC='3'\nD=4", []string{"4 D=4", "1! something stands behind the closing quote"}},
		{"not UTF-8", PythonDotenv, "A=1\nB=\xff\n", []string{"2!! it is not UTF-8"}},

		{"the last assignment's line", Godotenv, "A=1\nB=2\nA=3\n", []string{"2 B=2", "3 A=3"}},
		{"a quote is not closed", Godotenv, "A=1\n\nB='2\nC=3\n", []string{"3!! a quote is not closed"}},
		{"no =", Godotenv, "A=1\nnot valid\n", []string{"2!! there is no ="}},
		{"a bad name", Godotenv, "A=1\n# c\nB-C=2\n", []string{"3!! there is a character in the name, or behind a closing quote, that may not stand there"}},
		{"export alone", Godotenv, "A=1\nexport ", []string{"2!! there is no name behind export"}},

		{"docker: a blank", Docker, "A=1\nexport B=2\n", []string{"2!! there is a blank in the name or behind it"}},
		{"docker: no name", Docker, "A=1\n=2\n", []string{"2!! there is no name before the ="}},
		{"docker: not UTF-8", Docker, "A=1\n\n#\xff\n", []string{"3!! it is not UTF-8"}},
		{"docker: too long", Docker, "A=1\nB=" + strings.Repeat("x", 64<<10) + "\n", []string{"2!! the line is longer than 64 KiB"}},

		{"systemd: no =", Systemd, "A=1\nB\n", []string{"1 A=1", "2! there is no ="}},
		{"systemd: a comment goes on", Systemd, "# c\\\nA=1\nB=2\n", []string{"3 B=2", "1! the comment ends in a backslash: the next line is taken for a part of it"}},
		{"systemd: an open quote", Systemd, "A=1\nB='2\nC=3", []string{"1 A=1", "2 B=2\nC=3", "2! a quote is not closed: all that follows is taken for a part of the value"}},
		{"systemd: not UTF-8", Systemd, "A=1\nB=\xff\nC=3", []string{"2!! it is not UTF-8"}},
		{"systemd: not UTF-8 at the end", Systemd, "A=1\nB=\xff", []string{"2!! it is not UTF-8"}},
		{"systemd: NUL", Systemd, "A=1\nB=\x00", []string{"2!! there is a NUL character"}},
		{"systemd: blanks at the end are not kept, escaped ones are", Systemd, "A=b  \nB=b\\ \nC=\"b \" \nD=b \\c", []string{"1 A=b", "2 B=b ", "3 C=b ", "4 D=b c"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := told(Parse(test.reader, []byte(test.text), Options{Environ: environment}))
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestPythonLooksInTheEnvironmentFirst holds the order in which
// load_dotenv(override=False) looks a name up, and what it does without one.
func TestPythonLooksInTheEnvironmentFirst(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"X=file\nA=${X}":                  "env",
		"EMPTY=file\nA=${EMPTY:-d}":       "",
		"Y=file\nA='${Y}'":                "file",
		"Y=1\nY=2\nA=${Y}":                "2",
		"Y=1\nY\nA=<${Y:-d}>":             "<>",
		"A=${Y:-d}":                       "d",
		"A=${Y:-a:b${c}-":                 "a:b${c-",
		"A=<${Y}>":                        "<>",
		"A=${A}${X}${Y:-}":                "env",
		"A=${Y:+d}${X}":                   "${Y:+d}env",
		"A=${Y:${X":                       "${Y:${X",
		"A=$X":                            "$X",
		"A=${X:-d":                        "${X:-d",
		"A=\\${X}":                        "\\env",
		"A=\"a\\n\\t\\\\\\x\\\"'\"":       "a\n\t\\\\x\"'",
		"A='a\\n\\\\\\''":                 "a\\n\\'",
		"A='b\\'":                         "b\\",
		"A=b\u00a0# c":                    "b",
		"A=b#c\x1c# d":                    "b#c",
		"A= # c":                          "# c",
		"export\u00a0A\u2003=\u2003b  ":   "b",
		"'A'= b":                          "b",
		"A=\"1\" # \"":                    "1",
		"A=${X}${Y:-1}${X:-2}${EMPTY}end": "env1envend",
	}
	for text, want := range tests {
		got := seenBy(Parse(PythonDotenv, []byte(text), Options{Environ: environment})).Values
		if value, ok := got["A"]; !ok || value != want {
			t.Errorf("%q: A is %q of %q, want %q", text, value, got, want)
		}
	}
	if got := seenBy(Parse(PythonDotenv, []byte("A=<${X}>"), Options{})).Values["A"]; got != "<>" {
		t.Errorf("without an environment: %q", got)
	}
}

// TestFilesThatWouldFillTheMemoryAreRefused holds the bounds: a value that
// doubles in every line, and what overflows godotenv's stack.
func TestFilesThatWouldFillTheMemoryAreRefused(t *testing.T) {
	t.Parallel()
	var doubling strings.Builder
	doubling.WriteString("A0=0123456789\n")
	for i := range 64 {
		fmt.Fprintf(&doubling, "A%d=\"${A%d}${A%d}\"\n", i+1, i, i)
	}
	tests := []struct {
		reader Reader
		text   string
		want   string
	}{
		{PythonDotenv, doubling.String(), "21!! " + tooLarge},
		{Godotenv, doubling.String(), "21!! " + tooLarge},
		{Shell, doubling.String(), "15!! a value is longer than 128 KiB: no program starts with it in its environment"},
		{Godotenv, strings.ReplaceAll(doubling.String(), "{", "\\{"), "21!! " + tooLarge},
		{Shell, "A=" + strings.Repeat("x", 127<<10) + "\nB=" + strings.Repeat("$A", 200), "2!! " + tooLarge},
		{Godotenv, strings.Repeat("#\n", godotenvMaxLines+1), "20000!! it has more than 20000 lines, which could end the program that reads it"},
		{Godotenv, strings.Repeat("#", godotenvMaxSize+1), "1!! it is larger than 2 MiB, which could end the program that reads it"},
		{Shell, "A=" + strings.Repeat("${X:-", 100) + strings.Repeat("}", 100), "1!! quotes and substitutions stand too deep in each other"},
	}
	for _, test := range tests {
		got := told(Parse(test.reader, []byte(test.text), Options{}))
		if diff := cmp.Diff([]string{test.want}, got); diff != "" {
			t.Errorf("%s, %.20q (-want +got)\n%s", test.reader, test.text, diff)
		}
	}
	if got := Parse(Godotenv, []byte(strings.Repeat("#\n", godotenvMaxLines)+"A=1"), Options{}); len(got.Entries) != 1 {
		t.Errorf("just within the bounds: %v", got.Problems)
	}
}
