package doctor

import (
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/report"
)

// mark is where something stands in a log: how often, from which line to
// which, and how it reads the first time.
type mark struct {
	count, first, last int
	excerpt            string
}

// sign is a cause that a line has given away, by the check that tells of it.
type sign struct {
	check    string
	id       cause.ID
	severity cause.Severity
}

// matcher goes through the lines of a log. It holds a few marks, and the
// traceback that it is in.
type matcher struct {
	redact  func(string) string
	lines   int
	spoken  int // lines that an SDK of Sentry has written
	signs   map[sign]*mark
	order   []sign // as they came
	tallies map[logTally]*mark
	trace   *traceback
	last    spoken // of sentry-python
}

// spoken is what sentry-python said last, and the line where it ended.
type spoken struct {
	number int
	text   string // from its mark on; empty: it was said twice already
}

// again says whether a message is the record before it, written by another
// handler: the SDK's own writes with a mark of its own, and the application's
// by the logger's name. Two records of one handler are two.
func (m *matcher) again(number int, text string) bool {
	before := m.last
	m.last = spoken{number, text}
	own, other := before.text, text
	if strings.HasPrefix(text, ownMark) {
		own, other = text, before.text
	}
	_, message, marked := strings.Cut(own, ": ")
	if before.number+1 != number || !marked || !strings.HasPrefix(own, ownMark) || strings.HasPrefix(other, ownMark) || !strings.HasSuffix(other, message) {
		return false
	}
	m.last.text = ""
	return true
}

// ownMark is how the SDK's own handler begins a line.
const ownMark = "[sentry] "

func newMatcher() *matcher {
	return &matcher{redact: report.NewRedactor(""), signs: map[sign]*mark{}, tallies: map[logTally]*mark{}}
}

var (
	pythonMark = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\[sentry\] (?:DEBUG|INFO|WARNING|ERROR|CRITICAL): |\bsentry_sdk(?:\.\w+)*(?:\]|:|\s)`)
	})
	goMark = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[Sentry\] `) })
)

func (m *matcher) line(l logLine) {
	m.lines++
	if m.trace == nil && !worthALook(l.text) {
		return
	}
	for _, text := range l.messages() {
		m.message(l.number, text)
	}
}

// message takes one message: the next line of a traceback, or one of its own.
func (m *matcher) message(number int, text string) {
	if m.trace != nil && m.trace.takes(text) {
		m.last.number = number
		if m.trace.again {
			return
		}
		m.apply(number, text, otherMessages()) // a traceback ends in BadDsn
		return
	}
	m.endTrace()
	if python := pythonMark().FindStringIndex(text); python != nil {
		m.spoken++
		rest := text[python[0]:]
		if m.again(number, rest) {
			m.trace = &traceback{again: true} // of which the first time told all
			return
		}
		if strings.Contains(rest, "Internal error in sentry_sdk") {
			m.trace = &traceback{internal: true, first: number}
			return
		}
		// An integration of the SDK itself drops only what has been sent already.
		if strings.Contains(rest, "Integration.setup_once") {
			return
		}
		if m.apply(number, rest, pythonMessages()) {
			return
		}
	}
	if at := goMark().FindStringIndex(text); at != nil {
		m.spoken++
		if m.apply(number, text[at[1]:], goMessages()) {
			return
		}
	}
	if strings.HasSuffix(text, "Traceback (most recent call last):") {
		m.trace = &traceback{first: number}
		return
	}
	m.apply(number, text, otherMessages())
}

// apply notes the first signature of a list that a message fits, but goes on
// where it is only counted: an envelope holds more than one kind of item.
func (m *matcher) apply(number int, text string, list []logSignature) bool {
	found := false
	for _, s := range list {
		caught := s.pattern.FindStringSubmatch(text)
		if caught == nil {
			continue
		}
		found = true
		if s.counts != "" {
			m.count(s.counts, number, text, s.pattern)
			continue
		}
		id := s.id
		if s.judged != nil {
			id = s.judged(caught)
		}
		m.note(sign{s.check, id, severityOf(id, s.severity)}, number, text, s.pattern)
		return true
	}
	return found
}

func severityOf(id cause.ID, given cause.Severity) cause.Severity {
	if given != "" {
		return given
	}
	if c, ok := cause.Get(id); ok {
		return c.Severity
	}
	return cause.Fail
}

func (m *matcher) note(s sign, number int, text string, part *regexp.Regexp) {
	seen, ok := m.signs[s]
	if !ok {
		seen = &mark{first: number, excerpt: m.excerpt(text, part)}
		m.signs[s] = seen
		m.order = append(m.order, s)
	}
	seen.count++
	seen.last = number
}

func (m *matcher) count(what logTally, number int, text string, part *regexp.Regexp) {
	seen, ok := m.tallies[what]
	if !ok {
		seen = &mark{first: number, excerpt: m.excerpt(text, part)}
		m.tallies[what] = seen
	}
	seen.count++
	seen.last = number
}

// tallied is how often something was counted.
func (m *matcher) tallied(what logTally) mark {
	if seen, ok := m.tallies[what]; ok {
		return *seen
	}
	return mark{}
}

// longestExcerpt is what is shown of a line.
const longestExcerpt = 160

// excerpt is the part of a message that a pattern finds; nil: all of it. The
// whole message is redacted first: of a part of a key nobody could tell that
// it is one.
func (m *matcher) excerpt(text string, part *regexp.Regexp) string {
	text = m.redact(text)
	if part != nil {
		if found := part.FindString(text); found != "" {
			text = found
		}
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	runes := []rune(strings.TrimSpace(text))
	if len(runes) > longestExcerpt {
		return string(runes[:longestExcerpt]) + "…"
	}
	return string(runes)
}
