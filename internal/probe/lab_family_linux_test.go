package probe

import (
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// TestEveryCauseOfTheProbeHasAFault keeps the laboratory whole. What no loopback
// can bring about has a test of its own.
func TestEveryCauseOfTheProbeHasAFault(t *testing.T) {
	t.Parallel()
	seen := map[cause.ID]bool{cause.TCPUnreachable: true} // TestDialFaults
	for _, f := range faults() {
		seen[f.cause] = true
	}
	for _, c := range cause.All() {
		if c.Stage == cause.StageProbe && !seen[c.ID] {
			t.Errorf("no fault of the laboratory leads to %s", c.ID)
		}
	}
}

// beside starts a good ingest at an address, on the port of another.
func beside(t *testing.T, p *Plan, host, other string) {
	t.Helper()
	_, port, err := net.SplitHostPort(other)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(ingest(nil))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	p.DSN = targetAt(t, "http", listener.Addr().String()).DSN
}

func familyFaults() []fault {
	v6 := record{addresses: []string{"::1"}}
	return []fault{
		{name: "the only address", set: func(t *testing.T, p *Plan) {
			p.DSN = targetAt(t, "https", fullListener(t, "127.0.0.1")).DSN
			p.ConnectTimeout = 300 * time.Millisecond
		}, layer: LayerConnection, cause: cause.TCPTimeout, detail: "127.0.0.1|not answered within 0.3 s", fix: "firewall|HTTPS_PROXY"},
		{name: "a proxy is set, and the client is kept from it", set: func(t *testing.T, p *Plan) {
			p.DSN = targetAt(t, "https", fullListener(t, "127.0.0.1")).DSN
			p.ConnectTimeout = 300 * time.Millisecond
			p.Main.Bypass, p.Main.BypassCause, p.Main.BypassFix = "NO_PROXY=* of .env:7", cause.NoProxyBypasses, "NO_PROXY=localhost"
		}, layer: LayerConnection, cause: cause.NoProxyBypasses, detail: "NO_PROXY=* of .env:7|not answered", fix: "NO_PROXY=localhost"},
		{name: "both families", set: func(t *testing.T, p *Plan) {
			full := fullListener(t, "::1")
			p.DSN = targetAt(t, "https", full).DSN
			withName(t, p, record{addresses: []string{"127.0.0.9"}}, v6)
			p.DSN.Port = targetAt(t, "https", full).DSN.Port
			p.ConnectTimeout = 600 * time.Millisecond
			blockPort(t, "127.0.0.9", full)
		}, layer: LayerConnection, cause: cause.TCPTimeout, detail: "[::1]|127.0.0.9", fix: "firewall"},
		{name: "the first of two", set: func(t *testing.T, p *Plan) {
			beside(t, p, "127.0.0.3", fullListener(t, "127.0.0.1"))
			withName(t, p, record{addresses: []string{"127.0.0.1", "127.0.0.3"}}, record{})
			p.ConnectTimeout = 600 * time.Millisecond
		}, layer: LayerConnection, status: Warned, cause: cause.TCPTimeout, detail: "connected to 127.0.0.3|127.0.0.1 is tried first", fix: "DNS of sentry.test"},
		{name: "a black hole", set: func(t *testing.T, p *Plan) {
			beside(t, p, "127.0.0.1", fullListener(t, "::1"))
			withName(t, p, here4(), v6)
			p.ConnectTimeout = 800 * time.Millisecond
		}, layer: LayerConnection, status: Warned, cause: cause.IPv6BlackHole, detail: "connected to 127.0.0.1|::1 is tried first", fix: "gai.conf"},
	}
}

// blockPort makes the port of one address a black hole at another one too.
func blockPort(t *testing.T, host, like string) {
	t.Helper()
	fillListener(t, host, like[strings.LastIndexByte(like, ':')+1:])
}
