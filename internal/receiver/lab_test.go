package receiver_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// start serves a receiver on a free port until the test ends.
func start(t testing.TB, o receiver.Options) (*receiver.Receiver, string) {
	t.Helper()
	r, address, stop := serve(t, o)
	t.Cleanup(stop)
	return r, address
}

// serve serves a receiver on a free port until stop, which waits for its end.
func serve(t testing.TB, o receiver.Options) (r *receiver.Receiver, address string, stop func()) {
	t.Helper()
	r = receiver.New(o)
	address, end, err := r.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r, address, func() {
		if err := end(); err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
}

func auth() string {
	return "Sentry sentry_version=7, sentry_client=test/1.0, sentry_key=" + receiver.Key()
}

// post sends a body and returns the answer's status and body.
func post(t testing.TB, url string, header http.Header, body []byte, chunked bool) (int, string) {
	t.Helper()
	return do(t, http.MethodPost, url, header, body, chunked)
}

func do(t testing.TB, method, url string, header http.Header, body []byte, chunked bool) (int, string) {
	t.Helper()
	var reader io.Reader = bytes.NewReader(body)
	if chunked {
		reader = io.MultiReader(reader) // hides the length
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}
