package receiver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

func TestScriptedAnswers(t *testing.T) {
	t.Parallel()
	const quota = `{"detail":"Sentry dropped data due to a quota or internal rate limit being reached. This will not affect your application. ` +
		`See https://docs.sentry.io/product/accounts/quotas/ for more information."}`
	for _, c := range []struct {
		name   string
		answer receiver.Answer
		status int
		body   string
		kept   int
	}{
		{"delay alone is Relay's answer", receiver.Answer{Delay: time.Millisecond}, 200, answer, 1},
		{"drip alone is Relay's answer", receiver.Answer{Drip: time.Microsecond}, 200, answer, 1},
		{"an empty 200", receiver.Answer{Status: 200, Empty: true}, 200, "", 1},
		{"200 keeps its id", receiver.Answer{Status: 200}, 200, answer, 1},
		{"HTML", receiver.Answer{Status: 200, Body: "<html>"}, 200, "<html>", 1},
		{"429", receiver.Answer{Status: 429}, 429, quota, 0},
		{"429, kept", receiver.Answer{Status: 429, Keep: true}, 429, quota, 1},
		{"403", receiver.Answer{Status: 403}, 403, rejected, 0},
		{"413", receiver.Answer{Status: 413}, 413, tooLarge("event"), 0},
		{"401", receiver.Answer{Status: 401}, 401, missing, 0},
		{"503", receiver.Answer{Status: 503}, 503, `{"detail":"the service is overloaded"}`, 0},
		{"500", receiver.Answer{Status: 500, Body: "oops"}, 500, "oops", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, address := start(t, receiver.Options{})
			r.Script(c.answer)
			send := func() (int, string) {
				return post(t, "http://"+address+"/api/1/envelope/", http.Header{"X-Sentry-Auth": {auth()}}, []byte(message), false)
			}
			if status, body := send(); status != c.status || body != c.body {
				t.Errorf("answered %d %q, expected %d %q", status, body, c.status, c.body)
			}
			if kept := len(r.Records()); kept != c.kept {
				t.Errorf("kept %d, expected %d", kept, c.kept)
			}
			if status, _ := send(); status != 200 {
				t.Errorf("the script went on: %d", status)
			}
		})
	}
}

func TestScriptChoosesTheRequest(t *testing.T) {
	t.Parallel()
	r, address := start(t, receiver.Options{})
	r.Script(receiver.Answer{N: -1, Status: 503}, receiver.Answer{N: 3, Status: 403}, receiver.Answer{Status: 429})
	var got []int
	for range 5 {
		status, _ := post(t, "http://"+address+"/api/1/envelope/", http.Header{"X-Sentry-Auth": {auth()}}, []byte(message), false)
		got = append(got, status)
	}
	if want := []int{429, 503, 403, 503, 503}; !equal(got, want) {
		t.Errorf("answered %v, expected %v", got, want)
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestScriptedHeaders(t *testing.T) {
	t.Parallel()
	r, address := start(t, receiver.Options{})
	r.Script(receiver.Answer{Status: 429, Header: http.Header{"X-Sentry-Rate-Limits": {"60:error:key"}, "retry-after": {"60"}}})
	response := request1(t, address)
	defer response.Body.Close()
	if response.Header.Get("X-Sentry-Rate-Limits") != "60:error:key" || response.Header.Get("Retry-After") != "60" {
		t.Errorf("saw %v", response.Header)
	}
}

func request1(t *testing.T, address string) *http.Response {
	t.Helper()
	response, err := tryRequest(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func tryRequest(ctx context.Context, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/api/1/envelope/", bytes.NewReader([]byte(message)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Sentry-Auth", auth())
	return http.DefaultClient.Do(req)
}

func TestScriptedCut(t *testing.T) {
	t.Parallel()
	r, address := start(t, receiver.Options{})
	r.Script(receiver.Answer{Cut: 5})
	response := request1(t, address)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || string(body) != answer[:5] {
		t.Errorf("read %q, %v", body, err)
	}
}

func TestScriptedClose(t *testing.T) {
	t.Parallel()
	r, address := start(t, receiver.Options{})
	r.Script(receiver.Answer{N: -1, Close: true})
	if response, err := tryRequest(t.Context(), address); err == nil {
		response.Body.Close()
		t.Fatal("it was answered")
	}
	if kept := len(r.Records()); kept != 0 {
		t.Errorf("kept %d", kept)
	}
}

// TestEndingLeavesNothing is not parallel: it counts goroutines. The script
// would hold a request for an hour.
func TestEndingLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { // runs after the upstream's own
		http.DefaultClient.CloseIdleConnections()
		goleak.VerifyNone(t, before)
	})
	_, target := upstream(t)
	r, address, stop := serve(t, receiver.Options{Upstream: target})
	r.Script(receiver.Answer{Delay: time.Hour})
	answered := make(chan error, 1)
	go func() {
		response, err := tryRequest(t.Context(), address)
		if err == nil {
			response.Body.Close()
		}
		answered <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := r.Await(ctx, nil, 1); err != nil {
		t.Fatal(err)
	}
	stop()
	<-answered
	if response, err := tryRequest(t.Context(), address); err == nil {
		response.Body.Close()
		t.Error("the listener is still open")
	}
}

func TestServeSaysWhyItEnds(t *testing.T) {
	t.Parallel()
	listener, err := receiver.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := receiver.New(receiver.Options{}).Serve(t.Context(), listener); err == nil {
		t.Error("Serve on a closed listener has no error")
	}
}
