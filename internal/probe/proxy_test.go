package probe

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// tunnel is a proxy that opens tunnels, and counts them where it is asked to.
func tunnel(t *testing.T, opened *atomic.Int32) string {
	t.Helper()
	return scripted(t, func(c net.Conn) {
		r := readRequest(c)
		if r == nil || r.Method != http.MethodConnect {
			return
		}
		far, err := net.Dial("tcp", r.Host)
		if err != nil {
			io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
			return
		}
		defer far.Close()
		if opened != nil {
			opened.Add(1)
		}
		io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { _, _ = io.Copy(far, c); far.Close() }()
		_, _ = io.Copy(c, far)
	})
}

func refusing(t *testing.T, answer string) string {
	t.Helper()
	return scripted(t, func(c net.Conn) { readRequest(c); io.WriteString(c, answer) })
}

func TestThroughAProxy(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	var opened atomic.Int32
	target := serveTLS(t, issue(t, ca, leaf{}), nil, answerID)
	target.RootCAs = pool(ca)
	address := tunnel(t, &opened)
	target.Proxy = proxyTo("http://user:" + testSecret() + "@" + address)
	a := sendTo(t, target)
	expect(t, a, "", "200", "")
	if opened.Load() != 1 || a.Proxy != address {
		t.Errorf("%d tunnels, proxy %q, want 1 and %q", opened.Load(), a.Proxy, address)
	}
	target.RootCAs = pool(newAuthority(t))
	expect(t, sendTo(t, target), cause.TLSUntrusted, "Barber Test CA", "SSL_CERT_FILE")
}

func TestProxiesThatFail(t *testing.T) {
	t.Parallel()
	open := scripted(t, hold)
	closed := closedPort(t)
	silent := scripted(t, hold)
	tests := []struct {
		name         string
		scheme       string
		proxy, far   string
		want         cause.ID
		detail, fix  string
		shortTimeout bool
	}{
		{"refused, direct open", "https", "http://" + closed, open, cause.ProxyUnreachable, closed + "|refused|the direct way is open", "add 127.0.0.1 to NO_PROXY|HTTPS_PROXY", false},
		{"refused, direct closed", "https", "http://" + closed, closedPort(t), cause.ProxyUnreachable, "the direct way is closed too", "HTTPS_PROXY", false},
		{"refused, plain", "http", "http://" + closed, open, cause.ProxyUnreachable, "HTTP_PROXY|the direct way is open", "NO_PROXY", false},
		{"SOCKS refused", "https", "socks5://" + closed, open, cause.ProxyUnreachable, closed, "NO_PROXY", false},
		{"407", "https", "http://" + refusing(t, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"), open, cause.ProxyAuthRequired, "407", "USER:PASSWORD@", false},
		{"407, plain", "http", "http://" + refusing(t, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"), open, cause.ProxyAuthRequired, "407", "HTTP_PROXY", false},
		{"403", "https", "http://" + refusing(t, "HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\nContent-Length: 0\r\n\r\n"), open, cause.ProxyRefuses, "403|ERR_ACCESS_DENIED|" + open, "add 127.0.0.1 to NO_PROXY", false},
		{"502", "https", "http://" + refusing(t, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), open, cause.ProxyRefuses, "502", "NO_PROXY", false},
		{"502 of Squid, plain", "http", "http://" + refusing(t, "HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\nContent-Length: 0\r\n\r\n"), open, cause.ProxyRefuses, "503|ERR_DNS_FAIL", "NO_PROXY", false},
		{"403, plain", "http", "http://" + refusing(t, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), open, cause.ProxyRefuses, "403|in place of the ingest", "NO_PROXY", false},
		{"403 of nginx behind it, plain", "http", "http://" + refusing(t, "HTTP/1.1 403 Forbidden\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n"), open, cause.ForbiddenNotSentry, "through the proxy", "NO_PROXY", false},
		{"closes", "https", "http://" + scripted(t, func(c net.Conn) { readRequest(c) }), open, cause.ProxyRefuses, "no answer to CONNECT", "NO_PROXY", false},
		{"silent", "https", "http://" + silent, open, cause.ProxyUnreachable, "does not answer CONNECT|the direct way is open", "NO_PROXY", true},
		{"TLS asked of a plain proxy", "https", "https://" + refusing(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), open, cause.ProxyUnreachable, "proxy", "HTTPS_PROXY", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := targetAt(t, tt.scheme, tt.far)
			target.Proxy = proxyTo(strings.Replace(tt.proxy, "://", "://user:"+testSecret()+"@", 1))
			if tt.shortTimeout {
				target.Timeout = 300 * time.Millisecond
			}
			a := sendTo(t, target)
			expect(t, a, tt.want, tt.detail, tt.fix)
			if a.Proxy == "" {
				t.Error("the answer does not name the proxy")
			}
		})
	}
}

func TestAProxySettingThatIsNoURL(t *testing.T) {
	t.Parallel()
	target := targetAt(t, "https", closedPort(t))
	target.Proxy = func(*http.Request) (*url.URL, error) {
		return nil, errors.New("HTTPS_PROXY is not the URL of a proxy")
	}
	expect(t, sendTo(t, target), cause.ProxyMalformed, "HTTPS_PROXY is not", "http://HOST:PORT")
}

// TestTheEnvironmentIsNotRead: a library that picks up a proxy by itself
// judges another way than the one it was given.
func TestTheEnvironmentIsNotRead(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://"+closedPort(t))
	target := serve(t, answerID)
	target.Resolver = resolver(t, 0, []byte{127, 0, 0, 1})
	target.DSN.Host = "sentry.test" // net/http goes to loopback directly
	expect(t, sendTo(t, target), "", "200", "")
}

func TestAProxyWithoutAName(t *testing.T) {
	t.Parallel()
	const nameError = 3
	target := targetAt(t, "https", closedPort(t))
	target.Proxy = proxyTo("http://proxy.test:3128")
	target.Resolver = resolver(t, nameError, nil)
	expect(t, sendTo(t, target), cause.ProxyUnreachable, "proxy.test:3128|does not resolve", "HTTPS_PROXY")
}
