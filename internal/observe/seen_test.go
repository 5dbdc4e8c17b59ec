package observe_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// booking is a healthy program: an error with context, a logged one, a message,
// and a transaction with a query.
const booking = `
import logging, os, sentry_sdk
sentry_sdk.init(shutdown_timeout=30, traces_sample_rate=1.0, environment="staging", release="bookedbarber@2.1.0")

class BookingError(Exception):
    pass

sentry_sdk.set_tag("business_area", "bookings")
sentry_sdk.set_user({"id": "user-7"})
sentry_sdk.set_context("business", {"operation_type": "create", "amount_cents": 1250})
try:
    raise BookingError("slot taken twice")
except BookingError:
    sentry_sdk.capture_exception()
logging.getLogger("shop.logger").error("logged as %s", "an error")
sentry_sdk.capture_message("the shop opens", level="warning")
with sentry_sdk.start_transaction(name="/bookings", op="http.server") as t:
    with sentry_sdk.start_span(op="db", description="SELECT slot"):
        pass
    with sentry_sdk.start_span(op="cache", description="GET slot"):
        pass
    t.set_status("ok")
`

func TestAllThatComesIsSeen(t *testing.T) {
	t.Parallel()
	withSDKs(t, func(t *testing.T, s sdk) {
		b := newBench(t, python("job", booking)).env(s.env...)
		e := b.run(t)
		seen := e.Processes[0].Seen
		if seen.Items["event"] != 3 || seen.Items["transaction"] != 1 || seen.Errors != 2 || seen.Accepted != seen.Requests || seen.Rejected != 0 {
			t.Errorf("saw %d requests, %d accepted, items %v, %d errors", seen.Requests, seen.Accepted, seen.Items, seen.Errors)
		}
		if diff := cmp.Diff(map[string]int{"staging": 4}, seen.Environments); diff != "" {
			t.Errorf("environments (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int{"bookedbarber@2.1.0": 4}, seen.Releases); diff != "" {
			t.Errorf("releases (-want +got):\n%s", diff)
		}
		old := strings.HasPrefix(s.version, "1.")
		if (seen.StoreRequests > 0) != old || seen.StreamRequests != 0 {
			t.Errorf("saw %d requests to /store/ and %d to /stream", seen.StoreRequests, seen.StreamRequests)
		}
		for name := range seen.Clients {
			if !strings.HasPrefix(name, "sentry.python/"+s.version) {
				t.Errorf("client is %q", name)
			}
		}
		for name, n := range seen.SDKs {
			if !strings.HasPrefix(name, "sentry.python") || !strings.Contains(name, "/"+s.version) || n != 4 {
				t.Errorf("%d events of SDK %q", n, name)
			}
		}
		if len(seen.SDKs) != 1 || len(seen.Clients) != 1 || seen.Integrations["logging"] != 4 {
			t.Errorf("SDKs %v, clients %v, integrations %v", seen.SDKs, seen.Clients, seen.Integrations)
		}
		if seen.TraceRates["1.0"] == 0 {
			t.Errorf("trace rates are %v", seen.TraceRates)
		}
		first := seen.Exceptions[0]
		if first.Type != "BookingError" || first.Level != "error" || first.Tags["business_area"] != "bookings" || !old && (!first.Handled || first.Mechanism != "generic") {
			t.Errorf("first error is %+v", first)
		}
		if second := seen.Exceptions[1]; second.Type != "" || second.Logger != "shop.logger" {
			t.Errorf("second error is %+v", second)
		}
		want := observe.Transaction{Name: "/bookings", Op: "http.server", Status: "ok", Spans: 2, DBSpans: 1}
		got := seen.Transactions[0]
		if got.Duration <= 0 || got.Duration > time.Minute {
			t.Errorf("the transaction lasted %s", got.Duration)
		}
		if len(got.Trace) != 32 {
			t.Errorf("its trace is %q", got.Trace)
		}
		if got.Duration, got.Trace = 0, ""; !cmp.Equal(got, want) {
			t.Errorf("transaction (-want +got):\n%s", cmp.Diff(want, got))
		}
		if seen.Largest.Bytes < 500 || seen.First.IsZero() || seen.Last.Before(seen.First) {
			t.Errorf("largest %+v, from %s to %s", seen.Largest, seen.First, seen.Last)
		}
		if e.Stray.Requests != 0 {
			t.Errorf("stray: %+v", e.Stray)
		}
	})
}

func TestWhoSentWhatIsKnown(t *testing.T) {
	t.Parallel()
	s := newest(t)
	program := func(text string) string {
		return fmt.Sprintf("import sentry_sdk; sentry_sdk.init(shutdown_timeout=30); sentry_sdk.capture_message(%q)", text)
	}
	b := newBench(t, python("web", program("of web")), python("worker", "print('nothing to do')"), python("beat", program("of beat"))).env(s.env...)
	b.options.Once = false
	b.options.Expect = []observe.Expectation{
		expectation(t, "message process=web message='of web'"),
		expectation(t, "no message process=worker"),
		expectation(t, "message process=beat message='of web'"),
	}
	e := b.run(t)
	var events []int
	for _, p := range e.Processes {
		events = append(events, p.Seen.Items["event"])
	}
	if diff := cmp.Diff([]int{1, 0, 1}, events); diff != "" {
		t.Errorf("events of each (-want +got):\n%s", diff)
	}
	if e.Second != nil {
		t.Error("ran a second time although something had arrived")
	}
	if !e.Expected[0].Met() || !e.Expected[1].Met() || e.Expected[2].Met() {
		t.Errorf("expected: %+v", e.Expected)
	}
}

func TestLossesAreSeen(t *testing.T) {
	t.Parallel()
	s := newest(t)
	b := newBench(t, python("job", `
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30, before_send=lambda event, hint: None, traces_sample_rate=0.0)
for i in range(3):
    sentry_sdk.capture_message("dropped %d" % i)
with sentry_sdk.start_transaction(name="/unsampled"):
    pass
`)).env(s.env...)
	b.options.Expect = []observe.Expectation{expectation(t, "client-report reason=before_send category=error")}
	e := b.run(t)
	seen := e.Processes[0].Seen
	if seen.Discards[observe.Discard{Reason: "before_send", Category: "error"}] != 3 || seen.Discards[observe.Discard{Reason: "sample_rate", Category: "transaction"}] != 1 {
		t.Errorf("discards are %v", seen.Discards)
	}
	if seen.Items["event"] != 0 || !e.Expected[0].Met() {
		t.Errorf("items %v, expected %+v", seen.Items, e.Expected)
	}
}

func TestErrorsOfAnUnsampledTraceAreSeen(t *testing.T) {
	t.Parallel()
	s := newest(t)
	b := newBench(t, python("worker", `
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30, traces_sample_rate=1.0)
headers = {
    "sentry-trace": "12312012123120121231201212312012-1121201211212012-0",
    "baggage": "sentry-trace_id=12312012123120121231201212312012,sentry-sampled=false,sentry-sample_rate=0.05,sentry-transaction=/checkout",
}
transaction = sentry_sdk.continue_trace(headers, name="task")
with sentry_sdk.start_transaction(transaction):
    try:
        raise ValueError("in a task")
    except ValueError:
        sentry_sdk.capture_exception()
`)).env(s.env...)
	seen := b.run(t).Processes[0].Seen
	if diff := cmp.Diff(map[string]int{"/checkout": 1}, seen.Unsampled); diff != "" {
		t.Errorf("unsampled heads (-want +got):\n%s", diff)
	}
	if seen.TraceRates["0.05"] != 1 || seen.Items["transaction"] != 0 {
		t.Errorf("trace rates %v, items %v", seen.TraceRates, seen.Items)
	}
}

// TestACallersTraceIsNotItsOwn: its header has the caller's key and rate.
func TestACallersTraceIsNotItsOwn(t *testing.T) {
	t.Parallel()
	s := newest(t)
	b := newBench(t, python("web", `
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30, traces_sample_rate=1.0)
headers = {
    "sentry-trace": "12312012123120121231201212312012-1121201211212012-1",
    "baggage": "sentry-trace_id=12312012123120121231201212312012,sentry-public_key=" + "f0" * 16 + ",sentry-sample_rate=0.25,sentry-sampled=true",
}
with sentry_sdk.start_transaction(sentry_sdk.continue_trace(headers, name="/called")):
    try:
        raise ValueError("in a request")
    except ValueError:
        sentry_sdk.capture_exception()
    sentry_sdk.capture_message("on the way", level="warning")
`)).env(s.env...)
	seen := b.run(t).Processes[0].Seen
	if len(seen.TraceRates) != 0 || seen.OtherKeys == 0 {
		t.Errorf("trace rates %v, %d other keys", seen.TraceRates, seen.OtherKeys)
	}
	if seen.Errors != 1 || seen.Messages != 1 {
		t.Errorf("%d errors, %d messages", seen.Errors, seen.Messages)
	}
	const trace = "12312012123120121231201212312012"
	if seen.Exceptions[0].Trace != trace || seen.Transactions[0].Trace != trace {
		t.Errorf("the trace is %q of the error and %q of the transaction", seen.Exceptions[0].Trace, seen.Transactions[0].Trace)
	}
}

// TestPrivateDataIsSeenByPlace: where it stands and what it is, and never the
// value.
func TestPrivateDataIsSeenByPlace(t *testing.T) {
	t.Parallel()
	s := newest(t)
	address := "ada" + "@" + "example.com"
	b := newBench(t, python("job", fmt.Sprintf(`
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30)
for i in range(2):
    try:
        raise ValueError("no booking for %s")
    except ValueError:
        sentry_sdk.capture_exception()
`, address))).env(s.env...)
	e := b.run(t)
	found := map[observe.Private]bool{}
	for _, p := range e.Processes[0].Seen.Private {
		found[p] = true
	}
	if !found[observe.Private{ItemType: "event", Path: "exception.values[].value", Kind: "email", Count: 2}] {
		t.Errorf("private data is %v, expected two addresses in the exception", e.Processes[0].Seen.Private)
	}
	if text := fmt.Sprintf("%+v", e.Processes[0].Seen); strings.Contains(text, address) {
		t.Errorf("the evidence holds the address: %s", text)
	}
}

// TestWhatIsNobodysIsNoPrivateData: the DSN that bbctl itself has given, which
// WSGI has in its frames, what stands in the source, a number that adds up by
// chance, and the scripts of a client of Redis.
func TestWhatIsNobodysIsNoPrivateData(t *testing.T) {
	t.Parallel()
	s := newest(t)
	program := filepath.Join(t.TempDir(), "job.py")
	source := `import os
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30)
sentry_sdk.set_extra("duration_ns", 4242424242424242)
sentry_sdk.add_breadcrumb(category="redis", message="SCRIPT LOAD \"\\n  local token = redis.call('get', KEYS[1])\\n  return 1\\n\"")
def fail(environ):
    # in doubt ask ` + "ops" + "@" + `shop.test
    raise ValueError("no slot")
try:
    fail(dict(SENTRY_DSN=os.environ["SENTRY_DSN"]))
except ValueError:
    sentry_sdk.capture_exception()
`
	if err := os.WriteFile(program, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, observe.Command{Name: "job", Args: []string{debianPython, program}}).env(s.env...)
	e := b.run(t)
	for _, p := range e.Processes[0].Seen.Private {
		if strings.Contains(p.Path, "vars") || strings.Contains(p.Path, "context") || strings.Contains(p.Path, "duration_ns") || strings.Contains(p.Path, "breadcrumbs") {
			t.Errorf("%+v is taken for private data", p)
		}
	}
	if e.Processes[0].Seen.Errors != 1 {
		t.Errorf("%d errors came", e.Processes[0].Seen.Errors)
	}
}

func TestEventsThatAreTooLargeAreSeen(t *testing.T) {
	t.Parallel()
	s := newest(t)
	b := newBench(t, python("job", `
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30, max_value_length=2_000_000, max_request_body_size="always")
sentry_sdk.capture_event({"message": "large", "level": "error", "extra": {"blob": ["x" * 100 for _ in range(1)]}, "logentry": {"message": "y" * 1_500_000}})
`)).env(s.env...)
	seen := b.run(t).Processes[0].Seen
	if len(seen.TooLarge) != 1 || seen.TooLarge[0].ItemType != "event" || seen.TooLarge[0].Bytes < 1_500_000 || seen.Largest != seen.TooLarge[0] {
		t.Fatalf("too large: %+v, largest %+v", seen.TooLarge, seen.Largest)
	}
	if seen.Rejected != 1 || seen.Accepted != 1 {
		t.Errorf("saw %d rejected and %d accepted, expected the event rejected and the report of its loss accepted", seen.Rejected, seen.Accepted)
	}
	for reason := range seen.Rejections {
		if !strings.HasPrefix(reason, "413 envelope exceeded size limits for type 'event'") {
			t.Errorf("rejected for %q", reason)
		}
	}
}

func TestUntilEndsTheRun(t *testing.T) {
	t.Parallel()
	s := newest(t)
	b := newBench(t, python("worker", `
import sentry_sdk, time
sentry_sdk.init(shutdown_timeout=30, traces_sample_rate=1.0)
while True:
    sentry_sdk.capture_exception(ValueError("again"))
    with sentry_sdk.start_transaction(name="task"):
        time.sleep(0.05)
`)).env(s.env...)
	b.options.Until = map[string]int{"errors": 2, "transactions": 2}
	e := b.run(t)
	seen := e.Processes[0].Seen
	if e.Why != "--until errors=2,transactions=2" || seen.Errors < 2 || seen.Items["transaction"] < 2 {
		t.Errorf("ended because %q with %d errors and %d transactions", e.Why, seen.Errors, seen.Items["transaction"])
	}
	if !e.Processes[0].Exit.Running {
		t.Errorf("exit is %+v, expected a command that was stopped", e.Processes[0].Exit)
	}
}

// TestWhatIsKeptIsBounded: names come from outside.
func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	s := newest(t)
	b := newBench(t, python("job", `
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30)
for i in range(250):
    sentry_sdk.capture_event({"environment": "e%d" % i, "release": "r%d" % i, "level": "error", "message": "m", "logger": "l" * 5000, "tags": {"t%d" % j: "v" * 5000 for j in range(100)}})
    if i % 50 == 0:
        sentry_sdk.flush()
`)).env(s.env...)
	seen := b.run(t).Processes[0].Seen
	if seen.Errors != 250 || len(seen.Exceptions) != 200 {
		t.Errorf("counted %d errors and kept %d, expected 250 and 200", seen.Errors, len(seen.Exceptions))
	}
	if len(seen.Environments) != 101 || seen.Environments["other"] != 150 || len(seen.Releases) != 101 {
		t.Errorf("kept %d environments and %d releases, %d others", len(seen.Environments), len(seen.Releases), seen.Environments["other"])
	}
	x := seen.Exceptions[0]
	if len(x.Tags) != 30 || len(x.Logger) > 210 {
		t.Errorf("kept %d tags and a logger of %d bytes", len(x.Tags), len(x.Logger))
	}
}
