package probe

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"net/url"
	"sync"
)

// trail is how far a request got. Its layers report from several goroutines.
type trail struct {
	mu         sync.Mutex
	proxy      *url.URL
	attempts   []attempt
	connected  bool // TCP, to the ingest or to the proxy
	tlsStarted bool
	tlsDone    bool
	ready      bool   // the connection can carry the request
	wrote      bool   // the request is out
	answered   bool   // a first byte of an answer came
	head       []byte // the first bytes from the socket
	ended      bool   // the other side ended the connection
}

// attempt is one address that was tried.
type attempt struct {
	address string
	err     error
}

func (t *trail) set(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
}

func (t *trail) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		ConnectDone: func(_, address string, err error) {
			t.set(func() {
				t.attempts = append(t.attempts, attempt{address, err})
				t.connected = t.connected || err == nil
			})
		},
		TLSHandshakeStart: func() { t.set(func() { t.tlsStarted = true }) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			t.set(func() { t.tlsDone = err == nil })
		},
		GotConn:              func(httptrace.GotConnInfo) { t.set(func() { t.ready, t.connected = true, true }) },
		WroteRequest:         func(i httptrace.WroteRequestInfo) { t.set(func() { t.wrote = i.Err == nil }) },
		GotFirstResponseByte: func() { t.set(func() { t.answered = true }) },
	}
}

// state is a copy that no hook changes any more.
func (t *trail) state() *trail {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &trail{
		proxy: t.proxy, attempts: append([]attempt(nil), t.attempts...),
		connected: t.connected, tlsStarted: t.tlsStarted, tlsDone: t.tlsDone,
		ready: t.ready, wrote: t.wrote, answered: t.answered,
		head: append([]byte(nil), t.head...), ended: t.ended,
	}
}

// watch counts what comes in, and keeps its beginning: it tells TLS from HTTP
// from something else where net/http only says that it does not understand.
func (t *trail) watch(conn net.Conn) net.Conn { return &watched{Conn: conn, trail: t} }

type watched struct {
	net.Conn
	trail *trail
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.trail.set(func() {
		if room := headBytes - len(w.trail.head); n > 0 && room > 0 {
			w.trail.head = append(w.trail.head, b[:min(n, room)]...)
		}
		w.trail.ended = w.trail.ended || brokenOff(err)
	})
	return n, err
}

const headBytes = 4 << 10

// foreign says whether what came in plain is the beginning of something else
// than HTTP.
func (t *trail) foreign() bool {
	const http = "HTTP/"
	n := min(len(t.head), len(http))
	return !t.tlsStarted && string(t.head[:n]) != http[:n]
}

// headerCut says whether the connection ended inside the header of an answer.
// Behind TLS the bytes do not tell; there its end has to do.
func (t *trail) headerCut(err error) bool {
	if !t.answered {
		return false
	}
	if t.tlsStarted || len(t.head) == 0 {
		return t.ended || brokenOff(err)
	}
	return t.ended && !bytes.Contains(t.head, []byte("\r\n\r\n")) && !bytes.Contains(t.head, []byte("\n\n"))
}
