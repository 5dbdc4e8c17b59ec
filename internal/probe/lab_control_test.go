package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// control is a healthy setup: no layer of it fails, warns or is blocked.
type control struct {
	name       string
	set        func(t *testing.T, p *Plan)
	skipped    []Layer
	unfinished []Layer
	says       map[Layer]string // parts of details, separated by |
}

func controls() []control {
	script := func(s answers) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) { relay(t, p, s) }
	}
	return []control{
		{name: "Relay", set: script(nil), says: map[Layer]string{
			LayerNames: "127.0.0.1 is an address", LayerConnection: "connected to 127.0.0.1:", LayerProxy: "no proxy is set", LayerTLS: "http",
			LayerAnswer: "200", LayerGzip: "gzip", LayerEvent: "the id that was sent", LayerAgain: "after the first",
			LayerLimits: "no answer names a limit", LayerLatency: "the quickest answer to 2 events", LayerOther: "every client",
		}},
		{name: "TLS", set: func(t *testing.T, p *Plan) { secure(t, p, nil) }, says: map[Layer]string{LayerTLS: "TLS 1.3|Barber Test CA|certifi|" + time.Now().UTC().Format("2006")}},
		{name: "an id in every answer", set: script(func(w http.ResponseWriter, c call) bool {
			return c.id == "" && answerWith(w, 200, jsonType, `{"id":"`+strings.Repeat("0", 31)+`1"}`)
		})},
		{name: "an id of null", set: script(func(w http.ResponseWriter, c call) bool {
			return c.id == "" && answerWith(w, 200, jsonType, `{"id":null}`)
		})},
		{name: "lower-case headers", set: func(t *testing.T, p *Plan) {
			bare(t, p, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: %s\r\nx-sentry-rate-limits: 0:error:key\r\ncontent-length: %d\r\n\r\n%s")
		}},
		{name: "no Date", set: script(func(w http.ResponseWriter, _ call) bool { w.Header()["Date"] = nil; return false }), says: map[Layer]string{LayerClock: "no answer carries a Date"}},
		{name: "a Date out of a cache", set: script(func(w http.ResponseWriter, _ call) bool {
			w.Header().Set("Date", "Wed, 04 Mar 2020 05:04:06 GMT")
			w.Header().Set("Age", "60")
			return false
		})},
		{name: "a chunked body", set: script(func(w http.ResponseWriter, c call) bool {
			relayBody(w, c)
			w.(http.Flusher).Flush()
			return true
		})},
		{name: "a body that a gateway compressed", set: script(func(w http.ResponseWriter, c call) bool {
			var body strings.Builder
			relayBody(&body, c)
			packed, err := compress([]byte(body.String()))
			return err == nil && answerWith(w, 200, jsonType+"\nContent-Encoding: gzip", string(packed))
		})},
		{name: "100 ms", set: script(func(http.ResponseWriter, call) bool { <-time.After(100 * time.Millisecond); return false })},
		{name: "a slow first answer", set: script(func(_ http.ResponseWriter, c call) bool {
			if c.n == 1 {
				<-time.After(SlowLimit + 100*time.Millisecond)
			}
			return false
		})},
		{name: "201", set: script(func(w http.ResponseWriter, c call) bool {
			w.WriteHeader(http.StatusCreated)
			relayBody(w, c)
			return true
		})},
		{name: "a limit that is over", set: script(func(w http.ResponseWriter, _ call) bool {
			w.Header().Set("X-Sentry-Rate-Limits", "0:error;transaction:organization:usage")
			return false
		})},
		{name: "Retry-After of a 200", set: script(func(w http.ResponseWriter, _ call) bool { w.Header().Set("Retry-After", "60"); return false })},
		{name: "a path prefix", set: func(t *testing.T, p *Plan) {
			server := httptest.NewServer(http.StripPrefix("/sentry", ingest(nil)))
			t.Cleanup(server.Close)
			p.DSN = targetAt(t, "http", server.Listener.Addr().String()).DSN
			p.DSN.Path = "/sentry"
		}},
		{name: "a server of HTTP/2", set: func(t *testing.T, p *Plan) {
			ca := newAuthority(t)
			p.Main.Trust.Roots = pool(ca)
			server := httptest.NewUnstartedServer(ingest(nil))
			server.EnableHTTP2 = true
			server.TLS = serverTLS(issue(t, ca, leaf{}))
			server.StartTLS()
			t.Cleanup(server.Close)
			p.DSN = targetAt(t, "https", server.Listener.Addr().String()).DSN
		}},
		{name: "a clock a minute off", set: func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			p.Now = func() time.Time { return time.Now().Add(50 * time.Second) }
		}, says: map[Layer]string{LayerClock: "ahead of"}},
		{name: "a name", set: func(t *testing.T, p *Plan) { relay(t, p, nil); withName(t, p, here4(), record{}) }, says: map[Layer]string{LayerNames: "A 127.0.0.1, no AAAA"}},
		{name: "a name, and SERVFAIL for AAAA", set: func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			withName(t, p, here4(), record{code: serverFailure})
		}},
		{name: "IPv6 alone", set: onSix(record{code: 0}), says: map[Layer]string{LayerNames: "no A, AAAA ::1", LayerConnection: "connected to [::1]:"}},
		{name: "IPv6, and IPv4 refused", set: onSix(record{addresses: []string{"127.0.0.7"}}), says: map[Layer]string{LayerConnection: "connected to [::1]:"}},
		{name: "IPv4, and IPv6 refused", set: func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			withName(t, p, here4(), record{addresses: []string{"::1"}})
		}, says: map[Layer]string{LayerConnection: "connected to 127.0.0.1:|::1: connection refused"}},
		{name: "a tunnel to a name that only the proxy knows", set: func(t *testing.T, p *Plan) {
			secure(t, p, func(ca authority, c *tls.Config) {
				c.Certificates[0] = issue(t, ca, leaf{names: []string{"ingest.test"}})
			})
			p.DSN.Host = "ingest.test"
			through(p, tunnelTo(t, p.DSN.Port))
		}, says: map[Layer]string{LayerNames: "ingest.test is left to the proxy", LayerConnection: "the proxy", LayerProxy: "HTTPS_PROXY (process environment)|tunnel"}},
		{name: "a proxy for http", set: proxied("http", func(t *testing.T, _ *Plan) string { return forwarding(t) }), says: map[Layer]string{LayerProxy: "takes the request"}},
		{name: "a proxy that is gone around", set: func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			p.Main.Bypass, p.Main.BypassCause, p.Main.BypassFix = "NO_PROXY=127.0.0.1", "no-proxy-bypasses", "NO_PROXY="
		}, says: map[Layer]string{LayerProxy: "NO_PROXY=127.0.0.1"}},
		{name: "no event", set: func(t *testing.T, p *Plan) { relay(t, p, nil); p.Event = nil }, skipped: []Layer{LayerEvent}, says: map[Layer]string{LayerEvent: "--no-send: quota and filters not tested"}},
		{name: "an event that cannot be made", set: func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			p.Event = func() ([]byte, string, error) { return nil, "", errors.New("something secret in it") }
		}, skipped: []Layer{LayerEvent}, says: map[Layer]string{LayerEvent: "something secret in it"}},
		{name: "quick", set: func(t *testing.T, p *Plan) { relay(t, p, nil); p.Quick = true }, skipped: []Layer{LayerAgain}, says: map[Layer]string{LayerAgain: "--quick: accepted once"}},
		{name: "no time for a second look", set: func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			p.Pause, p.Timeout = time.Hour, time.Second
		}, skipped: []Layer{LayerAgain}, says: map[Layer]string{LayerAgain: "1 s for the whole examination end before|accepted once"}},
		{name: "time that ends before the second look", set: func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			p.Timeout = 1500 * time.Millisecond
			p.Pause = p.Timeout - time.Nanosecond
		}, unfinished: []Layer{LayerAgain}, says: map[Layer]string{LayerAgain: "1.5 s for the whole examination were over|accepted once"}},
	}
}

func TestHealthySetupsAreClean(t *testing.T) {
	t.Parallel()
	for _, c := range controls() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := plan(t)
			c.set(t, &p)
			got := examine(t, p)
			for _, l := range Layers() {
				want := Passed
				if slices.Contains(c.skipped, l) {
					want = Skipped
				} else if slices.Contains(c.unfinished, l) {
					want = Unfinished
				}
				if got[l].Status != want {
					t.Errorf("%s: got %s %s (%s), want %s", l, got[l].Status, got[l].Cause, got[l].Detail, want)
				}
				for part := range strings.SplitSeq(c.says[l], "|") {
					if !strings.Contains(got[l].Detail, part) {
						t.Errorf("%s: got %q, want %q in it", l, got[l].Detail, part)
					}
				}
			}
		})
	}
}

// TestWhatIsSent: four envelopes, two of them the same event, and not one more.
func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	p := plan(t)
	relay(t, &p, func(_ http.ResponseWriter, c call) bool {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprintf("event %t packed %t id %s", c.event, c.packed, c.id))
		return false
	})
	examine(t, p)
	want := []string{
		"event false packed false id ", "event false packed true id ",
		"event true packed true id " + testID, "event true packed true id " + testID,
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
}

// TestASlowIngestIsOnlySlow: what takes nearly as long as an answer may, is
// looked at as far as the time goes, and called slow, not broken.
func TestASlowIngestIsOnlySlow(t *testing.T) {
	t.Parallel()
	stop := t.Context()
	p := plan(t)
	relay(t, &p, func(http.ResponseWriter, call) bool {
		select {
		case <-time.After(2 * longWait):
		case <-stop.Done():
		}
		return false
	})
	p.Timeout = 2*longWait + longWait*9/10 // the next ones are not out for long
	got := examine(t, p)
	for _, l := range Layers() {
		if s := got[l].Status; s == Failed || s == Blocked || s == Warned && l != LayerLatency {
			t.Errorf("%s: %+v", l, got[l])
		}
	}
	if got[LayerAgain].Status != Unfinished || got[LayerLatency].Status != Warned || got[LayerGzip].Status != Unfinished || got[LayerEvent].Status != Unfinished || !strings.Contains(got[LayerAgain].Detail, "accepted once") {
		t.Errorf("latency %+v, gzip %+v, again %+v", got[LayerLatency], got[LayerGzip], got[LayerAgain])
	}
}

// TestASlowIngestIsAskedTwiceAtATime: two of its answers are waited for at the
// same time, since four after each other would be too much.
func TestASlowIngestIsAskedTwiceAtATime(t *testing.T) {
	t.Parallel()
	stop := t.Context()
	p := plan(t)
	var both sync.WaitGroup
	both.Add(2)
	relay(t, &p, func(_ http.ResponseWriter, c call) bool {
		switch c.n {
		case 1:
			pass(stop, inHurry+50*time.Millisecond)
		case 2, 3: // none of the two is answered before both are there
			both.Done()
			together := make(chan struct{})
			go func() { both.Wait(); close(together) }()
			select {
			case <-together:
			case <-stop.Done():
			}
		}
		return false
	})
	got := examine(t, p)
	for _, l := range []Layer{LayerGzip, LayerEvent, LayerAgain} {
		if got[l].Status != Passed {
			t.Errorf("%+v", got[l])
		}
	}
}

// pass lets some time go by, or ends early with the context.
func pass(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// TestNothingIsLeftBehind: an examination that is over holds no connection and
// no goroutine.
func TestNothingIsLeftBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	server := httptest.NewServer(ingest(nil))
	p := plan(t)
	p.DSN = targetAt(t, "http", server.Listener.Addr().String()).DSN
	p.Other = &Way{Client: "sentry-go"}
	examine(t, p)
	server.Close()
	goleak.VerifyNone(t, before)
}

func TestAnInterruptedExaminationSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := plan(t)
	var asked atomic.Int32
	relay(t, &p, func(http.ResponseWriter, call) bool {
		if asked.Add(1) == 1 {
			cancel()
		}
		return false
	})
	e := Examine(ctx, p)
	for _, l := range []Layer{LayerGzip, LayerEvent, LayerAgain} {
		if f := e.Finding(t.Context(), l); f.Status != Skipped || f.Detail == "" {
			t.Errorf("%s: %+v", l, f)
		}
	}
	if f := e.Finding(ctx, LayerOther); f.Status == Failed {
		t.Errorf("other: %+v", f)
	}
}

func TestNothingSkipsEveryLayer(t *testing.T) {
	t.Parallel()
	e := Nothing("there is no DSN")
	for _, l := range Layers() {
		if f := e.Finding(t.Context(), l); f.Layer != l || f.Status != Skipped || f.Detail != "there is no DSN" {
			t.Errorf("%s: %+v", l, f)
		}
	}
	if f := e.Finding(t.Context(), "moon"); f.Status != Skipped {
		t.Errorf("a layer that is none: %+v", f)
	}
}

// TestFindingsAreThereBeforeTheEnd: the first layers do not wait for the last.
func TestFindingsAreThereBeforeTheEnd(t *testing.T) {
	t.Parallel()
	p := plan(t)
	relay(t, &p, nil)
	p.Pause, p.Timeout = time.Hour, 2*time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e := Examine(ctx, p)
	for _, l := range []Layer{LayerNames, LayerConnection, LayerProxy, LayerTLS, LayerAnswer, LayerGzip, LayerEvent, LayerOther} {
		if f := e.Finding(t.Context(), l); f.Status != Passed {
			t.Errorf("%s: %+v", l, f)
		}
	}
	short, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	if f := e.Finding(short, LayerAgain); f.Status != Unfinished || !strings.Contains(f.Detail, "ended") {
		t.Errorf("a wait that ends: %+v", f)
	}
}

func BenchmarkExamine(b *testing.B) {
	server := httptest.NewServer(ingest(nil))
	defer server.Close()
	p := Plan{
		DSN: targetAt(&testing.T{}, "http", server.Listener.Addr().String()).DSN, Quick: true,
		Event: func() ([]byte, string, error) { return testEnvelope(), testID, nil },
	}
	for b.Loop() {
		if f := Examine(context.Background(), p).Finding(context.Background(), LayerClock); f.Status != Passed {
			b.Fatal(f)
		}
	}
}
