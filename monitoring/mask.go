package monitoring

import (
	"errors"
	"slices"
	"strings"
)

// maskedError is a driver's error without the values that it quotes. The chain
// is not walked, since its texts are what is hidden here; Is and As see it.
type maskedError struct {
	err  error
	text string
}

func (e *maskedError) Error() string { return e.text }

// Is finds the driver's error values.
func (e *maskedError) Is(target error) bool { return errors.Is(e.err, target) }

// As finds the driver's error types.
func (e *maskedError) As(target any) bool { return errors.As(e.err, target) }

// maskQuery hides in a driver's error the values of its statement, and what it
// quotes or sets equal, unless that is a name that the statement uses or that
// the driver calls one.
func maskQuery(err error, s statement) *maskedError {
	text := said(err.Error)
	for _, v := range s.values {
		text = strings.ReplaceAll(text, v, "?")
		text = strings.ReplaceAll(text, strings.ReplaceAll(v, "''", "'"), "?")
	}
	return &maskedError{err, maskQuotes(text, func(inside, before string) bool {
		if !identifier(inside) {
			return false
		}
		return s.words[strings.ToLower(inside)] || slices.Contains(namesFollow(), before)
	})}
}

// namesFollow are the words after which databases quote a name and not a
// value: relation "bookings" does not exist.
func namesFollow() []string {
	return []string{"relation", "table", "column", "constraint", "index", "schema", "database", "role", "user", "type", "function", "sequence", "view", "trigger", "alias", "key", "extension", "language", "operator"}
}

// maskAll hides all that a text quotes.
func maskAll(err error) *maskedError {
	return &maskedError{err, maskQuotes(said(err.Error), func(string, string) bool { return false })}
}

// maskQuotes replaces what stands in quotes, and in PostgreSQL's =(…), unless
// keep says that it is a name; it is asked with the word before. What is not
// closed goes on to the end.
func maskQuotes(text string, keep func(inside, before string) bool) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		quote := (c == '\'' || c == '"' || c == '`') && (i == 0 || !wordByte(text[i-1]))
		if !quote && !strings.HasPrefix(text[i:], "=(") {
			out.WriteByte(c)
			i++
			continue
		}
		before := lastWord(text[:i])
		open, closing := 1, string(c)
		if !quote {
			open, closing = 2, ")"
		}
		end := closes(text[i+open:], closing, before)
		inside := text[i+open : i+open+end]
		out.WriteString(text[i : i+open])
		if quote && keep(inside, before) {
			out.WriteString(inside)
		} else {
			out.WriteByte('?')
		}
		if i += open + end; i < len(text) {
			out.WriteString(closing)
			i++
		}
	}
	return out.String()
}

// closes is where a quotation ends. MySQL quotes the rest of the statement
// after the word near, with all the quotes in it.
func closes(rest, closing, before string) int {
	end := strings.Index(rest, closing)
	if before == "near" {
		end = strings.LastIndex(rest, closing)
	}
	if end < 0 {
		return len(rest)
	}
	// A quote that goes on with a letter is an apostrophe.
	for end+1 < len(rest) && wordByte(rest[end+1]) && closing != ")" {
		next := strings.Index(rest[end+1:], closing)
		if next < 0 {
			return len(rest)
		}
		end += 1 + next
	}
	return end
}

// lastWord is the word at the end of a text, in lower case.
func lastWord(text string) string {
	text = strings.TrimRight(text, " ")
	start := len(text)
	for start > 0 && wordByte(text[start-1]) {
		start--
	}
	return strings.ToLower(text[start:])
}
