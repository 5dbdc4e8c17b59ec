package receiver

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Answer is a scripted answer. What is not set is as Relay would answer: an
// Answer with a Delay alone is Relay's own decision, late.
type Answer struct {
	// N is the request that it answers: n for the n-th since the receiver was
	// made, 0 for the next one that no other answer takes, -1 for every one.
	N int
	// Status replaces the decision. Below 300 the envelope is kept where Relay
	// would take it; else it is not, unless Keep says so.
	Status int
	Header http.Header
	// Body replaces Relay's own for the status; Empty sends none.
	Body  string
	Empty bool
	Delay time.Duration // before the first byte
	Drip  time.Duration // between the bytes of the body
	// Cut ends the connection after so many bytes of the body, of which all
	// were announced.
	Cut   int
	Close bool // ends the connection without reading or answering
	Keep  bool // keeps the envelope although the answer says something else
}

type script struct {
	mu      sync.Mutex
	answers []Answer
}

func (s *script) add(answers []Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, answers...)
}

func (s *script) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = nil
}

// take returns the answer for a request: one for its number first, then the
// next in line, then one for all.
func (s *script) take(number uint64) (Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, every := -1, -1
	for i, a := range s.answers {
		switch {
		case a.N > 0 && uint64(a.N) == number:
			return s.remove(i), true
		case a.N == 0 && next < 0:
			next = i
		case a.N < 0 && every < 0:
			every = i
		}
	}
	switch {
	case next >= 0:
		return s.remove(next), true
	case every >= 0:
		return s.answers[every], true
	}
	return Answer{}, false
}

func (s *script) remove(i int) Answer {
	a := s.answers[i]
	s.answers = append(s.answers[:i:i], s.answers[i+1:]...)
	return a
}

// overrule is what becomes of Relay's decision.
func (a Answer) overrule(d decision) decision {
	if a.Status == 0 {
		return d
	}
	took, id := d.accepted, d.id
	if a.Status < http.StatusMultipleChoices {
		d = decision{status: a.Status, id: id}
	} else {
		d = byStatus(a.Status)
	}
	d.accepted = took && (a.Keep || a.Status < http.StatusMultipleChoices)
	return d
}

// write answers by the script.
func (a Answer) write(w http.ResponseWriter, req *http.Request, d decision) {
	if !pause(req, a.Delay) {
		return
	}
	body := a.body(d)
	header := w.Header()
	d.head(header)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	for name, values := range a.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(d.status)
	switch {
	case a.Cut > 0 && a.Cut < len(body):
		_, _ = w.Write(body[:a.Cut]) // cut anyway
		flush(w)
		drop(w)
	case a.Drip > 0:
		for i := range body {
			if _, err := w.Write(body[i : i+1]); err != nil {
				return
			}
			flush(w)
			if !pause(req, a.Drip) {
				return
			}
		}
	default:
		_, _ = w.Write(body) // the client is gone if this fails
	}
}

func (a Answer) body(d decision) []byte {
	switch {
	case a.Empty:
		return nil
	case a.Body != "":
		return []byte(a.Body)
	}
	if d.detail != "" {
		d.id = "" // kept, and refused all the same
		d.accepted = false
	}
	return d.body()
}

func flush(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush() // the client is gone if this fails
}

// pause waits, unless the client goes away or the receiver ends.
func pause(req *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-req.Context().Done():
		return false
	}
}

// drop ends the connection as it is.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// Not a connection of HTTP/1: net/http's own way to cut one.
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close() // it is to be broken
}
