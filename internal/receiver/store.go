package receiver

import (
	"cmp"
	"slices"
	"sync"
)

// store keeps the newest records within its bounds. It is a ring, so that
// pushing out the oldest costs nothing.
type store struct {
	maxBytes int64
	maxItems int

	mu      sync.Mutex
	ring    []*Record
	first   int
	count   int
	bytes   int64
	dropped uint64
	wake    chan struct{}
}

// add keeps a record. One that is larger than the whole store is dropped, and
// counted as all that are.
func (s *store) add(r *Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
	size := r.size()
	if size > s.maxBytes {
		s.dropped++
		return
	}
	for s.count > 0 && (s.bytes+size > s.maxBytes || s.count == s.maxItems) {
		s.bytes -= s.ring[s.first].size()
		s.ring[s.first] = nil
		s.first = (s.first + 1) % len(s.ring)
		s.count--
		s.dropped++
	}
	if s.count == len(s.ring) {
		s.grow()
	}
	s.ring[(s.first+s.count)%len(s.ring)] = r
	s.count++
	s.bytes += size
}

func (s *store) grow() {
	larger := make([]*Record, min(max(2*len(s.ring), 64), max(s.maxItems, 1)))
	for i := range s.count {
		larger[i] = s.ring[(s.first+i)%len(s.ring)]
	}
	s.ring, s.first = larger, 0
}

// all returns the records in the order in which their requests came: a slow
// request is stored after a later one that was faster.
func (s *store) all() []*Record {
	s.mu.Lock()
	records := make([]*Record, s.count)
	for i := range s.count {
		records[i] = s.ring[(s.first+i)%len(s.ring)]
	}
	s.mu.Unlock()
	slices.SortFunc(records, func(a, b *Record) int { return cmp.Compare(a.Seq, b.Seq) })
	return records
}

// changed is closed when the next record comes.
func (s *store) changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake == nil {
		s.wake = make(chan struct{})
	}
	return s.wake
}

func (s *store) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring, s.first, s.count, s.bytes = nil, 0, 0, 0
}

func (s *store) stats() (kept int, bytes int64, dropped uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count, s.bytes, s.dropped
}
