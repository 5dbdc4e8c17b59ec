package receiver_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// BenchmarkReceiver compares requests/s with a handler of net/http that reads
// and drops the body, in turns, so that both meet the same machine. The client
// is as cheap as it can be: a costly one would flatter the ratio.
func BenchmarkReceiver(b *testing.B) {
	for _, c := range []struct {
		name, encoding string
		size           int
	}{
		{"identity-1KB", "", 1 << 10},
		{"identity-20KB", "", 20 << 10},
		{"gzip-1KB", "gzip", 1 << 10},
		{"gzip-20KB", "gzip", 20 << 10},
	} {
		b.Run(c.name, func(b *testing.B) {
			const connections, batch = 8, 4000
			r, ours, stop := serve(b, receiver.Options{})
			defer stop()
			theirs, stopTheirs := hello(b)
			defer stopTheirs()
			raw := wire(c.encoding, payload(c.size))
			drive(b, ours, raw, connections, batch)
			drive(b, theirs, raw, connections, batch)
			var spent, baseline time.Duration
			n := 0
			for b.Loop() {
				spent += drive(b, ours, raw, connections, batch)
				baseline += drive(b, theirs, raw, connections, batch)
				n += batch
			}
			if got := r.Stats().Accepted; got != uint64(n+batch) {
				b.Fatalf("accepted %d of %d", got, n+batch)
			}
			b.ReportMetric(float64(n)/spent.Seconds(), "req/s")
			b.ReportMetric(float64(n)/baseline.Seconds(), "baseline-req/s")
			b.ReportMetric(100*baseline.Seconds()/spent.Seconds(), "%-of-baseline")
			b.ReportMetric(0, "ns/op") // of two servers: it says nothing
		})
	}
}

// hello serves a handler that reads and drops what comes.
func hello(b *testing.B) (address string, stop func()) {
	listener, err := receiver.Listen(b.Context(), "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "{}")
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	return listener.Addr().String(), func() {
		_ = server.Close()
		<-ended
	}
}

// payload is an envelope with one event of about a size, whose text repeats as
// real breadcrumbs do.
func payload(size int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"event_id":%q,"level":"error","release":"bookedbarber@1.2.3","environment":"production","breadcrumbs":[`, id)
	for n := 0; b.Len() < size-400; n++ {
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"category":"query","message":"SELECT * FROM appointments WHERE id = %d","timestamp":%d.5}`, n*7919, 1760000000+n)
	}
	b.WriteString(`]}`)
	return fmt.Appendf(nil, "{\"event_id\":%q,\"sent_at\":\"2026-01-02T03:04:05Z\",\"sdk\":{\"name\":\"sentry.python\",\"version\":\"2.18.0\"},"+
		"\"trace\":{\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"sample_rate\":\"1.0\",\"environment\":\"production\"}}\n"+
		"{\"type\":\"event\",\"content_type\":\"application/json\",\"length\":%d}\n%s\n", id, b.Len(), b.String())
}

// wire is a whole request, as an SDK would write it.
func wire(encoding string, body []byte) []byte {
	extra := ""
	if encoding == "gzip" {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(body)
		_ = w.Close()
		body, extra = packed.Bytes(), "Content-Encoding: gzip\r\n"
	}
	head := "POST /api/1/envelope/ HTTP/1.1\r\nHost: localhost\r\nUser-Agent: sentry.python/2.18.0\r\n" +
		"Content-Type: application/x-sentry-envelope\r\nX-Sentry-Auth: " + auth() + "\r\n" + extra +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	return append([]byte(head), body...)
}

// drive sends a request n times over some connections and returns how long it
// took.
func drive(b testing.TB, address string, raw []byte, connections, n int) time.Duration {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(n))
	started := time.Now()
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			var dialer net.Dialer
			conn, err := dialer.DialContext(context.Background(), "tcp", address)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			for left.Add(-1) >= 0 {
				if _, err := conn.Write(raw); err != nil {
					b.Error(err)
					return
				}
				if err := skipAnswer(in); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(started)
}

// skipAnswer reads an answer with a Content-Length.
func skipAnswer(in *bufio.Reader) error {
	length := 0
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.Contains(line, []byte(" 200 ")) {
			return fmt.Errorf("answered %s", line)
		}
		if len(line) == 2 {
			_, err := in.Discard(length)
			return err
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
}
