package monitoring

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// transport is the way of every envelope to the server: it scrubs, sends, and
// writes down the answer.
type transport struct {
	base     http.RoundTripper
	scrubber *scrub.Scrubber
	account  *account
	receipts func(Receipt)
	now      func() time.Time
	log      *slog.Logger
	limits   *limits
	key      string

	life context.Context //nolint:containedctx // the client's, not a call's: Close ends what is under way
	stop context.CancelFunc

	writers sync.Pool  // of *gzip.Writer: each is 800 KB
	telling sync.Mutex // receipts do not overlap
}

var (
	errScrub  = errors.New("the envelope could not be scrubbed, and was not sent")
	errClosed = errors.New("the client is closed")
)

// packed is an envelope as it is sent.
type packed struct {
	body    []byte
	ids     []string
	types   []string
	leftOut []string // types of the items that could not be scrubbed
}

// RoundTrip sends one envelope. It implements http.RoundTripper for the SDK,
// and returns an answer whose body has been read.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, err := readRequest(req)
	if err != nil {
		return nil, err
	}
	p, err := t.prepare(raw)
	if err == nil && t.life.Err() != nil {
		return nil, t.discard(p.ids, DropClosed, errClosed)
	}
	if err != nil {
		return nil, t.discard(p.ids, DropScrub, errScrub)
	}
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	defer context.AfterFunc(t.life, cancel)()

	started := t.now()
	resp, head, err := t.exchange(t.request(ctx, req, p.body))
	receipt := Receipt{EventIDs: p.ids, ItemTypes: p.types, LeftOut: p.leftOut, Latency: t.now().Sub(started), Err: err}
	if resp != nil {
		receipt.judge(resp.Header, resp.StatusCode, head, t.now())
		receipt.Body = t.scrubber.String(string(head))
		t.limits.update(resp.StatusCode, receipt.RateLimits, resp.Header.Get("Retry-After"), t.now())
		err = nil
	}
	t.settle(receipt)
	return resp, err
}

func readRequest(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, errors.New("an envelope without a body")
	}
	raw, err := io.ReadAll(req.Body)
	if closeErr := req.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("reading the envelope: %w", err)
	}
	return raw, nil
}

// minGzip is from when on compression saves a packet, in bytes.
const minGzip = 1 << 10

// request is the SDK's request with our bytes.
func (t *transport) request(ctx context.Context, req *http.Request, body []byte) *http.Request {
	out := req.Clone(ctx)
	if len(body) > minGzip {
		body = t.compress(body)
		out.Header.Set("Content-Encoding", "gzip")
	}
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.ContentLength = int64(len(body))
	return out
}

func (t *transport) compress(body []byte) []byte {
	w, ok := t.writers.Get().(*gzip.Writer)
	if !ok {
		w, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a known one
	}
	defer t.writers.Put(w)
	var out bytes.Buffer
	out.Grow(len(body) / 4)
	w.Reset(&out)
	// A bytes.Buffer refuses nothing.
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}

// exchange sends a request and reads the head of the answer. The rest is read
// and thrown away, within bounds, so that the connection can be used again.
// Where the answer is cut both it and the error are returned.
func (t *transport) exchange(req *http.Request) (*http.Response, []byte, error) {
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	head, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil {
		_, err = io.CopyN(io.Discard, resp.Body, 64<<10)
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", errCut, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(head))
	return resp, head, err
}

// settle tells everybody what became of an envelope.
func (t *transport) settle(r Receipt) {
	t.account.answered(r)
	t.log.Debug("sentry: an envelope was answered", "status", r.Status, "items", r.ItemTypes, "ids", r.EventIDs, "error", r.Err)
	if t.receipts != nil {
		t.telling.Lock()
		defer t.telling.Unlock()
		t.receipts(r)
	}
}

// discard counts an envelope that is not sent.
func (t *transport) discard(ids []string, reason string, err error) error {
	for _, id := range ids {
		t.account.lost(id, reason)
	}
	t.log.Debug("sentry: an envelope was dropped", "reason", reason, "ids", ids)
	return err
}

// prepare makes the bytes that are sent. It never returns the original ones
// where the scrubber failed, and neither lets a panic through: this runs in
// the SDK's goroutine.
func (t *transport) prepare(raw []byte) (p packed, err error) {
	defer func() {
		if r := recover(); r != nil {
			p.body, err = nil, errScrub
		}
	}()
	e, err := envelope.Split(raw)
	if err != nil {
		return p, err
	}
	header, err := e.Header()
	if err != nil {
		return p, err
	}
	rawHeader := json.RawMessage(e.RawHeader)
	for i, item := range e.Items {
		p.types = append(p.types, item.Type)
		switch item.Type {
		case "event", "transaction":
			p.ids = append(p.ids, header.EventID)
			var trace json.RawMessage
			if e.Items[i].Payload, trace, err = reshape(item.Payload); err != nil {
				return p, err
			}
			if rawHeader, err = reheaded(rawHeader, trace); err != nil {
				return p, err
			}
		case "client_report":
			if report, err := item.ClientReport(); err == nil {
				t.account.reported(report.Discarded)
			}
		}
	}
	shaped, err := envelope.Append(nil, rawHeader, e.Items...)
	if err != nil {
		return p, err
	}
	body, leftOut, err := t.scrubber.AppendEnvelope(nil, shaped)
	if err != nil {
		return p, err
	}
	err = t.leave(&p, body, leftOut)
	return p, err
}

// leave takes the items that could not be scrubbed out of what is sent, and
// counts their events. Where nothing else is left nothing is sent.
func (t *transport) leave(p *packed, body []byte, leftOut []string) error {
	if len(leftOut) == len(p.types) {
		return errScrub
	}
	p.body, p.leftOut = body, leftOut
	for _, kind := range leftOut {
		if i := slices.Index(p.types, kind); i >= 0 {
			p.types = slices.Delete(p.types, i, i+1)
		}
		if kind == "event" || kind == "transaction" {
			for _, id := range p.ids {
				t.account.lost(id, DropScrub)
			}
			p.ids = nil
		}
	}
	return nil
}
