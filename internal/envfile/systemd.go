package envfile

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// systemdState is the state of systemd's reader, named as in its source.
type systemdState int

const (
	preKey systemdState = iota
	inKey
	preValue
	inValue
	valueEscape
	singleQuoteValue
	doubleQuoteValue
	doubleQuoteValueEscape
	inComment
	commentEscape
)

const (
	systemdBlanks   = " \t\n\r"
	systemdNewlines = "\n\r"
	systemdMaxValue = 2<<20 - 3 // the limit of a program's arguments, less "X=" and a NUL
)

// systemd is the machine of parse_env_file_internal in systemd's
// src/basic/env-file.c, followed by the cleaning that a unit does.
type systemd struct {
	result     Result
	state      systemdState
	key, value []byte
	keyEnd     int // where blanks at the end of the key begin, or -1
	valueEnd   int // the same of the value
	line       int // of the byte that is read
	keyLine    int // of the key's first byte, or of the comment's
	quoteLine  int
}

func parseSystemd(b []byte) Result {
	if at := bytes.IndexByte(b, 0); at >= 0 {
		return refused(lineAt(b, at), "there is a NUL character")
	}
	s := systemd{line: 1, keyEnd: -1, valueEnd: -1}
	for _, c := range b {
		if !s.step(c) {
			return refused(s.keyLine, notUTF8)
		}
		if c == '\n' {
			s.line++
		}
	}
	return s.finish()
}

// finish deals with a file that ends without a newline.
func (s *systemd) finish() Result {
	switch s.state {
	case inKey:
		s.result.problem(s.keyLine, "there is no =")
	case singleQuoteValue, doubleQuoteValue, doubleQuoteValueEscape:
		s.result.problem(s.quoteLine, unclosed+": all that follows is taken for a part of the value")
		fallthrough
	case preValue, inValue, valueEscape:
		if s.state != inValue {
			s.valueEnd = -1
		}
		if !s.push() {
			return refused(s.keyLine, notUTF8)
		}
	case preKey, inComment, commentEscape:
	}
	return s.result
}

// step takes one byte. It is false when what ended with it is not UTF-8.
func (s *systemd) step(c byte) bool {
	switch s.state {
	case preKey:
		s.beginKey(c)
	case inKey:
		s.readKey(c)
	case preValue:
		return s.beginValue(c)
	case inValue:
		return s.readValue(c)
	case valueEscape:
		s.state = inValue
		if !isOneOf(systemdNewlines, c) {
			s.value = append(s.value, c)
		}
	case singleQuoteValue, doubleQuoteValue, doubleQuoteValueEscape:
		s.readQuoted(c)
	case inComment:
		switch {
		case c == '\\':
			s.state = commentEscape
		case isOneOf(systemdNewlines, c):
			s.state = preKey
		}
	case commentEscape:
		if c == '\n' {
			s.result.problem(s.line, "the comment ends in a backslash: the next line is taken for a part of it")
		}
		s.state = inComment
	}
	return true
}

func (s *systemd) beginKey(c byte) {
	switch {
	case c == '#', c == ';':
		s.state = inComment
	case !isOneOf(systemdBlanks, c):
		s.state, s.keyLine, s.keyEnd = inKey, s.line, -1
		s.key = append(s.key, c)
	}
}

func (s *systemd) readKey(c byte) {
	switch {
	case isOneOf(systemdNewlines, c):
		s.result.problem(s.keyLine, "there is no =")
		s.state, s.key = preKey, s.key[:0]
	case c == '=':
		s.state, s.valueEnd = preValue, -1
	default:
		s.keyEnd = blanksFrom(s.keyEnd, len(s.key), c)
		s.key = append(s.key, c)
	}
}

// beginValue is also where a value goes on behind a closing quote.
func (s *systemd) beginValue(c byte) bool {
	switch {
	case isOneOf(systemdNewlines, c):
		return s.push()
	case c == '\'':
		s.state, s.quoteLine = singleQuoteValue, s.line
	case c == '"':
		s.state, s.quoteLine = doubleQuoteValue, s.line
	case c == '\\':
		s.state = valueEscape
	case !isOneOf(systemdBlanks, c):
		s.state = inValue
		s.value = append(s.value, c)
	}
	return true
}

func (s *systemd) readValue(c byte) bool {
	switch {
	case isOneOf(systemdNewlines, c):
		return s.push()
	case c == '\\':
		s.state, s.valueEnd = valueEscape, -1
	default:
		s.valueEnd = blanksFrom(s.valueEnd, len(s.value), c)
		s.value = append(s.value, c)
	}
	return true
}

func (s *systemd) readQuoted(c byte) {
	switch {
	case s.state == doubleQuoteValueEscape:
		s.state = doubleQuoteValue
		switch {
		case isOneOf("\"\\`$", c):
			s.value = append(s.value, c)
		case c != '\n':
			s.value = append(s.value, '\\', c)
		}
	case s.state == doubleQuoteValue && c == '\\':
		s.state = doubleQuoteValueEscape
	case s.state == doubleQuoteValue && c == '"', s.state == singleQuoteValue && c == '\'':
		s.state = preValue
	default:
		s.value = append(s.value, c)
	}
}

// push ends an assignment. It is false when the assignment is not UTF-8: then
// the unit does not start.
func (s *systemd) push() bool {
	key, value := s.key, s.value
	if s.keyEnd >= 0 {
		key = key[:s.keyEnd]
	}
	if s.valueEnd >= 0 {
		value = value[:s.valueEnd]
	}
	if !utf8.Valid(key) || !utf8.Valid(value) {
		return false
	}
	switch {
	case !isName(string(key)):
		s.result.problem(s.keyLine, "the name is not made of letters, digits and _ alone")
	case len(value) > systemdMaxValue:
		s.result.problem(s.keyLine, "the value is longer than 2 MiB")
	default:
		s.result.set(string(key), string(value), s.keyLine)
	}
	s.state, s.key, s.value = preKey, s.key[:0], s.value[:0]
	return true
}

// blanksFrom follows where the blanks at the end of a text begin.
func blanksFrom(from, at int, c byte) int {
	switch {
	case !isOneOf(systemdBlanks, c):
		return -1
	case from < 0:
		return at
	}
	return from
}

func isOneOf(set string, c byte) bool { return strings.IndexByte(set, c) >= 0 }

// isName says whether a text is a name in the sense of POSIX.
func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
