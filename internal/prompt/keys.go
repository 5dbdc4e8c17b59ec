package prompt

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What comes from a terminal, key by key.
type keyKind int

const (
	keyOther     keyKind = iota // nothing that anybody waits for
	keyText                     // one character
	keyEnter                    // the end of a line
	keyEdit                     // moves the cursor or removes a character
	keyInterrupt                // Ctrl-C
	keyEnd                      // Ctrl-D
	keyReport                   // the terminal says where the cursor is
)

// Control characters that mean something at a prompt.
const (
	ctrlC     = 0x03
	ctrlD     = 0x04
	backspace = 0x08
	ctrlU     = 0x15
	escape    = 0x1b
	del       = 0x7f
)

// longestSequence is how many bytes an escape sequence may take. Longer ones
// are no keys.
const longestSequence = 256

// nextKey returns the first key of b and its length. It is 0 where b ends in
// the middle of one.
func nextKey(b []byte) (keyKind, int) {
	if len(b) == 0 {
		return keyOther, 0
	}
	switch c := b[0]; {
	case c == escape:
		return nextSequence(b)
	case c == '\r' || c == '\n':
		return keyEnter, 1
	case c == ctrlC:
		return keyInterrupt, 1
	case c == ctrlD:
		return keyEnd, 1
	case c == backspace, c == del, c == 0x01, c == 0x02, c == 0x06, c == 0x0e, c == 0x10: // Ctrl-A, B, F, N, P
		return keyEdit, 1
	case c < utf8.RuneSelf:
		if unicode.IsControl(rune(c)) {
			return keyOther, 1
		}
		return keyText, 1
	case !utf8.FullRune(b):
		return keyOther, 0
	}
	r, n := utf8.DecodeRune(b)
	if unicode.IsControl(r) {
		return keyOther, n
	}
	return keyText, n
}

// nextSequence is nextKey for what begins with an escape: cursor keys, pastes'
// begin and end, and answers that the terminal gives to questions of others.
func nextSequence(b []byte) (keyKind, int) {
	if len(b) == 1 {
		return keyOther, 0
	}
	switch b[1] {
	case '[':
		return nextCSI(b)
	case 'O': // as cursor keys are in another mode
		if len(b) < 3 {
			return keyOther, 0
		}
		return cursorKey(b[2:3], 3)
	case ']', 'P', '_', '^', 'X': // texts up to BEL or ESC \
		return nextString(b)
	case escape, '\r', '\n', ctrlC, ctrlD: // Escape, and then another key
		return keyOther, 1
	}
	_, n := utf8.DecodeRune(b[1:])
	return keyOther, 1 + n
}

func nextCSI(b []byte) (keyKind, int) {
	for i := 2; i < len(b) && i < longestSequence; i++ {
		switch c := b[i]; {
		case c >= 0x20 && c < 0x40:
		case c >= 0x40 && c <= 0x7e:
			if c == 'R' && isReport(b[2:i]) {
				return keyReport, i + 1
			}
			return cursorKey(b[2:i+1], i+1)
		default: // it breaks off
			return keyOther, i
		}
	}
	if len(b) < longestSequence {
		return keyOther, 0
	}
	return keyOther, longestSequence
}

func cursorKey(name []byte, n int) (keyKind, int) {
	switch string(name) {
	case "A", "B", "C", "D", "F", "H", "3~", "1~", "4~", "7~", "8~":
		return keyEdit, n
	}
	return keyOther, n
}

// isReport says whether the parameters are two numbers.
func isReport(parameters []byte) bool {
	row, column, ok := strings.Cut(string(parameters), ";")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return ok && digits(row) && digits(column)
}

func nextString(b []byte) (keyKind, int) {
	for i := 2; i < len(b); i++ {
		switch {
		case b[i] == '\a':
			return keyOther, i + 1
		case b[i] == escape && i+1 < len(b):
			return keyOther, i + 2
		case b[i] == '\r', b[i] == '\n', b[i] == ctrlC, i > longestSequence:
			return keyOther, i
		}
	}
	return keyOther, 0
}

// clean returns the answer that a line holds: without escape sequences and
// control characters, and without blanks around it.
func clean(line []byte) string {
	var answer strings.Builder
	for len(line) > 0 {
		k, n := nextKey(line)
		switch {
		case n == 0 && line[0] == escape: // it breaks off at the end of the line
			n = len(line)
		case n == 0: // half a character
			answer.WriteRune(utf8.RuneError)
			n = len(line)
		case k == keyText:
			answer.Write(bytes.ToValidUTF8(line[:n], []byte(string(utf8.RuneError))))
		case line[0] == '\t':
			answer.WriteByte(' ')
		}
		line = line[n:]
	}
	return strings.TrimFunc(answer.String(), func(r rune) bool {
		return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' // invisible, and copied from web pages
	})
}

// edited applies to a line what its keys would have removed, had a terminal
// been in line mode when they were typed.
func edited(line []byte) []byte {
	var kept []byte
	for _, c := range line {
		switch c {
		case backspace, del:
			_, n := utf8.DecodeLastRune(kept)
			kept = kept[:len(kept)-n]
		case ctrlU:
			kept = kept[:0]
		default:
			kept = append(kept, c)
		}
	}
	return kept
}
