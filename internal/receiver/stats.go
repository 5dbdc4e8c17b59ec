package receiver

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

// Stats are counts since the receiver was made, and what is kept now.
type Stats struct {
	Requests uint64 // all, also those that no SDK makes
	Open     int    // requests that are under way
	Accepted uint64
	Rejected uint64            // posts that were not accepted
	Items    map[string]uint64 // accepted items by type
	Bytes    uint64            // accepted, after decompression
	Wire     uint64            // accepted, as they came
	Dropped  uint64            // accepted, and pushed out of the store since

	Kept      int   // envelopes and stored events
	KeptBytes int64 // with what they take beside their bodies

	Forwarded, ForwardFailed uint64
}

// Stats returns the counts.
func (r *Receiver) Stats() Stats {
	s := Stats{
		Requests: r.counts.requests.Load(), Open: int(r.counts.open.Load()), Accepted: r.counts.accepted.Load(), Rejected: r.counts.rejected.Load(),
		Bytes: r.counts.bytes.Load(), Wire: r.counts.wire.Load(), Items: r.counts.items(),
	}
	s.Kept, s.KeptBytes, s.Dropped = r.store.stats()
	if r.forward != nil {
		s.Forwarded, s.ForwardFailed = r.forward.sent.Load(), r.forward.failed.Load()
	}
	return s
}

type counters struct {
	requests, accepted, rejected, bytes, wire atomic.Uint64

	open atomic.Int64

	mu     sync.Mutex
	byType map[string]uint64
}

const (
	// maxTypes is how many types are counted by name: types come from outside.
	maxTypes  = 64
	otherType = "other"
)

func (c *counters) accept(r *Record, items []envelope.Item) {
	c.accepted.Add(1)
	c.bytes.Add(uint64(len(r.Raw)))
	c.wire.Add(uint64(r.Wire))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byType == nil {
		c.byType = map[string]uint64{}
	}
	for _, item := range items {
		name := item.Type
		if _, known := c.byType[name]; !known && len(c.byType) >= maxTypes {
			name = otherType
		}
		c.byType[name]++
	}
}

func (c *counters) items() map[string]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.byType)
}
