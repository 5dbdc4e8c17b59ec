package monitoring

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

// Delivery is the account of a client's errors, messages and transactions
// since it was made.
type Delivery struct {
	Delivered int // the server answered 2xx and named the event
	Rejected  int // the server refused, or could not be reached
	Dropped   int // never sent; see ByReason
	Pending   int // under way
	// ByReason counts the dropped ones by the Drop constants.
	ByReason map[string]int
	// Rejections are the last refusals, at most 20, oldest first.
	Rejections []Receipt
}

// account keeps the fate of every event. An id is forgotten when its fate is
// known, so that its size is bounded by what is under way.
type account struct {
	mu         sync.Mutex
	seq        uint64
	pending    map[string]entry
	writtenOff map[string]string // id -> the reason it is counted under, until an answer proves otherwise
	overflow   map[string]map[string]int
	delivered  int
	rejected   int
	dropped    map[string]int
	rejections []Receipt
	changed    chan struct{} // closed when something was settled, nil where nobody waits
	closed     atomic.Bool
}

// entry is an event that is under way.
type entry struct {
	seq      uint64
	category string // categoryError or categoryTransaction
}

// The categories of rate limits and client reports that events have.
const (
	categoryError       = "error"
	categoryTransaction = "transaction"
)

const (
	maxRejections = 20
	// maxPending is more than the SDK's queues hold: 1,000 envelopes, 1,000
	// transactions and 100 errors. What is older than that is lost.
	maxPending = 4096
)

func newAccount() *account {
	return &account{
		pending: map[string]entry{}, writtenOff: map[string]string{},
		dropped: map[string]int{}, overflow: map[string]map[string]int{},
	}
}

// captured notes an event that is about to be given to the SDK.
func (a *account) captured(id, category string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seq++
	a.pending[id] = entry{a.seq, category}
	if len(a.pending) > maxPending {
		a.writeOff(a.seq-maxPending/2, nil)
	}
}

// drop counts an event that was never given to the SDK.
func (a *account) drop(reason string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dropped[reason]++
}

// lost counts one that was, and will not be sent. It says whether it was still
// under way.
func (a *account) lost(id, reason string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.pending[id]; !ok {
		return false
	}
	a.forget(id, reason)
	return true
}

// answered settles the events of an envelope.
func (a *account) answered(r Receipt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range r.EventIDs {
		if reason, ok := a.writtenOff[id]; ok {
			// It was slow, not lost.
			delete(a.writtenOff, id)
			a.dropped[reason]--
		} else if _, ok := a.pending[id]; !ok {
			continue
		}
		delete(a.pending, id)
		if r.Delivered() {
			a.delivered++
		} else {
			a.rejected++
		}
	}
	if !r.Delivered() {
		a.rejections = append(a.rejections, r)
		if len(a.rejections) > maxRejections {
			a.rejections = slices.Delete(a.rejections, 0, 1)
		}
	}
	a.wake()
}

// reported takes what the SDK says that it discarded. It names no ids; the
// reasons are given to the ids that turn out to be lost. Reasons that belong
// to an answer that was seen here are left out.
func (a *account) reported(discarded []envelope.Discarded) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range discarded {
		reason := ""
		switch d.Reason {
		case "ratelimit_backoff":
			reason = DropRateLimit
		case "queue_overflow", "buffer_overflow":
			reason = DropOverflow
		}
		if reason == "" || d.Category != categoryError && d.Category != categoryTransaction {
			continue
		}
		if a.overflow[d.Category] == nil {
			a.overflow[d.Category] = map[string]int{}
		}
		a.overflow[d.Category][reason] += d.Quantity
	}
}

// mark is the number of the newest event.
func (a *account) mark() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seq
}

// settle is for when the SDK says that its queues are empty: an event up to
// the mark that has no receipt by then was dropped by it, although an id was
// given out. held says which categories the server wants to rest.
func (a *account) settle(mark uint64, held func(category string) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writeOff(mark, held)
}

// writeOff gives up the events up to a number.
func (a *account) writeOff(upTo uint64, held func(string) bool) {
	for id, e := range a.pending {
		if e.seq > upTo {
			continue
		}
		reason := DropSDK
		if held != nil && held(e.category) {
			reason = DropRateLimit
		}
		for _, known := range []string{DropRateLimit, DropOverflow} {
			if a.overflow[e.category][known] > 0 {
				a.overflow[e.category][known]--
				reason = known
				break
			}
		}
		a.forget(id, reason)
	}
}

func (a *account) forget(id, reason string) {
	delete(a.pending, id)
	a.dropped[reason]++
	if len(a.writtenOff) >= maxPending {
		clear(a.writtenOff)
	}
	a.writtenOff[id] = reason
	a.wake()
}

func (a *account) wake() {
	if a.changed != nil {
		close(a.changed)
		a.changed = nil
	}
}

// wait returns when all events up to a mark are settled, or with the
// context's error.
func (a *account) wait(ctx context.Context, mark uint64) error {
	for {
		settled, changed := a.settled(mark)
		if settled {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (a *account) settled(mark uint64) (bool, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.pending {
		if e.seq <= mark {
			if a.changed == nil {
				a.changed = make(chan struct{})
			}
			return false, a.changed
		}
	}
	return true, nil
}

func (a *account) delivery() Delivery {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := Delivery{
		Delivered: a.delivered, Rejected: a.rejected, Pending: len(a.pending),
		ByReason: maps.Clone(a.dropped), Rejections: slices.Clone(a.rejections),
	}
	maps.DeleteFunc(d.ByReason, func(_ string, n int) bool { return n == 0 })
	for _, n := range d.ByReason {
		d.Dropped += n
	}
	return d
}
