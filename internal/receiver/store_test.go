package receiver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// feed gives a receiver an envelope without a connection.
func feed(t testing.TB, r *receiver.Receiver, body string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/1/envelope/", strings.NewReader(body))
	req.Header.Set("X-Sentry-Auth", auth())
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if w.Code != http.StatusOK {
		t.Fatalf("answered %d %s", w.Code, w.Body)
	}
}

func numbered(n, size int) string {
	return fmt.Sprintf("{}\n{\"type\":\"attachment\",\"filename\":\"%d\"}\n%s\n", n, strings.Repeat("x", size))
}

func TestStoreDropsTheOldest(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]receiver.Options{
		"by count": {MaxItems: 10},
		"by bytes": {MaxBytes: 10*(2048+1024) + 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := receiver.New(o)
			for n := range 1000 {
				feed(t, r, numbered(n, 2000))
			}
			kept, stats := r.Records(), r.Stats()
			if len(kept) < 8 || len(kept) > 10 {
				t.Fatalf("kept %d", len(kept))
			}
			for i, record := range kept {
				if want := uint64(1000 - len(kept) + i + 1); record.Seq != want {
					t.Errorf("record %d is request %d, expected %d", i, record.Seq, want)
				}
			}
			if stats.Dropped != uint64(1000-len(kept)) || stats.Accepted != 1000 || stats.Kept != len(kept) {
				t.Errorf("saw %+v", stats)
			}
			if o.MaxBytes > 0 && stats.KeptBytes > o.MaxBytes {
				t.Errorf("keeps %d bytes", stats.KeptBytes)
			}
		})
	}
}

func TestWhatIsLargerThanTheStoreIsDroppedAlone(t *testing.T) {
	t.Parallel()
	r := receiver.New(receiver.Options{MaxBytes: 10_000})
	feed(t, r, numbered(1, 100))
	feed(t, r, numbered(2, 20_000))
	if stats := r.Stats(); stats.Kept != 1 || stats.Dropped != 1 || stats.Accepted != 2 {
		t.Errorf("saw %+v", stats)
	}
}

func TestTypesAreCountedBounded(t *testing.T) {
	t.Parallel()
	r := receiver.New(receiver.Options{})
	var b strings.Builder
	b.WriteString("{}\n")
	for n := range 500 {
		fmt.Fprintf(&b, "{\"type\":\"t%d\"}\n\n", n)
	}
	feed(t, r, b.String())
	items := r.Stats().Items
	if len(items) > 65 || items["other"] < 400 {
		t.Errorf("counts %d types, other %d", len(items), items["other"])
	}
}

func TestAwait(t *testing.T) {
	t.Parallel()
	r := receiver.New(receiver.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := range 5 {
			feed(t, r, numbered(n, 10))
		}
	})
	found, err := r.Await(ctx, func(r *receiver.Record) bool { return r.Seq%2 == 1 }, 3)
	wg.Wait()
	if err != nil || len(found) < 3 || found[0].Seq != 1 {
		t.Errorf("found %d, %v", len(found), err)
	}
	cancel()
	if found, err := r.Await(ctx, nil, 6); !errors.Is(err, context.Canceled) || len(found) != 5 {
		t.Errorf("found %d, %v", len(found), err)
	}
	r.Reset()
	if len(r.Records()) != 0 {
		t.Error("Reset keeps records")
	}
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	r, address := start(t, receiver.Options{MaxItems: 20})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range 50 {
				post(t, "http://"+address+"/api/1/envelope/", http.Header{"X-Sentry-Auth": {auth()}}, []byte(numbered(n, 500)), n%2 == 0)
			}
		})
		wg.Go(func() {
			for range 50 {
				for _, record := range r.Records() {
					if _, err := record.Envelope(); err != nil {
						t.Error(err)
					}
				}
				r.Stats()
			}
		})
	}
	wg.Wait()
	if stats := r.Stats(); stats.Accepted != 200 || stats.Kept != 20 || stats.Dropped != 180 {
		t.Errorf("saw %+v", stats)
	}
}
