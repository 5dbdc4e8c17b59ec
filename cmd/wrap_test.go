package cmd

import (
	"strings"
	"testing"
)

func TestFillIndentsWhatGoesOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, first, rest, text, want string
		width                         int
	}{
		{"fits", "- ", "  ", "one two", "- one two\n", 20},
		{"goes on", "- ", "  ", "one two three", "- one two\n  three\n", 9},
		{"the wider beginning counts", "", "    ", "one two", "one\n    two\n", 7},
		{"no width at all", "", "", "a b", "a\nb\n", 0},
		{"nothing to say", "fix", "", "", "fix\n", 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			if err := fill(&b, c.width, c.first, c.rest, c.text); err != nil {
				t.Fatal(err)
			}
			if b.String() != c.want {
				t.Errorf("wrote %q, want %q", b.String(), c.want)
			}
		})
	}
}
