package probe

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

func TestSendIsWhatAnSDKSends(t *testing.T) {
	t.Parallel()
	for _, compressed := range []bool{false, true} {
		t.Run(fmt.Sprintf("gzip %t", compressed), func(t *testing.T) {
			t.Parallel()
			var seen *http.Request
			var body []byte
			target := serve(t, func(w http.ResponseWriter, r *http.Request) {
				seen = r
				body, _ = io.ReadAll(r.Body)
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprintf(w, `{"id":%q}`, testID)
			})
			target.DSN.Path, target.Gzip = "/prefix", compressed
			a := sendTo(t, target)
			expect(t, a, "", "200|id", "")
			if a.EventID != testID || !a.Accepted() || a.Err != nil || a.Latency <= 0 {
				t.Errorf("answer: %+v", a)
			}
			if seen.Method != http.MethodPost || seen.URL.Path != "/prefix/api/42/envelope/" {
				t.Errorf("request: got %s %s", seen.Method, seen.URL)
			}
			for name, want := range map[string]string{
				"Content-Type":  "application/x-sentry-envelope",
				"X-Sentry-Auth": "Sentry sentry_version=7, sentry_client=bbctl/test, sentry_key=" + testKey(),
				"User-Agent":    "bbctl/test",
			} {
				if got := seen.Header.Get(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
			if compressed {
				if got := seen.Header.Get("Content-Encoding"); got != "gzip" {
					t.Fatalf("Content-Encoding: got %q", got)
				}
				r, err := gzip.NewReader(bytes.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				if body, err = io.ReadAll(r); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(body, testEnvelope()) {
				t.Errorf("body: got %q", body)
			}
		})
	}
}

func TestSendWithoutAnID(t *testing.T) {
	t.Parallel()
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
	report := []byte("{}\n" + `{"type":"client_report"}` + "\n{}\n")
	expect(t, Send(context.Background(), target, report, ""), "", "200", "")
	expect(t, sendTo(t, target), cause.NotSentry, "without the id|"+testID, "SENTRY_DSN")
}

func TestAnIDWithDashesIsTheSame(t *testing.T) {
	t.Parallel()
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"id":"%s-%s"}`, strings.ToUpper(testID[:8]), testID[8:])
	})
	expect(t, sendTo(t, target), "", "200", "")
}

// TestRedirectsAreNotFollowed: the login page behind one answers 200.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{false, true} {
		var followed atomic.Int32
		target := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				followed.Add(1)
				fmt.Fprintf(w, `{"id":%q}`, testID)
				return
			}
			http.Redirect(w, r, "/login?next="+testSecret(), http.StatusFound)
		})
		if own {
			target.HTTP = http.DefaultClient
		}
		a := sendTo(t, target)
		expect(t, a, cause.HTTPRedirect, "302|/login", "SENTRY_DSN")
		if followed.Load() != 0 {
			t.Errorf("own client %t: the redirect was followed", own)
		}
	}
}

func TestNothingIsSentTwice(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 429, 500, 502, 503, 413} {
		var requests atomic.Int32
		target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.WriteHeader(status)
		})
		if a := sendTo(t, target); a.Accepted() || requests.Load() != 1 {
			t.Errorf("status %d: cause %q, %d requests, want 1", status, a.Cause, requests.Load())
		}
	}
}

func TestTheClientGivenIsUsed(t *testing.T) {
	t.Parallel()
	target := targetAt(t, "https", "sentry.example.com:443")
	target.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return nil, errors.New("no way for " + r.Header.Get("X-Sentry-Auth"))
	})}
	a := sendTo(t, target)
	if a.Accepted() || a.Err == nil {
		t.Errorf("answer: %+v", a)
	}
	noSecrets(t, a)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestEchoesAreRedacted: a server that shows the request shows its key.
func TestEchoesAreRedacted(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 301, 400, 401, 403, 404, 413, 429, 500, 502, 503} {
		for _, kind := range []string{"text/html", "application/json", "text/plain"} {
			target := serve(t, func(w http.ResponseWriter, r *http.Request) {
				auth := r.Header.Get("X-Sentry-Auth")
				w.Header().Set("Content-Type", kind)
				w.Header().Set("Location", "https://"+testKey()+":"+testSecret()+"@other.example.com/?key="+testKey())
				w.Header().Set("X-Sentry-Error", auth)
				w.Header().Set("Server", testKey())
				w.Header().Set("X-Sentry-Rate-Limits", "60:error:"+testKey()+":"+testSecret())
				w.WriteHeader(status)
				switch kind {
				case "application/json":
					fmt.Fprintf(w, `{"detail":%q,"causes":[%q],"id":%q}`, auth, auth, testKey())
				default:
					fmt.Fprintf(w, "<title>%s</title> %s mary@example.com", auth, strings.ToUpper(auth))
				}
			})
			target.DSN.SecretKey = testSecret()
			a := sendTo(t, target)
			noSecrets(t, a)
			if strings.Contains(a.Body, "mary@") {
				t.Errorf("%d %s: the address stands in %q", status, kind, a.Body)
			}
		}
	}
}

// TestNoPartOfAKeyIsShown: what is cut before it is redacted shows the half of
// a key that is left.
func TestNoPartOfAKeyIsShown(t *testing.T) {
	t.Parallel()
	for _, room := range []int{100, 110, 119, 280, 299, maxExcerpt - 4} {
		for _, quote := range []string{`{"detail":"%s"}`, "<title>%s</title>", "%s"} {
			echo := strings.Repeat("x", room) + testKey()
			target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Server", echo)
				w.Header().Set("X-Sentry-Error", echo)
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, quote, echo)
			})
			a := sendTo(t, target)
			if shown := fmt.Sprintf("%+v", a); strings.Contains(shown, testKey()[:4]) {
				t.Errorf("room %d, %s: a part of the key stands in %s", room, quote, shown)
			}
		}
	}
}

func TestBodyIsCut(t *testing.T) {
	t.Parallel()
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<title>Portal</title>"+strings.Repeat("x", 1<<20))
	})
	a := sendTo(t, target)
	expect(t, a, cause.NotSentry, "64 KiB|Portal", "SENTRY_DSN")
	if len(a.Body) > maxExcerpt {
		t.Errorf("body: got %d bytes", len(a.Body))
	}
}

func TestSkewComesFromTheDateHeader(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	tests := []struct {
		name, date, age string
		want            time.Duration
	}{
		{"ahead", "Wed, 04 Mar 2026 05:04:06 GMT", "", 2*time.Minute + time.Second/2},
		{"behind", "Wed, 04 Mar 2026 06:06:07 GMT", "", -time.Hour - time.Second/2},
		{"none", "", "", 0},
		{"out of a cache", "Wed, 04 Mar 2026 05:04:06 GMT", "60", 0},
		{"no date", "yesterday", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Date"] = nil
				if tt.date != "" {
					w.Header().Set("Date", tt.date)
				}
				if tt.age != "" {
					w.Header().Set("Age", tt.age)
				}
				fmt.Fprintf(w, `{"id":%q}`, testID)
			})
			target.Now = func() time.Time { return now }
			a := sendTo(t, target)
			expect(t, a, "", "200", "")
			if a.Skew != tt.want {
				t.Errorf("got %s, want %s", a.Skew, tt.want)
			}
		})
	}
}

func TestACanceledSendIsNotAccepted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	address := scripted(t, func(conn net.Conn) {
		readRequest(conn)
		cancel()
		hold(conn)
	})
	a := Send(ctx, targetAt(t, "http", address), testEnvelope(), testID)
	expect(t, a, cause.ResponseTimeout, "interrupted", "")
	if !errors.Is(a.Err, context.Canceled) {
		t.Errorf("error: got %v", a.Err)
	}
	cancel()
	a = Send(ctx, targetAt(t, "http", address), testEnvelope(), testID)
	if a.Accepted() || !errors.Is(a.Err, context.Canceled) {
		t.Errorf("canceled before: %+v", a)
	}
}

func BenchmarkSend(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, `{"id":%q}`, testID)
	}))
	defer server.Close()
	target := targetAt(&testing.T{}, "http", server.Listener.Addr().String())
	for b.Loop() {
		if a := Send(context.Background(), target, testEnvelope(), testID); !a.Accepted() {
			b.Fatal(a.Detail)
		}
	}
}
