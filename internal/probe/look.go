package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// A second look at the port, where the first connection was cut without a
// word: which protocol does it speak? Nothing of an envelope, and no key, goes
// out with it.

// lookTimeout bounds a second look, within what is left of the send.
const lookTimeout = time.Second

func (s *send) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: s.target.connectTimeout(), Resolver: s.target.Resolver}
	conn, err := dialer.DialContext(ctx, "tcp", s.target.DSN.DialAddress())
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline() // each look has set one
	if err := conn.SetDeadline(deadline); err != nil {
		closeQuietly(conn)
		return nil, err
	}
	return conn, nil
}

// open says whether the direct way to the ingest takes connections.
func (s *send) open(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return false
	}
	closeQuietly(conn)
	return true
}

// speaksTLS says whether the port answers a ClientHello in TLS, be it with a
// refusal. The certificate is of no interest here: no data follows.
func (s *send) speaksTLS(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return false
	}
	defer closeQuietly(conn)
	err = tls.Client(conn, &tls.Config{ServerName: s.target.DSN.Host, InsecureSkipVerify: true}).HandshakeContext(ctx)
	var op *net.OpError
	return err == nil || errors.As(err, &op) && op.Op == opAlert
}

// wantsCertificate says whether the server ends a handshake of TLS 1.3 after
// the client's part: it learns only then that there is no certificate.
func (s *send) wantsCertificate(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return false
	}
	defer closeQuietly(conn)
	asked := false
	client := tls.Client(conn, &tls.Config{
		ServerName: s.target.DSN.Host, InsecureSkipVerify: true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			return &tls.Certificate{}, nil
		},
	})
	if client.HandshakeContext(ctx) != nil {
		return false
	}
	_, err = client.Read(make([]byte, 1))
	return asked && err != nil && !isTimeout(err)
}

// speaksHTTP says whether the port answers a plain request in HTTP.
func (s *send) speaksHTTP(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return false
	}
	defer closeQuietly(conn)
	if _, err := io.WriteString(conn, "HEAD / HTTP/1.0\r\n\r\n"); err != nil {
		return false
	}
	head := make([]byte, len("HTTP/"))
	_, err = io.ReadFull(conn, head)
	return err == nil && string(head) == "HTTP/"
}

// nobodyResolves says whether nothing listens at the address of a resolver. The
// error of a lookup has no more of that than words.
func (s *send) nobodyResolves(ctx context.Context, server string) bool {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout/4)
	defer cancel()
	dial := (&net.Dialer{}).DialContext
	if r := s.target.Resolver; r != nil && r.Dial != nil {
		dial = r.Dial
	}
	conn, err := dial(ctx, "udp", server)
	if err != nil {
		return isErrno(err, errnoRefused()) || isErrno(err, errnoUnreachable())
	}
	defer closeQuietly(conn)
	deadline, _ := ctx.Deadline()
	if conn.SetDeadline(deadline) != nil {
		return false
	}
	// The root's name servers: 17 bytes that every resolver knows.
	_, err = conn.Write([]byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1})
	if err == nil {
		_, err = conn.Read(make([]byte, 512))
	}
	return isErrno(err, errnoRefused()) || isErrno(err, errnoUnreachable())
}
