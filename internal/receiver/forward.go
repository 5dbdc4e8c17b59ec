package receiver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

// forwarder sends copies of envelopes to an upstream, one at a time, from a
// bounded queue. It never makes a client of the receiver wait: what does not
// fit is dropped and counted.
type forwarder struct {
	upstream     *dsn.DSN
	queue        chan *Record
	waiting      atomic.Int64 // bytes in the queue
	client       *http.Client
	log          *slog.Logger
	sent, failed atomic.Uint64
}

const (
	forwardQueue = 256      // envelopes
	forwardBytes = 32 << 20 // of bodies that wait
	// forwardAgent marks what was forwarded, so that a receiver whose upstream
	// is itself does not send it round for ever.
	forwardAgent = "bbctl-forward"
)

func newForwarder(upstream *dsn.DSN, log *slog.Logger) *forwarder {
	return &forwarder{
		upstream: upstream, log: log, queue: make(chan *Record, forwardQueue),
		client: &http.Client{
			Timeout:       10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// startForwarding runs the forwarder, if there is one. The function that it
// returns lets what is queued go out within a grace, and waits for that.
func (r *Receiver) startForwarding(ctx context.Context) (stop func()) {
	if r.forward == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ending, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		r.forward.run(ctx, ending)
	}()
	return func() {
		close(ending)
		late := time.AfterFunc(forwardGrace, cancel)
		<-ended
		late.Stop()
		cancel()
		r.forward.client.CloseIdleConnections()
	}
}

// offer queues a record. Spotlight's copies are left out: the envelope itself
// comes as well.
func (f *forwarder) offer(r *Record) {
	if r.Kind == KindStream {
		return
	}
	if f.waiting.Add(int64(len(r.Raw))) <= forwardBytes {
		select {
		case f.queue <- r:
			return
		default:
		}
	}
	f.waiting.Add(-int64(len(r.Raw)))
	f.failed.Add(1)
	f.log.Warn("forwarding: the queue is full, an envelope was dropped")
}

func (f *forwarder) run(ctx context.Context, ending <-chan struct{}) {
	for {
		select {
		case r := <-f.queue:
			f.deliver(ctx, r)
			continue
		case <-ending:
		}
		for {
			select {
			case r := <-f.queue:
				f.deliver(ctx, r)
			default:
				return
			}
		}
	}
}

func (f *forwarder) deliver(ctx context.Context, r *Record) {
	f.waiting.Add(-int64(len(r.Raw)))
	if err := f.send(ctx, r); err != nil {
		f.failed.Add(1)
		f.log.Warn("forwarding failed", "request", r.Seq, "error", err)
		return
	}
	f.sent.Add(1)
	f.log.Info("forwarded", "request", r.Seq, "event", r.EventID, "answer", http.StatusOK)
}

func (f *forwarder) send(ctx context.Context, r *Record) error {
	body, err := readdress(r, f.upstream)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.upstream.EnvelopeURL(), bytes.NewReader(body))
	if err != nil {
		return errors.New("the upstream's address is not usable")
	}
	client := r.Client
	if client == "" {
		client = forwardAgent
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", forwardAgent)
	req.Header.Set("X-Sentry-Auth", f.upstream.AuthHeader(client))
	response, err := f.client.Do(req)
	if err != nil {
		// Without the address: a path may hold a token.
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return fmt.Errorf("sending to %s: %w", f.upstream.Address(), err)
	}
	defer func() { _ = response.Body.Close() }()
	// Read to the end, so that the connection is used again.
	answer, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %d %s", f.upstream.Address(), response.StatusCode, http.StatusText(response.StatusCode))
	}
	if err != nil || !isAnswer(answer) {
		return fmt.Errorf("%s answered 200 with something that is not Sentry's", f.upstream.Address())
	}
	return nil
}

// isAnswer says whether a body is an object of JSON, as the ingest's is: portals
// and login pages answer 200 too.
func isAnswer(body []byte) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(body, &object) == nil && object != nil
}

// readdress rewrites the parts of an envelope's header that name this
// receiver's DSN and key. The items stay byte for byte as they are.
func readdress(r *Record, upstream *dsn.DSN) ([]byte, error) {
	e, err := r.Envelope()
	if err != nil {
		return nil, err
	}
	header := map[string]json.RawMessage{}
	if err := json.Unmarshal(e.RawHeader, &header); err != nil {
		return nil, envelope.ErrHeader
	}
	if _, ok := header["dsn"]; ok {
		if header["dsn"], err = json.Marshal(upstream.String()); err != nil {
			return nil, err
		}
	}
	trace := map[string]json.RawMessage{}
	if raw, ok := header["trace"]; ok && json.Unmarshal(raw, &trace) == nil && trace["public_key"] != nil {
		if trace["public_key"], err = json.Marshal(upstream.PublicKey); err != nil {
			return nil, err
		}
		if header["trace"], err = json.Marshal(trace); err != nil {
			return nil, err
		}
	}
	return envelope.Append(nil, header, e.Items...)
}
