package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// arrivals posts bodies to a receiver and returns what it hands on.
func arrivals(t *testing.T, path string, bodies ...string) []*receiver.Record {
	t.Helper()
	var records []*receiver.Record
	r := receiver.New(receiver.Options{
		OnEnvelope: func(r *receiver.Record) { records = append(records, r) },
		Now:        func() time.Time { return time.Date(2026, 3, 4, 15, 4, 5, 0, time.Local) },
	})
	for _, body := range bodies {
		req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		req.Header.Set("X-Sentry-Auth", "Sentry sentry_key="+receiver.Key()+", sentry_client=sentry.javascript.node.express/10.78.0")
		r.ServeHTTP(httptest.NewRecorder(), req)
	}
	return records
}

func shownAt(t *testing.T, width int, records []*receiver.Record) string {
	t.Helper()
	var out strings.Builder
	p := &receiveText{out: &out, redact: func(s string) string { return s }, width: func() int { return width }}
	for _, r := range records {
		if err := p.record(r); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

const paymentEvent = `{}
{"type":"event"}
{"level":"error","environment":"production","exception":{"values":[{"type":"PaymentError","value":"the card was declined by the bank, try another"}]}}
{"type":"log"}
{"items":[{"level":"info","body":"booked"},{"level":"info","body":"paid"}]}
{"type":"never_heard_of"}
12345
`

func TestAnItemIsALineCutAtTheTerminal(t *testing.T) {
	t.Parallel()
	got := shownAt(t, 80, arrivals(t, "/api/1/envelope/", paymentEvent))
	want := `15:04:05 node/10.78.0   1/event       error PaymentError: the card… (production)
15:04:05 node/10.78.0   1/log         info booked and 1 more
15:04:05 node/10.78.0   1/never_heard_of 5 bytes
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestANarrowTerminalGetsTwoLinesAnItem(t *testing.T) {
	t.Parallel()
	got := shownAt(t, 40, arrivals(t, "/api/1/envelope/", paymentEvent, "{"))
	want := `15:04:05 1/event node/10.78.0
  error PaymentError: the… (production)
15:04:05 1/log node/10.78.0
  info booked and 1 more
15:04:05 1/never_heard_of node/10.78.0
  5 bytes
15:04:05 1/envelope node/10.78.0
  refused 400 invalid event envelope: i…
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARequestThatNoSDKMakesIsNamed(t *testing.T) {
	t.Parallel()
	got := shownAt(t, 100, arrivals(t, "/favicon.ico", "x"))
	want := "15:04:05 -              POST          refused 404 The requested resource does not exist: POST /favi…\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// tally is a printer that counts what it is told.
type tally struct {
	shown int
	gap   uint64
}

func (c *tally) listening(string, string) error { return nil }
func (c *tally) record(*receiver.Record) error  { c.shown++; return nil }
func (c *tally) missed(n uint64) error          { c.gap += n; return nil }
func (c *tally) ended(receiver.Stats) error     { return nil }

// TestAStoppedTerminalMakesNoSDKWait fills the queue while nobody prints.
func TestAStoppedTerminalMakesNoSDKWait(t *testing.T) {
	t.Parallel()
	q := newReceiveQueue()
	for range queuedRecords + 5 {
		q.offer(&receiver.Record{Method: http.MethodPost})
	}
	var told tally
	if err := q.drain(&told); err != nil {
		t.Fatal(err)
	}
	if told.shown != queuedRecords || told.gap != 5 {
		t.Errorf("%d shown and %d missed", told.shown, told.gap)
	}
}

func TestQueueIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	q := newReceiveQueue()
	large := &receiver.Record{Method: http.MethodPost, Raw: make([]byte, queuedBytes)}
	for range 4 {
		q.offer(large)
	}
	if len(q.records) != 2 || q.lost.Load() != 2 {
		t.Errorf("%d are queued and %d lost", len(q.records), q.lost.Load())
	}
}

func TestABrowsersQuestionIsNotShown(t *testing.T) {
	t.Parallel()
	q := newReceiveQueue()
	q.offer(&receiver.Record{Method: http.MethodOptions, Status: http.StatusOK})
	if len(q.records) != 0 {
		t.Error("it is queued")
	}
}

func TestForwardingKnowsItself(t *testing.T) {
	t.Parallel()
	key := receiver.Key()
	for _, c := range []struct {
		host, listen string
		want         bool
	}{
		{"127.0.0.1:8969", "127.0.0.1:8969", true},
		{"localhost:8969", "127.0.0.1:8969", true},
		{"localhost:8969", "[::1]:8969", true},
		{"127.0.0.1:8969", "0.0.0.0:8969", true},
		{"127.0.0.1:8970", "127.0.0.1:8969", false},
		{"127.0.0.1:8969", "192.0.2.7:8969", false},
		{"192.0.2.7:8969", "192.0.2.7:8969", true},
		{"192.0.2.8:8969", "0.0.0.0:8969", false},
		{"o1.ingest.sentry.io", "0.0.0.0:443", false},
	} {
		t.Run(c.host+" on "+c.listen, func(t *testing.T) {
			t.Parallel()
			d, err := dsn.Parse("http://" + key + "@" + c.host + "/1")
			if err != nil {
				t.Fatal(err)
			}
			address, err := net.ResolveTCPAddr("tcp", c.listen)
			if err != nil {
				t.Fatal(err)
			}
			if got := pointsHere(d, address); got != c.want {
				t.Errorf("pointsHere = %v", got)
			}
		})
	}
}

func TestDSNToCopyCanBeUsedHere(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8969": "127.0.0.1:8969", "0.0.0.0:8969": "127.0.0.1:8969", "[::]:8969": "127.0.0.1:8969",
		"[::1]:8969": "localhost:8969", "192.0.2.7:1": "192.0.2.7:1",
	} {
		address, err := net.ResolveTCPAddr("tcp", listen)
		if err != nil {
			t.Fatal(err)
		}
		got := dialable(address)
		if got != want {
			t.Errorf("%s: dialable = %s, want %s", listen, got, want)
		}
		if _, err := dsn.Parse("http://" + receiver.Key() + "@" + got + "/1"); err != nil {
			t.Errorf("%s: %v", listen, err)
		}
	}
}

// receiveInto runs `bbctl receive` on a free port until the context ends.
func receiveInto(ctx context.Context, out io.Writer, args ...string) (code int, stderr string) {
	var errs bytes.Buffer
	code = Main(ctx, append([]string{"receive", "--listen", "127.0.0.1:0"}, args...), &Env{
		Out: out, Err: &errs, Now: time.Now, Dir: ".", Version: "test",
	})
	return code, errs.String()
}

func TestAnEndBySignalIsTheNormalEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	go func() {
		_, _ = reader.Read(make([]byte, 200))
		cancel()
		_, _ = io.Copy(io.Discard, reader)
	}()
	code, stderr := receiveInto(ctx, writer)
	if code != exitWell {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestAReaderThatIsGoneEndsItQuietly(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	code, stderr := receiveInto(t.Context(), writer)
	if code != exitWell || strings.Contains(stderr, "error") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// broken is a full disk.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAFullDiskIsAnError(t *testing.T) {
	t.Parallel()
	code, stderr := receiveInto(t.Context(), broken{})
	if code != exitBroken || !strings.Contains(stderr, "writing what arrived: no space left") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestOtherMachinesAreWarnedAbout(t *testing.T) {
	t.Parallel()
	for listen, warned := range map[string]bool{"127.0.0.1:0": false, "0.0.0.0:0": true} {
		ctx, cancel := context.WithCancel(t.Context())
		var errs strings.Builder
		reader, writer := io.Pipe()
		go func() {
			_, _ = reader.Read(make([]byte, 200))
			cancel()
			_, _ = io.Copy(io.Discard, reader)
		}()
		code := Main(ctx, []string{"receive", "--listen", listen}, &Env{Out: writer, Err: &errs, Now: time.Now, Dir: "."})
		if got := strings.Contains(errs.String(), "warning: "); code != exitWell || got != warned {
			t.Errorf("%s: exit code %d, warned %v: %s", listen, code, got, errs.String())
		}
	}
}

func TestForwardingToItselfIsRefused(t *testing.T) {
	t.Parallel()
	listener, err := receiver.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil { // a port that is free for the moment
		t.Fatal(err)
	}
	var out, errs strings.Builder
	code := Main(t.Context(), []string{"receive", "--forward", "--listen", address, "--env-file", "/dev/null"}, &Env{
		Out: &out, Err: &errs, Now: time.Now, Dir: t.TempDir(),
		Environ: []string{fmt.Sprintf("SENTRY_DSN=http://%s@%s/1", receiver.Key(), address)},
	})
	if code != exitUsage || !strings.Contains(errs.String(), "would go round") || out.Len() > 0 {
		t.Errorf("exit code %d: %s%s", code, out.String(), errs.String())
	}
}
