package envfile

import (
	"bytes"
	"strings"
	"testing"

	"github.com/joho/godotenv"
)

// planted stands for a secret: in the fuzz targets each § of a text becomes
// one. No part of it occurs in a message by chance.
const planted = "kqzxwvjy7391"

// fuzz holds what is true of every text for a reader: it comes to an end,
// lines are lines of the text, a refused file has no entries, and no message
// tells anything of the text.
func fuzz(f *testing.F, r Reader, further func(t *testing.T, text []byte, got Result)) {
	for _, file := range corpus(f) {
		if len(file.Text) < 1<<10 {
			f.Add([]byte(file.Text))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		text := bytes.ReplaceAll(raw, []byte("§"), []byte(planted))
		got := Parse(r, text, Options{Environ: environment})
		lines := 1 + bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r"))
		for _, e := range got.Entries {
			if e.Line < 1 || e.Line > lines {
				t.Errorf("%q: %q in line %d of %d", text, e.Key, e.Line, lines)
			}
		}
		for _, p := range got.Problems {
			if p.Line < 1 || p.Line > lines {
				t.Errorf("%q: %q in line %d of %d", text, p.Message, p.Line, lines)
			}
			if p.Message == "" || p.Fatal && (len(got.Entries) > 0 || len(got.Problems) > 1) {
				t.Errorf("%q: %+v", text, got)
			}
			for i := range len(planted) - 6 + 1 {
				if strings.Contains(p.Message, planted[i:i+6]) {
					t.Errorf("%q: the message holds a part of it: %q", text, p.Message)
				}
			}
		}
		further(t, text, got)
	})
}

func nothingFurther(*testing.T, []byte, Result) {}

func FuzzPythonDotenv(f *testing.F) { fuzz(f, PythonDotenv, nothingFurther) }

func FuzzShell(f *testing.F) { fuzz(f, Shell, nothingFurther) }

func FuzzDocker(f *testing.F) { fuzz(f, Docker, nothingFurther) }

// FuzzSystemd also holds that a unit only gets names that it takes.
func FuzzSystemd(f *testing.F) {
	fuzz(f, Systemd, func(t *testing.T, text []byte, got Result) {
		for _, e := range got.Entries {
			if !isName(e.Key) {
				t.Errorf("%q: a variable %q", text, e.Key)
			}
		}
	})
}

// FuzzGodotenv also holds that our own scan of the file finds what godotenv
// finds: a fault exactly where there is an error, and every name in its place.
func FuzzGodotenv(f *testing.F) {
	fuzz(f, Godotenv, func(t *testing.T, text []byte, got Result) {
		for _, p := range got.Problems {
			if p.Message == godotenvUnexplained {
				t.Errorf("%q: godotenv refuses what the scan does not", text)
			}
		}
		if len(got.Problems) == 0 || got.Problems[0].Message == tooLarge {
			return
		}
		if _, err := godotenv.UnmarshalBytes(text); err == nil {
			t.Errorf("%q: the scan refuses what godotenv does not: %+v", text, got.Problems)
		}
	})
}
