package observe

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	keptLines = 40
	// longestLine is how much of a line is kept, and what is cut from it before
	// it is shown: a secret that is cut in two is no longer known for one.
	longestLine = 8 << 10
	shownLine   = 2 << 10
	longestHeld = 64 << 10
)

// stream is one of a process's two outputs: passed on as it comes, its last
// lines kept, and looked through for what tells how the process fares.
type stream struct {
	to     io.Writer // nil drops it
	lock   *sync.Mutex
	prefix string // of each line; empty: it is passed on byte for byte
	spoke  atomic.Bool

	mu     sync.Mutex // of what follows: the pipe may outlive the run
	line   []byte     // what is kept of the current one
	held   []byte     // what of it is not passed on yet, with its prefix
	tail   []string
	traces traceReader
	log    logReader
}

// read reads to the end, whatever becomes of the writer: a process must not
// hang because nobody listens to it.
func (s *stream) read(from io.Reader) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			s.spoke.Store(true)
			s.take(buffer[:n])
		}
		if err != nil {
			s.end()
			return
		}
	}
}

func (s *stream) take(chunk []byte) {
	if s.prefix == "" {
		s.pass(chunk)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(chunk) > 0 {
		part, rest, whole := bytes.Cut(chunk, []byte("\n"))
		s.line = append(s.line, part[:min(len(part), longestLine-len(s.line))]...)
		if s.prefix != "" {
			s.hold(part, whole)
		}
		if whole {
			s.keep()
		}
		chunk = rest
	}
}

// hold passes a line on when it is complete, so that those of several commands
// do not mix; a very long one in several lines.
func (s *stream) hold(part []byte, whole bool) {
	if s.held == nil {
		s.held = append(s.held, s.prefix...)
	}
	s.held = append(s.held, part...)
	if whole || len(s.held) > longestHeld {
		s.pass(append(s.held, '\n'))
		s.held = nil
	}
}

func (s *stream) pass(b []byte) {
	if s.to == nil {
		return
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	_, _ = s.to.Write(b) // nobody listens any more: the run goes on
}

// keep ends the current line.
func (s *stream) keep() {
	line := strings.TrimSuffix(string(s.line), "\r")
	s.line = s.line[:0]
	s.traces.take(line)
	if s.log.take(line) {
		return // the SDK's own log would push out what the application says
	}
	if len(s.tail) == keptLines {
		s.tail = append(s.tail[:0], s.tail[1:]...)
	}
	s.tail = append(s.tail, line)
}

// end keeps what came of a line that was not ended.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.held) > 0 {
		s.pass(append(s.held, '\n'))
	}
	if len(s.line) > 0 {
		s.keep()
	}
}

func (s *stream) last(redact func(string) string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return showAll(s.tail, redact)
}

func (s *stream) tracebacks(redact func(string) string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return showAll(s.traces.found, redact)
}

func (s *stream) unhandled(redact func(string) string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return showAll(s.traces.unhandled, redact)
}

func (s *stream) handled(redact func(string) string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return showAll(s.traces.handled, redact)
}

func (s *stream) debug(redact func(string) string) Debug {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.log.debug
	d.Lines = showAll(d.Lines, redact)
	return d
}

func showAll(lines []string, redact func(string) string) []string {
	var shown []string
	for _, line := range lines {
		shown = append(shown, short(redact(line), shownLine))
	}
	return shown
}

// short cuts a text, at a character's start.
func short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
