package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// proxy asks the target's function, and remembers its answer.
func (s *send) proxy(r *http.Request) (*url.URL, error) {
	if s.target.Proxy == nil {
		return nil, nil // the direct way, in http.Transport's contract
	}
	chosen, err := s.target.Proxy(r)
	if err != nil {
		return nil, &proxyChoiceError{err}
	}
	s.trail.set(func() { s.trail.proxy = chosen })
	if chosen != nil && isSOCKS(chosen) {
		return nil, nil // net/http would take SOCKS 4 for a proxy of HTTP; throughSOCKS speaks it
	}
	return chosen, nil
}

// proxyChoiceError is a proxy setting that cannot be used.
type proxyChoiceError struct{ err error }

func (e *proxyChoiceError) Error() string { return e.err.Error() }
func (e *proxyChoiceError) Unwrap() error { return e.err }

// proxyRefusal is the answer of a proxy that opens no tunnel.
type proxyRefusal struct {
	status int
	header http.Header
}

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy answers %d to CONNECT", e.status)
}

// proxyHost is the proxy without its user and password.
func (s *send) proxyHost() string {
	s.trail.mu.Lock()
	defer s.trail.mu.Unlock()
	if s.trail.proxy == nil {
		return ""
	}
	return s.trail.proxy.Host
}

// The variable that names the proxy depends on the scheme; sentry-python takes
// HTTP_PROXY for https as well.
func (s *send) proxyVariable() string {
	if s.target.proxyFrom != "" {
		return s.target.proxyFrom
	}
	if s.target.DSN.Scheme == "https" {
		return "HTTPS_PROXY (or HTTP_PROXY)"
	}
	return "HTTP_PROXY"
}

// judgeProxy names what the way through a proxy failed of, where it did.
func (s *send) judgeProxy(ctx context.Context, l *trail, err error) (verdict, bool) {
	var choice *proxyChoiceError
	var refusal *proxyRefusal
	var op *net.OpError
	var socks *socksRefusal
	var dns *net.DNSError
	switch {
	case errors.As(err, &choice):
		return verdict{
			cause.ProxyMalformed, "the proxy setting cannot be used: " + choice.Error() + "; expected a URL such as http://proxy:3128",
			"write " + s.proxyVariable() + " as http://HOST:PORT",
		}, true
	case errors.As(err, &refusal):
		return s.judgeRefusal(l, refusal), true
	case l.proxy == nil:
		return verdict{}, false
	case !l.connected, errors.As(err, &op) && op.Op == "proxyconnect":
		return s.proxyUnreachable(ctx, l, err), true
	case l.ready, l.tunnel, errors.As(err, &dns):
		return verdict{}, false // SOCKS 4 leaves the name of the ingest to us
	case isTimeout(err):
		return s.proxyUnreachable(ctx, l, err), true
	case errors.As(err, &socks) && socks.login:
		return s.proxyAuth("the proxy " + l.proxy.Host + " does not let this client in (" + socks.why + ")"), true
	default:
		return verdict{
			cause.ProxyRefuses,
			fmt.Sprintf("the proxy %s from %s gives no answer to CONNECT %s (%s), expected a tunnel", l.proxy.Host, s.proxyVariable(), s.target.DSN.DialAddress(), reason(err)),
			s.fixProxy(),
		}, true
	}
}

func (s *send) fixProxy() string {
	return fmt.Sprintf("let the proxy open tunnels to %s, or go around it: add %s to NO_PROXY", s.target.DSN.DialAddress(), s.target.DSN.Host)
}

func (s *send) proxyUnreachable(ctx context.Context, l *trail, err error) verdict {
	seen, isDNS := reason(err), (*net.DNSError)(nil)
	switch {
	case errors.As(err, &isDNS):
		seen = "its name does not resolve"
	case faultOf(err) == faultRefused:
		seen = "the connection is refused"
	case isTimeout(err) && l.connected:
		seen = "it takes the connection and does not answer CONNECT within " + seconds(s.answer.Latency)
	case isTimeout(err):
		seen = "it does not answer within " + seconds(s.bound())
	}
	direct, fix := "the direct way is closed too", "correct "+s.proxyVariable()+", or start the proxy"
	if s.open(ctx) {
		direct = "the direct way is open"
		fix = fmt.Sprintf("correct %s, or go around the proxy: add %s to NO_PROXY", s.proxyVariable(), s.target.DSN.Host)
	}
	return verdict{
		cause.ProxyUnreachable,
		fmt.Sprintf("the proxy %s from %s cannot be reached: %s; %s", l.proxy.Host, s.proxyVariable(), seen, direct), fix,
	}
}

func (s *send) judgeRefusal(l *trail, r *proxyRefusal) verdict {
	host := "the proxy"
	if l.proxy != nil {
		host += " " + l.proxy.Host
	}
	if r.status == http.StatusProxyAuthRequired {
		return s.proxyAuth(host + " answers 407")
	}
	why := ""
	if text := r.header.Get("X-Squid-Error"); text != "" {
		why = " (" + text + ")"
	}
	return verdict{
		cause.ProxyRefuses,
		fmt.Sprintf("%s from %s answers %d%s to CONNECT %s, expected 200", host, s.proxyVariable(), r.status, why, s.target.DSN.DialAddress()),
		s.fixProxy(),
	}
}

func (s *send) proxyAuth(seen string) verdict {
	scheme := "http"
	if proxy := s.trail.state().proxy; proxy != nil && isSOCKS(proxy) {
		scheme = proxy.Scheme
	}
	given := "takes those given in " + s.proxyVariable() + " for wrong or got none"
	if s.target.unsent {
		given = "got none: this client does not send those in the URL of " + s.proxyVariable()
	}
	fix := "write them into " + s.proxyVariable() + ": " + scheme + "://USER:PASSWORD@HOST:PORT, with %40 for an @ in the password"
	if s.target.loginFix != "" {
		fix = s.target.loginFix
	}
	return verdict{cause.ProxyAuthRequired, seen + ": it wants a user and a password, and " + given, fix}
}
