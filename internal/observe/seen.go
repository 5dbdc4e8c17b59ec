package observe

import (
	"strings"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// The bounds of what is kept of what came. Names come from outside: a program
// that makes one up for each event must not fill the memory.
const (
	mostNames        = 100
	longestName      = 200 // bytes; Sentry's own bound of most of them
	otherName        = "other"
	mostExceptions   = 200
	mostTransactions = 200
	mostPrivate      = 100
	mostTooLarge     = 20
	mostTags         = 30
)

// tally counts by name.
type tally map[string]int

func (t tally) add(name string, n int) {
	name = short(name, longestName)
	if _, known := t[name]; !known && len(t) >= mostNames {
		name = otherName
	}
	t[name] += n
}

// shown is a copy fit for showing. Names that look the same then are one.
func (t tally) shown(redact func(string) string) map[string]int {
	out := make(map[string]int, len(t))
	for name, n := range t {
		out[redact(name)] += n
	}
	return out
}

// seen is Seen as it grows. Its names are not yet redacted: that is costly,
// and most of them come again and again.
type seen struct {
	Seen
	rejections, items, clients, sdks, integrations tally
	environments, releases, traceRates, unsampled  tally
	private                                        map[Private]int // Count is 0 in the keys
	privateOrder                                   []Private
}

func newSeen() *seen {
	return &seen{
		Seen:       Seen{Discards: map[Discard]int{}},
		rejections: tally{}, items: tally{}, clients: tally{}, sdks: tally{}, integrations: tally{},
		environments: tally{}, releases: tally{}, traceRates: tally{}, unsampled: tally{},
		private: map[Private]int{},
	}
}

// add counts what one request brought.
func (s *seen) add(a *arrival) {
	r := a.record
	s.Requests++
	if s.First.IsZero() || r.Time.Before(s.First) {
		s.First = r.Time
	}
	if r.Time.After(s.Last) {
		s.Last = r.Time
	}
	switch r.Kind {
	case receiver.KindStore:
		s.StoreRequests++
	case receiver.KindStream:
		s.StreamRequests++
	}
	if r.Client != "" {
		s.clients.add(r.Client, 1)
	}
	if !r.Accepted {
		s.reject(r)
		return
	}
	s.Accepted++
	// A trace that somebody else began has that one's key, and rate.
	if key := a.header.Trace["public_key"]; key != "" && key != receiver.Key() {
		s.OtherKeys++
	} else if rate, ok := a.header.Trace["sample_rate"]; ok {
		s.traceRates.add(rate, 1)
	}
	for _, size := range a.sizes {
		s.items.add(size.ItemType, 1)
		if size.Bytes > s.Largest.Bytes {
			s.Largest = bounded(size)
		}
	}
	for _, d := range a.discarded {
		s.discard(d.Reason, d.Category, d.Quantity)
	}
	for _, e := range a.events {
		s.addEvent(a, e)
	}
	for _, p := range a.private {
		s.addPrivate(p)
	}
}

func (s *seen) reject(r *receiver.Record) {
	s.Rejected++
	s.rejections.add(strings.TrimSpace(itoa(r.Status)+" "+r.Reason), 1)
	if r.Over == nil {
		return
	}
	size := bounded(Size{r.Over.ItemType, int64(r.Over.Bytes)})
	if size.Bytes > s.Largest.Bytes {
		s.Largest = size
	}
	if len(s.TooLarge) < mostTooLarge {
		s.TooLarge = append(s.TooLarge, size)
	}
}

func bounded(s Size) Size {
	s.ItemType = short(s.ItemType, longestName)
	return s
}

func (s *seen) discard(reason, category string, n int) {
	d := Discard{short(reason, longestName), short(category, longestName)}
	if _, known := s.Discards[d]; !known && len(s.Discards) >= mostNames {
		d = Discard{otherName, otherName}
	}
	s.Discards[d] += n
}

func (s *seen) addPrivate(p Private) {
	p.Path = short(p.Path, longestName)
	if _, known := s.private[p]; !known {
		if len(s.private) >= mostPrivate {
			return
		}
		s.privateOrder = append(s.privateOrder, p)
	}
	s.private[p]++
}

// shown is what was seen, fit for showing.
func (s *seen) shown(redact func(string) string) Seen {
	out := s.Seen
	out.Rejections, out.Items, out.Clients = s.rejections.shown(redact), s.items.shown(redact), s.clients.shown(redact)
	out.SDKs, out.Integrations = s.sdks.shown(redact), s.integrations.shown(redact)
	out.Environments, out.Releases = s.environments.shown(redact), s.releases.shown(redact)
	out.TraceRates, out.Unsampled = s.traceRates.shown(redact), s.unsampled.shown(redact)
	out.Discards = make(map[Discard]int, len(s.Discards))
	for d, n := range s.Discards {
		out.Discards[Discard{redact(d.Reason), redact(d.Category)}] += n
	}
	out.Exceptions, out.Transactions = nil, nil
	for _, e := range s.Exceptions {
		out.Exceptions = append(out.Exceptions, e.shown(redact))
	}
	for _, t := range s.Transactions {
		t.Name, t.Op, t.Status = redact(t.Name), redact(t.Op), redact(t.Status)
		out.Transactions = append(out.Transactions, t)
	}
	out.Private = nil
	for _, p := range s.privateOrder {
		n := s.private[p]
		p.Path, p.Count = redact(p.Path), n
		out.Private = append(out.Private, p)
	}
	out.TooLarge = append([]Size(nil), s.TooLarge...)
	return out
}

func (e Exception) shown(redact func(string) string) Exception {
	e.Type, e.Transaction, e.Logger = redact(e.Type), redact(e.Transaction), redact(e.Logger)
	e.Level, e.Mechanism = redact(e.Level), redact(e.Mechanism)
	tags := make(map[string]string, len(e.Tags))
	for key, value := range e.Tags {
		tags[redact(key)] = redact(value)
	}
	e.Tags = tags
	return e
}
