// Package envfile reads a .env file as each of the programs does that read
// such files: python-dotenv, godotenv, a POSIX shell, docker and systemd. They
// disagree on quotes, comments, blanks, escapes and variables, so that the
// same bytes configure two programs differently.
//
// Nothing of a file is ever run, and no message holds any part of a file.
package envfile

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Reader is a program that reads .env files.
type Reader string

// The readers.
const (
	// PythonDotenv is load_dotenv of python-dotenv, releases up to 1.2.2: a
	// byte-order mark is a part of the first name.
	PythonDotenv Reader = "python-dotenv"
	// Godotenv is Read of godotenv 1.5.1.
	Godotenv Reader = "godotenv"
	// Shell is `set -a; . FILE` in a POSIX shell. Where bash differs from
	// POSIX, it is dash.
	Shell Reader = "shell"
	// Docker is `docker run --env-file`.
	Docker Reader = "docker"
	// Systemd is EnvironmentFile= of a unit.
	Systemd Reader = "systemd"
)

// Options says in what surroundings a file is read.
type Options struct {
	// Environ looks up the process environment, for ${X}. nil: it is empty.
	Environ func(key string) (value string, found bool)
}

func (o Options) environ(key string) (string, bool) {
	if o.Environ == nil {
		return "", false
	}
	return o.Environ(key)
}

// Entry is a variable that a reader finds in the file. A key may stand in
// several entries: the last one wins.
type Entry struct {
	Key   string
	Value string
	// HasValue is false for a KEY without = in the eyes of python-dotenv,
	// which then sets nothing.
	HasValue bool
	// Line is where the key stands; 1 is the first.
	Line int
}

// Problem is something in the file that a reader refuses or drops, or that
// only the reader itself could find out.
type Problem struct {
	Line int // where it begins; 1 is the first
	// Message is a clause such as "a quote is not closed". It never holds a
	// part of the file.
	Message string
	// Fatal: the reader refuses the whole file. There are no entries then.
	Fatal bool
}

// Result is what a reader sees in a file, both in the file's order.
type Result struct {
	Entries  []Entry
	Problems []Problem
}

// Parse returns what a reader sees in the bytes of a file. It panics when
// there is no such reader.
func Parse(r Reader, b []byte, o Options) Result {
	switch r {
	case PythonDotenv:
		return parsePython(b, o)
	case Godotenv:
		return parseGodotenv(b)
	case Shell:
		return parseShell(b, o)
	case Docker:
		return parseDocker(b, o)
	case Systemd:
		return parseSystemd(b)
	}
	panic(fmt.Sprintf("envfile: no reader is called %q", string(r)))
}

// maxExpanded bounds in bytes what ${X} may make of a file: forty lines that
// each name the one above twice would fill any memory.
const maxExpanded = 16 << 20

const (
	tooLarge = "its variables expand to more than 16 MiB"
	notUTF8  = "it is not UTF-8"
	unclosed = "a quote is not closed"
)

// refused is the Result of a reader that takes nothing from the file.
func refused(line int, message string) Result {
	return Result{Problems: []Problem{{Line: line, Message: message, Fatal: true}}}
}

func (r *Result) set(key, value string, line int) {
	r.Entries = append(r.Entries, Entry{Key: key, Value: value, HasValue: true, Line: line})
}

func (r *Result) problem(line int, message string) {
	r.Problems = append(r.Problems, Problem{Line: line, Message: message})
}

// lineAt returns the line in which an offset lies.
func lineAt(b []byte, at int) int { return 1 + bytes.Count(b[:at], []byte("\n")) }

// invalidUTF8 returns where the first byte stands that is not UTF-8, or -1.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for at := 0; at < len(b); {
		r, size := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}
