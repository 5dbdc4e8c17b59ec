package observe

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// dialTime is how long a connection may need to open.
const dialTime = 30 * time.Second

// connect opens a connection to the host of a CONNECT, through the upstream
// where there is one. Without a connection it returns the upstream's refusal.
func (p *proxy) connect(req *http.Request) (net.Conn, *http.Response) {
	ctx, cancel := context.WithTimeout(req.Context(), dialTime)
	defer cancel()
	via := p.upstreams.https
	if via == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", req.Host)
		if err != nil {
			return nil, nil
		}
		return conn, nil
	}
	conn, err := dialProxy(ctx, via)
	if err != nil {
		return nil, nil
	}
	_ = conn.SetDeadline(time.Now().Add(dialTime)) // an open connection takes deadlines
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: req.Host}, Host: req.Host, Header: http.Header{}}
	if user := via.User; user != nil {
		password, _ := user.Password()
		ask.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := ask.Write(conn); err != nil {
		_ = conn.Close() // it is broken already
		return nil, nil
	}
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, ask)
	if err != nil {
		_ = conn.Close()
		return nil, nil
	}
	if answer.StatusCode != http.StatusOK {
		_ = conn.Close()
		return nil, answer
	}
	_ = conn.SetDeadline(time.Time{})
	return &readConn{Conn: conn, from: reader}, nil
}

func dialProxy(ctx context.Context, via *url.URL) (net.Conn, error) {
	port := via.Port()
	switch {
	case port != "":
	case via.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	address := net.JoinHostPort(via.Hostname(), port)
	if via.Scheme == "https" {
		return (&tls.Dialer{Config: &tls.Config{ServerName: via.Hostname(), MinVersion: tls.VersionTLS12}}).DialContext(ctx, "tcp", address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// readConn is a connection of which the first bytes were read with the answer
// to CONNECT.
type readConn struct {
	net.Conn
	from io.Reader
}

func (c *readConn) Read(b []byte) (int, error) { return c.from.Read(b) }

// CloseWrite ends one direction of the connection.
func (c *readConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}
