package envfile

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/joho/godotenv"
)

const (
	// godotenvMaxSize and godotenvMaxLines keep godotenv from a stack
	// overflow, which ends the process: it calls itself for each comment.
	godotenvMaxSize  = 2 << 20
	godotenvMaxLines = 20_000

	// godotenvUnexplained would be said where godotenv refuses a file in which
	// the scan finds nothing wrong. A fuzz target looks for such files.
	godotenvUnexplained = "it cannot be read"
)

// godotenvScan follows godotenv 1.5.1 through a file to learn what it does
// not tell: in which line a name stands, where it gives up (its own error
// quotes the rest of the file), and how large its values would grow. The
// values are godotenv's own.
type godotenvScan struct {
	rest  []byte
	line  int            // of rest
	lines map[string]int // of the last assignment of a name
	sizes map[string]int // of its value, at most
	total int            // of all values, at most
}

func parseGodotenv(b []byte) Result {
	if len(b) > godotenvMaxSize {
		return refused(1, "it is larger than 2 MiB, which could end the program that reads it")
	}
	if bytes.Count(b, []byte("\n")) > godotenvMaxLines {
		return refused(godotenvMaxLines, "it has more than 20000 lines, which could end the program that reads it")
	}
	scan := godotenvScan{
		rest: bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), line: 1,
		lines: make(map[string]int), sizes: make(map[string]int),
	}
	for scan.toStatement() {
		line := scan.line
		if fault := scan.statement(); fault != "" {
			return refused(line, fault)
		}
	}
	values, err := godotenv.UnmarshalBytes(b)
	if err != nil {
		return refused(1, godotenvUnexplained)
	}
	var result Result
	for key, value := range values {
		result.set(key, value, scan.lines[key])
	}
	slices.SortFunc(result.Entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key))
	})
	return result
}

func (g *godotenvScan) advance(n int) []byte {
	part := g.rest[:n]
	g.line += bytes.Count(part, []byte("\n"))
	g.rest = g.rest[n:]
	return part
}

func (g *godotenvScan) skip(class func(rune) bool) {
	g.advance(len(g.rest) - len(bytes.TrimLeftFunc(g.rest, class)))
}

// toStatement passes blank lines and comments; it is false at the end.
func (g *godotenvScan) toStatement() bool {
	for {
		g.skip(unicode.IsSpace)
		if len(g.rest) == 0 || g.rest[0] != '#' {
			return len(g.rest) > 0
		}
		g.skip(func(r rune) bool { return r != '\n' })
	}
}

// statement passes one assignment, or says why godotenv cannot read it.
func (g *godotenvScan) statement() (fault string) {
	if after, ok := bytes.CutPrefix(g.rest, []byte("export")); ok && bytes.IndexFunc(after, isGodotenvBlank) == 0 {
		g.advance(len("export"))
		g.skip(isGodotenvBlank)
	}
	line := g.line
	key, fault := g.key()
	if fault != "" {
		return fault
	}
	g.skip(isGodotenvBlank)
	size, fault := g.value()
	if fault != "" {
		return fault
	}
	g.lines[key] = line
	g.sizes[key] = size
	if g.total += size; g.total > maxExpanded {
		return tooLarge
	}
	return ""
}

// key passes a name and what ends it. Where nothing ends the text's last word,
// the name is empty and the word is the value.
func (g *godotenvScan) key() (key, fault string) {
	if len(g.rest) == 0 {
		return "", "there is no name behind export"
	}
	for i, c := range g.rest {
		r := rune(c)
		switch {
		case c == '=' || c == ':':
			name := g.advance(i + 1)[:i]
			return string(bytes.TrimRightFunc(name, unicode.IsSpace)), ""
		case c == '_' || c == '.' || isGodotenvBlank(r) || unicode.IsLetter(r) || unicode.IsNumber(r):
		case c == '\n':
			return "", "there is no ="
		default:
			return "", "there is a character in the name, or behind a closing quote, that may not stand there"
		}
	}
	return "", ""
}

// value passes a value and returns its size with all variables expanded.
func (g *godotenvScan) value() (size int, fault string) {
	if len(g.rest) == 0 {
		return 0, ""
	}
	quote := g.rest[0]
	if quote != '"' && quote != '\'' {
		end := bytes.IndexAny(g.rest, "\r\n")
		if end < 0 {
			end = len(g.rest)
		}
		return g.expanded(string(g.advance(end))), ""
	}
	for i := 1; i < len(g.rest); i++ {
		if g.rest[i] != quote || g.rest[i-1] == '\\' {
			continue
		}
		value := strings.Trim(string(g.advance(i + 1)[:i]), string(quote))
		if quote == '"' {
			return g.expanded(unescapeGodotenv(value)), ""
		}
		return len(value), ""
	}
	return 0, unclosed
}

// The expressions of godotenv's parser.go.
var (
	godotenvEscape   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\.`) })
	godotenvVariable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(\\)?(\$)(\()?\{?([A-Z0-9_]+)?\}?`) })
	godotenvUnescape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\([^$])`) })
)

func unescapeGodotenv(value string) string {
	if strings.IndexByte(value, '\\') < 0 {
		return value
	}
	value = godotenvEscape().ReplaceAllStringFunc(value, func(match string) string {
		switch match {
		case `\n`:
			return "\n"
		case `\r`:
			return "\r"
		}
		return match
	})
	return godotenvUnescape().ReplaceAllString(value, "$1")
}

// expanded is the size of a value when its variables are replaced.
func (g *godotenvScan) expanded(value string) int {
	size := len(value)
	if strings.IndexByte(value, '$') < 0 {
		return size
	}
	for _, match := range godotenvVariable().FindAllStringSubmatch(value, -1) {
		if match[1] == "" && match[3] == "" && match[4] != "" {
			size += g.sizes[match[4]] - len(match[0])
		}
	}
	return size
}

// isGodotenvBlank is a space that does not end a line; godotenv asks it of
// single bytes too.
func isGodotenvBlank(r rune) bool {
	switch r {
	case '\t', '\v', '\f', '\r', ' ', 0x85, 0xA0:
		return true
	}
	return false
}
