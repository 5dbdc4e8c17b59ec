package monitoring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

func TestWhatCannotBeScrubbedIsNotSent(t *testing.T) {
	t.Parallel()
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests++ }))
	defer server.Close()
	c, err := New(Config{DSN: strings.Replace(server.URL, "://", "://0123456789abcdef0123456789abcdef@", 1) + "/1"}, WithSync())
	if err != nil {
		t.Fatal(err)
	}
	c.transport.scrubber = nil // panics when it is used
	c.CaptureError(context.Background(), errors.New("planted"))
	d, err := c.Flush(context.Background())
	if err != nil || requests != 0 || d.ByReason[DropScrub] != 1 || d.Dropped != 1 || d.Pending != 0 {
		t.Errorf("requests %d, account %+v, error %v; want one dropped as %s", requests, d, err, DropScrub)
	}
	for _, raw := range []string{"", "no JSON", "{}\n{\"type\":\"event\",\"length\":5}\n{", "{}\n{\"type\":\"event\"}\n{\"user\":{\"a\":1}"} {
		if p, err := c.transport.prepare([]byte(raw)); err == nil || p.body != nil {
			t.Errorf("%q: got %d bytes to send, error %v", raw, len(p.body), err)
		}
	}
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestItemThatCannotBeScrubbedIsLeftOutOfItsEnvelope: the others are sent, its
// event is counted, and the receipt says so.
func TestItemThatCannotBeScrubbedIsLeftOutOfItsEnvelope(t *testing.T) {
	t.Parallel()
	var arrived string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		arrived = string(body)
		fmt.Fprint(w, "{}")
	}))
	defer server.Close()
	var got []Receipt
	c, err := New(Config{DSN: strings.Replace(server.URL, "://", "://0123456789abcdef0123456789abcdef@", 1) + "/1"},
		WithSync(), WithReceipts(func(r Receipt) { got = append(got, r) }))
	if err != nil {
		t.Fatal(err)
	}
	id := strings.Repeat("0a", 16)
	raw := `{"event_id":"` + id + `"}` + "\n" + `{"type":"event"}` + "\n" + `{"message":"kim@example.net` + "\n" + `{"type":"check_in"}` + "\n" + `{"status":"ok"}` + "\n"
	c.account.captured(id, categoryError)
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL, strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.transport.RoundTrip(request); err != nil {
		t.Fatal(err)
	}
	if want := `{"event_id":"` + id + `"}` + "\n" + `{"length":15,"type":"check_in"}` + "\n" + `{"status":"ok"}` + "\n"; arrived != want {
		t.Errorf("sent: got %q, want %q", arrived, want)
	}
	if len(got) != 1 || cmp.Diff([]string{"event"}, got[0].LeftOut)+cmp.Diff([]string{"check_in"}, got[0].ItemTypes) != "" || len(got[0].EventIDs) != 0 {
		t.Errorf("receipts: %+v", got)
	}
	if d := c.account.delivery(); d.ByReason[DropScrub] != 1 || d.Pending+d.Delivered != 0 {
		t.Errorf("account: %+v, want the event dropped as %s", d, DropScrub)
	}
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestAccountIsBounded(t *testing.T) {
	t.Parallel()
	a := newAccount()
	const captured = 3 * maxPending
	for n := range captured {
		a.captured(fmt.Sprint(n), categoryError)
	}
	d := a.delivery()
	if d.Pending > maxPending || len(a.writtenOff) > maxPending || d.Pending+d.Dropped != captured {
		t.Errorf("pending %d, written off %d, dropped %d of %d", d.Pending, len(a.writtenOff), d.Dropped, captured)
	}
}

func TestAnEventThatWasSlowAndNotLostIsCountedOnce(t *testing.T) {
	t.Parallel()
	a := newAccount()
	a.captured("a", categoryError)
	a.settle(a.mark(), nil)
	if d := a.delivery(); d.Dropped != 1 || d.ByReason[DropSDK] != 1 {
		t.Errorf("before the answer: %+v", d)
	}
	a.answered(Receipt{Status: 200, EventIDs: []string{"a"}})
	a.answered(Receipt{Status: 200, EventIDs: []string{"never captured"}})
	if d := a.delivery(); d.Delivered != 1 || d.Dropped != 0 || len(d.ByReason) != 0 {
		t.Errorf("after the answer: %+v", d)
	}
}

func TestSettleSparesWhatCameAfterTheMark(t *testing.T) {
	t.Parallel()
	a := newAccount()
	a.captured("a", categoryError)
	mark := a.mark()
	a.captured("b", categoryError)
	a.settle(mark, nil)
	if d := a.delivery(); d.Dropped != 1 || d.Pending != 1 {
		t.Errorf("got %+v, want one dropped and one pending", d)
	}
}

func TestLostEventsTakeTheReasonsThatTheSDKReports(t *testing.T) {
	t.Parallel()
	a := newAccount()
	for n := range 4 {
		a.captured(fmt.Sprint("e", n), categoryError)
		a.captured(fmt.Sprint("t", n), categoryTransaction)
	}
	a.reported([]envelope.Discarded{
		{Reason: "buffer_overflow", Category: "error", Quantity: 2},
		{Reason: "ratelimit_backoff", Category: "error", Quantity: 1},
		{Reason: "network_error", Category: "error", Quantity: 9},
		{Reason: "queue_overflow", Category: "span", Quantity: 9},
	})
	a.settle(a.mark(), func(category string) bool { return category == categoryTransaction })
	want := map[string]int{DropOverflow: 2, DropRateLimit: 5, DropSDK: 1}
	if diff := cmp.Diff(want, a.delivery().ByReason); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOnlyTwentyRejectionsAreKept(t *testing.T) {
	t.Parallel()
	a := newAccount()
	for n := range 30 {
		a.answered(Receipt{Status: 400 + n})
	}
	d := a.delivery()
	if len(d.Rejections) != maxRejections || d.Rejections[0].Status != 410 || d.Rejections[19].Status != 429 {
		t.Errorf("got %d, from %d", len(d.Rejections), d.Rejections[0].Status)
	}
}
