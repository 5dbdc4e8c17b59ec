package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// judgeNetwork names the cause where no answer came.
func (s *send) judgeNetwork(ctx context.Context, err error) verdict {
	l := s.trail.state()
	if v, ok := s.judgeProxy(ctx, l, err); ok {
		return v
	}
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return s.interrupted()
	case errors.As(err, &dns):
		return s.judgeDNS(ctx, dns)
	case !l.connected && s.target.route != nil && !s.target.route.names.answered():
		return s.judgeDNS(ctx, &net.DNSError{IsTimeout: true})
	case !l.connected:
		return s.judgeDial(l, err)
	case l.tlsStarted && !l.tlsDone, errors.As(err, &op) && op.Op == opAlert:
		// In TLS 1.3 a client learns of a missing certificate afterwards.
		return s.judgeTLS(ctx, l, err)
	default:
		return s.judgeSilence(ctx, l, err)
	}
}

func (s *send) judgeDNS(ctx context.Context, err *net.DNSError) verdict {
	seen := "there is no such name"
	switch {
	case err.IsTimeout:
		seen = "the resolver did not answer in time"
	case err.Server != "" && !err.IsNotFound && s.nobodyResolves(ctx, err.Server):
		seen = "no resolver answers at " + err.Server + ": look at /etc/resolv.conf, which names it, or is missing"
	case !err.IsNotFound:
		seen = "the resolver answers: " + err.Err
	}
	return verdict{
		cause.DNSUnresolvable,
		fmt.Sprintf("the host %s does not resolve from here (%s), expected an address", s.target.DSN.Host, seen),
		"correct the host in SENTRY_DSN, or repair the resolver of this machine or container (/etc/resolv.conf, network policy for port 53)",
	}
}

// dialFault is the kind of a failed connection. Where several addresses were
// tried, the one that says most counts.
type dialFault int

const (
	faultOther dialFault = iota
	faultUnreachable
	faultTimeout
	faultReset
	faultRefused
)

func isErrno(err error, numbers []syscall.Errno) bool {
	var n syscall.Errno
	return errors.As(err, &n) && slices.Contains(numbers, n)
}

func faultOf(err error) dialFault {
	switch {
	case isErrno(err, errnoRefused()):
		return faultRefused
	case isErrno(err, errnoReset()):
		return faultReset
	case isTimeout(err), isErrno(err, errnoTimeout()):
		return faultTimeout
	case isErrno(err, errnoUnreachable()):
		return faultUnreachable
	default:
		return faultOther
	}
}

func (s *send) judgeDial(l *trail, err error) verdict {
	worst, tried := faultOf(err), []string(nil)
	for _, a := range l.attempts {
		worst = max(worst, faultOf(a.err))
		tried = append(tried, a.address)
	}
	address := s.target.DSN.DialAddress()
	if addresses := strings.Join(tried, ", "); addresses != "" && addresses != address {
		address += " (" + addresses + ")"
	}
	const open = "allow outgoing TCP to this host and port (firewall, security group, network policy), or set HTTPS_PROXY where there is a proxy"
	switch worst {
	case faultRefused:
		return s.refused(address, tried)
	case faultReset:
		return s.cut(err, "while it was being made")
	case faultTimeout:
		return verdict{cause.TCPTimeout, fmt.Sprintf("the connection to %s was not answered within %s", address, seconds(s.bound())), open}
	default:
		return verdict{cause.TCPUnreachable, fmt.Sprintf("no connection to %s can be made: %s", address, reason(err)), open}
	}
}

// refused tells a server that is down from a name that leads nowhere: filters
// of advertisements know the hosts of Sentry, and answer with no address.
func (s *send) refused(address string, tried []string) verdict {
	seen, fix := "nothing listens at "+address+": the connection is refused, expected it to be taken", "correct host and port in SENTRY_DSN, or start the server there"
	for _, a := range tried {
		host, _, _ := net.SplitHostPort(a)
		ip, err := netip.ParseAddr(host)
		if err == nil && (ip.IsUnspecified() || ip.IsLoopback()) && !s.target.DSN.Loopback() && s.trail.state().proxy == nil {
			seen += fmt.Sprintf("; the name leads to this machine itself (%s): a filter of names (Pi-hole, ad blocker) or a line of /etc/hosts does that", host)
			fix = "take " + s.target.DSN.Host + " out of the filter of names or of /etc/hosts; where the server is meant to be here, correct the port in SENTRY_DSN or start it"
			break
		}
	}
	return verdict{cause.TCPRefused, seen, fix}
}

// bound is what a connection had for its making.
func (s *send) bound() time.Duration {
	return min(s.target.connectTimeout(), s.target.timeout())
}

// judgeSilence judges a connection that stood, and gave no whole answer.
func (s *send) judgeSilence(ctx context.Context, l *trail, err error) verdict {
	address := s.peer(l)
	switch {
	case looksLikeTLS(l.head) && !l.tlsStarted:
		return s.tlsRequired("the port answers in TLS")
	case l.foreign():
		return s.noHTTP(fmt.Sprintf("it begins with “%s”", line(string(l.head[:min(len(l.head), 40)]), 40)))
	case isTimeout(err):
		return s.timedOut(address + " took the connection and gave no whole answer")
	case l.headerCut(err):
		return verdict{
			cause.ResponseTruncated, fmt.Sprintf("the answer of %s breaks off in its header, expected a whole one", address),
			"look into the log of what stands between here and the ingest (proxy, load balancer, firewall): it cuts connections",
		}
	case l.answered:
		return s.noHTTP(reason(err))
	}
	if !l.tlsStarted && l.proxy == nil && s.speaksTLS(ctx) {
		return s.tlsRequired("the port cuts plain HTTP off and answers a TLS handshake")
	}
	if l.tlsDone && l.proxy == nil && s.wantsCertificate(ctx) {
		return s.handshake("the server asks for a client certificate and ends the connection without one")
	}
	when := "before an answer came"
	if !l.wrote {
		when = fmt.Sprintf("while the envelope of %d bytes was being sent", s.size)
	}
	return s.cut(err, when)
}

func (s *send) noHTTP(why string) verdict {
	return verdict{
		cause.NotSentry,
		fmt.Sprintf("%s answers in a way that is no HTTP (%s), expected Sentry's ingest", s.target.DSN.DialAddress(), line(why, 200)),
		"correct host and port in SENTRY_DSN: another service listens there",
	}
}

// interrupted is no finding about the ingest: whoever waited gave up.
func (s *send) interrupted() verdict {
	return verdict{cause.ResponseTimeout, "the send was interrupted while it waited for " + s.target.DSN.DialAddress(), "run it again"}
}

// peer names what the connection goes to.
func (s *send) peer(l *trail) string {
	address := s.target.DSN.DialAddress()
	switch {
	case l.proxy == nil:
		return address
	case l.tunnel:
		return address + " (through the proxy " + l.proxy.Host + ")"
	default:
		return "the proxy " + l.proxy.Host + " from " + s.proxyVariable() + " (on the way to " + address + ")"
	}
}

// cut tells a reset from a clean end.
func (s *send) cut(err error, when string) verdict {
	address := s.peer(s.trail.state())
	fix := "look into the log of what stands between here and the ingest (firewall, load balancer, proxy): it ends connections to the host of SENTRY_DSN"
	if isErrno(err, errnoReset()) {
		return verdict{cause.ConnectionReset, fmt.Sprintf("%s reset the connection %s, expected an answer", address, when), fix}
	}
	return verdict{cause.ConnectionClosed, fmt.Sprintf("%s closed the connection %s, expected an answer", address, when), fix}
}

func (s *send) timedOut(what string) verdict {
	return verdict{
		cause.ResponseTimeout, fmt.Sprintf("%s within %s", what, seconds(s.answer.Latency)),
		fixSilence,
	}
}

const fixSilence = "look whether the server of SENTRY_DSN is overloaded, and whether a firewall lets the connection through and drops what follows"

// brokenOff says whether a connection ended in the middle of an answer.
func brokenOff(err error) bool {
	return err != nil && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isErrno(err, errnoReset()))
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, http.ErrHandlerTimeout) || errors.As(err, &timeout) && timeout.Timeout()
}

// reason is the innermost text of an error: the outer ones repeat addresses.
func reason(err error) string {
	var call *os.SyscallError
	var op *net.OpError
	switch {
	case errors.As(err, &call):
		return call.Err.Error()
	case errors.As(err, &op) && op.Err != nil:
		return op.Err.Error()
	default:
		return withoutURL(err).Error()
	}
}
