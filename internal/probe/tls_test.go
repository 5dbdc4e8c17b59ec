package probe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// authority issues certificates in a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// leaf is what a certificate shall be; its zero value is a good one for
// 127.0.0.1.
type leaf struct {
	names     []string
	from, to  time.Time
	clientUse bool
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	return makeAuthority(t, "Barber Test CA", nil, time.Now().Add(24*time.Hour))
}

func makeAuthority(t *testing.T, name string, parent *authority, to time.Time) authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if parent == nil {
		parent = &authority{template, key}
	}
	return authority{sign(t, template, parent, key), key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, template *x509.Certificate, by *authority, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func issue(t *testing.T, by authority, want leaf) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "ingest"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if want.clientUse {
		template.ExtKeyUsage[0] = x509.ExtKeyUsageClientAuth
	}
	if !want.from.IsZero() {
		template.NotBefore = want.from
	}
	if !want.to.IsZero() {
		template.NotAfter = want.to
	}
	if template.DNSNames = want.names; want.names == nil {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	cert := sign(t, template, &by, key)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

// makeTemplate is a certificate for 127.0.0.1 that nobody vouches for.
func makeTemplate() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "my own"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
}

func pool(by authority) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(by.cert)
	return p
}

// serveTLS starts a server of https, and returns a target for it that trusts
// nobody.
func serveTLS(t *testing.T, pair tls.Certificate, change func(*tls.Config), h http.HandlerFunc) Target {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	if change != nil {
		change(server.TLS)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return targetAt(t, "https", server.Listener.Addr().String())
}

func answerID(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"id":%q}`, testID) }

func TestCertificates(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t), makeAuthority(t, "Inspecting Proxy CA", nil, time.Now().Add(time.Hour))
	now := time.Now()
	middle := makeAuthority(t, "Old Intermediate", &ca, now.Add(-24*time.Hour))
	withMiddle := issue(t, middle, leaf{})
	withMiddle.Certificate = append(withMiddle.Certificate, middle.cert.Raw)
	selfSigned := signedByItself(t)
	tests := []struct {
		name        string
		pair        tls.Certificate
		roots       *x509.CertPool
		want        cause.ID
		detail, fix string
	}{
		{"good", issue(t, ca, leaf{}), pool(ca), "", "200", ""},
		{"another authority", issue(t, other, leaf{}), pool(ca), cause.TLSUntrusted, "Inspecting Proxy CA", "SSL_CERT_FILE"},
		{"self-signed", selfSigned, pool(ca), cause.TLSUntrusted, "signed by itself|my own", "SSL_CERT_FILE"},
		{"expired", issue(t, ca, leaf{from: now.Add(-48 * time.Hour), to: now.Add(-24 * time.Hour)}), pool(ca), cause.TLSExpired, "ended on " + now.Add(-24*time.Hour).UTC().Format("2006-01-02"), "renew"},
		{"expired and not trusted", issue(t, other, leaf{from: now.Add(-48 * time.Hour), to: now.Add(-24 * time.Hour)}), pool(ca), cause.TLSExpired, "ended on", "renew"},
		{"expired intermediate", withMiddle, pool(ca), cause.TLSExpired, "Old Intermediate", "renew"},
		{"not valid yet", issue(t, ca, leaf{from: now.Add(24 * time.Hour), to: now.Add(48 * time.Hour)}), pool(ca), cause.TLSNotYetValid, "valid from " + now.Add(24*time.Hour).UTC().Format("2006-01-02"), "clock"},
		{"another host", issue(t, ca, leaf{names: []string{"sentry.example.com", "*.example.com"}}), pool(ca), cause.TLSWrongHost, "sentry.example.com, *.example.com|127.0.0.1", "SENTRY_DSN"},
		{"many other hosts", issue(t, ca, leaf{names: []string{"a.x", "b.x", "c.x", "d.x", "e.x", "f.x", "g.x"}}), pool(ca), cause.TLSWrongHost, "e.x, 2 more", "SENTRY_DSN"},
		{"no host", issue(t, ca, leaf{names: []string{}}), pool(ca), cause.TLSWrongHost, "no host|ingest", "SENTRY_DSN"},
		{"for clients", issue(t, ca, leaf{clientUse: true}), pool(ca), cause.TLSHandshake, "of no use", "certificate"},
		{"nothing to trust", issue(t, ca, leaf{}), x509.NewCertPool(), cause.CABundleMissing, "not one CA certificate", "ca-certificates"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := serveTLS(t, tt.pair, nil, answerID)
			target.RootCAs = tt.roots
			expect(t, sendTo(t, target), tt.want, tt.detail, tt.fix)
		})
	}
}

func TestHandshakesThatFail(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	pair := issue(t, ca, leaf{})
	tests := []struct {
		name   string
		change func(*tls.Config)
		detail string
	}{
		{"old version", func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, "protocol version"},
		{"client certificate, TLS 1.2", func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12 }, "ends it with"},
		{"client certificate, TLS 1.3", func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }, "certificate required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := serveTLS(t, pair, tt.change, answerID)
			target.RootCAs = pool(ca)
			expect(t, sendTo(t, target), cause.TLSHandshake, tt.detail, "TLS settings")
		})
	}
}

// TestPlainPortOfAnHTTPSDSN: servers differ in what they do with a handshake.
func TestPlainPortOfAnHTTPSDSN(t *testing.T) {
	t.Parallel()
	t.Run("it answers in HTTP", func(t *testing.T) {
		t.Parallel()
		target := serve(t, answerID)
		target.DSN.Scheme = "https"
		expect(t, sendTo(t, target), cause.TLSNotSpoken, "plain HTTP", "http://")
	})
	t.Run("it answers with a page and no status", func(t *testing.T) {
		t.Parallel()
		address := scripted(t, func(c net.Conn) { io.WriteString(c, "<!DOCTYPE HTML><title>Error</title>"); hold(c) })
		expect(t, sendTo(t, targetAt(t, "https", address)), cause.TLSNotSpoken, "something else", "http://")
	})
	for name, end := range map[string]func(net.Conn){"it resets": reset, "it closes": func(c net.Conn) { c.Close() }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := scripted(t, func(c net.Conn) {
				first := make([]byte, 1)
				if _, err := io.ReadFull(c, first); err != nil || first[0] == 0x16 {
					end(c)
					return
				}
				io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
			})
			expect(t, sendTo(t, targetAt(t, "https", address)), cause.TLSNotSpoken, "cuts the TLS handshake off", "http://")
		})
	}
}

func TestHandshakesThatAreCut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		handle func(net.Conn)
		want   cause.ID
		detail string
	}{
		{"reset", func(c net.Conn) { takeHello(c); reset(c) }, cause.ConnectionReset, "TLS handshake"},
		{"closed", func(c net.Conn) { takeHello(c) }, cause.ConnectionClosed, "TLS handshake"},
		{"silent", hold, cause.ResponseTimeout, "TLS handshake"},
		{"broken", func(c net.Conn) { takeHello(c); io.WriteString(c, "\x16\x03\x03\x00\x04\x02\x00\x00\x00"); hold(c) }, cause.TLSHandshake, "handshake fails here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := targetAt(t, "https", scripted(t, tt.handle))
			if tt.want == cause.ResponseTimeout {
				target.Timeout = 300 * time.Millisecond
			}
			expect(t, sendTo(t, target), tt.want, tt.detail, "")
		})
	}
}

// takeHello reads one TLS record, so that closing after it is a clean end.
func takeHello(c net.Conn) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(c, head); err != nil || head[0] != 0x16 {
		return
	}
	_, _ = io.CopyN(io.Discard, c, int64(head[3])<<8|int64(head[4]))
}
