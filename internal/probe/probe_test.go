package probe

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/dsn"
)

const testID = "4f1d6f0e8d0b4a7c9a0c5d2e1b3a7f60"

// Nobody's key and secret, to be looked for in all that may be shown.
func testKey() string    { return strings.Repeat("0a1b2c3d", 4) }
func testSecret() string { return strings.Repeat("9e8f7a6b", 4) }

func testEnvelope() []byte {
	return []byte(`{"event_id":"` + testID + `"}` + "\n" + `{"type":"event"}` + "\n" + `{"message":"m"}` + "\n")
}

// targetAt is a target at host:port, with bounds that a test can wait for.
func targetAt(t *testing.T, scheme, address string) Target {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return Target{
		DSN:     &dsn.DSN{Scheme: scheme, PublicKey: testKey(), Host: host, Port: n, ProjectID: "42"},
		Client:  "bbctl/test",
		Timeout: 10 * time.Second,
	}
}

// serve starts a server that answers with h, and returns a target for it.
func serve(t *testing.T, h http.HandlerFunc) Target {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return targetAt(t, "http", server.Listener.Addr().String())
}

// scripted is a server of bare TCP: every connection is given to handle, and
// closed when that returns.
func scripted(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			all.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, conn := range open {
			conn.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return listener.Addr().String()
}

// readRequest takes the whole request, so that closing the connection is a
// clean end and no reset.
func readRequest(conn net.Conn) *http.Request {
	r, _ := readWhole(conn)
	return r
}

// readWhole is readRequest with the body.
func readWhole(conn net.Conn) (*http.Request, []byte) {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return nil, nil
	}
	body, _ := io.ReadAll(r.Body)
	return r, body
}

// reset ends a TCP connection with RST.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

// hold keeps a connection open until the other side ends it.
func hold(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// expect judges an answer: its cause, and parts of its detail and fix, which
// are separated by |.
func expect(t *testing.T, a Answer, id cause.ID, detail, fix string) {
	t.Helper()
	if a.Cause != id {
		t.Errorf("cause: got %q, want %q (status %d, detail %q, error %v)", a.Cause, id, a.Status, a.Detail, a.Err)
	}
	for _, part := range strings.Split(detail, "|") {
		if !strings.Contains(a.Detail, part) {
			t.Errorf("detail: got %q, want %q in it", a.Detail, part)
		}
	}
	for _, part := range strings.Split(fix, "|") {
		if !strings.Contains(a.Fix, part) {
			t.Errorf("fix: got %q, want %q in it", a.Fix, part)
		}
	}
	if (a.Cause == "") != (a.Fix == "") || a.Detail == "" {
		t.Errorf("cause %q has detail %q and fix %q", a.Cause, a.Detail, a.Fix)
	}
	noSecrets(t, a)
}

func noSecrets(t *testing.T, a Answer) {
	t.Helper()
	shown := fmt.Sprintf("%+v %v", a, a.Err)
	for _, secret := range []string{testKey(), testSecret()} {
		if strings.Contains(strings.ToLower(shown), secret) {
			t.Errorf("a secret stands in %.300s …", shown[max(0, strings.Index(strings.ToLower(shown), secret)-200):])
		}
	}
}

func proxyTo(raw string) func(*http.Request) (*url.URL, error) {
	return func(*http.Request) (*url.URL, error) { return url.Parse(raw) }
}

func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func sendTo(t *testing.T, target Target) Answer {
	t.Helper()
	return Send(context.Background(), target, testEnvelope(), testID)
}
