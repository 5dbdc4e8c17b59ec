package monitoring

import "strings"

// lexer takes a SQL statement apart.
type lexer struct {
	in     string
	i      int
	space  bool
	tokens []token
	values []string
	// Where a text in double quotes is a value and not a name, as MySQL and
	// SQLite have it: in the lists of IN and VALUES, and after BETWEEN.
	lists   []bool
	between bool
}

func (l *lexer) run() {
	for l.i < len(l.in) {
		c, next := l.in[l.i], l.at(l.i+1)
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v' || c == 0:
			l.i++
			l.space = true
		case c == '-' && next == '-' || c == '#' && next != '>' && next != '-' && next != '=':
			l.skipLine()
		case c == '/' && next == '*':
			l.skipComment()
		case c == '\'':
			l.value(l.quoted('\'', false))
		case (c|0x20 == 'e') && next == '\'':
			l.i++
			l.value(l.quoted('\'', true))
		case c == '"' || c == '`':
			l.name(c)
		case c == '$' && l.dollar():
		case c == '?':
			l.i++
			l.emit(placeholder, "?")
		case c == '$' && digit(next), (c == ':' || c == '@') && letter(next) && l.at(l.i-1) != ':':
			l.emit(placeholder, l.take(1))
		case c == '%' && (next == 's' || next == '(') && !l.afterOperand():
			l.python()
		case digit(c), c == '.' && digit(next), (c == '-' || c == '+') && (digit(next) || next == '.') && !l.afterOperand():
			l.value(l.number())
		case letter(c) || c >= 0x80:
			l.word(l.take(0))
		default:
			l.i++
			l.sign(c)
		}
	}
}

func (l *lexer) at(i int) byte {
	if i >= 0 && i < len(l.in) {
		return l.in[i]
	}
	return 0
}

// take reads the bytes of a word, after skip bytes that belong to it.
func (l *lexer) take(skip int) string {
	start := l.i
	for l.i += skip; wordByte(l.at(l.i)); l.i++ {
	}
	return l.in[start:l.i]
}

func (l *lexer) emit(kind lexeme, text string) {
	l.tokens = append(l.tokens, token{kind, text, l.space})
	l.space = false
}

func (l *lexer) value(text string) {
	l.emit(value, "?")
	// Short values would be found by chance in the driver's own words.
	if len(text) >= 4 && len(l.values) < 100 {
		l.values = append(l.values, text)
	}
}

func (l *lexer) word(text string) {
	if strings.EqualFold(text, "BETWEEN") {
		l.between = true
	}
	l.emit(word, text)
}

func (l *lexer) sign(c byte) {
	switch c {
	case '(':
		l.lists = append(l.lists, l.opensList())
	case ')':
		if len(l.lists) > 0 {
			l.lists = l.lists[:len(l.lists)-1]
		}
	}
	l.emit(sign, string(c))
}

// last is the last token, an empty sign where there is none.
func (l *lexer) last() token {
	if len(l.tokens) == 0 {
		return token{kind: sign}
	}
	return l.tokens[len(l.tokens)-1]
}

// opensList says whether a parenthesis that comes now opens a list of values:
// after IN and VALUES, and each further row of VALUES.
func (l *lexer) opensList() bool {
	last := l.last()
	switch {
	case last.kind == word:
		return strings.EqualFold(last.text, "IN") || strings.EqualFold(last.text, "VALUES")
	case last.is(","):
		for i := len(l.tokens) - 1; i >= 0; i-- {
			if l.tokens[i].kind == word && strings.EqualFold(l.tokens[i].text, "VALUES") {
				return true
			}
		}
	}
	return false
}

// afterOperand says whether a sign that comes now calculates, and is no part
// of a number.
func (l *lexer) afterOperand() bool {
	last := l.last()
	return last.isValue() || last.is(")") || last.is("]") || last.kind == word && !isKeyword(last.text)
}

// isKeyword knows the words after which a value comes.
func isKeyword(w string) bool {
	switch strings.ToUpper(w) {
	case "AND", "OR", "NOT", "IN", "IS", "LIKE", "ILIKE", "BETWEEN", "WHEN", "THEN", "ELSE", "SELECT", "WHERE", "LIMIT", "OFFSET", "VALUES",
		"RETURNING", "BY", "SET", "REGEXP", "GLOB", "SIMILAR", "TO", "ESCAPE", "CASE", "ON", "HAVING", "DEFAULT":
		return true
	default:
		return false
	}
}

// quoted reads a string and returns what is inside. A doubled quote stands for
// one. A backslash escapes where it is said to; where one stands before a
// quote and it is not, MySQL and PostgreSQL disagree on where the string ends:
// it then goes on to the end of the statement.
func (l *lexer) quoted(q byte, escapes bool) string {
	start := l.i + 1
	for l.i++; l.i < len(l.in); l.i++ {
		c := l.in[l.i]
		switch {
		case c == '\\' && escapes:
			l.i++
		case c == '\\':
			run := 0
			for ; l.at(l.i+run) == '\\'; run++ {
			}
			if l.i += run - 1; run%2 == 1 && l.at(l.i+1) == q {
				l.i = len(l.in)
			}
		case c == q && l.at(l.i+1) == q:
			l.i++
		case c == q:
			l.i++
			return l.in[start : l.i-1]
		}
	}
	l.i = len(l.in)
	return l.in[min(start, len(l.in)):]
}

// name reads a text in double quotes or backticks: a name in the standard, and
// a value where MySQL and SQLite take it for one.
func (l *lexer) name(q byte) {
	asValue := q == '"' && l.valueIsNext()
	start := l.i
	inside := l.quoted(q, false)
	closed := l.i-start >= 2 && l.in[l.i-1] == q
	qualifies := l.at(l.i) == '.'
	if !closed || !identifier(inside) || asValue && !qualifies {
		l.value(inside)
		return
	}
	l.emit(word, l.in[start:l.i])
}

// valueIsNext says whether a value is expected rather than a name.
func (l *lexer) valueIsNext() bool {
	last := l.last()
	if last.kind == sign && last.text != "" && strings.ContainsAny(last.text, "=<>~|") {
		return true
	}
	if len(l.lists) > 0 && l.lists[len(l.lists)-1] {
		return true
	}
	if last.kind != word {
		return false
	}
	switch strings.ToUpper(last.text) {
	case "LIKE", "ILIKE", "REGEXP", "GLOB", "BETWEEN", "THEN", "ELSE", "LIMIT", "OFFSET", "ESCAPE", "IS":
		return true
	case "AND":
		was := l.between
		l.between = false
		return was
	default:
		return false
	}
}

// identifier says whether a text looks like the name of a table or a column.
func identifier(s string) bool {
	if s == "" || digit(s[0]) || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !wordByte(c) && c != '.' && c != '$' {
			return false
		}
	}
	return true
}

// dollar reads a $tag$…$tag$ string, if there is one.
func (l *lexer) dollar() bool {
	end := l.i + 1
	for letter(l.at(end)) || l.at(end) >= 0x80 || end > l.i+1 && digit(l.at(end)) {
		end++
	}
	if l.at(end) != '$' {
		return false
	}
	tag := l.in[l.i : end+1]
	inside, _, closed := strings.Cut(l.in[end+1:], tag)
	if l.i = end + 1 + len(inside); closed {
		l.i += len(tag)
	}
	l.value(inside)
	return true
}

// python reads %s and %(name)s.
func (l *lexer) python() {
	start := l.i
	if l.i++; l.at(l.i) == '(' {
		for l.i++; wordByte(l.at(l.i)); l.i++ {
		}
		if l.at(l.i) != ')' || l.at(l.i+1) != 's' {
			l.i = start + 1
			l.emit(sign, "%")
			return
		}
		l.i++
	}
	l.i++
	l.emit(placeholder, l.in[start:l.i])
}

// number reads a number with its sign and exponent, and whatever is glued to
// it.
func (l *lexer) number() string {
	start := l.i
	for l.i++; l.i < len(l.in); l.i++ {
		c := l.in[l.i]
		exponent := (c == '-' || c == '+') && l.in[l.i-1]|0x20 == 'e' && digit(l.at(l.i+1)) && !strings.HasPrefix(l.in[start:], "0x")
		if !wordByte(c) && c != '.' && !exponent {
			break
		}
	}
	return l.in[start:l.i]
}

func (l *lexer) skipLine() {
	if end := strings.IndexByte(l.in[l.i:], '\n'); end >= 0 {
		l.i += end
	} else {
		l.i = len(l.in)
	}
	l.space = true
}

// skipComment leaves out a comment and those inside it, as PostgreSQL nests
// them.
func (l *lexer) skipComment() {
	depth := 0
	for ; l.i < len(l.in); l.i++ {
		switch {
		case l.in[l.i] == '/' && l.at(l.i+1) == '*':
			depth++
			l.i++
		case l.in[l.i] == '*' && l.at(l.i+1) == '/':
			depth--
			if l.i++; depth == 0 {
				l.i++
				l.space = true
				return
			}
		}
	}
	l.space = true
}

func digit(c byte) bool    { return c >= '0' && c <= '9' }
func letter(c byte) bool   { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func wordByte(c byte) bool { return letter(c) || digit(c) || c >= 0x80 }
