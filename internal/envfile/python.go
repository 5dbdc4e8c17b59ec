package envfile

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// python reads by the grammar of python-dotenv's parser.py, in which every
// step is a regular expression that is matched where the last one ended.
type python struct {
	text string // with \n alone: Python's text mode turns \r\n and \r into it
	at   int
	line int
}

func parsePython(b []byte, o Options) Result {
	if at := invalidUTF8(b); at >= 0 {
		return refused(lineAt(b, at), notUTF8)
	}
	statements, problems := readPython(b)
	result := Result{Problems: problems}
	scope := pythonScope{environ: o.environ, file: make(map[string]Entry), left: maxExpanded}
	for _, s := range statements {
		entry := s.Entry
		if entry.HasValue {
			value, ok := scope.expand(entry.Value)
			if !ok {
				return refused(entry.Line, tooLarge)
			}
			entry.Value = value
		}
		scope.file[entry.Key] = entry
		result.Entries = append(result.Entries, entry)
	}
	return result
}

// binding reads one statement: an assignment, a KEY alone, a comment (then
// there is no key), or a fault. After a fault the rest of the line is skipped
// in which reading stopped: not always the one in which it began. Spans are of
// p.text.
func (p *python) binding() (statement, string) {
	p.skip(isPythonSpace)
	s := statement{Entry: Entry{Line: p.line}}
	if p.at == len(p.text) {
		return s, ""
	}
	s.lines.from = strings.LastIndexByte(p.text[:p.at], '\n') + 1
	s.exported = p.export()
	s.Line, s.key.from = p.line, p.at
	key, fault := p.key()
	if fault == "" {
		s.key.to = p.at
		fault = p.assigned(&s)
	}
	if fault != "" {
		p.restOfLine()
		return s, fault
	}
	s.Key, s.lines.to = key, p.at
	return s, ""
}

// assigned reads what may stand behind a key, to the end of the line.
func (p *python) assigned(s *statement) (fault string) {
	s.value = span{p.at, p.at}
	p.skip(isPythonBlank)
	if p.peek() == '=' {
		p.at++
		s.value = span{p.at, p.at}
		p.skip(isPythonBlank)
		s.HasValue = true
		from := p.at
		s.quoted = isOneOf(`'"`, p.peek())
		if s.Value, fault = p.value(); fault != "" {
			return fault
		}
		switch {
		case s.quoted:
			s.value = span{from, p.at}
		case s.Value != "":
			s.value = span{from, from + len(s.Value)}
		}
	}
	switch {
	case p.endOfLine():
		return ""
	case s.HasValue:
		return "something stands behind the closing quote"
	}
	return "it is not KEY=value"
}

// peek is the next byte, or 0 at the end. The grammar's own characters are
// all ASCII.
func (p *python) peek() byte {
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *python) advance(n int) string {
	part := p.text[p.at : p.at+n]
	p.at += n
	p.line += strings.Count(part, "\n")
	return part
}

func (p *python) skip(class func(rune) bool) {
	rest := p.text[p.at:]
	p.advance(len(rest) - len(strings.TrimLeftFunc(rest, class)))
}

// export is (?:export[^\S\r\n]+)?
func (p *python) export() bool {
	const word = "export"
	rest, ok := strings.CutPrefix(p.text[p.at:], word)
	if !ok {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(rest); !isPythonBlank(r) {
		return false
	}
	p.advance(len(word))
	p.skip(isPythonBlank)
	return true
}

// key is '([^']+)' or ([^=\#\s]+), and none before a comment.
func (p *python) key() (key, fault string) {
	rest := p.text[p.at:]
	switch p.peek() {
	case '#':
		return "", ""
	case '\'':
		end := strings.IndexByte(rest[1:], '\'')
		if end < 0 {
			return "", unclosed
		}
		if end == 0 {
			return "", "the name is empty"
		}
		return p.advance(end + 2)[1 : end+1], ""
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r == '=' || r == '#' || isPythonSpace(r) })
	if end < 0 {
		end = len(rest)
	}
	if end == 0 {
		return "", "there is no name before the ="
	}
	return p.advance(end), ""
}

// endOfLine reads a comment and the newline, and says whether there was
// nothing else.
func (p *python) endOfLine() bool {
	p.skip(isPythonBlank)
	if p.peek() == '#' {
		p.skip(func(r rune) bool { return r != '\n' })
	}
	if p.at < len(p.text) && p.peek() != '\n' {
		return false
	}
	p.advance(min(1, len(p.text)-p.at))
	return true
}

func (p *python) restOfLine() {
	p.skip(func(r rune) bool { return r != '\n' })
	p.advance(min(1, len(p.text)-p.at))
}

// isPythonSpace is \s of Python, which counts four separators that Unicode
// does not.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

func isPythonBlank(r rune) bool { return isPythonSpace(r) && r != '\n' && r != '\r' }
