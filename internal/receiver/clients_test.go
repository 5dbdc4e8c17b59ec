package receiver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/getsentry/sentry-go"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// Clients that we did not write send what testdata/clients says; script/clients
// fetches those that no package of the system has.

// needs skips a test whose client is not there, or fails it where skipping is
// forbidden.
func needs(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
		t.Fatalf("integration: %s", what)
	}
	t.Skipf("integration: %s", what)
}

func fetched(t *testing.T, path string) string {
	t.Helper()
	absolute, err := filepath.Abs(filepath.Join("..", "..", ".cache", "clients", path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(absolute); err != nil {
		needs(t, path+" is not there: run script/clients")
	}
	return absolute
}

// python is an interpreter whose sentry_sdk is of a version.
func python(t *testing.T, version string, env ...string) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		cmd := exec.CommandContext(t.Context(), name, "-c", "import sentry_sdk, urllib3; print(sentry_sdk.VERSION)")
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.Output()
		if err == nil && strings.HasPrefix(string(out), version) {
			return name
		}
	}
	needs(t, "no python3 imports sentry_sdk "+version)
	return ""
}

// run runs a client to its end, in a directory and with an environment of its
// own, and returns what it printed.
func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "PYTHONDONTWRITEBYTECODE=1"}, env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func app(t *testing.T, path ...string) string {
	t.Helper()
	absolute, err := filepath.Abs(filepath.Join(append([]string{"..", "..", "testdata", "clients"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

// traffic is what was decoded from everything that a receiver kept.
type traffic struct {
	records      []*receiver.Record
	events       []*envelope.Event
	transactions []*envelope.Event
	profiles     []envelope.Profile
}

func decode(t *testing.T, records []*receiver.Record) traffic {
	t.Helper()
	got := traffic{records: records}
	for _, record := range records {
		e, err := record.Envelope()
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range e.Items {
			switch item.Type {
			case "event":
				event, err := item.Event()
				if err != nil {
					t.Fatal(err)
				}
				got.events = append(got.events, event)
			case "transaction":
				event, err := item.Transaction()
				if err != nil {
					t.Fatal(err)
				}
				got.transactions = append(got.transactions, event)
			case "profile":
				profile, err := item.Profile()
				if err != nil {
					t.Fatal(err)
				}
				got.profiles = append(got.profiles, profile)
			}
		}
	}
	return got
}

// expectStory asserts that all that testdata/clients sends is there: a message,
// an error, a transaction with two spans, and what they have in common.
func expectStory(t *testing.T, got traffic) {
	t.Helper()
	if len(got.events) != 2 || len(got.transactions) != 1 {
		t.Fatalf("saw %d events and %d transactions, expected 2 and 1", len(got.events), len(got.transactions))
	}
	message, failure, transaction := got.events[0], got.events[1], got.transactions[0]
	if len(message.Exceptions) > 0 {
		message, failure = failure, message
	}
	for name, event := range map[string]*envelope.Event{"message": message, "error": failure, "transaction": transaction} {
		expectCommon(t, name, event)
	}
	if message.Message != "the shop opens" || message.Level != "warning" {
		t.Errorf("message: saw %q at level %q", message.Message, message.Level)
	}
	if n := len(failure.Exceptions); n != 1 {
		t.Fatalf("saw %d exceptions", n)
	}
	thrown := failure.Exceptions[0]
	if !strings.HasSuffix(thrown.Type, "BookingError") || thrown.Value != "slot taken" || len(thrown.Frames) == 0 {
		t.Errorf("exception: saw %s: %s with %d frames", thrown.Type, thrown.Value, len(thrown.Frames))
	}
	for _, event := range []*envelope.Event{message, failure} {
		if len(event.Breadcrumbs) == 0 {
			t.Fatal("an event has no breadcrumb")
		}
		crumb := event.Breadcrumbs[0]
		if crumb.Message != "slot chosen" || crumb.Category != "booking" || crumb.Level != "info" ||
			fmt.Sprint(crumb.Data["chair"]) != "4" || crumb.Timestamp.IsZero() {
			t.Errorf("breadcrumb: saw %+v", crumb)
		}
	}
	expectSpans(t, transaction)
}

func expectCommon(t *testing.T, name string, event *envelope.Event) {
	t.Helper()
	want := map[string]string{
		"release": "bookedbarber@1.2.3", "environment": "client-tests", "server_name": "test-host",
		"tag": "bookings", "user id": "user-7", "username": "ada", "context": "barber-3",
	}
	saw := map[string]string{
		"release": event.Release, "environment": event.Environment, "server_name": event.ServerName,
		"tag": event.Tags["business_area"], "user id": fmt.Sprint(event.User["id"]),
		"username": fmt.Sprint(event.User["username"]), "context": fmt.Sprint(event.Contexts["business"]["barber_id"]),
	}
	if diff := cmp.Diff(want, saw); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
	if len(event.EventID) != 32 || event.Timestamp.IsZero() {
		t.Errorf("%s: event id %q, timestamp %v", name, event.EventID, event.Timestamp)
	}
}

func expectSpans(t *testing.T, transaction *envelope.Event) {
	t.Helper()
	if op := transaction.Contexts["trace"]["op"]; transaction.Transaction != "book appointment" || op != "booking" {
		t.Errorf("transaction: saw %q, op %v", transaction.Transaction, op)
	}
	if !transaction.StartTimestamp.Before(transaction.Timestamp) {
		t.Errorf("transaction: from %v to %v", transaction.StartTimestamp, transaction.Timestamp)
	}
	saw := map[string]string{}
	for _, span := range transaction.Spans {
		saw[span.Op] = span.Description
		if span.SpanID == "" || span.ParentSpanID == "" || span.Start.IsZero() || span.End.Before(span.Start) {
			t.Errorf("span: saw %+v", span)
		}
	}
	if diff := cmp.Diff(map[string]string{"db": "SELECT slot", "cache": "GET slot"}, saw); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

// expectWire asserts how requests came, as "kind encoding auth".
func expectWire(t *testing.T, records []*receiver.Record, want ...string) {
	t.Helper()
	saw := map[string]bool{}
	for _, r := range records {
		saw[fmt.Sprintf("%s %s %s", r.Kind, r.Encoding, r.Auth)] = true
		if r.Status != http.StatusOK {
			t.Errorf("request %d was answered %d: %s", r.Seq, r.Status, r.Reason)
		}
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(saw))); diff != "" {
		t.Errorf("kind, encoding and auth of the requests (-want +got):\n%s", diff)
	}
}

func TestPythonSDKOfDebian12(t *testing.T) {
	t.Parallel()
	interpreter := python(t, "1.9.")
	r, address := start(t, receiver.Options{})
	run(t, []string{"TEST_DSN=" + r.DSN(address)}, interpreter, app(t, "python", "app.py"))
	got := decode(t, r.Records())
	expectStory(t, got)
	expectWire(t, got.records, "envelope gzip header", "store gzip header")
}

func TestPythonSDKOfDebian13(t *testing.T) {
	t.Parallel()
	path := "PYTHONPATH=" + fetched(t, "python-2.18/usr/lib/python3/dist-packages")
	interpreter := python(t, "2.18.", path)
	t.Run("gzip and Spotlight", func(t *testing.T) {
		t.Parallel()
		r, address := start(t, receiver.Options{})
		run(t, []string{"TEST_DSN=" + r.DSN(address+"/a/prefix"), "TEST_SPOTLIGHT=http://" + address + "/stream", path},
			interpreter, app(t, "python", "app.py"))
		var copies, envelopes []*receiver.Record
		for _, record := range r.Records() {
			if record.Kind == receiver.KindStream {
				copies = append(copies, record)
			} else {
				envelopes = append(envelopes, record)
			}
		}
		got := decode(t, envelopes)
		expectStory(t, got)
		expectWire(t, envelopes, "envelope gzip header")
		expectStory(t, decode(t, copies))
		if len(got.profiles) != 1 || got.profiles[0].Samples < 2 || got.profiles[0].Release != "bookedbarber@1.2.3" {
			t.Errorf("profiles: saw %+v", got.profiles)
		}
	})
	t.Run("brotli", func(t *testing.T) {
		t.Parallel()
		both := path + string(filepath.ListSeparator) + fetched(t, "python-brotli/usr/lib/python3/dist-packages")
		probe := exec.CommandContext(t.Context(), interpreter, "-c", "import brotli")
		probe.Env = append(os.Environ(), both)
		if probe.Run() != nil {
			needs(t, "the fetched brotli module is for another Python")
		}
		r, address := start(t, receiver.Options{})
		run(t, []string{"TEST_DSN=" + r.DSN(address), both}, interpreter, app(t, "python", "app.py"))
		got := decode(t, r.Records())
		expectStory(t, got)
		expectWire(t, got.records, "envelope br header")
	})
}

func TestNodeSDK(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		needs(t, "no node")
	}
	modules := fetched(t, "node/node_modules")
	r, address := start(t, receiver.Options{})
	run(t, []string{"TEST_DSN=" + r.DSN(address), "NODE_PATH=" + modules}, "node", app(t, "node", "app.js"))
	got := decode(t, r.Records())
	expectStory(t, got)
	expectWire(t, got.records, "envelope  query")
	for _, record := range got.records {
		e, err := record.Envelope()
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range e.Items {
			if header, err := item.Header(); err != nil || header.Length != nil {
				t.Errorf("a %s has a length: the SDK changed, and this test no longer shows that items may have none", item.Type)
			}
		}
	}
}

func TestSentryCLI(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(fetched(t, "node/node_modules/@sentry"), "cli-*", "bin", "sentry-cli*"))
	if err != nil || len(found) == 0 {
		needs(t, "sentry-cli has no binary for this machine")
	}
	r, address := start(t, receiver.Options{})
	logfile := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(logfile, []byte("2026-01-02 03:04:05 slot chosen\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, []string{"SENTRY_DSN=" + r.DSN(address)}, found[0], "send-event", "--no-environ", "-m", "the shop opens",
		"-l", "warning", "-r", "bookedbarber@1.2.3", "-E", "client-tests", "-t", "business_area:bookings",
		"-u", "id:user-7", "-u", "username:ada", "--logfile", logfile)
	got := decode(t, r.Records())
	if len(got.events) != 1 {
		t.Fatalf("saw %d events", len(got.events))
	}
	event := got.events[0]
	want := []string{"the shop opens", "warning", "bookedbarber@1.2.3", "client-tests", "bookings", "user-7", "ada"}
	saw := []string{
		event.Message, event.Level, event.Release, event.Environment,
		event.Tags["business_area"], fmt.Sprint(event.User["id"]), fmt.Sprint(event.User["username"]),
	}
	if diff := cmp.Diff(want, saw); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	if len(event.Breadcrumbs) != 1 || !strings.Contains(event.Breadcrumbs[0].Message, "slot chosen") {
		t.Errorf("breadcrumbs: saw %+v", event.Breadcrumbs)
	}
	expectWire(t, got.records, "envelope  header")
}

type bookingError struct{ reason string }

func (e *bookingError) Error() string { return e.reason }

func TestSentryGo(t *testing.T) {
	t.Parallel()
	r, address := start(t, receiver.Options{})
	sendWithSentryGo(t, r.DSN(address))
	got := decode(t, r.Records())
	for _, event := range got.events {
		for i := range event.Exceptions {
			event.Exceptions[i].Type = strings.Replace(event.Exceptions[i].Type, "bookingError", "BookingError", 1)
		}
	}
	expectStory(t, got)
	expectWire(t, got.records, "envelope  header")
}

// sendWithSentryGo sends the story of testdata/clients with sentry-go.
func sendWithSentryGo(t *testing.T, dsn string) {
	t.Helper()
	transport := sentry.NewHTTPSyncTransport()
	transport.Timeout = 10 * time.Second
	client, err := sentry.NewClient(sentry.ClientOptions{
		Dsn: dsn, Release: "bookedbarber@1.2.3", Environment: "client-tests", ServerName: "test-host",
		EnableTracing: true, TracesSampleRate: 1, AttachStacktrace: true, Transport: transport,
		Integrations: func([]sentry.Integration) []sentry.Integration { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	hub := sentry.NewHub(client, sentry.NewScope())
	hub.ConfigureScope(func(scope *sentry.Scope) {
		scope.SetUser(sentry.User{ID: "user-7", Username: "ada"})
		scope.SetTag("business_area", "bookings")
		scope.SetContext("business", sentry.Context{"operation_type": "create", "barber_id": "barber-3"})
	})
	hub.AddBreadcrumb(&sentry.Breadcrumb{
		Category: "booking", Message: "slot chosen", Level: sentry.LevelInfo, Data: map[string]any{"chair": 4},
	}, nil)
	hub.WithScope(func(scope *sentry.Scope) {
		scope.SetLevel(sentry.LevelWarning)
		hub.CaptureMessage("the shop opens")
	})
	hub.CaptureException(&bookingError{"slot taken"})
	ctx := sentry.SetHubOnContext(t.Context(), hub)
	transaction := sentry.StartTransaction(ctx, "book appointment", sentry.WithOpName("booking"))
	for op, description := range map[string]string{"db": "SELECT slot", "cache": "GET slot"} {
		span := transaction.StartChild(op)
		span.Description = description
		span.Finish()
	}
	transaction.Finish()
	if !client.Flush(10 * time.Second) {
		t.Error("sentry-go did not flush")
	}
}

// TestEncodings sends the same envelope in every encoding that an SDK could
// use, also those that none of the clients above does.
func TestEncodings(t *testing.T) {
	t.Parallel()
	raw := []byte("{}\n{\"type\":\"event\"}\n{\"event_id\":\"" + strings.Repeat("a", 32) + "\",\"message\":\"" + strings.Repeat("x", 5000) + "\"}\n")
	writers := map[string]func(*bytes.Buffer) (io.WriteCloser, error){
		"gzip":    func(b *bytes.Buffer) (io.WriteCloser, error) { return gzip.NewWriter(b), nil },
		"x-gzip":  func(b *bytes.Buffer) (io.WriteCloser, error) { return gzip.NewWriter(b), nil },
		"deflate": func(b *bytes.Buffer) (io.WriteCloser, error) { return zlib.NewWriter(b), nil },
		// The same name, without zlib's frame, as some clients send it.
		"Deflate": func(b *bytes.Buffer) (io.WriteCloser, error) { return flate.NewWriter(b, flate.BestSpeed) },
		"br":      func(b *bytes.Buffer) (io.WriteCloser, error) { return brotli.NewWriter(b), nil },
		"zstd":    func(b *bytes.Buffer) (io.WriteCloser, error) { return zstd.NewWriter(b) },
	}
	type sent struct {
		encoding string
		body     []byte
	}
	bodies := []sent{{"", raw}, {"identity", raw}, {"UTF-8", raw}, {"utf-8", raw}}
	for encoding, open := range writers {
		var b bytes.Buffer
		w, err := open(&b)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write(raw)
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, sent{encoding, b.Bytes()})
	}
	r, address := start(t, receiver.Options{})
	for _, s := range bodies {
		encoding, body := s.encoding, s.body
		for _, chunked := range []bool{false, true} {
			header := http.Header{"Content-Encoding": {encoding}, "X-Sentry-Auth": {auth()}}
			// Twice: the second one meets pooled readers.
			for range 2 {
				r.Reset()
				status, answer := post(t, "http://"+address+"/api/1/envelope/", header, body, chunked)
				if status != http.StatusOK || !strings.Contains(answer, strings.Repeat("a", 32)) {
					t.Fatalf("%q, chunked %v: %d %s", encoding, chunked, status, answer)
				}
				if kept := r.Records(); len(kept) != 1 || !bytes.Equal(kept[0].Raw, raw) || kept[0].Wire != len(body) {
					t.Fatalf("%q, chunked %v: kept something else", encoding, chunked)
				}
			}
		}
	}
}
