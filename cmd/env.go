package cmd

import (
	"io"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/term"
)

// Env is what the process gives to a command: its streams, its environment
// and its clock. main fills it once; tests fill it by hand. Nothing below cmd
// reads the process's own.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	// Environ holds the process environment in the form "KEY=value".
	Environ []string
	// Now is the clock of reports; it has no part in timeouts.
	Now func() time.Time
	// Dir is the working directory.
	Dir     string
	Version string
	// Interrupts are the signals that ask for an end; nil: none do.
	Interrupts *Interrupts
}

// Getenv returns the value of a variable, empty where it is not set. Where a
// variable stands more than once the last one counts, as in a C library.
func (e *Env) Getenv(key string) string {
	value, _ := e.lookup(key)
	return value
}

func (e *Env) lookup(key string) (value string, found bool) {
	for _, entry := range e.Environ {
		if k, v, ok := strings.Cut(entry, "="); ok && k == key {
			value, found = v, true
		}
	}
	return value, found
}

// path resolves a path from the working directory.
func (e *Env) path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(e.Dir, path)
}

// width is how many columns stdout has: those of its terminal, else what the
// variable COLUMNS says, else 100.
func (e *Env) width() int {
	columns, err := strconv.Atoi(e.Getenv("COLUMNS"))
	if err != nil || columns < 20 || columns > 1000 {
		columns = 100
	}
	return term.Width(e.Out, columns)
}

// home is the user's home directory, empty where none is known. It is kept
// out of all output.
func (e *Env) home() string {
	if h := e.Getenv("HOME"); h != "" {
		return h
	}
	return e.Getenv("USERPROFILE")
}

// stateDirs are where the backup may lie, by the customs of the system.
func stateDirs(env *Env) []string {
	var dirs []string
	add := func(base string, rest ...string) {
		if filepath.IsAbs(base) { // the XDG specification: relative ones are to be ignored
			dirs = append(dirs, filepath.Join(append([]string{base}, rest...)...))
		}
	}
	add(env.Getenv("XDG_STATE_HOME"), "bbctl")
	switch runtime.GOOS {
	case "windows":
		add(env.Getenv("LOCALAPPDATA"), "bbctl")
	case "darwin":
		add(env.home(), "Library", "Application Support", "bbctl")
	default:
		add(env.home(), ".local", "state", "bbctl")
	}
	return dirs
}
