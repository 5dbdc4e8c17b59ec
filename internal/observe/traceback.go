package observe

import (
	"regexp"
	"strings"
	"sync"
)

// mostTracebacks is how many are kept of a process.
const mostTracebacks = 20

// mostBetween is how many lines of others may stand inside of a traceback
// before it is given up: threads and workers write into one stream.
const mostBetween = 200

// traceReader finds the errors that nobody caught, in the forms of Python, Go
// and Node, by the line that names them.
type traceReader struct {
	found     []string
	unhandled []string // those of found that a server caught
	handled   []string // those of found that a log calls less than an error
	python    pythonTrace
	panic     string // of Go, until its goroutine's stack shows that it is one
	node      nodeTrace
	before    string // the last line that was not empty
	served    bool   // a server wrote the traceback that is read
	mild      bool   // its record is of a level below error
	spoken    bool   // of stdout, where programs print tracebacks only if they mean to
}

func (t *traceReader) take(line string) {
	if at := strings.Index(line, tracebackStart); at >= 0 {
		above := strings.Contains(t.before, "above exception")
		// Its record is the line before it, or the line itself where all of it
		// stands there, as in JSON. Where each line has what a log puts before it,
		// as what tasks of Celery print, the level is the stream's.
		level := ""
		switch {
		case strings.TrimSpace(line[at+len(tracebackStart):]) != "":
			level = anyLevel().FindString(line)
		case strings.Trim(line[:at], " +|") == "":
			level = anyLevel().FindString(t.before)
		}
		t.mild = t.mild && above || lowLevel().MatchString(level) || t.spoken && level == ""
		t.served = strings.Contains(t.before, "Exception in ASGI application") ||
			t.served && above
	}
	if name, chained := t.python.take(line); chained {
		t.forget()
	} else if name != "" {
		t.keep(name)
		if t.served && len(t.unhandled) < mostTracebacks {
			t.unhandled = append(t.unhandled, name)
		}
		if t.mild && len(t.handled) < mostTracebacks {
			t.handled = append(t.handled, name)
		}
	}
	if line != "" {
		t.before = line
	}
	switch trimmed := strings.TrimSpace(line); {
	case strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: "):
		if t.panic == "" {
			t.panic = line
		}
	case t.panic != "" && strings.HasPrefix(trimmed, "goroutine ") && strings.HasSuffix(trimmed, ":"):
		t.keep(t.panic)
		t.panic = ""
	}
	if name := t.node.take(line); name != "" {
		t.keep(name)
	}
}

func (t *traceReader) keep(name string) {
	if len(t.found) < mostTracebacks {
		t.found = append(t.found, name)
	}
}

// forget takes back the error that led to the one whose traceback follows.
func (t *traceReader) forget() {
	if n := len(t.found); n > 0 && n < mostTracebacks {
		t.found = t.found[:n-1]
	}
	if n := len(t.unhandled); t.served && n > 0 && n < mostTracebacks {
		t.unhandled = t.unhandled[:n-1]
	}
	if n := len(t.handled); t.mild && n > 0 && n < mostTracebacks {
		t.handled = t.handled[:n-1]
	}
}

// pythonTrace follows one traceback of Python.
type pythonTrace struct {
	open    bool
	prefix  *regexp.Regexp // before each line, as of docker compose and of Celery; nil: nothing
	grouped bool           // it is one of an ExceptionGroup, with a rule before each line
	inside  bool           // the last line was the traceback's own
	between int            // lines since then
	closed  int            // lines since the last one ended; 0: none did lately
}

const tracebackStart = "Traceback (most recent call last):"

// take returns the line that names the error, where a line is it; chained says
// that the last one led to another, which follows.
func (p *pythonTrace) take(line string) (name string, chained bool) {
	if at := strings.Index(line, tracebackStart); at >= 0 {
		if rest := line[at+len(tracebackStart):]; strings.TrimSpace(rest) != "" {
			return inOneLine(rest), false
		}
		*p = pythonTrace{open: true, inside: true}
		if left := strings.Trim(line[:at], " +|"); left == "Exception Group" || left == "" {
			p.grouped = at > 0
		} else if at <= longestPrefix {
			p.prefix = prefixed(line[:at])
		}
		return "", false
	}
	if p.prefix != nil {
		line = line[len(p.prefix.FindString(line)):]
	}
	if p.grouped {
		line = group().ReplaceAllString(line, "")
	}
	if !p.open {
		if p.closed > 0 && p.closed < 5 {
			p.closed++
			return "", strings.HasPrefix(line, "During handling of the above exception") ||
				strings.HasPrefix(line, "The above exception was the direct cause")
		}
		return "", false
	}
	if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") || line == "" {
		p.inside = p.inside || strings.HasPrefix(line, "  File ")
		return "", false
	}
	if errorName().MatchString(line) && !levelWord().MatchString(line) && (p.inside || surelyError().MatchString(line)) {
		*p = pythonTrace{closed: 1, prefix: p.prefix}
		return line, false
	}
	p.inside = false
	if p.between++; p.between > mostBetween {
		*p = pythonTrace{}
	}
	return "", false
}

// inOneLine is the error that a traceback names which stands in one line, as
// in a log of JSON: its line feeds are written as such.
func inOneLine(text string) string {
	if at := unescapedQuote().FindStringIndex(text); at != nil {
		text = text[:at[0]+1]
	}
	lines := strings.Split(strings.TrimRight(text, `\n `), `\n`)
	if name := lines[len(lines)-1]; len(lines) > 1 && errorName().MatchString(name) {
		return name
	}
	return ""
}

// longestPrefix is how much may stand before a traceback's lines.
const longestPrefix = 200

// prefixed is what stands before each line, whatever the time is.
func prefixed(text string) *regexp.Regexp {
	quoted := numbers().ReplaceAllString(regexp.QuoteMeta(text), `[0-9]+`)
	return regexp.MustCompile("^" + quoted)
}

// The forms of a line that names an error: a class, perhaps with its module,
// and a text. Whole words such as "INFO:" begin the lines of logs.
var (
	numbers     = pattern(`[0-9]+`)
	errorName   = pattern(`^(?:[A-Za-z_][\w]*\.)*[A-Z_]\w*(?:: .*|:)?$`)
	surelyError = pattern(`^[\w.]*(?:Error|Exception|Exit|Interrupt|Iteration|Warning|Group)(?::.*)?$`)
	// anyLevel is a record's level, in the forms of logging and Celery, of
	// structlog and of JSON: the first such word of a line is it.
	anyLevel       = pattern(`\b(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b|\[(?:debug|info|warning|error|critical) *\]|"(?:level|levelname|severity|log\.level)": *"\w+"`)
	lowLevel       = pattern(`(?i)trace|debug|info|notice|warn`)
	levelWord      = pattern(`^(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b`)
	group          = pattern(`^\s*[|+] ?(?:\+?-+ \d+ -+)?`)
	nodeName       = pattern(`^(?:Uncaught )?[A-Z]\w*(?: \[[A-Z_]+\])?(?:: .*)?$`)
	unescapedQuote = pattern(`[^\\]"`)
	nodeEnd        = pattern(`^Node\.js v\d+`)
)

// pattern compiles an expression when it is first used.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// nodeTrace follows what Node prints before it ends of an error: the line of
// the source, a caret, the error with its stack, and its own version.
type nodeTrace struct {
	named     string // the last line that may name an error
	candidate string // one that a stack followed
}

func (n *nodeTrace) take(line string) string {
	switch {
	case nodeEnd().MatchString(line):
		name := n.candidate
		*n = nodeTrace{}
		return name
	case strings.HasPrefix(line, "    at "):
		if n.named != "" {
			n.candidate, n.named = n.named, ""
		}
	case nodeName().MatchString(line):
		n.named = line
	}
	return ""
}
