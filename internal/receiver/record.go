package receiver

import (
	"sync"
	"time"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

// Kind is what a request was sent to.
type Kind string

// The kinds of request.
const (
	KindEnvelope Kind = "envelope"
	KindStore    Kind = "store"  // SDKs of before 2020
	KindStream   Kind = "stream" // Spotlight's copy
)

// Source is where a request's key stood.
type Source string

// The places of a key.
const (
	SourceHeader   Source = "header"
	SourceQuery    Source = "query"
	SourceEnvelope Source = "envelope" // the dsn of the envelope's header
)

// Record is one request: how it came, how it was answered and, where it was
// accepted, its bytes. It does not change once it is handed out.
type Record struct {
	Seq                  uint64 // 1 is the first request
	Time                 time.Time
	Method, Path, Remote string
	Kind                 Kind // empty for a path that nothing listens on
	Project              string
	Client               string // sentry_client, such as sentry.python/2.18.0
	Auth                 Source
	Encoding             string // Content-Encoding as it came
	Wire                 int    // bytes as they came
	Status               int
	Accepted             bool
	Reason               string // why it was rejected: the answer's detail and causes
	EventID              string
	Over                 *Over // what made a request too large; nil where its body is no envelope
	// Raw is the body after decompression, nil unless accepted. It must not be
	// changed.
	Raw []byte

	once     sync.Once
	envelope envelope.Envelope
	err      error
}

// Over is an item over Relay's limits, and its size in bytes.
type Over struct {
	ItemType string
	Bytes    int
}

// Envelope splits the record's bytes, once.
func (r *Record) Envelope() (envelope.Envelope, error) {
	r.once.Do(func() {
		if r.Kind == KindStore {
			r.envelope, r.err = envelope.FromStore(r.Raw)
			return
		}
		r.envelope, r.err = envelope.Split(r.Raw)
	})
	return r.envelope, r.err
}

// overhead is about what a record takes beside its bytes: itself, its strings,
// and the split envelope.
const overhead = 1 << 10

func (r *Record) size() int64 { return int64(cap(r.Raw)) + overhead }
