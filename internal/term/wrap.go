package term

import "strings"

// Wrap breaks a text into lines of at most width columns, between words. Its
// own line ends are kept. A word that is longer than a line stays whole, and
// so does code between backquotes: they are something to copy. Control
// characters never pass, as with Clean. There is always one line at least.
func Wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, fill(words(Clean(paragraph)), width)...)
	}
	return lines
}

func fill(words []string, width int) []string {
	var lines []string
	var line strings.Builder
	columns := 0
	for _, word := range words {
		w := Columns(word)
		if columns > 0 && columns+1+w > width {
			lines = append(lines, line.String())
			line.Reset()
			columns = 0
		}
		if columns > 0 {
			line.WriteByte(' ')
			columns++
		}
		line.WriteString(word)
		columns += w
	}
	return append(lines, line.String())
}

// words splits a text at its blanks, except for those between a pair of
// backquotes.
func words(text string) []string {
	pairs := strings.Count(text, "`") / 2 * 2 // an odd one at the end pairs with nothing
	var words []string
	quotes, start := 0, -1
	for i := range len(text) {
		switch c := text[i]; {
		case c == ' ' && quotes%2 == 0:
			if start >= 0 {
				words = append(words, text[start:i])
			}
			start = -1
			continue
		case c == '`' && quotes < pairs:
			quotes++
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		words = append(words, text[start:])
	}
	return words
}

// Fill returns a text as lines of at most width columns, each with its newline.
// The first begins with first, the others with rest.
func Fill(width int, first, rest, text string) string {
	var b strings.Builder
	begin := first
	for _, line := range Wrap(text, width-max(Columns(first), Columns(rest))) {
		b.WriteString(begin + line + "\n")
		begin = rest
	}
	return b.String()
}
