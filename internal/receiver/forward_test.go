package receiver_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// upstream is a receiver to forward to, and its DSN as another one would have
// it: with a path prefix.
func upstream(t *testing.T) (*receiver.Receiver, *dsn.DSN) {
	t.Helper()
	r, address := start(t, receiver.Options{})
	parsed, err := dsn.Parse(r.DSN(address + "/up/stream"))
	if err != nil {
		t.Fatal(err)
	}
	return r, parsed
}

func TestForwardingReaddresses(t *testing.T) {
	t.Parallel()
	up, target := upstream(t)
	r, address, stop := serve(t, receiver.Options{Upstream: target})
	body := "{\"dsn\":\"" + r.DSN(address) + "\",\"event_id\":\"" + id + "\",\"trace\":{\"public_key\":\"" + strings.Repeat("b", 32) + "\",\"trace_id\":\"t\"}}\n" +
		"{\"type\":\"event\"}\n{\"message\":\"hello <&>\"}\n{\"type\":\"attachment\",\"length\":3,\"filename\":\"f\"}\n\n\x00\n\n"
	header := http.Header{"X-Sentry-Auth": {auth()}}
	if status, got := post(t, "http://"+address+"/api/1/envelope/", header, []byte(body), false); status != 200 {
		t.Fatalf("answered %d %s", status, got)
	}
	if status, got := post(t, "http://"+address+"/api/1/store/", header, []byte(`{"message":"stored"}`), false); status != 200 {
		t.Fatalf("answered %d %s", status, got)
	}
	if status, got := post(t, "http://"+address+"/stream", nil, []byte(message), false); status != 200 {
		t.Fatalf("answered %d %s", status, got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	found, err := up.Await(ctx, nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	first, second := found[0], found[1]
	if first.Path != "/up/stream/api/1/envelope/" || first.Client != "test/1.0" || first.Auth != receiver.SourceHeader {
		t.Errorf("saw %s from %s by %s", first.Path, first.Client, first.Auth)
	}
	e, err := first.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Header()
	if err != nil {
		t.Fatal(err)
	}
	if got.DSN != target.String() || got.EventID != id {
		t.Error("the header does not name the upstream, or lost its id")
	}
	want := map[string]string{"public_key": target.PublicKey, "trace_id": "t"}
	if diff := cmp.Diff(want, got.Trace); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
	if len(e.Items) != 2 || string(e.Items[0].Payload) != `{"message":"hello <&>"}` || string(e.Items[1].Payload) != "\n\x00\n" {
		t.Errorf("the items changed: %q", e.Items)
	}
	if !bytes.Contains(second.Raw, []byte(`{"message":"stored"}`)) || second.Kind != receiver.KindEnvelope {
		t.Error("the stored event did not come as an envelope")
	}
	stop()
	if stats := r.Stats(); stats.Forwarded != 2 || stats.ForwardFailed != 0 {
		t.Errorf("saw %+v", stats)
	}
}

func TestForwardingFailuresAreCountedAndSaid(t *testing.T) {
	t.Parallel()
	up, target := upstream(t)
	up.Script(receiver.Answer{N: -1, Status: http.StatusServiceUnavailable})
	var log lockedBuffer
	r, _, stop := serve(t, receiver.Options{Upstream: target, Log: slog.New(slog.NewTextHandler(&log, nil))})
	feed(t, r, numbered(1, 10))
	stop() // what is queued goes out within the grace
	if stats := r.Stats(); stats.ForwardFailed != 1 || stats.Forwarded != 0 {
		t.Errorf("saw %+v", stats)
	}
	if said := log.String(); !strings.Contains(said, "503 Service Unavailable") || strings.Contains(said, target.PublicKey) {
		t.Errorf("said %s", said)
	}
}

// A portal answers 200 too: that is no delivery.
func TestForwardingIsJudgedByTheAnswersBody(t *testing.T) {
	t.Parallel()
	up, target := upstream(t)
	up.Script(receiver.Answer{N: -1, Status: http.StatusOK, Body: "<html>Welcome</html>"})
	var log lockedBuffer
	r, _, stop := serve(t, receiver.Options{Upstream: target, Log: slog.New(slog.NewTextHandler(&log, nil))})
	feed(t, r, numbered(1, 10))
	stop()
	if stats := r.Stats(); stats.ForwardFailed != 1 || stats.Forwarded != 0 || !strings.Contains(log.String(), "not Sentry's") {
		t.Errorf("saw %+v, said %s", stats, log.String())
	}
}

// TestForwardingNeverBlocks fills the queue of a forwarder that does not run.
func TestForwardingNeverBlocks(t *testing.T) {
	t.Parallel()
	_, target := upstream(t)
	r := receiver.New(receiver.Options{Upstream: target})
	for n := range 300 {
		feed(t, r, numbered(n, 10))
	}
	if stats := r.Stats(); stats.Accepted != 300 || stats.ForwardFailed != 300-256 {
		t.Errorf("saw %+v", stats)
	}
}

// TestForwardingToItselfEnds: a DSN that points back must not go round.
func TestForwardingToItselfEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	listener, err := receiver.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	self, err := dsn.Parse(receiver.New(receiver.Options{}).DSN(listener.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	r := receiver.New(receiver.Options{Upstream: self})
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(ctx, listener) }()
	feed(t, r, numbered(1, 10))
	if _, err := r.Await(ctx, nil, 2); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	// What would go round again was queued, and is sent or failed by now.
	if stats := r.Stats(); stats.Forwarded != 1 || stats.ForwardFailed != 0 {
		t.Errorf("it goes round: %+v", stats)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
