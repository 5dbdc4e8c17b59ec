package config

import (
	"bytes"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/envfile"
)

// reading is what one reader sees in the file.
type reading struct {
	reader  envfile.Reader
	values  map[string]string
	refused bool // it reads nothing of the file
	// refusedAt is the line for which it does; refusedFor are variables of the
	// table for whose lines it does, where a reader looks at lines one by one.
	refusedAt  int
	refusedFor map[string]bool
	why        string // it refuses the file
}

// readers are all that are asked, the application's own first.
func readers() []envfile.Reader {
	return []envfile.Reader{envfile.PythonDotenv, envfile.Godotenv, envfile.Shell, envfile.Docker, envfile.Systemd}
}

// readerName is how a reader is called in texts.
func readerName(r envfile.Reader) string {
	switch r {
	case envfile.PythonDotenv:
		return "python-dotenv"
	case envfile.Godotenv:
		return "godotenv"
	case envfile.Shell:
		return "a shell"
	case envfile.Docker:
		return "docker --env-file"
	case envfile.Systemd:
		return "systemd"
	}
	return string(r)
}

// readAll reads a text as each of its readers does.
func (f *envFile) readAll(text []byte) []reading {
	// At the same time, since a file of some megabytes takes each of them long.
	all := make([]reading, len(readers()))
	var asked sync.WaitGroup
	for i, r := range readers() {
		asked.Go(func() { all[i] = f.readBy(r, text) })
	}
	asked.Wait()
	return all
}

// readBy reads a text as one of its readers does.
func (f *envFile) readBy(r envfile.Reader, text []byte) reading {
	one := readingOf(r, f.parse(r, text))
	if one.refused && r == envfile.Docker {
		return f.readLines(r, text)
	}
	return one
}

// parse is what a reader sees in a text of the file. What the application's own
// sees in the file as it is, is known.
func (f *envFile) parse(r envfile.Reader, text []byte) envfile.Result {
	if r == envfile.PythonDotenv && !f.bom && bytes.Equal(text, f.content) {
		return f.python
	}
	return envfile.Parse(r, text, envfile.Options{Environ: f.environ})
}

func readingOf(r envfile.Reader, result envfile.Result) reading {
	one := reading{reader: r, values: make(map[string]string)}
	for _, p := range result.Problems {
		if p.Fatal {
			one.refused, one.refusedAt, one.why = true, p.Line, p.Message
		}
	}
	for _, e := range result.Entries {
		if e.HasValue {
			one.values[e.Key] = e.Value
		} else if r == envfile.PythonDotenv {
			delete(one.values, e.Key)
		}
	}
	return one
}

// readLines reads each line that sets a variable of the table by itself, for a
// reader that refuses a file for any line. That it does for a line of the
// application's own is no matter of ours: it says so at its start.
func (f *envFile) readLines(r envfile.Reader, text []byte) reading {
	one := reading{reader: r, values: make(map[string]string), refusedFor: make(map[string]bool)}
	for line := range bytes.Lines(text) {
		key := named(string(line))
		if _, known := variable(key); !known {
			continue
		}
		got := readingOf(r, f.parse(r, line))
		one.refusedFor[key] = got.refused
		for name, value := range got.values {
			one.values[name] = value
		}
	}
	return one
}

// named is the variable that a line sets in the eyes of a person; empty where
// it sets none.
func named(line string) string {
	line = strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(line, "export"); ok && strings.TrimLeft(rest, " \t") != rest {
		line = strings.TrimLeft(rest, " \t")
	}
	end := strings.IndexAny(line, "=: \t")
	if end < 0 {
		end = len(line)
	}
	return strings.Trim(line[:end], `"'`)
}
