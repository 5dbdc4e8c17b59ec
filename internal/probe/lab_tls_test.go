package probe

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// secure is an ingest on TLS that the plan's client trusts; change may spoil
// its certificate, its settings or the trust.
func secure(t *testing.T, p *Plan, change func(ca authority, c *tls.Config)) {
	t.Helper()
	ca := newAuthority(t)
	p.Main.Trust = Trust{Roots: pool(ca), From: "certifi", Fix: "SSL_CERT_FILE=/etc/ca.pem"}
	server := httptest.NewUnstartedServer(ingest(nil))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{issue(t, ca, leaf{})}}
	if change != nil {
		change(ca, server.TLS)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	p.DSN = targetAt(t, "https", server.Listener.Addr().String()).DSN
}

func certificateFaults() []fault {
	now := time.Now()
	with := func(want leaf) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			secure(t, p, func(ca authority, c *tls.Config) { c.Certificates[0] = issue(t, ca, want) })
		}
	}
	settings := func(change func(*tls.Config)) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			secure(t, p, func(_ authority, c *tls.Config) { change(c) })
		}
	}
	at := func(name string, set func(*testing.T, *Plan), id cause.ID, detail, fix string) fault {
		return fault{name: name, set: set, layer: LayerTLS, cause: id, detail: detail, fix: fix}
	}
	return []fault{
		at("by days", with(leaf{from: now.Add(-48 * time.Hour), to: now.Add(-24 * time.Hour)}), cause.TLSExpired, "ended on "+now.Add(-24*time.Hour).UTC().Format("2006-01-02"), "renew"),
		at("by a clock that is ahead", func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			p.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
		}, cause.TLSExpired, "it is "+now.Add(2*time.Hour).UTC().Format("2006-01-02"), "clock"),
		at("by hours", with(leaf{from: now.Add(5 * time.Hour), to: now.Add(24 * time.Hour)}), cause.TLSNotYetValid, "valid from", "timedatectl"),
		at("by a clock that is behind", func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			p.Now = func() time.Time { return time.Now().Add(-30 * time.Hour) }
		}, cause.TLSNotYetValid, "it is "+now.Add(-30*time.Hour).UTC().Format("2006-01-02"), "timedatectl"),
		at("another name", with(leaf{names: []string{"web.test", "www.web.test"}}), cause.TLSWrongHost, "web.test, www.web.test|127.0.0.1", "SENTRY_DSN"),
		at("a name by the old field alone", with(leaf{names: []string{}}), cause.TLSWrongHost, "no host", "SENTRY_DSN"),
		at("a wildcard of one level", func(t *testing.T, p *Plan) {
			with(leaf{names: []string{"*.test"}})(t, p)
			p.DSN.Host = "o1.ingest.sentry.test"
			p.Resolver = zone(t, here4(), record{})
		}, cause.TLSWrongHost, "*.test|o1.ingest.sentry.test", "SENTRY_DSN"),
		at("a private authority", func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			p.Main.Trust.Roots = pool(newAuthority(t))
		}, cause.TLSUntrusted, "Barber Test CA|not in certifi", "SSL_CERT_FILE=/etc/ca.pem"),
		at("signed by itself", func(t *testing.T, p *Plan) {
			secure(t, p, func(_ authority, c *tls.Config) { c.Certificates[0] = signedByItself(t) })
		}, cause.TLSUntrusted, "signed by itself|my own|certifi", "SSL_CERT_FILE"),
		at("the intermediate is missing", func(t *testing.T, p *Plan) {
			secure(t, p, func(ca authority, c *tls.Config) {
				c.Certificates[0] = issue(t, makeAuthority(t, "Barber Intermediate", &ca, now.Add(time.Hour)), leaf{})
			})
		}, cause.TLSUntrusted, "Barber Intermediate|no intermediate certificate", "SSL_CERT_FILE"),
		at("the intermediate is past its end", func(t *testing.T, p *Plan) {
			secure(t, p, func(ca authority, c *tls.Config) {
				middle := makeAuthority(t, "Old Intermediate", &ca, now.Add(-time.Hour))
				c.Certificates[0] = issue(t, middle, leaf{})
				c.Certificates[0].Certificate = append(c.Certificates[0].Certificate, middle.cert.Raw)
			})
		}, cause.TLSExpired, "Old Intermediate", "renew"),
		at("nobody is trusted", func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			p.Main.Trust = Trust{Roots: x509.NewCertPool(), From: "SSL_CERT_FILE=/empty.pem"}
		}, cause.CABundleMissing, "SSL_CERT_FILE=/empty.pem", "ca-certificates"),
		at("not for servers", with(leaf{clientUse: true}), cause.TLSHandshake, "of no use", "for servers"),
		at("old versions alone", settings(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }), cause.TLSHandshake, "protocol version", "TLS settings"),
		at("a client certificate, TLS 1.2", settings(func(c *tls.Config) {
			c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
		}), cause.TLSHandshake, "expected TLS 1.2", "client certificates off"),
		at("a client certificate, TLS 1.3", settings(func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }), cause.TLSHandshake, "expected TLS 1.2", "client certificates off"),
		at("no protocol in common", settings(func(c *tls.Config) {
			c.NextProtos = []string{"h2"}
			c.MinVersion = tls.VersionTLS13
			c.CurvePreferences = []tls.CurveID{77}
		}), cause.TLSHandshake, "", "TLS settings"),
	}
}

func signedByItself(t *testing.T) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := makeTemplate()
	return tls.Certificate{Certificate: [][]byte{sign(t, template, &authority{template, key}, key).Raw}, PrivateKey: key}
}

func schemeFaults() []fault {
	slow := func(p *Plan) { p.AnswerTimeout = 600 * time.Millisecond }
	// plain waits for a line of HTTP, whatever comes before it.
	plain := func(then func(net.Conn)) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			slow(p)
			p.DSN = targetAt(t, "https", scripted(t, func(c net.Conn) {
				if first := peek(c); first == 0x16 {
					then(c)
					return
				}
				io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
			})).DSN
		}
	}
	// cipher is a port of TLS that does something else to HTTP than to answer.
	cipher := func(then func(net.Conn)) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			slow(p)
			p.DSN = targetAt(t, "http", scripted(t, func(c net.Conn) {
				if first := peek(c); first == 0x16 {
					c.Write([]byte{0x15, 3, 3, 0, 2, 2, 40})
					hold(c)
					return
				}
				then(c)
			})).DSN
		}
	}
	at := func(name string, set func(*testing.T, *Plan), id cause.ID, detail, fix string) fault {
		return fault{name: name, set: set, layer: LayerTLS, cause: id, detail: detail, fix: fix}
	}
	return []fault{
		at("it answers HTTP", func(t *testing.T, p *Plan) { relay(t, p, nil); p.DSN.Scheme = "https" }, cause.TLSNotSpoken, "plain HTTP", "http://"),
		at("it waits for more", plain(hold), cause.TLSNotSpoken, "waits for more", "http://"),
		at("it cuts", plain(reset), cause.TLSNotSpoken, "cuts the TLS handshake off", "http://"),
		at("it closes", plain(func(net.Conn) {}), cause.TLSNotSpoken, "cuts the TLS handshake off", "http://"),
		at("Go's server", func(t *testing.T, p *Plan) { secure(t, p, nil); p.DSN.Scheme = "http" }, cause.TLSRequired, "HTTPS server", "https://"),
		at("it keeps silent", cipher(hold), cause.TLSRequired, "keeps silent", "https://"),
		at("it cuts", cipher(reset), cause.TLSRequired, "TLS", "https://"),
		at("it closes", cipher(func(net.Conn) {}), cause.TLSRequired, "TLS", "https://"),
		at("an alert", cipher(func(c net.Conn) { c.Write([]byte{0x15, 3, 1, 0, 2, 2, 70}) }), cause.TLSRequired, "in TLS", "https://"),
		at("a 400 without words", cipher(func(c net.Conn) {
			io.WriteString(c, "HTTP/1.0 400 Bad request\r\nContent-Type: text/html\r\n\r\n<h1>400 Bad request</h1>Your browser sent an invalid request.")
		}), cause.TLSRequired, "takes a TLS handshake", "https://"),
	}
}

// peek reads the first byte, and then what has come with it.
func peek(c net.Conn) byte {
	first := make([]byte, 4096)
	if n, _ := c.Read(first); n == 0 {
		return 0
	}
	return first[0]
}
