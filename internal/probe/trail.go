package probe

import (
	"bytes"
	"crypto/tls"
	"errors"
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
	remote     string
	tunnel     bool // the proxy has opened one
	tlsStarted bool
	tlsDone    bool
	ready      bool   // the connection can carry the request
	wrote      bool   // the request is out
	answered   bool   // a first byte of an answer came
	head       []byte // the first bytes from the socket
	ended      bool   // the other side ended the connection
	tls        tls.ConnectionState
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
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			t.set(func() { t.tlsDone, t.tls = err == nil, state })
		},
		GotConn: func(i httptrace.GotConnInfo) {
			t.set(func() { t.ready, t.connected, t.remote = true, true, i.Conn.RemoteAddr().String() })
		},
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
		connected: t.connected, remote: t.remote, tunnel: t.tunnel, tls: t.tls, tlsStarted: t.tlsStarted, tlsDone: t.tlsDone,
		ready: t.ready, wrote: t.wrote, answered: t.answered,
		head: append([]byte(nil), t.head...), ended: t.ended,
	}
}

// watch counts what comes in, and keeps its beginning: it tells TLS from HTTP
// from something else where net/http only says that it does not understand.
// Where it is sealed, nothing goes out once the connection could carry it.
func (t *trail) watch(conn net.Conn, sealed bool) net.Conn {
	return &watched{Conn: conn, trail: t, sealed: sealed, spoke: make(chan struct{})}
}

type watched struct {
	net.Conn
	trail  *trail
	sealed bool
	once   sync.Once
	spoke  chan struct{} // closed with the first bytes that go out
}

// errSealed ends a request whose connection was all that was wanted.
var errSealed = errors.New("the connection stands, and nothing is sent")

func (w *watched) Write(b []byte) (int, error) {
	ready := false
	w.trail.set(func() { ready = w.trail.ready })
	if w.sealed && ready {
		return 0, errSealed
	}
	w.once.Do(func() { close(w.spoke) })
	return w.Conn.Write(b)
}

func (w *watched) Close() error {
	w.once.Do(func() { close(w.spoke) })
	return w.Conn.Close()
}

// Read waits for the client to speak first, as it does in all that is spoken
// here: net/http writes into the log of the process what comes before.
func (w *watched) Read(b []byte) (int, error) {
	<-w.spoke
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
