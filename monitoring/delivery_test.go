package monitoring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bookedbarber/bbctl/monitoring"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryEnvelopeHasAReceipt(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var got []monitoring.Receipt
	c := newClient(t, s, monitoring.WithReceipts(func(r monitoring.Receipt) { got = append(got, r) }), monitoring.WithClock(steps(time.Millisecond)))
	id := c.CaptureMessage(context.Background(), monitoring.LevelInfo, "one")
	_, span := c.StartTransaction(context.Background(), "t", "test")
	span.Finish()
	if len(got) != 2 {
		t.Fatalf("receipts when capture has returned: got %d, want 2", len(got))
	}
	if r := got[0]; r.Status != 200 || !r.Delivered() || r.Latency <= 0 || cmp.Diff([]string{string(id)}, r.EventIDs)+cmp.Diff([]string{"event"}, r.ItemTypes) != "" {
		t.Errorf("receipt of the message: %+v", r)
	}
	if r := got[1]; !r.Delivered() || len(r.EventIDs) != 1 || r.ItemTypes[0] != "transaction" {
		t.Errorf("receipt of the transaction: %+v", r)
	}
	if d := flush(t, c); d.Delivered != 2 || d.Pending+d.Rejected+d.Dropped != 0 {
		t.Errorf("account: %+v", d)
	}
}

func TestRefusalsAreNoDeliveries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		script func(w http.ResponseWriter)
		check  func(monitoring.Receipt) bool
	}{
		{"403", func(w http.ResponseWriter) {
			w.Header().Set("X-Sentry-Error", "bad sentry DSN public key")
			http.Error(w, `{"detail":"ProjectId"}`, http.StatusForbidden)
		}, func(r monitoring.Receipt) bool {
			return r.Status == 403 && r.SentryError == "bad sentry DSN public key" && strings.Contains(r.Body, "ProjectId")
		}},
		{"413", func(w http.ResponseWriter) { http.Error(w, "", http.StatusRequestEntityTooLarge) }, func(r monitoring.Receipt) bool { return r.Status == 413 }},
		{"429", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "60")
			w.Header().Set("X-Sentry-Rate-Limits", "60:transaction:key:quota, 2:error:org")
			http.Error(w, "", http.StatusTooManyRequests)
		}, func(r monitoring.Receipt) bool {
			return r.RetryAfter == time.Minute && cmp.Diff([]string{"60:transaction:key:quota", "2:error:org"}, r.RateLimits) == ""
		}},
		{"500", func(w http.ResponseWriter) { http.Error(w, strings.Repeat("x", 5000), http.StatusInternalServerError) }, func(r monitoring.Receipt) bool {
			return r.Status == 500 && len(r.Body) == 1024
		}},
		{"a page of HTML", func(w http.ResponseWriter) { fmt.Fprint(w, "<html>welcome to this hotel</html>") }, func(r monitoring.Receipt) bool {
			return r.Status == 200 && r.Err != nil
		}},
		{"nothing", func(http.ResponseWriter) {}, func(r monitoring.Receipt) bool { return r.Status == 200 && r.Err != nil }},
		{"another event's id", func(w http.ResponseWriter) { fmt.Fprint(w, `{"id":"00000000000000000000000000000000"}`) }, func(r monitoring.Receipt) bool {
			return r.Err != nil
		}},
		{"a redirect", func(w http.ResponseWriter) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
		}, func(r monitoring.Receipt) bool { return r.Status == 302 }},
		{"a cut answer", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "500")
			fmt.Fprint(w, `{"id":`)
		}, func(r monitoring.Receipt) bool { return r.Status == 200 && r.Err != nil }},
		{"no answer", func(w http.ResponseWriter) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}, func(r monitoring.Receipt) bool { return r.Status == 0 && r.Err != nil }},
		{"a secret in the answer", func(w http.ResponseWriter) { http.Error(w, "card 4242"+"424242424242", http.StatusBadRequest) }, func(r monitoring.Receipt) bool {
			return !strings.Contains(r.Body, "4242"+"4242")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.script = func(_ int, w http.ResponseWriter, _ *http.Request) bool { tt.script(w); return true }
			c := newClient(t, s)
			c.CaptureError(context.Background(), errPlanted)
			d := flush(t, c)
			if d.Delivered != 0 || d.Rejected != 1 || d.Pending != 0 || d.Dropped != 0 || len(d.Rejections) != 1 {
				t.Fatalf("account: %+v", d)
			}
			if !tt.check(d.Rejections[0]) || d.Rejections[0].Delivered() {
				t.Errorf("receipt: %+v", d.Rejections[0])
			}
			if s.count() != 1 {
				t.Errorf("requests: got %d, want 1", s.count())
			}
		})
	}
}

func TestServerThatIsGoneIsInTheAccount(t *testing.T) {
	t.Parallel()
	for _, sync := range []bool{true, false} {
		s := newServer(t)
		s.Close()
		var options []monitoring.Option
		if sync {
			options = append(options, monitoring.WithSync())
		}
		c := clientOf(t, testConfig(s), options...)
		c.CaptureError(context.Background(), errPlanted)
		if d := flush(t, c); d.Rejected != 1 || d.Delivered != 0 || d.Rejections[0].Err == nil {
			t.Errorf("sync %t: account: %+v", sync, d)
		}
	}
}

func TestRateLimitsHoldBackAndAreCounted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		headers          map[string]string
		errors, transact int // dropped after the first error was refused
	}{
		{"error alone", map[string]string{"X-Sentry-Rate-Limits": "60:error:key:quota"}, 1, 0},
		{"everything", map[string]string{"X-Sentry-Rate-Limits": "60::organization"}, 1, 1},
		{"several", map[string]string{"X-Sentry-Rate-Limits": "60:transaction;error:key, 5:attachment"}, 1, 1},
		{"Retry-After alone", map[string]string{"Retry-After": "60"}, 1, 1},
		{"neither", nil, 1, 1},
		{"another category", map[string]string{"X-Sentry-Rate-Limits": "60:attachment:key"}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.script = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				if n > 1 {
					return false
				}
				for key, value := range tt.headers {
					w.Header().Set(key, value)
				}
				w.WriteHeader(http.StatusTooManyRequests)
				return true
			}
			c := newClient(t, s)
			ctx := context.Background()
			c.CaptureError(ctx, errPlanted)
			if id := c.CaptureError(ctx, errPlanted); (id == "") != (tt.errors == 1) {
				t.Errorf("an id for an error that is held back: %q", id)
			}
			_, span := c.StartTransaction(ctx, "t", "test")
			span.Finish()
			d := flush(t, c)
			want := tt.errors + tt.transact
			if d.ByReason[monitoring.DropRateLimit] != want || d.Dropped != want || d.Rejected != 1 || d.Delivered != 2-want {
				t.Errorf("account: %+v, want %d dropped", d, want)
			}
		})
	}
}

func TestRateLimitEnds(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.script = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			// A limit of the SDK's own would outlive our clock.
			w.Header().Set("X-Sentry-Rate-Limits", "0.2:error:key")
			w.WriteHeader(http.StatusTooManyRequests)
		}
		return n == 1
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := newClient(t, s, monitoring.WithClock(func() time.Time { return at }))
	ctx := context.Background()
	c.CaptureError(ctx, errPlanted)
	if c.CaptureError(ctx, errPlanted) != "" {
		t.Error("an id within the pause")
	}
	at = at.Add(time.Second)
	deadline := time.Now().Add(5 * time.Second)
	for c.CaptureError(ctx, errPlanted) == "" {
		if time.Now().After(deadline) {
			t.Fatal("nothing is sent after the pause")
		}
	}
}

func TestFlushWaitsForTheBackground(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := clientOf(t, testConfig(s))
	var together sync.WaitGroup
	for range 4 {
		together.Go(func() {
			for range 20 {
				c.CaptureError(context.Background(), errPlanted)
			}
		})
	}
	together.Wait()
	_, span := c.StartTransaction(context.Background(), "t", "test")
	span.Finish()
	if d := flush(t, c); d.Delivered != 81 || d.Pending+d.Rejected+d.Dropped != 0 {
		t.Errorf("account: %+v, want 81 delivered", d)
	}
	if n := len(s.events(t)); n != 80 {
		t.Errorf("events: got %d, want 80", n)
	}
}

// blocking answers nobody before it is released.
func blocking(s *server) (release func()) {
	gate := make(chan struct{})
	s.script = func(int, http.ResponseWriter, *http.Request) bool { <-gate; return false }
	return sync.OnceFunc(func() { close(gate) })
}

func TestFlushSaysWhatIsPending(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	release := blocking(s)
	defer release()
	c := clientOf(t, testConfig(s))
	c.CaptureError(context.Background(), errPlanted)
	c.CaptureError(context.Background(), errPlanted)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	d, err := c.Flush(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || d.Pending != 2 || d.Delivered != 0 {
		t.Errorf("got %+v, error %v; want 2 pending and a deadline", d, err)
	}
	release()
	if d := flush(t, c); d.Delivered != 2 || d.Pending != 0 {
		t.Errorf("later: %+v, want 2 delivered", d)
	}
}

// TestOverflowIsCounted fills the SDK's queue of 100 errors while the server
// does not answer: the sum must be right, although it drops without a word.
func TestOverflowIsCounted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	release := blocking(s)
	defer release()
	c := clientOf(t, testConfig(s))
	const captured = 1500
	for range captured {
		c.CaptureError(context.Background(), errPlanted)
	}
	release()
	d := flush(t, c)
	if d.Pending != 0 || d.Delivered+d.Dropped != captured || d.Rejected != 0 {
		t.Errorf("account: %+v, want a sum of %d", d, captured)
	}
	if n := len(s.events(t)); n != d.Delivered {
		t.Errorf("events that arrived: got %d, the account says %d", n, d.Delivered)
	}
	c.CaptureError(context.Background(), errPlanted)
	if d := flush(t, c); d.Dropped > 0 && d.ByReason[monitoring.DropOverflow]+d.ByReason[monitoring.DropSDK] != d.Dropped {
		t.Errorf("by reason: %v", d.ByReason)
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	release := blocking(s)
	defer release()
	c, err := monitoring.New(testConfig(s))
	if err != nil {
		t.Fatal(err)
	}
	c.CaptureError(context.Background(), errPlanted)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: got %v, want the deadline", err)
	}
	if id := c.CaptureError(context.Background(), errPlanted); id != "" {
		t.Errorf("after close: got id %q", id)
	}
	_, span := c.StartTransaction(context.Background(), "t", "test")
	span.Finish()
	d, _ := c.Flush(context.Background())
	if d.ByReason[monitoring.DropClosed] < 2 || d.Pending != 0 || d.Delivered != 0 {
		t.Errorf("account: %+v, want the later two counted as closed", d)
	}
	if err := c.Close(context.Background()); err != nil {
		t.Errorf("the second close: %v", err)
	}
}

func TestNoGoroutineIsLeft(t *testing.T) {
	s := newServer(t)
	before := goleak.IgnoreCurrent()
	for _, options := range [][]monitoring.Option{nil, {monitoring.WithSync()}} {
		c, err := monitoring.New(testConfig(s), options...)
		if err != nil {
			t.Fatal(err)
		}
		c.CaptureError(context.Background(), errPlanted)
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("net/http.(*conn).serve"))
}

func TestLargeBodiesAreCompressed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	c.CaptureMessage(context.Background(), monitoring.LevelInfo, strings.Repeat("long ", 500))
	c.CaptureMessage(context.Background(), monitoring.LevelInfo, "short")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.encoding[0] != "gzip" || len(s.raw) != 2 {
		t.Errorf("encodings: got %q", s.encoding)
	}
}

// mangling stands between the client and the server.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTransportIsUsed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	used := 0
	c := newClient(t, s, monitoring.WithTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
		used++
		if r.Header.Get("X-Sentry-Auth") == "" {
			t.Error("no X-Sentry-Auth")
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	c.CaptureError(context.Background(), errPlanted)
	if used != 1 || len(s.events(t)) != 1 {
		t.Errorf("used %d times", used)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// TestSecretsDoNotLeaveTheProcess plants them where hooks do not look: in the
// name of a transaction, which the SDK copies into the envelope's header, in
// spans, breadcrumbs and a chain's inner error.
func TestSecretsDoNotLeaveTheProcess(t *testing.T) {
	t.Parallel()
	card, mail, key := "4242"+"424242424242", "anna.planted"+"@example.org", "sk_"+"live_4eC39HqLyjWDarjtT1zdp7dc"
	all := card + " " + mail + " " + key
	s := newServer(t)
	c := newClient(t, s)
	ctx := monitoring.AddUser(c.WithScope(context.Background()), monitoring.User{ID: "user_1", Email: mail})
	ctx = monitoring.AddBusiness(ctx, monitoring.Business{OperationType: card, ResourceID: key})
	ctx, root := c.StartTransaction(ctx, "GET /"+mail, "http.server")
	_, span := c.StartSpan(ctx, "step", all)
	span.SetData("note", all)
	span.Finish()
	c.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: "pay with " + card, ResourceID: mail})
	c.CaptureError(ctx, fmt.Errorf("paying with %s: %w", card, errors.New(all)), monitoring.Tag("note", mail), monitoring.Data("authorization", "Bearer "+key))
	root.Finish()
	if len(s.events(t)) != 1 || len(s.transactions(t)) != 1 {
		t.Fatal("not all arrived")
	}
	for _, secret := range []string{card, mail, key} {
		if strings.Contains(s.bytes(), secret) {
			at := strings.Index(s.bytes(), secret)
			t.Errorf("%d bytes of a secret are on the wire, after %q", len(secret), s.bytes()[max(0, at-60):at])
		}
	}
	if s.event(t).User["id"] != "user_1" {
		t.Errorf("user: got %v", s.event(t).User)
	}
}

func TestEmailIsSentOnlyWhereAllowed(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		s := newServer(t)
		cfg := testConfig(s)
		cfg.SendDefaultPII = allowed
		user := monitoring.User{ID: "u", Email: "anna@example.org", Role: "barber", OrganizationID: "org_1", BarberID: "b_1"}
		clientOf(t, cfg, monitoring.WithSync()).CaptureError(monitoring.AddUser(context.Background(), user), errPlanted)
		want := map[string]any{"id": "u", "role": "barber", "organization_id": "org_1", "barber_id": "b_1"}
		if allowed {
			want["email"] = "anna@example.org"
		}
		if diff := cmp.Diff(want, s.event(t).User); diff != "" {
			t.Errorf("allowed %t (-want +got):\n%s", allowed, diff)
		}
	}
}

func TestDebugExplainsOnTheLogWithoutTheKey(t *testing.T) {
	t.Parallel()
	for _, debug := range []bool{false, true} {
		s := newServer(t)
		var lines bytes.Buffer
		cfg := testConfig(s)
		cfg.Debug = debug
		c := clientOf(t, cfg, monitoring.WithSync(), monitoring.WithLogger(slog.New(slog.NewJSONHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		c.CaptureError(context.Background(), errPlanted)
		c.CaptureError(context.Background(), context.Canceled)
		if said := strings.Contains(lines.String(), monitoring.DropCancelled) && strings.Contains(lines.String(), "answered"); said != debug {
			t.Errorf("debug %t: the log says %q", debug, lines.String())
		}
		if strings.Contains(lines.String(), "0123456789abcdef0123456789abcdef") {
			t.Error("the log holds the key")
		}
	}
}

func TestBreadcrumbsUseTheWireNames(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	ctx := c.WithScope(context.Background())
	c.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: "create", ResourceType: "appointment", ResourceID: "apt_1", BarberID: "b_1"})
	c.PerformanceBreadcrumb(ctx, monitoring.PerformanceCrumb{Operation: "database_query", Duration: 250 * time.Millisecond, Table: "appointments", QueryType: "SELECT"})
	inner := c.WithScope(ctx)
	c.BusinessBreadcrumb(inner, monitoring.BusinessCrumb{Action: "of another request"})
	c.CaptureError(ctx, errPlanted)
	crumbs := s.event(t).Breadcrumbs
	if len(crumbs) != 2 {
		t.Fatalf("breadcrumbs: got %d, want 2", len(crumbs))
	}
	for i, want := range []map[string]any{
		{"action": "create", "resource_type": "appointment", "resource_id": "apt_1", "barber_id": "b_1"},
		{"operation": "database_query", "duration_ms": 250.0, "table": "appointments", "query_type": "SELECT"},
	} {
		if diff := cmp.Diff(want, crumbs[i].Data); diff != "" {
			t.Errorf("breadcrumb %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestLastHundredBreadcrumbsArriveOldestFirst(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	ctx := c.WithScope(context.Background())
	for n := range 130 {
		c.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{ResourceID: fmt.Sprint(n)})
	}
	c.CaptureError(ctx, errPlanted)
	crumbs := s.event(t).Breadcrumbs
	if len(crumbs) != 100 || crumbs[0].Data["resource_id"] != "30" || crumbs[99].Data["resource_id"] != "129" {
		t.Errorf("got %d, from %v to %v", len(crumbs), crumbs[0].Data, crumbs[len(crumbs)-1].Data)
	}
}

func TestNestedStepsAddToTheOperation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	outer := monitoring.AddBusiness(context.Background(), monitoring.Business{OperationType: "appointment_booking", BarberID: "b_1"})
	inner := monitoring.AddBusiness(outer, monitoring.Business{ResourceType: "appointment", ResourceID: "apt_1", ClientID: "c_1", LocationID: "l_1"})
	c.CaptureError(inner, errPlanted)
	c.CaptureError(outer, errPlanted)
	events := s.events(t)
	want := map[string]any{
		"operation_type": "appointment_booking", "barber_id": "b_1", "resource_type": "appointment",
		"resource_id": "apt_1", "client_id": "c_1", "location_id": "l_1",
	}
	if diff := cmp.Diff(want, events[0].Contexts["business"]); diff != "" {
		t.Errorf("inner (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"operation_type": "appointment_booking", "barber_id": "b_1"}, events[1].Contexts["business"]); diff != "" {
		t.Errorf("outer (-want +got):\n%s", diff)
	}
}

func TestClientReportsStillGoOut(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.script = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			http.Error(w, "", http.StatusInternalServerError)
		}
		return n == 1
	}
	c := newClient(t, s)
	c.CaptureError(context.Background(), errPlanted)
	c.CaptureError(context.Background(), errPlanted)
	reports := s.items(t, "client_report")
	if len(reports) != 1 || !json.Valid(reports[0].Payload) || !bytes.Contains(reports[0].Payload, []byte("send_error")) {
		t.Errorf("client reports: got %d", len(reports))
	}
	if d := flush(t, c); d.Rejected != 1 || d.Delivered != 1 || d.Dropped != 0 {
		t.Errorf("account: %+v", d)
	}
}

func TestDialErrorIsInTheReceipt(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s, monitoring.WithTransport(roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "example.invalid"}
	})))
	c.CaptureError(context.Background(), errPlanted)
	var dns *net.DNSError
	if d := flush(t, c); len(d.Rejections) != 1 || !errors.As(d.Rejections[0].Err, &dns) {
		t.Errorf("account: %+v", d)
	}
}
