package envfile

import "strings"

// value is quoted or goes to the end of the line, less a comment that has a
// blank before it.
func (p *python) value() (value, fault string) {
	switch c := p.peek(); c {
	case '\'', '"':
		end := closing(p.text[p.at:], c)
		if end < 0 {
			return "", unclosed
		}
		quoted := p.advance(end + 1)
		return unescapePython(quoted[1:end], c), ""
	case 0:
		if p.at == len(p.text) {
			return "", ""
		}
	}
	rest := p.text[p.at:]
	if end := strings.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	p.advance(len(rest))
	return strings.TrimRightFunc(withoutComment(rest), isPythonSpace), ""
}

// closing returns where the quote is that closes the text, which begins with
// one, or -1. It does what '((?:\\'|[^'])*)' does: an escaped quote is passed
// over, but where no other follows, the last escaped one closes after all.
func closing(text string, quote byte) int {
	escaped := -1
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return i
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == quote:
			i++
			escaped = i
		}
	}
	return escaped
}

// withoutComment cuts a value before the first blanks that a # follows.
func withoutComment(value string) string {
	for i := 1; i < len(value); i++ {
		if value[i] != '#' {
			continue
		}
		if before := strings.TrimRightFunc(value[:i], isPythonSpace); len(before) < i {
			return before
		}
	}
	return value
}

// unescapePython decodes the escapes that python-dotenv knows, and leaves the
// others as they are.
func unescapePython(s string, quote byte) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	from, to := `\'`, "\\'"
	if quote == '"' {
		from, to = `\'"abfnrtv`, "\\'\"\a\b\f\n\r\t\v"
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if at := strings.IndexByte(from, s[i+1]); at >= 0 {
				b.WriteByte(to[at])
				i++
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
