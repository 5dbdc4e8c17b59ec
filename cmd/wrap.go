package cmd

import (
	"io"
	"strings"

	"github.com/bookedbarber/bbctl/internal/term"
)

// fill writes a text as lines of at most width columns. The first begins with
// first, the others with rest.
func fill(w io.Writer, width int, first, rest, text string) error {
	_, err := io.WriteString(w, term.Fill(width, first, rest, text))
	return err
}

// entry writes an id and its title: in two columns, or one below the other
// where there is no room for that.
func entry(w io.Writer, width int, indent, id, title string) error {
	const column = 27
	if width < narrow {
		if err := fill(w, width, indent, indent, id); err != nil {
			return err
		}
		return fill(w, width, indent+"  ", indent+"  ", title)
	}
	rest := indent + strings.Repeat(" ", column)
	return fill(w, width, indent+id+strings.Repeat(" ", max(column-len(id), 1)), rest, title)
}
