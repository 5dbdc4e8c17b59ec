package envfile

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// edited is a text of the corpus in which one variable was set.
type edited struct {
	name, key, value string
	text             []byte
	seen             map[Reader]bool // who is said to read the value
}

// refusals are the changes to the corpus that are refused, and what is to be
// repaired first.
func refusals() map[string]string {
	return map[string]string{
		"108-trailing-backslash.env A":       "line 1: it ends in a backslash", // for a shell B is a part of it
		"108-trailing-backslash.env B":       "line 1: it ends in a backslash",
		"109-trailing-backslash-eof.env new": "line 1: it ends in a backslash", // with a newline behind it a shell drops it
		"120-dq-unterminated.env new":        "line 1: a quote is not closed",  // systemd reads to the end
		"120-dq-unterminated.env B":          "line 1: a quote is not closed",
		"162-semicolon-two.env A":            "line 1: the line sets more than one variable", // for a shell
		"163-two-on-line.env A":              "line 1: the line sets more than one variable",
	}
}

// edits adds a variable to each file of the corpus, and replaces each that is
// there.
func edits(t *testing.T) []edited {
	t.Helper()
	var all []edited
	refused := make(map[string]string)
	for _, f := range corpus(t) {
		b := []byte(f.Text)
		statements, _ := readPython(b)
		last := make(map[string]statement)
		for _, s := range statements {
			if isName(s.Key) {
				last[s.Key] = s
			}
		}
		for _, key := range append(slices.Sorted(maps.Keys(last)), "new") {
			name := f.File + " " + key
			e := edited{name: name, key: key, value: "v-1/é@x"}
			if key == "new" {
				e.key = "BB_NEW"
			}
			got, err := Edit(b, set(e.key, e.value))
			if err != nil {
				var spoiled *EditError
				if !errors.As(err, &spoiled) {
					t.Errorf("%s: %v", name, err)
				}
				refused[name], _, _ = strings.Cut(err.Error(), ",")
				continue
			}
			e.text, e.seen = got.Bytes, make(map[Reader]bool)
			for _, r := range append(others(), PythonDotenv) {
				e.seen[r] = !slices.Contains(got.Applied[0].Differ, r)
			}
			untouched(t, e, b, last[key])
			all = append(all, e)
		}
	}
	if diff := cmp.Diff(refusals(), refused); diff != "" {
		t.Errorf("refused (-want +got)\n%s", diff)
	}
	return all
}

// untouched compares all bytes but those of the value, found by searching for
// the new one.
func untouched(t *testing.T, e edited, before []byte, old statement) {
	t.Helper()
	at := bytes.LastIndex(e.text, []byte(e.value))
	head, tail := e.text[:at], e.text[at+len(e.value):]
	if old.Key != "" {
		want := before[:old.value.from]
		if !old.HasValue {
			want = append(bytes.Clone(want), '=')
		}
		if !bytes.Equal(head, want) || !bytes.Equal(tail, before[old.value.to:]) {
			t.Errorf("%s: %.200q became %.200q", e.name, before, e.text)
		}
		token := string(before[old.value.from:old.value.to])
		quoted := len(token) > 1 && isOneOf(`'"`, token[0]) && token[len(token)-1] == token[0]
		if token != old.Value && !quoted {
			t.Errorf("%s: %q is no value", e.name, token)
		}
		return
	}
	head = bytes.TrimSuffix(head, []byte(e.key+"="))
	joint := bytes.TrimPrefix(head, before)
	rest := string(tail)
	if !bytes.HasPrefix(head, before) || strings.Trim(string(joint), "\r\n") != "" || rest != "\n" && rest != "\r\n" {
		t.Errorf("%s: %.200q became %.200q", e.name, before, e.text)
	}
}

// TestEditLeavesTheCorpusIntact holds the bytes, and what our readers see: the
// new value, unless it was said who does not, and of all others what they saw.
func TestEditLeavesTheCorpusIntact(t *testing.T) {
	t.Parallel()
	texts := make(map[string][]byte)
	for _, f := range corpus(t) {
		texts[f.File] = []byte(f.Text)
	}
	all := edits(t)
	if len(all) < 300 {
		t.Errorf("%d changes only", len(all))
	}
	for _, e := range all {
		file, _, _ := strings.Cut(e.name, " ")
		for _, r := range []Reader{PythonDotenv, Godotenv, Shell, Docker, Systemd} {
			was, is := seenBy(Parse(r, texts[file], Options{})), seenBy(Parse(r, e.text, Options{}))
			if was.Refused != is.Refused && !was.Refused {
				t.Errorf("%s: %s refuses it now", e.name, r)
			}
			if is.Refused {
				continue
			}
			if got, want := is.Values[e.key] == e.value, e.seen[r]; got != want {
				t.Errorf("%s: %s reads the value: %v, said: %v: %.200q", e.name, r, got, want, e.text)
			}
			if was.Refused {
				continue
			}
			if diff := cmp.Diff(leftover(texts[file], r, e.key, was), leftover(texts[file], r, e.key, is)); diff != "" {
				t.Errorf("%s: %s (-before +after)\n%s", e.name, r, diff)
			}
		}
	}
}

// leftover are the variables beside the changed one: without those made of it,
// and without those that docker takes from lines within its value.
func leftover(before []byte, r Reader, key string, s seen) map[string]string {
	values := maps.Clone(s.Values)
	delete(values, key)
	statements, _ := readPython(before)
	for _, other := range statements {
		if strings.Contains(other.Value, "$"+key) || strings.Contains(other.Value, "${"+key) {
			delete(values, other.Key)
		}
		if old := string(before[other.key.from:other.value.to]); r == Docker && other.Key == key {
			for line := range strings.SplitSeq(old, "\n") {
				name, _, _ := strings.Cut(line, "=")
				delete(values, strings.TrimSpace(name))
				delete(values, "'"+key+"'")
			}
		}
	}
	return values
}

// TestRemoveLeavesTheCorpusIntact holds that whole lines go, and no others.
func TestRemoveLeavesTheCorpusIntact(t *testing.T) {
	t.Parallel()
	removed := 0
	for _, f := range corpus(t) {
		b := []byte(f.Text)
		statements, _ := readPython(b)
		for _, s := range statements {
			if !isName(s.Key) {
				continue
			}
			name := fmt.Sprintf("%s %s", f.File, s.Key)
			got, err := Edit(b, remove(s.Key))
			if err != nil {
				if !slices.Contains([]string{"061", "108", "120", "162", "163"}, f.File[:3]) {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			removed++
			var want []byte
			at := 0
			for _, other := range statements {
				if other.Key == s.Key {
					want = append(want, b[at:other.lines.from]...)
					at = other.lines.to
				}
			}
			want = append(want, b[at:]...)
			if !bytes.Equal(want, got.Bytes) || slices.ContainsFunc(look(got.Bytes).statements, func(left statement) bool { return left.Key == s.Key }) {
				t.Errorf("%s: %.200q became %.200q", name, b, got.Bytes)
			}
		}
	}
	if removed < 150 {
		t.Errorf("%d removed only", removed)
	}
}
