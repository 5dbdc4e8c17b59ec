package probe

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// record is what a name server says to one type of question.
type record struct {
	code      byte
	addresses []string
	silent    bool
}

const (
	typeA, typeAAAA = 1, 28

	serverFailure, nameError, refusedQuery = 2, 3, 5
)

// zone is a name server on loopback that tells A from AAAA.
func zone(t *testing.T, a, aaaa record) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		question := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return
			}
			if n < 17 {
				continue
			}
			end := 12 + strings.IndexByte(string(question[12:n]), 0) + 5
			said := a
			if binary.BigEndian.Uint16(question[end-4:]) == typeAAAA {
				said = aaaa
			}
			if !said.silent {
				_, _ = conn.WriteTo(said.answer(question[:end]), from)
			}
		}
	}()
	return resolverAt("udp", conn.LocalAddr().String())
}

// answer writes the answer to a question.
func (r record) answer(question []byte) []byte {
	answer := append([]byte(nil), question...)
	answer[2], answer[3] = 0x81, 0x80|r.code
	copy(answer[6:12], []byte{0, byte(len(r.addresses)), 0, 0, 0, 0})
	for _, text := range r.addresses {
		address := netip.MustParseAddr(text)
		kind := byte(typeA)
		if address.Is6() {
			kind = typeAAAA
		}
		raw := address.AsSlice()
		answer = append(answer, 0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, byte(len(raw)))
		answer = append(answer, raw...)
	}
	return answer
}

// withName gives the plan's host a name, which the zone resolves.
func withName(t *testing.T, p *Plan, a, aaaa record) {
	t.Helper()
	p.DSN.Host = "sentry.test"
	p.Resolver = zone(t, a, aaaa)
}

func here4() record { return record{addresses: []string{"127.0.0.1"}} }

func nameFaults() []fault {
	of := func(a, aaaa record) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			withName(t, p, a, aaaa)
			p.ConnectTimeout = 500 * time.Millisecond
		}
	}
	none, silent, broken := record{code: nameError}, record{silent: true}, record{code: serverFailure}
	const host, fix = "sentry.test", "SENTRY_DSN|resolv.conf"
	return []fault{
		{name: "no such name", set: of(none, none), layer: LayerNames, cause: cause.DNSUnresolvable, detail: host + "|no such name", fix: fix},
		{name: "a name without addresses", set: of(record{}, record{}), layer: LayerNames, cause: cause.DNSUnresolvable, detail: host, fix: fix},
		{name: "server failure", set: of(broken, broken), layer: LayerNames, cause: cause.DNSUnresolvable, detail: host + "|the resolver answers", fix: fix},
		{name: "refused", set: of(record{code: refusedQuery}, record{code: refusedQuery}), layer: LayerNames, cause: cause.DNSUnresolvable, detail: host, fix: fix},
		{name: "silence", set: of(silent, silent), layer: LayerNames, cause: cause.DNSUnresolvable, detail: host + "|in time", fix: fix},
		{name: "no A, and silence for AAAA", set: of(record{}, silent), layer: LayerNames, cause: cause.DNSUnresolvable, detail: host + "|in time", fix: fix},
		{name: "no resolver", set: func(t *testing.T, p *Plan) {
			of(none, none)(t, p)
			p.Resolver = resolverAt("udp", closedPort(t))
		}, layer: LayerNames, cause: cause.DNSUnresolvable, detail: host + "|no resolver answers at |:53: look at /etc/resolv.conf", fix: fix},
		{name: "a hanging resolver", set: func(t *testing.T, p *Plan) {
			of(none, none)(t, p)
			p.Resolver = resolverAt("tcp", scripted(t, hold))
		}, layer: LayerNames, cause: cause.DNSUnresolvable, detail: host + "|in time", fix: fix},
		{name: "a name that DNS cannot hold", set: func(t *testing.T, p *Plan) {
			of(none, none)(t, p)
			p.DSN.Host = "sentry..test"
		}, layer: LayerNames, cause: cause.DNSUnresolvable, detail: "sentry..test|no such name", fix: fix},
		{
			name: "silence for AAAA alone", set: of(here4(), silent), layer: LayerNames, status: Warned,
			cause: cause.DNSUnresolvable, detail: "A 127.0.0.1|AAAA not answered", fix: "single-request-reopen",
		},
		{name: "the direct way has no names, and a proxy is set", set: func(t *testing.T, p *Plan) {
			of(none, none)(t, p)
			p.Main.Bypass, p.Main.BypassCause, p.Main.BypassFix = "NO_PROXY=.test of .env:4", cause.NoProxyBypasses, "NO_PROXY=localhost"
		}, layer: LayerNames, cause: cause.NoProxyBypasses, detail: "NO_PROXY=.test of .env:4|sentry.test|no such name", fix: "NO_PROXY=localhost"},
	}
}

func connectionFaults() []fault {
	refuse := func(t *testing.T, p *Plan) { p.DSN = targetAt(t, "https", closedPort(t)).DSN }
	return []fault{
		{name: "nothing listens", set: refuse, layer: LayerConnection, cause: cause.TCPRefused, detail: "127.0.0.1|refused", fix: "SENTRY_DSN"},
		{name: "nothing listens, http", set: func(t *testing.T, p *Plan) { refuse(t, p); p.DSN.Scheme = "http" }, layer: LayerConnection, cause: cause.TCPRefused, detail: "refused", fix: "SENTRY_DSN"},
		{name: "at none of the addresses", set: func(t *testing.T, p *Plan) {
			refuse(t, p)
			withName(t, p, record{addresses: []string{"127.0.0.1", "127.0.0.2"}}, record{})
		}, layer: LayerConnection, cause: cause.TCPRefused, detail: "127.0.0.1|127.0.0.2|refused", fix: "SENTRY_DSN"},
		{name: "a filter of names", set: func(t *testing.T, p *Plan) {
			refuse(t, p)
			withName(t, p, record{addresses: []string{"0.0.0.0"}}, record{})
		}, layer: LayerConnection, cause: cause.TCPRefused, detail: "0.0.0.0|this machine itself", fix: "filter of names"},
		{name: "a proxy is set, and the client is kept from it", set: func(t *testing.T, p *Plan) {
			refuse(t, p)
			p.Main.Bypass, p.Main.BypassCause, p.Main.BypassFix = "NO_PROXY ends in a comma (process environment)", cause.NoProxyGrammar, "NO_PROXY=localhost"
		}, layer: LayerConnection, cause: cause.NoProxyGrammar, detail: "ends in a comma|refused|sentry-python", fix: "NO_PROXY=localhost"},
		{name: "cut at once", set: func(t *testing.T, p *Plan) {
			p.DSN = targetAt(t, "https", scripted(t, func(c net.Conn) { takeHello(c); reset(c) })).DSN
		}, layer: LayerTLS, cause: cause.ConnectionReset, detail: "TLS handshake", fix: "firewall"},
		{name: "ended in the handshake", set: func(t *testing.T, p *Plan) {
			p.DSN = targetAt(t, "https", scripted(t, takeHello)).DSN
		}, layer: LayerTLS, cause: cause.ConnectionClosed, detail: "TLS handshake", fix: "firewall"},
		{name: "silent to the handshake", set: func(t *testing.T, p *Plan) {
			p.DSN = targetAt(t, "https", scripted(t, hold)).DSN
			p.AnswerTimeout = 300 * time.Millisecond
		}, layer: LayerTLS, cause: cause.ResponseTimeout, detail: "TLS handshake", fix: "firewall"},
	}
}

// proxied is a fault of a proxy that stands between the plan and a good ingest.
func proxied(scheme string, proxy func(t *testing.T, p *Plan) string) func(*testing.T, *Plan) {
	return func(t *testing.T, p *Plan) {
		if scheme == "https" {
			secure(t, p, nil)
		} else {
			relay(t, p, nil)
		}
		through(p, proxy(t, p))
	}
}

func proxyFaults() []fault {
	says := func(answer string) func(*testing.T, *Plan) string {
		return func(t *testing.T, _ *Plan) string { return refusing(t, answer+"\r\nContent-Length: 0\r\n\r\n") }
	}
	dead := func(t *testing.T, _ *Plan) string { return closedPort(t) }
	silent := func(t *testing.T, p *Plan) string {
		p.AnswerTimeout = 2 * time.Second // a fifth of it is for the direct look
		return scripted(t, hold)
	}
	closing := func(t *testing.T, _ *Plan) string { return scripted(t, func(c net.Conn) { readRequest(c) }) }
	const from = "HTTPS_PROXY (process environment)"
	at := func(name, scheme string, proxy func(*testing.T, *Plan) string, id cause.ID, detail, fix string) fault {
		return fault{name: name + ", " + scheme, set: proxied(scheme, proxy), layer: LayerProxy, cause: id, detail: detail, fix: fix}
	}
	var all []fault
	for _, scheme := range []string{"http", "https"} {
		all = append(
			all,
			at("dead", scheme, dead, cause.ProxyUnreachable, from+"|refused|the direct way is open", from),
			at("silent", scheme, silent, cause.ProxyUnreachable, from+"|not answer|the direct way is open", from),
			at("no name", scheme, func(t *testing.T, p *Plan) string {
				p.Resolver = zone(t, record{code: nameError}, record{code: nameError})
				return "proxy.test:3128"
			}, cause.ProxyUnreachable, "proxy.test:3128|does not resolve", from),
			at("407", scheme, says("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic"), cause.ProxyAuthRequired, "407|"+from, "USER:PASSWORD"),
			at("403", scheme, says("HTTP/1.1 403 Forbidden"), cause.ProxyRefuses, "403|"+from, "add 127.0.0.1 to NO_PROXY"),
			at("403 of Squid", scheme, says("HTTP/1.1 403 Forbidden\r\nServer: squid/5.7\r\nX-Squid-Error: ERR_ACCESS_DENIED 0"), cause.ProxyRefuses, "403|ERR_ACCESS_DENIED", "add 127.0.0.1 to NO_PROXY"),
			at("403 of tinyproxy", scheme, says("HTTP/1.1 403 Filtered\r\nServer: tinyproxy/1.11.1"), cause.ProxyRefuses, "403", "add 127.0.0.1 to NO_PROXY"),
			at("502", scheme, says("HTTP/1.1 502 Bad Gateway"), cause.ProxyRefuses, "502", "add 127.0.0.1 to NO_PROXY"),
			at("503", scheme, says("HTTP/1.0 503 Service Unavailable"), cause.ProxyRefuses, "503", "add 127.0.0.1 to NO_PROXY"),
			at("504", scheme, says("HTTP/1.1 504 Gateway Timeout"), cause.ProxyRefuses, "504", "add 127.0.0.1 to NO_PROXY"),
			at("closing", scheme, closing, cause.ProxyRefuses, from, "add 127.0.0.1 to NO_PROXY"),
		)
	}
	return append(
		all,
		at("not one", "https", says("HTTP/1.1 405 Method Not Allowed\r\nServer: nginx"), cause.ProxyRefuses, "405", "NO_PROXY"),
		at("a login page", "https", says("HTTP/1.1 302 Found\r\nLocation: http://login.test/"), cause.ProxyRefuses, "302", "NO_PROXY"),
		at("another protocol", "https", func(t *testing.T, _ *Plan) string {
			return scripted(t, func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n"); hold(c) })
		}, cause.ProxyRefuses, from, "NO_PROXY"),
		fault{name: "407 to a client that sends no login of the URL", set: func(t *testing.T, p *Plan) {
			proxied("https", says("HTTP/1.1 407 Proxy Authentication Required"))(t, p)
			p.Main.LoginUnsent, p.Main.LoginFix = true, "proxy_headers="
		}, layer: LayerProxy, cause: cause.ProxyAuthRequired, detail: "does not send those in the URL of " + from, fix: "proxy_headers="},
		fault{name: "SOCKS wants a login", set: func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			through(p, scripted(t, func(c net.Conn) { io.ReadFull(c, make([]byte, 3)); c.Write([]byte{5, 0xff}); hold(c) }))
			p.Main.Proxy.Scheme = "socks5"
		}, layer: LayerProxy, cause: cause.ProxyAuthRequired, detail: from, fix: "USER:PASSWORD"},
		fault{name: "behind it TLS is opened", set: func(t *testing.T, p *Plan) {
			proxied("https", func(t *testing.T, _ *Plan) string { return tunnel(t, nil) })(t, p)
			p.Main.Trust = Trust{Roots: pool(newAuthority(t)), From: "SSL_CERT_FILE=/ca.pem", Fix: "cat corp.pem >> /ca.pem"}
		}, layer: LayerTLS, cause: cause.TLSUntrusted, detail: "Barber Test CA|SSL_CERT_FILE=/ca.pem", fix: "cat corp.pem"},
		fault{name: "behind it nothing speaks TLS", set: func(t *testing.T, p *Plan) {
			proxied("http", func(t *testing.T, _ *Plan) string { return tunnel(t, nil) })(t, p)
			p.DSN.Scheme = "https"
		}, layer: LayerTLS, cause: cause.TLSNotSpoken, detail: "plain HTTP", fix: "http://"},
	)
}
