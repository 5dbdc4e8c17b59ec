package probe

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// socksProxy opens tunnels to the address of the plan's ingest, wherever it is
// asked to, and answers what says in place of that where it is not empty. It
// fails the test where anything but SOCKS of its version comes.
func socksProxy(t *testing.T, p *Plan, version byte, says []byte) string {
	t.Helper()
	far := net.JoinHostPort("127.0.0.1", portOf(p))
	return scripted(t, func(c net.Conn) {
		head := make([]byte, 2)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		if head[0] != version {
			t.Errorf("the proxy is spoken to in %q", head)
			return
		}
		good := []byte{0, 90, 0, 0, 0, 0, 0, 0}
		if version == 4 {
			ip := make([]byte, 6)
			io.ReadFull(c, ip)
			readZero(c)
			if bytes.Equal(ip[2:], []byte{0, 0, 0, 1}) {
				readZero(c)
			}
		} else {
			io.ReadFull(c, make([]byte, head[1]))
			c.Write([]byte{5, 0})
			request := make([]byte, 5)
			io.ReadFull(c, request)
			io.ReadFull(c, make([]byte, map[byte]int{1: 5, 3: int(request[4]) + 2, 4: 17}[request[3]]))
			good = []byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}
		}
		if says != nil {
			c.Write(says)
			return
		}
		server, err := net.Dial("tcp", far)
		if err != nil {
			return
		}
		defer server.Close()
		c.Write(good)
		go func() { _, _ = io.Copy(server, c); server.Close() }()
		_, _ = io.Copy(c, server)
	})
}

func portOf(p *Plan) string {
	_, port, _ := net.SplitHostPort(p.DSN.DialAddress())
	return port
}

func readZero(c net.Conn) {
	one := []byte{1}
	for one[0] != 0 {
		if _, err := io.ReadFull(c, one); err != nil {
			return
		}
	}
}

// socksed leads the plan through a SOCKS proxy.
func socksed(ingest, scheme string, version byte, says []byte) func(*testing.T, *Plan) {
	return func(t *testing.T, p *Plan) {
		if ingest == "https" {
			secure(t, p, nil)
		} else {
			relay(t, p, nil)
		}
		through(p, socksProxy(t, p, version, says))
		p.Main.Proxy.Scheme = scheme
	}
}

func TestSOCKSIsSpoken(t *testing.T) {
	t.Parallel()
	for _, ingest := range []string{"http", "https"} {
		for scheme, version := range map[string]byte{"socks4": 4, "socks4a": 4, "socks5": 5, "socks5h": 5} {
			t.Run(ingest+" through "+scheme, func(t *testing.T) {
				t.Parallel()
				p := plan(t)
				socksed(ingest, scheme, version, nil)(t, &p)
				for l, f := range examine(t, p) {
					if f.Status != Passed {
						t.Errorf("%s: %+v", l, f)
					}
				}
			})
		}
	}
}

func socksFaults() []fault {
	at := func(name string, set func(*testing.T, *Plan), id cause.ID, detail, fix string) fault {
		return fault{name: name, set: set, layer: LayerProxy, cause: id, detail: detail, fix: fix}
	}
	const from = "HTTPS_PROXY (process environment)"
	plain := func(scheme string, proxy func(c net.Conn)) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			through(p, scripted(t, proxy))
			p.Main.Proxy.Scheme = scheme
		}
	}
	return []fault{
		at("SOCKS 4 refuses", socksed("http", "socks4", 4, []byte{0, 91, 0, 0, 0, 0, 0, 0}), cause.ProxyRefuses, "SOCKS 4 answers 91", "add 127.0.0.1 to NO_PROXY"),
		at("SOCKS 4 wants a user", socksed("https", "socks4a", 4, []byte{0, 93, 0, 0, 0, 0, 0, 0}), cause.ProxyAuthRequired, "answers 93|"+from, "socks4a://USER"),
		at("SOCKS 5 refuses", socksed("http", "socks5", 5, []byte{5, 2, 0, 1, 0, 0, 0, 0, 0, 0}), cause.ProxyRefuses, "its rules do not allow it", "add 127.0.0.1 to NO_PROXY"),
		at("a proxy of HTTP for SOCKS", plain("socks5", func(c net.Conn) {
			io.ReadFull(c, make([]byte, 3))
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		}), cause.ProxyRefuses, "does not speak SOCKS 5", "NO_PROXY"),
		at("SOCKS without an answer", func(t *testing.T, p *Plan) {
			plain("socks4a", hold)(t, p)
			p.AnswerTimeout = 500 * time.Millisecond
		}, cause.ProxyUnreachable, from+"|does not answer", "add 127.0.0.1 to NO_PROXY"),
		{name: "a name that SOCKS 4 leaves to us", set: func(t *testing.T, p *Plan) {
			socksed("http", "socks4", 4, nil)(t, p)
			withName(t, p, record{code: nameError}, record{code: nameError})
		}, layer: LayerNames, cause: cause.DNSUnresolvable, detail: "sentry.test|no such name", fix: "SENTRY_DSN"},
	}
}
