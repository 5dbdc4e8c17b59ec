package envfile

import (
	"bytes"
	"slices"
	"strings"
)

// span is a part of a text: from is its first byte, to the first behind it.
type span struct{ from, to int }

// statement is an assignment as python-dotenv sees it, or a KEY alone, and
// where it stands. Its value is as it is before ${X} is replaced.
type statement struct {
	Entry
	lines    span // whole lines, with the blanks before and the newline behind
	key      span
	value    span // with its quotes; where it would stand, when there is none
	exported bool // `export` stands before the key
	quoted   bool
}

// readPython returns what python-dotenv sees in the bytes of a file, and what
// it drops. Spans are of the bytes. What is not UTF-8 is taken for characters
// like others, so that such a file can be edited too.
func readPython(b []byte) (statements []statement, problems []Problem) {
	text, pairs := universalNewlines(b)
	p := python{text: text, line: 1}
	for p.at < len(p.text) {
		s, fault := p.binding()
		switch {
		case fault != "":
			problems = append(problems, Problem{Line: s.Line, Message: fault})
		case s.Key != "":
			for _, part := range []*span{&s.lines, &s.key, &s.value} {
				part.from, part.to = rawOffset(pairs, part.from), rawOffset(pairs, part.to)
			}
			statements = append(statements, s)
		}
	}
	return statements, problems
}

// universalNewlines does what Python's text mode does, and returns which
// newlines of the text were \r\n.
func universalNewlines(b []byte) (text string, pairs []int) {
	if bytes.IndexByte(b, '\r') < 0 {
		return string(b), nil
	}
	var t strings.Builder
	t.Grow(len(b))
	for {
		at := bytes.IndexByte(b, '\r')
		if at < 0 {
			t.Write(b)
			return t.String(), pairs
		}
		t.Write(b[:at])
		b = b[at+1:]
		if len(b) > 0 && b[0] == '\n' {
			pairs = append(pairs, t.Len())
			b = b[1:]
		}
		t.WriteByte('\n')
	}
}

// rawOffset is where a place of the text stands in the bytes.
func rawOffset(pairs []int, at int) int {
	before, _ := slices.BinarySearch(pairs, at)
	return at + before
}
