package envfile

import "strings"

// shellWords cuts a text into words. Continued lines are joined where a shell
// joins them.
type shellWords struct {
	text      string
	at        int
	line      int
	depth     int            // of quotes and substitutions
	documents []hereDocument // that begin behind the next newline
}

// shellWord is a word as it is written, quotes and all, but with continued
// lines joined.
type shellWord struct {
	raw  string
	line int
}

type hereDocument struct {
	end  string
	tabs bool // those at the beginning of its lines are passed over
}

// shellMaxDepth is how deep quotes and substitutions may stand in each other.
const shellMaxDepth = 50

func (s *shellWords) atEnd() bool { return s.at >= len(s.text) }

// peek is the next byte, or 0 at the end.
func (s *shellWords) peek() byte { return s.ahead(0) }

func (s *shellWords) ahead(n int) byte {
	if s.at+n >= len(s.text) {
		return 0
	}
	return s.text[s.at+n]
}

// blanks passes blanks, continued lines and a comment. A carriage return is no
// blank.
func (s *shellWords) blanks() {
	for {
		switch c := s.peek(); {
		case c == ' ' || c == '\t':
			s.at++
		case c == '\\' && s.ahead(1) == '\n':
			s.at += 2
			s.line++
		case c == '#':
			for !s.atEnd() && s.peek() != '\n' {
				s.at++
			}
			return
		default:
			return
		}
	}
}

func (s *shellWords) blankLines() {
	for {
		s.blanks()
		if s.peek() != '\n' {
			return
		}
		s.newline()
	}
}

// newline passes a newline and the here-documents that begin behind it.
func (s *shellWords) newline() {
	s.at++
	s.line++
	for _, d := range s.documents {
		for !s.atEnd() {
			line, _, _ := strings.Cut(s.text[s.at:], "\n")
			s.at = min(s.at+len(line)+1, len(s.text))
			s.line++
			if d.tabs {
				line = strings.TrimLeft(line, "\t")
			}
			if line == d.end {
				break
			}
		}
	}
	s.documents = nil
}

// word reads up to the blank, newline or operator that ends a word.
func (s *shellWords) word() (shellWord, *shellFault) {
	w := shellWord{line: s.line}
	var raw strings.Builder
	for !s.atEnd() && !isOneOf(" \t\n;&|<>()", s.peek()) {
		if fault := s.part(&raw, false); fault != nil {
			return w, fault
		}
	}
	w.raw = raw.String()
	return w, nil
}

// passed passes n bytes and returns them.
func (s *shellWords) passed(n int) string {
	part := s.text[s.at : s.at+n]
	s.line += strings.Count(part, "\n")
	s.at += n
	return part
}

// part passes one character, or one quoted or substituted whole, and writes it
// to raw unless that is nil. In double quotes a single quote is a character
// like others.
func (s *shellWords) part(raw *strings.Builder, doubleQuoted bool) *shellFault {
	c, line, n := s.peek(), s.line, 1
	switch {
	case c == '\\' && s.ahead(1) == '\n':
		s.passed(2)
		return nil
	case c == '\\':
		n = min(2, len(s.text)-s.at)
	case c == '\'' && !doubleQuoted:
		end := strings.IndexByte(s.text[s.at+1:], '\'')
		if end < 0 {
			return &shellFault{line, unclosed}
		}
		n = end + 2
	case c == '"':
		return s.until(raw, n, '"', true, &shellFault{line, unclosed})
	case c == '`':
		return s.until(raw, n, '`', false, &shellFault{line, "a backquote is not closed"})
	case c == '$' && s.ahead(1) == '{':
		return s.until(raw, 2, '}', doubleQuoted, &shellFault{line, "a ${ is not closed"})
	case c == '$' && s.ahead(1) == '(':
		return s.until(raw, 2, ')', false, &shellFault{line, "a $( is not closed"})
	}
	s.write(raw, n)
	return nil
}

func (s *shellWords) write(raw *strings.Builder, n int) {
	part := s.passed(n)
	if raw != nil {
		raw.WriteString(part)
	}
}

// until passes the n bytes that open something, and parts up to and with the
// end. Between backquotes all is taken as it is. A $( holds commands, in which
// parentheses come in pairs and a comment hides anything.
func (s *shellWords) until(raw *strings.Builder, n int, end byte, doubleQuoted bool, open *shellFault) *shellFault {
	if s.depth++; s.depth > shellMaxDepth {
		return &shellFault{s.line, "quotes and substitutions stand too deep in each other"}
	}
	defer func() { s.depth-- }()
	s.write(raw, n)
	for pairs := 0; !s.atEnd(); {
		c := s.peek()
		switch {
		case c == end && pairs == 0:
			s.write(raw, 1)
			return nil
		case end == '`' && c != '\\':
			s.write(raw, 1)
			continue
		case end == ')' && c == '(':
			pairs++
		case end == ')' && c == ')':
			pairs--
		case end == ')' && c == '#' && isOneOf(" \t\n;(", s.text[s.at-1]):
			comment, _, _ := strings.Cut(s.text[s.at:], "\n")
			s.write(raw, len(comment))
			continue
		}
		if fault := s.part(raw, doubleQuoted); fault != nil {
			return fault
		}
	}
	return open
}
