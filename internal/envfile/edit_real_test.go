package envfile

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// realReader is a program, and what it sees in the files of a list.
type realReader struct {
	name   string
	reader Reader // "" where it is none of ours
	read   func(t *testing.T, paths []string) []seen
}

func realReaders() []realReader {
	byNode := func(name string) func(*testing.T, []string) []seen {
		return func(t *testing.T, paths []string) []seen { return readByNode(t, name, paths) }
	}
	byShell := func(name string) func(*testing.T, []string) []seen {
		return func(t *testing.T, paths []string) []seen {
			shell, err := exec.LookPath(name)
			if err != nil {
				needs(t, name+" is not there")
			}
			if strings.Contains(t.Name(), "Corpus") {
				return readByShell(t, shell, paths)
			}
			return readThree(t, shell, paths)
		}
	}
	return []realReader{
		{"python-dotenv", PythonDotenv, readByPython},
		{"dash", Shell, byShell("dash")},
		{"bash", Shell, byShell("bash")},
		{"dotenv of npm", "", byNode("dotenv")},
		{"node", "", byNode("node")},
	}
}

// run hands the paths to a program and decodes what it prints for each.
func run(t *testing.T, paths []string, program string, args []string, each func(*json.Decoder) (seen, error)) []seen {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = []string{"BB_HOST=from-env", "HOME=/root", "PYTHONUTF8=1"}
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\x00"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	decoder := json.NewDecoder(bytes.NewReader(out))
	all := make([]seen, len(paths))
	for i := range all {
		if all[i], err = each(decoder); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func readByPython(t *testing.T, paths []string) []seen {
	t.Helper()
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		path, err := exec.LookPath(name)
		if err != nil || exec.CommandContext(t.Context(), path, "-c", "import dotenv").Run() != nil {
			continue
		}
		return run(t, paths, path, []string{filepath.Join("testdata", "read.py")}, func(d *json.Decoder) (seen, error) {
			var s seen
			return s, d.Decode(&s)
		})
	}
	needs(t, "no python3 has python-dotenv: apt-get install python3-dotenv")
	return nil
}

func readByNode(t *testing.T, name string, paths []string) []seen {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		needs(t, "node is not there")
	}
	dir := filepath.Join("..", "..", ".cache", "clients", "dotenv")
	if dir, err = filepath.Abs(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "dotenv")); err != nil {
		needs(t, "dotenv of npm is not there: run script/clients")
	}
	return run(t, paths, node, []string{filepath.Join("testdata", "node", "read.js"), dir}, func(d *json.Decoder) (seen, error) {
		var values map[string]map[string]string
		err := d.Decode(&values)
		if err == nil && values[name] == nil {
			t.Skip("this node has no reader of its own: 20.12 is the first that has")
		}
		return seen{Values: values[name]}, err
	})
}

// readThree asks a shell for three variables alone, which takes no further
// process for each file.
func readThree(t *testing.T, shell string, paths []string) []seen {
	t.Helper()
	const script = `for file do (set -a; . "$file"; printf '%s\0%s\0%s\0' "$KEY" "$BEFORE" "$AFTER"); done`
	cmd := exec.CommandContext(t.Context(), shell, append([]string{"-c", script, "sh"}, paths...)...)
	cmd.Env = []string{"PATH=/nonexistent", "HOME=/root"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(out), "\x00")
	if len(parts) != 3*len(paths)+1 {
		t.Fatalf("%d values of %d files", len(parts), len(paths))
	}
	all := make([]seen, len(paths))
	for i := range all {
		all[i].Values = map[string]string{"KEY": parts[3*i], "BEFORE": parts[3*i+1], "AFTER": parts[3*i+2]}
	}
	return all
}

// TestRealReadersReadTheEditedCorpus asks the real programs: who is not said to
// read the value otherwise reads it, and all else as before.
func TestRealReadersReadTheEditedCorpus(t *testing.T) {
	t.Parallel()
	var before, after []string
	number := make(map[string]int)
	for i, f := range corpus(t) {
		number[f.File] = i
		before = append(before, string(f.Text))
	}
	texts := before
	all := edits(t)
	for _, e := range all {
		after = append(after, string(e.text))
	}
	before, after = files(t, before), files(t, after)
	for _, real := range realReaders() {
		if real.reader == "" {
			continue // what it makes of a faulty file is not ours to know
		}
		t.Run(real.name, func(t *testing.T) {
			t.Parallel()
			was, is := real.read(t, before), real.read(t, after)
			compared := 0
			for i, e := range all {
				file, _, _ := strings.Cut(e.name, " ")
				text, was := []byte(texts[number[file]]), was[number[file]]
				// After a syntax error bash goes on with anything, and a NUL in the
				// first line makes a file a program for it.
				if was.Refused || real.name == "bash" && bytes.IndexByte(text, 0) >= 0 || exceptions()[real.name][file] != "" || real.reader == Shell && seenBy(Parse(Shell, text, Options{})).Refused {
					continue
				}
				compared++
				if is[i].Refused || e.seen[real.reader] && is[i].Values[e.key] != e.value {
					t.Errorf("%s: refused %v, value %q", e.name, is[i].Refused, is[i].Values[e.key])
				}
				if diff := cmp.Diff(leftover(text, real.reader, e.key, was), leftover(text, real.reader, e.key, is[i])); diff != "" {
					t.Errorf("%s (-before +after)\n%s", e.name, diff)
				}
			}
			if compared < 200 {
				t.Errorf("%d texts compared only", compared)
			}
		})
	}
}

// TestRealReadersReadQuotedValues writes values between two others: all
// programs read the three as they are, or the value is refused beforehand.
func TestRealReadersReadQuotedValues(t *testing.T) {
	t.Parallel()
	values := append(nastyValues(), randomValues()...)
	var kept, texts []string
	refused := 0
	for _, value := range values {
		for _, text := range []string{"BEFORE=1\nKEY=old\nAFTER=3\n", "BEFORE=1\nexport KEY=\"old\" # c\nAFTER=3\n", "BEFORE=1\nAFTER=3"} {
			got, err := Edit([]byte(text), set("KEY", value))
			if err != nil {
				refused++
				continue
			}
			kept, texts = append(kept, value), append(texts, string(got.Bytes))
		}
	}
	if len(kept) < 900 || refused < 60 {
		t.Errorf("%d written, %d refused", len(kept), refused)
	}
	for i, text := range texts {
		for _, r := range []Reader{PythonDotenv, Godotenv, Shell, Systemd, Docker} {
			s := seenBy(Parse(r, []byte(text), Options{}))
			bare := strings.Contains(text, "KEY="+kept[i]+"\n")
			if r == Docker && !bare || r == Systemd && strings.Contains(text, "export") {
				continue // neither knows export, and docker no quotes
			}
			if s.Values["KEY"] != kept[i] || s.Values["BEFORE"] != "1" || s.Values["AFTER"] != "3" || len(s.Values) != 3 {
				t.Errorf("%s: %.200q in %.300q", r, s.Values["KEY"], text)
			}
		}
	}
	paths := files(t, texts)
	for _, real := range realReaders() {
		t.Run(real.name, func(t *testing.T) {
			t.Parallel()
			for i, s := range real.read(t, paths) {
				if s.Refused || s.Values["KEY"] != kept[i] || s.Values["BEFORE"] != "1" || s.Values["AFTER"] != "3" {
					t.Errorf("%.200q in %.300q", s.Values["KEY"], texts[i])
				}
			}
		})
	}
}

// nastyValues are values that editors of such files have broken.
func nastyValues() []string {
	values := strings.Split(`|a b| a|a |	|#|#a|a#b|a #b|a # b|'|''|a'b|'a'|it's "x"|"|"a"|a"b|a""|$|$$|$A|a$b|${A}|${|$(id)|`+"`id`|a`|"+
		`\|\\|a\b|a\|a\\b|\n|\t|C:\new\table|\'|\"|'\|!|!!|a!b|~|~/x|a:~|*|?|[a]|{a,b}|{1..3}|a;b|a&b|a|b>c|<x|(a)|=|==|a=b|,|%41|^|@|é|日本|💈|à|Å|`+
		"a\u00a0|\u2028|\ufeffa|\x85|0123|+7|-0|null|true|export|KEY=1|postgres://u:p%40ss@h:5432/d?x=y&z=1|-----BEGIN KEY-----|{\"a\": 1}|'a' and 'b'|%s|${A:-b}|a${B}c", "|")
	return append(values, "|", "a|b", "a\nb", "a\r\nb", "a\rb", "a\n", "\n", "a\x00b", "\x1b[0m", "\x7f", "\xff", "a\xc3", strings.Repeat("x", 60<<10), strings.Repeat("x y", 20<<10), strings.Repeat("x", 64<<10))
}

// randomValues returns values made of the characters of a class, the same every
// time.
func randomValues() []string {
	var values []string
	for _, class := range []string{
		"aZ0_ . / : @ % + , = ? ! * ^ [ ] { } -", "a 0 \u0020 \u0020 .", "a # \u0020 b", "a $ B { } (", "a ' b", "a \" b", "' \" a", "a \\ n b ' t",
		"a ` b $", "& ; | < > ( ) a", "~ / : a", "é à Å 日 💈 ñ", "\u00a0 \u2028 \u0085 \ufeff a", "\t \x01 \x1b a", "! # $ & ' ( ) * \" ; < > ? [ \\ ] ` { | } ~ a",
	} {
		letters := strings.Split(class, " ")
		if strings.Contains(class, "  ") || strings.Contains(class, "\u0020") && slices.Contains(letters, "") {
			letters = append(letters, " ", " ")
		}
		values = append(values, composed(30, append(letters, " "))...)
	}
	return values
}
