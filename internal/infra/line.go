package infra

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// headSize is how much of a server's first bytes tells its protocol.
const headSize = 64

// Line makes connections and remembers how far they came: clients tell only
// that something went wrong, not at which layer. The zero value is ready.
type Line struct {
	mu        sync.Mutex
	connected bool
	address   string // of the last connection that was made
	network   string
	head      []byte // of the last connection
}

// Dial is the dialer that a client is given.
func (l *Line) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.connected, l.network, l.address, l.head = true, network, address, nil
	return &heard{Conn: conn, line: l}, nil
}

// Connected says whether any connection was made.
func (l *Line) Connected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connected
}

// Head returns the first bytes that the server sent on the last connection,
// as they came over the wire, before TLS.
func (l *Line) Head() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]byte(nil), l.head...)
}

// Nudge connects once more to where the last connection went and returns what
// is answered to a line: a server of another protocol that waits in silence
// gives itself away. It returns nil where nothing is said in time.
func (l *Line) Nudge(ctx context.Context, words string) []byte {
	var answer []byte
	l.again(ctx, func(conn net.Conn) {
		if _, err := conn.Write([]byte(words)); err != nil {
			return
		}
		buffer := make([]byte, headSize)
		n, _ := conn.Read(buffer) // what came before an error counts
		answer = buffer[:n]
	})
	return answer
}

// SpeaksTLS connects once more to where the last connection went and tries a
// handshake, whatever the certificate.
func (l *Line) SpeaksTLS(ctx context.Context) bool {
	spoken := false
	l.again(ctx, func(conn net.Conn) {
		err := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx)
		var alert tls.AlertError
		spoken = err == nil || errors.As(err, &alert)
	})
	return spoken
}

// again makes one more connection for a look that ends with ctx.
func (l *Line) again(ctx context.Context, look func(net.Conn)) {
	l.mu.Lock()
	network, address := l.network, l.address
	l.mu.Unlock()
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }() // all that was wanted of it has been read
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	look(conn)
}

// heard is a connection whose first bytes are kept.
type heard struct {
	net.Conn
	line *Line
}

func (h *heard) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	h.line.mu.Lock()
	defer h.line.mu.Unlock()
	if room := headSize - len(h.line.head); room > 0 && n > 0 {
		h.line.head = append(h.line.head, p[:min(n, room)]...)
	}
	return n, err
}
