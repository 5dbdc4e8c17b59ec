package envfile

import (
	"strconv"
	"strings"
)

// shellContext is where a text stands that is expanded.
type shellContext int

const (
	shellPlain    shellContext = iota
	shellAssigned              // behind NAME=: a ~ is a folder also behind a colon
	shellQuoted                // in double quotes
)

// expand removes the quotes of a word and fills in its variables. What only
// the running shell knows is left as it is written, and said.
func (s *shell) expand(raw string, line int, ctx shellContext) (string, *shellFault) {
	var out strings.Builder
	w := shellWords{text: raw, line: line}
	for !w.atEnd() {
		// Most of a text is none of our business.
		if n := strings.IndexAny(raw[w.at:], "\\'\"`$~"); n != 0 {
			if n < 0 {
				n = len(raw) - w.at
			}
			out.WriteString(w.passed(n))
			continue
		}
		start, from := w.at, w.line
		if fault := w.part(nil, ctx == shellQuoted); fault != nil {
			return "", fault // the fault was found when the word was read
		}
		part := raw[start:w.at]
		switch part[0] {
		case '~':
			out.WriteString(s.tilde(&w, start, ctx))
		case '$':
			value, fault := s.dollar(&w, part, from, ctx)
			if fault != nil {
				return "", fault
			}
			if s.left -= len(value); s.left < 0 {
				return "", &shellFault{line, tooLarge}
			}
			out.WriteString(value)
		case '"':
			value, fault := s.expand(part[1:len(part)-1], from, shellQuoted)
			if fault != nil {
				return "", fault
			}
			out.WriteString(value)
		case '`':
			s.notRun(from)
			out.WriteString(part)
		default:
			out.WriteString(unquoteShell(part, ctx))
		}
	}
	return out.String(), nil
}

func (s *shell) notRun(line int) {
	s.result.problem(line, "a command in the value is not run: the value is not known")
}

func (s *shell) notKnown(line int) {
	s.result.problem(line, "the value depends on the shell that reads it: it is not known")
}

// unquoteShell takes the quotes or the backslash away.
func unquoteShell(part string, ctx shellContext) string {
	switch {
	case part[0] == '\'' && ctx != shellQuoted:
		return part[1 : len(part)-1]
	case part[0] == '\\' && len(part) > 1 && (ctx != shellQuoted || isOneOf("$`\"\\", part[1])):
		return part[1:]
	}
	return part
}

// tilde is the home folder where a ~ stands alone before a / or the end.
func (s *shell) tilde(w *shellWords, start int, ctx shellContext) string {
	begins := start == 0 || ctx == shellAssigned && w.text[start-1] == ':' && (start == 1 || w.text[start-2] != '\\')
	if ctx == shellQuoted || !begins {
		return "~"
	}
	name := w.text[w.at:]
	if end := strings.IndexAny(name, "/:"); end >= 0 {
		name = name[:end]
	}
	switch home, found := s.lookup("HOME"); {
	case name == "" && found:
		return home
	case name == "":
		s.notKnown(w.line)
	case isName(name):
		s.notKnown(w.line) // another user's home
	}
	return "~"
}

// dollar is what stands for a part that begins with a $. Of $NAME only the $
// has been passed.
func (s *shell) dollar(w *shellWords, part string, line int, ctx shellContext) (string, *shellFault) {
	switch {
	case strings.HasPrefix(part, "$("):
		s.notRun(line)
		return part, nil
	case strings.HasPrefix(part, "${"):
		return s.parameter(part, line, ctx)
	}
	if n := nameLength(w.text[w.at:]); n > 0 {
		value, _ := s.lookup(w.passed(n))
		return value, nil
	}
	if next := w.peek(); !w.atEnd() && isOneOf("0123456789@*#?-$!", next) {
		s.notKnown(line)
		return part + w.passed(1), nil
	}
	return part, nil
}

// nameLength is the length of the name with which a text begins.
func nameLength(s string) int {
	n := 0
	for n < len(s) && isName(s[:1]) && isName("_"+s[n:n+1]) {
		n++
	}
	return n
}

// parameter is what stands for ${…}.
func (s *shell) parameter(part string, line int, ctx shellContext) (string, *shellFault) {
	inner := part[len("${") : len(part)-len("}")]
	if name, ok := strings.CutPrefix(inner, "#"); ok && isName(name) {
		value, _ := s.lookup(name)
		return strconv.Itoa(len(value)), nil // in bytes, as dash counts
	}
	n := nameLength(inner)
	name, rest := inner[:n], inner[n:]
	switch {
	case n == 0 && inner != "" && isOneOf("0123456789@*#?-$!", inner[0]), n > 0 && rest != "" && isOneOf("%#", rest[0]):
		s.notKnown(line)
		return part, nil
	case n == 0:
		return "", &shellFault{line, "a ${ holds no name"}
	}
	value, set := s.lookup(name)
	if rest == "" {
		return value, nil
	}
	operator, colon := strings.CutPrefix(rest, ":")
	if operator == "" || !isOneOf("-=?+", operator[0]) {
		return "", &shellFault{line, "a ${ holds what a POSIX shell does not know"}
	}
	set = set && !(colon && value == "")
	if set != (operator[0] == '+') { // it is set, or is not and may stay away
		return value, nil
	}
	if operator[0] == '?' {
		return "", &shellFault{line, "a variable is not set that the file asks for with ${…?}"}
	}
	if ctx != shellQuoted {
		ctx = shellPlain
	}
	value, fault := s.expand(operator[1:], line, ctx)
	if fault == nil && operator[0] == '=' {
		fault = s.assign(name, value, line)
	}
	return value, fault
}
