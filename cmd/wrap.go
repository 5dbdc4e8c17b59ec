package cmd

import (
	"io"
	"strings"

	"github.com/bookedbarber/bbctl/internal/term"
)

// fill writes a text as lines of at most width columns. The first begins with
// first, the others with rest.
func fill(w io.Writer, width int, first, rest, text string) error {
	var b strings.Builder
	begin := first
	for _, line := range term.Wrap(text, width-max(term.Columns(first), term.Columns(rest))) {
		b.WriteString(begin + line + "\n")
		begin = rest
	}
	_, err := io.WriteString(w, b.String())
	return err
}
