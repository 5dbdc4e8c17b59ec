package term

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Columns returns how many columns of a terminal a text takes: two for a wide
// character (CJK, most emoji), none for what combines with the one before it.
// Control characters count as the blanks that Clean makes of them.
func Columns(s string) int {
	columns := 0
	for s != "" {
		n, c := cluster(s)
		s, columns = s[n:], columns+c
	}
	return columns
}

// Truncate fits a text into a number of columns on one line. What does not fit
// is replaced by an ellipsis; no character is cut in two. Control characters
// never pass, as with Clean.
func Truncate(s string, width int) string {
	s = Clean(s)
	if width <= 0 {
		return ""
	}
	columns, cut := 0, 0 // cut is where the text ends that leaves room for the ellipsis
	for i := 0; i < len(s); {
		n, c := cluster(s[i:])
		i, columns = i+n, columns+c
		if columns <= width-1 {
			cut = i
		}
		if columns > width {
			return strings.TrimRight(s[:cut], " ") + "…"
		}
	}
	return s
}

// Clean makes a text from outside fit for one line of a terminal: control
// characters, which could move the cursor or hide what stands before them,
// become blanks; those that turn the direction of writing go; what is no UTF-8
// becomes a question mark.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		case r == utf8.RuneError:
			return '?'
		}
		return r
	}, s)
}

// The characters that tie others together.
const (
	joiner      = '\u200d' // what follows becomes part of the same emoji
	emojiStyle  = '\ufe0f' // the character before it is drawn as an emoji
	firstLetter = '\U0001f1e6'
	lastLetter  = '\U0001f1ff' // two of these letters are a flag
	lightTone   = '\U0001f3fb'
	darkTone    = '\U0001f3ff'
)

// cluster returns the bytes of the first character as people see it, and its
// columns. It is not the whole of Unicode's segmentation, only what changes
// columns: marks, joined emoji, tones of skin, flags.
func cluster(s string) (n, columns int) {
	base, n := utf8.DecodeRuneInString(s)
	columns = runeColumns(base)
	emoji := columns == 2
	flag := isLetter(base)
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		switch {
		case r == joiner && emoji:
			_, next := utf8.DecodeRuneInString(s[n+size:])
			size += next
		case r == emojiStyle && columns == 1:
			columns, emoji = 2, true
		case r >= lightTone && r <= darkTone && emoji:
		case flag && isLetter(r):
			columns, flag = 2, false
		case runeColumns(r) == 0 && !unicode.IsControl(r):
		default:
			return n, columns
		}
		n += size
	}
	return n, columns
}

func isLetter(r rune) bool { return r >= firstLetter && r <= lastLetter }

func runeColumns(r rune) int {
	switch {
	case r >= ' ' && r < 0x7f, unicode.IsControl(r), r == '\u00ad': // soft hyphen: terminals draw it
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), r >= '\u1160' && r <= '\u11ff': // Hangul's vowels and finals
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
