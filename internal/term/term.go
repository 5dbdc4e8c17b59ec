// Package term answers what a stream is (a terminal or not, how wide, in
// colour or not) and fits texts into its columns.
package term

import (
	"io"

	"golang.org/x/term"
)

// IsTerminal says whether a stream is a terminal. What has no file descriptor,
// such as a buffer, is none.
func IsTerminal(w any) bool {
	fd, ok := descriptor(w)
	return ok && term.IsTerminal(fd)
}

// Width returns the columns of a terminal. It returns fallback where the
// stream is none, and where a terminal does not know its size (0x0, as in
// `docker run -t` before the first resize).
func Width(w io.Writer, fallback int) int {
	fd, ok := descriptor(w)
	if !ok || !term.IsTerminal(fd) {
		return fallback
	}
	if columns, _, err := term.GetSize(fd); err == nil && columns > 0 {
		return columns
	}
	return fallback
}

// Height returns the rows of a terminal, and fallback as Width does.
func Height(w io.Writer, fallback int) int {
	fd, ok := descriptor(w)
	if !ok || !term.IsTerminal(fd) {
		return fallback
	}
	if _, rows, err := term.GetSize(fd); err == nil && rows > 0 {
		return rows
	}
	return fallback
}

// Color says whether to write in colour: on a terminal that can, unless it is
// switched off or NO_COLOR is set to anything but nothing (no-color.org).
func Color(w io.Writer, getenv func(string) string, off bool) bool {
	return !off && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb" && IsTerminal(w)
}

func descriptor(w any) (fd int, ok bool) {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return 0, false
	}
	return int(f.Fd()), true
}
