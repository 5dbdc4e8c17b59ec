package term

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsNoTerminal(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer writer.Close()
	unset := func(string) string { return "" }
	for name, w := range map[string]io.Writer{"a buffer": &bytes.Buffer{}, "a file": file, "a pipe": writer, "no file at all": (*os.File)(nil)} {
		if IsTerminal(w) {
			t.Errorf("%s is a terminal", name)
		}
		if got := Width(w, 100); got != 100 {
			t.Errorf("%s is %d columns wide", name, got)
		}
		if Color(w, unset, false) {
			t.Errorf("%s is in colour", name)
		}
	}
	if IsTerminal(nil) || IsTerminal(strings.NewReader("")) {
		t.Error("what has no descriptor is a terminal")
	}
}

func TestColumnsAreThoseOfATerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"ASCII", "bbctl test", 10},
		{"Latin with its accent", "é", 1},
		{"Latin and an accent", "e\u0301", 1},
		{"several marks", "a\u0301\u0323\u0308b", 2},
		{"Chinese", "予約", 4},
		{"full width", "Ａ", 2},
		{"half width", "ｱ", 1},
		{"Hangul", "한", 2},
		{"Hangul in parts", "\u1112\u1161\u11ab", 2},
		{"Thai", "ก\u0e34", 1},
		{"emoji", "😀", 2},
		{"tone of skin", "👍🏽", 2},
		{"family", "👨\u200d👩\u200d👧", 2},
		{"as an emoji", "❤\ufe0f", 2},
		{"as a text", "❤", 1},
		{"flag", "🇩🇪", 2},
		{"two flags", "🇩🇪🇫🇷", 4},
		{"ellipsis and quotes", "“…”", 3},
		{"joiner of Latin letters", "a\u200db", 2},
		{"nothing", "", 0},
	} {
		if got := Columns(c.text); got != c.want {
			t.Errorf("%s: Columns(%q) = %d, want %d", c.name, c.text, got, c.want)
		}
	}
}

func TestTruncateFitsColumns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"fits", 4, "fits"},
		{"too long", 4, "too…"},
		{"a b c", 3, "a…"},
		{"anything", 1, "…"},
		{"anything", 0, ""},
		{"anything", -1, ""},
		{"", 3, ""},
		{"予約予約", 8, "予約予約"},
		{"予約予約", 7, "予約予…"},
		{"予約予約", 6, "予約…"},
		{"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"👨\u200d👩\u200d👧👨\u200d👩\u200d👧", 3, "👨\u200d👩\u200d👧…"},
		{"👨\u200d👩\u200d👧x", 2, "…"},
		{"a\x1b[31mb\nc\td\u202ee", 20, "a [31mb c de"},
		{"\xff\xfe", 5, "??"},
	} {
		if got := Truncate(c.text, c.width); got != c.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestCleanLeavesNoControlCharacter(t *testing.T) {
	t.Parallel()
	got := Clean("a\x1b[2J\tb\r\nc\x00\u009b1m\u202ed\u2028e\x7f\xff é")
	if want := "a [2J b  c  1md e ? é"; got != want {
		t.Errorf("Clean = %q, want %q", got, want)
	}
}

func TestWrapBreaksBetweenWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		width      int
		want       []string
	}{
		{"fits", "one two", 7, []string{"one two"}},
		{"one too many", "one two", 6, []string{"one", "two"}},
		{"a word longer than the line stays whole", "a /very/long/path b", 8, []string{"a", "/very/long/path", "b"}},
		{"wide characters count twice", "予約 予約", 8, []string{"予約", "予約"}},
		{"code is one word", "run `bbctl test --local` now", 12, []string{"run", "`bbctl test --local`", "now"}},
		{"a lone backquote is a letter", "it`s one two", 8, []string{"it`s one", "two"}},
		{"blanks are one blank", "  a   b  ", 10, []string{"a b"}},
		{"its own lines stay", "a b\nc\n\nd", 10, []string{"a b", "c", "", "d"}},
		{"control characters are blanks", "a\tb\x1bc", 10, []string{"a b c"}},
		{"no width", "a b", 0, []string{"a", "b"}},
		{"nothing", "", 10, []string{""}},
	} {
		if diff := cmp.Diff(c.want, Wrap(c.text, c.width)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

// FuzzTruncate holds what it promises for any text: it fits, is UTF-8, holds
// no control character, and is the whole text where that fits.
func FuzzTruncate(f *testing.F) {
	for _, s := range []string{"", "abc", "予約\x1b", "e\u0301", "👨\u200d👩\u200d👧", "🇩🇪🇫", "\u200d\u200d", "\xff", "\u0301a", "\r\u0301"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		got := Truncate(s, width)
		if Columns(got) > max(width, 0) {
			t.Errorf("%q takes %d columns, want %d at most", got, Columns(got), width)
		}
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q is not fit for a terminal", got)
		}
		if clean := Clean(s); width > 0 && Columns(clean) <= width && got != clean {
			t.Errorf("%q was cut to %q although it fits", clean, got)
		}
	})
}
