package probe

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

func serverTLS(pair tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{pair}}
}

// bare answers with bytes of its own: a format of the date, the length and the
// body.
func bare(t *testing.T, p *Plan, format string) {
	t.Helper()
	p.DSN = targetAt(t, "http", scripted(t, func(c net.Conn) {
		r := readBare(c)
		var body strings.Builder
		relayBody(&body, call{id: r})
		fmt.Fprintf(c, format, time.Now().UTC().Format(http.TimeFormat), body.Len(), body.String())
	})).DSN
}

// readBare reads a request, and returns the event id of its envelope.
func readBare(c net.Conn) string {
	var id string
	r, body := readWhole(c)
	if r == nil {
		return ""
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = unpack(body)
	}
	if e, err := envelope.Split(body); err == nil {
		header, _ := e.Header()
		id = header.EventID
	}
	return id
}

// onSix is an ingest on IPv6, under a name whose A record is given.
func onSix(a record) func(*testing.T, *Plan) {
	return func(t *testing.T, p *Plan) {
		t.Helper()
		listener, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(ingest(nil))
		server.Listener.Close()
		server.Listener = listener
		server.Start()
		t.Cleanup(server.Close)
		p.DSN = targetAt(t, "http", listener.Addr().String()).DSN
		withName(t, p, a, record{addresses: []string{"::1"}})
	}
}

// tunnelTo is a proxy that knows where a name leads that nobody else does.
func tunnelTo(t *testing.T, port int) string {
	t.Helper()
	return scripted(t, func(c net.Conn) {
		r := readRequest(c)
		if r == nil || r.Method != http.MethodConnect {
			return
		}
		far, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return
		}
		defer far.Close()
		io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { _, _ = io.Copy(far, c); far.Close() }()
		_, _ = io.Copy(c, far)
	})
}

// forwarding is a proxy for plain HTTP.
func forwarding(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RequestURI = ""
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.Header().Set("Via", "1.1 proxy.test")
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}
