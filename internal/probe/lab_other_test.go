package probe

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// TestTheOtherClient: what is wrong with its way alone is told with its name,
// and what is wrong with every way is told once.
func TestTheOtherClient(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		set    func(t *testing.T, p *Plan)
		sev    cause.Severity
		want   Status
		cause  cause.ID
		by     Layer
		detail string
	}{
		{"it trusts another store", func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			p.Other = &Way{Trust: Trust{Roots: pool(newAuthority(t)), From: "/etc/ssl/certs", Fix: "update-ca-certificates"}}
		}, cause.Warn, Warned, cause.TLSUntrusted, "", "for sentry-go alone: |/etc/ssl/certs"},
		{"and it counts", func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			p.Other = &Way{Trust: Trust{Roots: pool(newAuthority(t)), From: "/etc/ssl/certs", Fix: "update-ca-certificates"}}
		}, cause.Fail, Failed, cause.TLSUntrusted, "", "for sentry-go alone: "},
		{"it takes a dead proxy", func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			p.Other = &Way{Proxy: &url.URL{Scheme: "http", Host: closedPort(t)}, ProxyFrom: "http_proxy"}
		}, cause.Warn, Warned, cause.ProxyUnreachable, "", "for sentry-go alone: |http_proxy"},
		{"it goes through a proxy", func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			p.Other = &Way{Proxy: &url.URL{Scheme: "http", Host: tunnel(t, nil)}, ProxyFrom: "https_proxy", Trust: p.Main.Trust}
		}, cause.Warn, Passed, "", "", "sentry-go reaches it too|https_proxy|TLS 1.3"},
		{"it alone gets there", func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			p.Other = &Way{Trust: p.Main.Trust}
			through(p, closedPort(t))
		}, cause.Warn, Passed, "", "", "sentry-go reaches it too"},
		{"nobody gets there", func(t *testing.T, p *Plan) {
			p.DSN = targetAt(t, "https", closedPort(t)).DSN
			p.Other = &Way{}
		}, cause.Warn, Blocked, "", LayerConnection, "every client meets it"},
		{"nobody trusts it", func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			p.Main.Trust.Roots = pool(newAuthority(t))
			p.Other = &Way{Trust: Trust{Roots: pool(newAuthority(t))}}
		}, cause.Fail, Blocked, "", LayerTLS, "every client meets it"},
		{"it meets another end of the same handshake", func(t *testing.T, p *Plan) {
			var n atomic.Int32
			p.DSN = targetAt(t, "https", scripted(t, func(c net.Conn) {
				takeHello(c)
				if n.Add(1)%2 == 0 {
					reset(c)
				}
			})).DSN
			p.Other = &Way{}
		}, cause.Fail, Blocked, "", LayerTLS, "every client meets it"},
		{"nobody has the bundle", func(t *testing.T, p *Plan) {
			secure(t, p, nil)
			p.Main.Trust = Trust{Roots: x509.NewCertPool(), From: "SSL_CERT_FILE, which is not there"}
			p.Other = &Way{Trust: Trust{Roots: pool(newAuthority(t))}}
		}, cause.Fail, Blocked, "", LayerTLS, "every client meets it"},
		{"its proxy is not used", func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			p.Other = &Way{Proxy: &url.URL{Scheme: "http", Host: "proxy.test:1"}, ProxyFrom: "http_proxy"}
			p.Resolver = zone(t, record{code: nameError}, record{code: nameError})
		}, cause.Warn, Warned, cause.ProxyUnreachable, "", "proxy.test:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plan(t)
			tt.set(t, &p)
			p.Other.Client, p.OtherSeverity = "sentry-go", tt.sev
			got := examine(t, p)[LayerOther]
			if got.Status != tt.want || got.Cause != tt.cause || got.BlockedBy != tt.by {
				t.Errorf("got %+v, want %s %q by %q", got, tt.want, tt.cause, tt.by)
			}
			for part := range strings.SplitSeq(tt.detail, "|") {
				if !strings.Contains(got.Detail, part) {
					t.Errorf("detail: got %q, want %q in it", got.Detail, part)
				}
			}
		})
	}
}

// TestTheOtherWaySendsNothing counts what a server sees of it.
func TestTheOtherWaySendsNothing(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	p := plan(t)
	relay(t, &p, func(http.ResponseWriter, call) bool { requests.Add(1); return false })
	p.Other = &Way{Client: "sentry-go"}
	if f := examine(t, p)[LayerOther]; f.Status != Passed {
		t.Errorf("%+v", f)
	}
	if n := requests.Load(); n != 4 {
		t.Errorf("%d requests, want those of the application alone, 4", n)
	}
}

// TestAnAddressThatWasConnectedIsNamed, also where the handshake fails then.
func TestAnAddressThatWasConnectedIsNamed(t *testing.T) {
	t.Parallel()
	p := plan(t)
	secure(t, &p, nil)
	p.Main.Trust.Roots = pool(newAuthority(t))
	got := examine(t, p)
	if f := got[LayerConnection]; f.Status != Passed || f.Detail != "connected to "+p.DSN.DialAddress() || got[LayerTLS].Status != Failed {
		t.Errorf("%+v, %+v", f, got[LayerTLS])
	}
}
