package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// aboveWay are the layers that need an ingest which takes envelopes.
func aboveWay() []Layer {
	return []Layer{LayerGzip, LayerEvent, LayerAgain, LayerLimits, LayerLatency, LayerClock}
}

// way sends the first envelope, and finds in its traces how far the layers
// from the names to the answer are good. It returns what was sent, and whether
// its answer is one to go on with.
func (x *examiner) way(ctx context.Context) (*send, bool) {
	x.main = x.routeOf(ctx, x.plan.Main)
	sent := make(chan *send, 1)
	go func() {
		defer close(sent)
		defer x.catch()
		sent <- exchange(ctx, x.compressed(false), x.report(), "")
	}()
	if x.main.names.wait(ctx) && x.main.names.found() && !x.resolvesForSOCKS() {
		x.publish(x.names())
	}
	s := <-sent
	if s == nil || interrupted(ctx) || cut(ctx, s.answer) && s.answer.Latency < longWait {
		close(x.wayKnown)
		return s, false
	}
	x.secondLook(ctx, s)
	answer, trail := x.keep(s), s.trail.state()
	if answer.Accepted() {
		x.passedUpTo(ctx, LayerAnswer, answer, trail)
		close(x.wayKnown)
		x.pass(LayerAnswer, "%s, in %s", answer.Detail, seconds(answer.Latency))
		return s, true
	}
	layer := judgedBy(answer, trail)
	x.passedUpTo(ctx, layer, answer, trail)
	x.verdict = bypassed(x.plan.Main, layer, failed(layer, answer))
	close(x.wayKnown)
	x.publish(x.verdict)
	x.block(layer, LayerNames, LayerConnection, LayerProxy, LayerTLS, LayerAnswer) // those above: the others have their findings
	if f := x.clock(); f.Status == Warned && layer == LayerAnswer && answer.Cause != cause.NotSentry && answer.Cause != cause.HTTPRedirect {
		x.publish(f) // whoever refuses has a clock as well
	}
	x.block(layer, aboveWay()...)
	return s, false
}

// passedUpTo publishes what is good below a layer.
func (x *examiner) passedUpTo(ctx context.Context, layer Layer, a Answer, l *trail) {
	below := []struct {
		layer Layer
		found func() Finding
	}{
		{LayerNames, x.names},
		{LayerConnection, func() Finding { return x.connection(ctx, l) }},
		{LayerProxy, func() Finding { return x.proxy(a) }},
		{LayerTLS, func() Finding { return x.tls(l) }},
	}
	for _, b := range below {
		if b.layer == layer {
			return
		}
		x.publish(b.found())
	}
}

// names tells what the host resolves to. A resolver that keeps silent for one
// family makes clients wait for it.
func (x *examiner) names() Finding {
	names, w := x.main.names, x.plan.Main
	f := Finding{Layer: LayerNames, Status: Passed}
	switch {
	case w.Proxy != nil:
		f.Detail = fmt.Sprintf("%s is left to the proxy %s to resolve", x.plan.DSN.Host, w.Proxy.Host)
		if x.resolvesForSOCKS() {
			f.Detail = fmt.Sprintf("%s is resolved here for the proxy %s, since SOCKS 4 knows no names", x.plan.DSN.Host, w.Proxy.Host)
		}
		if !names.literal && names.found() {
			f.Detail += fmt.Sprintf("; the proxy itself has %s", names.words())
		}
		return f
	case names.literal:
		f.Detail = names.host + " is an address, there is nothing to resolve"
		return f
	}
	f.Detail = names.host + " has " + names.words()
	if names.v4.silent() || names.v6.silent() {
		f.Status, f.Cause = Warned, cause.DNSUnresolvable
		f.Detail += fmt.Sprintf(": the resolver keeps silent for one family, and a client that asks for both waits for it (more than %s) before it connects", seconds(x.plan.ConnectTimeout))
		f.Fix = "repair the resolver of this machine or container, or write into /etc/resolv.conf: options single-request-reopen timeout:1"
	}
	return f
}

// resolvesForSOCKS says whether the ingest's name is looked up after the
// proxy's, by the client: that may fail yet.
func (x *examiner) resolvesForSOCKS() bool {
	w := x.plan.Main
	return w.Proxy != nil && w.Proxy.Scheme == "socks4"
}

// connection tells which address was connected, and which others failed.
func (x *examiner) connection(ctx context.Context, l *trail) Finding {
	f := Finding{Layer: LayerConnection, Status: Passed}
	if !l.connected {
		f.Detail = fmt.Sprintf("nothing is connected to directly: %s, which is looked at next", x.through())
		return f
	}
	f.Detail = "connected to " + l.remote
	if x.plan.Main.Proxy != nil {
		f.Detail += ", the proxy"
	}
	failures := x.main.failures(ctx)
	for _, a := range failures {
		f.Detail += fmt.Sprintf("; %s: %s", a.address, reason(a.err))
	}
	i := slices.IndexFunc(failures, func(a attempt) bool { return faultOf(a.err) == faultTimeout })
	if i < 0 || !x.lost(failures[i].address) {
		return f
	}
	f.Status, f.Cause = Warned, cause.TCPTimeout
	f.Fix = "take the address that is not answered out of the DNS of " + x.main.names.host + ", or start the server there"
	if strings.Contains(failures[i].address, ":") {
		f.Cause = cause.IPv6BlackHole
		f.Fix = "echo 'precedence ::ffff:0:0/96 100' >> /etc/gai.conf (IPv4 first), or repair the route of IPv6 of this machine or container"
	}
	f.Detail += fmt.Sprintf(": %s is tried first and not answered within its time, so that a client which tries the addresses in turn waits for it in every connection", failures[i].address)
	return f
}

// lost says whether an address that was not answered is tried before the good
// one: those of IPv6 are, and those that the resolver names first.
func (x *examiner) lost(address string) bool {
	return strings.Contains(address, ":") || !x.main.best.Is6()
}

func (x *examiner) through() string {
	if w := x.plan.Main; w.Proxy != nil {
		return "the way goes through the proxy " + w.Proxy.Host
	}
	return "there is no proxy"
}

// proxy tells which way is taken, and why.
func (x *examiner) proxy(a Answer) Finding {
	f, w := Finding{Layer: LayerProxy, Status: Passed}, x.plan.Main
	switch {
	case w.Proxy == nil && w.Bypass != "":
		f.Detail = "directly, although a proxy is set: " + w.Bypass
	case w.Proxy == nil:
		f.Detail = "directly: no proxy is set"
	case x.plan.DSN.Scheme == "https", isSOCKS(w.Proxy):
		f.Detail = fmt.Sprintf("the proxy %s from %s opens a tunnel to %s", a.Proxy, cmp.Or(w.ProxyFrom, "the settings"), x.plan.DSN.DialAddress())
	default:
		f.Detail = fmt.Sprintf("the proxy %s from %s takes the request", a.Proxy, cmp.Or(w.ProxyFrom, "the settings"))
	}
	return f
}

// tls tells the version, the issuer and the end date of the certificate.
func (x *examiner) tls(l *trail) Finding {
	f := Finding{Layer: LayerTLS, Status: Passed, Detail: "SENTRY_DSN says http: there is no TLS"}
	if x.plan.DSN.Scheme != "https" {
		return f
	}
	f.Detail = tlsWords(l.tls)
	if from := x.plan.Main.Trust.From; from != "" {
		f.Detail += ", trusted by " + from
	}
	return f
}

func tlsWords(state tls.ConnectionState) string {
	words := tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		leaf := state.PeerCertificates[0]
		words += fmt.Sprintf(", certificate of %s until %s", cmp.Or(leaf.Issuer.CommonName, leaf.Issuer.String()), day(leaf.NotAfter))
	}
	return words
}

// secondLook finds what a wait without an answer cannot tell: a port that
// waits for the other protocol, and a proxy that keeps silent while the ingest
// answers.
func (x *examiner) secondLook(ctx context.Context, s *send) {
	l, https := s.trail.state(), x.plan.DSN.Scheme == "https"
	switch silent := s.answer.Cause == cause.ResponseTimeout && s.answer.Status == 0 && len(l.head) == 0; {
	case silent && https && l.proxy == nil && s.speaksHTTP(ctx):
		s.apply(s.tlsNotSpoken("it waits for more when a TLS handshake comes, and answers plain HTTP"))
	case silent && !https && l.proxy == nil && s.speaksTLS(ctx):
		s.apply(s.tlsRequired("it keeps silent to plain HTTP, and answers a TLS handshake"))
	case silent && !https && l.proxy != nil && !l.tunnel && s.speaksHTTP(ctx):
		s.apply(verdict{
			cause.ProxyUnreachable,
			fmt.Sprintf("the proxy %s from %s takes the request and does not answer within %s; the direct way is open", l.proxy.Host, s.proxyVariable(), seconds(s.answer.Latency)),
			fmt.Sprintf("correct %s, or go around the proxy: add %s to NO_PROXY", s.proxyVariable(), x.plan.DSN.Host),
		})
	case cutOff(s.answer.Cause) && !https && l.proxy != nil && !l.tunnel && s.speaksHTTP(ctx):
		s.apply(verdict{
			cause.ProxyRefuses,
			fmt.Sprintf("the proxy %s from %s ends the connection without an answer; the direct way is open", l.proxy.Host, s.proxyVariable()),
			fmt.Sprintf("let the proxy pass requests to %s, or go around it: add %s to NO_PROXY", x.plan.DSN.DialAddress(), x.plan.DSN.Host),
		})
	}
}

func cutOff(id cause.ID) bool {
	return id == cause.ConnectionReset || id == cause.ConnectionClosed
}
