package probe

import (
	"slices"
	"sync"
	"time"
)

// heard is what all answers of an examination told.
type heard struct {
	mu       sync.Mutex
	answers  []Answer
	events   []Answer // those of them to an event
	limits   []running
	reported []Limit // by a layer that failed of them
}

// running is a limit since its answer came.
type running struct {
	Limit
	since time.Time
}

func (h *heard) add(a Answer, event bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a.Status == 0 {
		return
	}
	h.answers = append(h.answers, a)
	if event {
		h.events = append(h.events, a)
	}
	for _, l := range a.Limits {
		h.limits = append(h.limits, running{l, time.Now()})
	}
}

// active are the limits that are not over, with the time that is left of them.
func (h *heard) active() []Limit {
	h.mu.Lock()
	defer h.mu.Unlock()
	var left []Limit
	for _, l := range h.limits {
		if l.RetryAfter -= time.Since(l.since); l.RetryAfter > 0 {
			left = append(left, l.Limit)
		}
	}
	return left
}

// tell remembers limits that a layer has reported.
func (h *heard) tell(limits ...Limit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reported = append(h.reported, limits...)
}

// tellAll remembers those of an answer that was refused for them.
func (h *heard) tellAll(a Answer) {
	for _, l := range a.Limits {
		if limited(l, "").cause == a.Cause {
			h.tell(l)
		}
	}
}

// told says whether a limit was reported: the same quota, whatever else it
// holds for.
func (h *heard) told(l Limit) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.reported, func(r Limit) bool { return r.Scope == l.Scope && r.Reason == l.Reason })
}

// quickest is the smallest latency of the answers to events, since it is
// events that SDKs wait for; of all answers where no event was sent.
func (h *heard) quickest() (latency time.Duration, answers int, to string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	of, to := h.events, "events"
	if len(of) == 0 {
		of, to = h.answers, "envelopes"
	}
	for i, a := range of {
		if i == 0 || a.Latency < latency {
			latency = a.Latency
		}
	}
	return latency, len(of), to
}

// slowest is the greatest latency of what was taken.
func (h *heard) slowest() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	var latency time.Duration
	for _, a := range h.answers {
		if a.Accepted() {
			latency = max(latency, a.Latency)
		}
	}
	return latency
}

// dated is the first answer that carries a Date to compare with.
func (h *heard) dated() (Answer, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.answers {
		if a.Skew != 0 {
			return a, true
		}
	}
	return Answer{}, false
}
