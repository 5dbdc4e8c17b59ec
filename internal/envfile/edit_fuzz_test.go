package envfile

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// FuzzEdit holds of every text: what is written is read by python-dotenv, all
// other variables are as they were for every reader, all other bytes too, and
// the same change again changes nothing.
func FuzzEdit(f *testing.F) {
	for _, file := range corpus(f) {
		if len(file.Text) < 1<<10 {
			f.Add([]byte(file.Text), "A", "v 1")
			f.Add([]byte(file.Text), "S_B", "é")
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, key, value string) {
		got, err := Edit(text, set(key, value))
		if err != nil {
			var unportable *UnportableError
			if errors.As(err, &unportable) && (unportable.Key != key || len(unportable.Readers) == 0) {
				t.Errorf("%+v", unportable)
			}
			return
		}
		if statements, _ := readPython(got.Bytes); !slices.ContainsFunc(statements, func(s statement) bool { return s.Key == key }) {
			t.Errorf("%q: %s is not in %q", text, key, got.Bytes)
		}
		if s := seenBy(Parse(PythonDotenv, got.Bytes, Options{})); !s.Refused && s.Values[key] != value {
			t.Errorf("%q: %q is read from %q", text, s.Values[key], got.Bytes)
		}
		for _, r := range []Reader{PythonDotenv, Godotenv, Shell, Docker, Systemd} {
			was, is := seenBy(Parse(r, text, Options{})), seenBy(Parse(r, got.Bytes, Options{}))
			if was.Refused || strings.Contains(string(text), "$") || r == Docker && strings.ContainsAny(string(text), "'\"") {
				continue // a variable may be made of another, and a value may hold others for docker
			}
			delete(was.Values, key)
			delete(is.Values, key)
			if is.Refused || !maps.Equal(was.Values, is.Values) {
				t.Errorf("%q: %s sees %q in %q, and saw %q", text, r, is.Values, got.Bytes, was.Values)
			}
		}
		onePlace(t, string(text), string(got.Bytes), key, got.Applied[0].Action)
		again, err := Edit(got.Bytes, set(key, value))
		if err != nil || string(again.Bytes) != string(got.Bytes) {
			t.Errorf("%q: again: %q, %v", got.Bytes, again.Bytes, err)
		}
		if gone, err := Edit(got.Bytes, remove(key)); err == nil && look(gone.Bytes).last(key) != nil {
			t.Errorf("%q: not removed: %q", got.Bytes, gone.Bytes)
		}
	})
}

// onePlace says that two texts differ in one place, and how: a value, or a new
// line.
func onePlace(t *testing.T, before, after, key string, action Action) {
	t.Helper()
	head := 0
	for head < min(len(before), len(after)) && before[head] == after[head] {
		head++
	}
	tail := 0
	for tail < min(len(before), len(after))-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	gone := before[head : len(before)-tail]
	switch action {
	case ActionAdded:
		// What is there may begin as the new line does.
		if gone != "" || !strings.Contains(after, key+"=") {
			t.Errorf("%q became %q", before, after)
		}
	case ActionReplaced:
		if strings.Contains(gone, "\n") && !strings.ContainsAny(before, `'"`) {
			t.Errorf("%q became %q", before, after)
		}
	case ActionKept:
		if before != after {
			t.Errorf("%q became %q", before, after)
		}
	case ActionRemoved:
		t.Errorf("%q: removed", before)
	}
}

// FuzzQuote holds that a value is refused, or read from its form by all
// readers; by docker where it is bare.
func FuzzQuote(f *testing.F) {
	for _, value := range nastyValues() {
		if len(value) < 1<<10 {
			f.Add(value)
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		form, misread, err := Quote(value)
		if err != nil {
			var unportable *UnportableError
			if !errors.As(err, &unportable) || unportable.Why == "" || len(unportable.Readers) == 0 || form != "" {
				t.Errorf("%q: %q, %v", value, form, err)
			}
			return
		}
		if (form == value) != (len(misread) == 0) {
			t.Errorf("%q: %q is misread by %q", value, form, misread)
		}
		text := []byte("B=1\nK=" + form + "\nA=3\n")
		for _, r := range []Reader{PythonDotenv, Godotenv, Shell, Docker, Systemd} {
			if r == Docker && form != value {
				continue
			}
			s := seenBy(Parse(r, text, Options{}))
			if s.Values["K"] != value || s.Values["B"] != "1" || s.Values["A"] != "3" || len(s.Values) != 3 {
				t.Errorf("%s reads %q in %q", r, s.Values, text)
			}
		}
	})
}
