package monitoring

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"syscall"
)

// The reasons for which events are dropped, as they stand in
// Delivery.ByReason.
const (
	DropCancelled   = "cancelled"    // a context that its owner cancelled
	DropDisconnect  = "disconnect"   // a client that hung up
	DropShutdown    = "shutdown"     // the end of a server, in development
	DropHealth      = "health-check" // probes, metrics, favicon
	DropTestTraffic = "test-traffic" // requests marked as tests
	DropSampleRate  = "sample-rate"  // the dice
	DropParent      = "unsampled-parent"
	DropRateLimit   = "rate-limit" // the server asked for a pause
	DropOverflow    = "queue-overflow"
	DropScrub       = "scrub"  // what the scrubber could not read
	DropClosed      = "closed" // captured after Close
	DropSDK         = "sdk"    // given to the SDK, and never sent
	DropFault       = "fault"  // an error whose own methods panicked
)

// ErrReload is the error of a process that ends because its code has changed:
// noise during development. Wrap it, or return an error with a method
// Signal() os.Signal.
var ErrReload = errors.New("reloading")

// noise returns the reason for which an event of a context and an error is
// not worth sending, empty where it is. The error is nil for messages. Of an
// error of our own calls to others (a database, a payment provider) a broken
// connection is news: nobody's browser hung up.
func (c *Client) noise(ctx context.Context, err error, own bool) string {
	if reason := scopeOf(ctx).request.noise; reason != "" {
		return reason
	}
	switch {
	case err == nil:
		return ""
	case every(err, cancelled):
		return DropCancelled
	case own:
		return ""
	case every(err, disconnected):
		return DropDisconnect
	case c.cfg.Environment == defaultEnvironment && every(err, shutdown):
		return DropShutdown
	default:
		return ""
	}
}

// every asks of all errors that were joined, each for itself: one that is
// worth reporting must not be lost beside one that is not. The parts that
// fmt.Errorf wraps are one error.
func every(err error, is func(error) bool) bool {
	for one := err; one != nil; one = errors.Unwrap(one) {
		if !isJoined(one) {
			continue
		}
		parts, ok := one.(interface{ Unwrap() []error })
		if !ok {
			continue
		}
		for _, part := range parts.Unwrap() {
			if !every(part, is) {
				return false
			}
		}
		return true
	}
	return is(err)
}

func isJoined(err error) bool { return reflect.TypeOf(err).String() == "*errors.joinError" }

func cancelled(err error) bool { return errors.Is(err, context.Canceled) }

// disconnected says whether an error means that the client of a request went
// away: a failed write to it. A connection of our own that is reset while
// reading, or refused, is news.
func disconnected(err error) bool {
	if errors.Is(err, http.ErrAbortHandler) || errors.Is(err, syscall.EPIPE) {
		return true
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "write" && errors.Is(err, syscall.ECONNRESET)
}

func shutdown(err error) bool {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) || errors.Is(err, ErrReload) {
		return true
	}
	var signalled interface{ Signal() os.Signal }
	return errors.As(err, &signalled)
}

// requestNoise returns the reason for which nothing of a request is reported.
func requestNoise(r *http.Request) string {
	switch r.URL.Path {
	case "/health", "/healthz", "/ready", "/live", "/metrics", "/favicon.ico":
		return DropHealth
	}
	if r.Header.Get("X-BB-Test") != "" || testAgent(r.UserAgent()) {
		return DropTestTraffic
	}
	return ""
}

// testAgent says whether a user agent names a product that only tests use. It
// goes by whole product names: a browser may have "test" in its comment.
func testAgent(agent string) bool {
	for product := range strings.FieldsSeq(agent) {
		name, _, _ := strings.Cut(product, "/")
		switch strings.ToLower(name) {
		case "bookedbarber-test", "bb-test", "bbctl", "bbctl-test", "k6", "locust", "artillery", "cypress", "playwright", "pytest", "testclient":
			return true
		}
	}
	return false
}
