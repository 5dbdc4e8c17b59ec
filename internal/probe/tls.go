package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

const fixCA = "put the certificate of that authority into a bundle, and set SSL_CERT_FILE to it (Python: SSL_CERT_FILE or REQUESTS_CA_BUNDLE, or ca_certs= of init)"

// opAlert is the operation of a net.OpError that carries the alert of the other
// side (crypto/tls).
const opAlert = "remote error"

// judgeTLS names why a handshake failed.
func (s *send) judgeTLS(ctx context.Context, l *trail, err error) verdict {
	var record tls.RecordHeaderError
	var alert *net.OpError
	switch {
	case isTimeout(err):
		return s.timedOut(s.target.DSN.DialAddress() + " took the connection and did not answer the TLS handshake")
	case errors.Is(err, http.ErrSchemeMismatch):
		return s.tlsNotSpoken("it answers in plain HTTP")
	case errors.As(err, &record) && !looksLikeTLS(l.head):
		return s.tlsNotSpoken("it answers with something else than TLS")
	}
	if v, ok := s.judgeCertificate(err); ok {
		return v
	}
	if brokenOff(err) {
		if l.proxy == nil && s.speaksHTTP(ctx) {
			return s.tlsNotSpoken("it cuts the TLS handshake off and answers plain HTTP")
		}
		return s.cut(err, "during the TLS handshake")
	}
	seen := "the handshake fails here: " + reason(err)
	if errors.As(err, &alert) && alert.Op == opAlert {
		seen = "the server ends it with: " + alert.Err.Error()
	}
	return s.handshake(seen)
}

func (s *send) handshake(seen string) verdict {
	return verdict{
		cause.TLSHandshake,
		fmt.Sprintf("no TLS connection with %s: %s; expected TLS 1.2 or 1.3 without a client certificate", s.target.DSN.DialAddress(), seen),
		"change the TLS settings of the server of SENTRY_DSN (protocol version, cipher suites, client certificates off for the ingest paths)",
	}
}

// judgeCertificate judges what the verification of the chain says.
func (s *send) judgeCertificate(err error) (verdict, bool) {
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var roots x509.SystemRootsError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return s.judgeDates(invalid.Cert), true
	case errors.As(err, &host):
		return verdict{
			cause.TLSWrongHost,
			fmt.Sprintf("the certificate is for %s, expected %s", namesOf(host.Certificate), s.target.DSN.Host),
			"write the host into SENTRY_DSN under a name that stands in the certificate, or give the server one for " + s.target.DSN.Host,
		}, true
	case errors.As(err, &unknown), errors.As(err, &roots):
		return s.judgeAuthority(err), true
	case errors.As(err, &invalid):
		return verdict{
			cause.TLSHandshake,
			fmt.Sprintf("the certificate of %s is of no use here: %s", s.target.DSN.DialAddress(), invalid.Error()),
			"replace the certificate of the server of SENTRY_DSN by one for servers, with a complete chain",
		}, true
	default:
		return verdict{}, false
	}
}

// judgeDates judges a certificate outside its time, by the clock that the
// verification used too.
func (s *send) judgeDates(c *x509.Certificate) verdict {
	now := s.target.now()
	if now.Before(c.NotBefore) {
		return verdict{
			cause.TLSNotYetValid,
			fmt.Sprintf("the certificate of %s is valid from %s, and it is %s here", s.target.DSN.DialAddress(), day(c.NotBefore), day(now)),
			"set this machine's clock (NTP: timedatectl set-ntp true); where it is right, replace the server's certificate",
		}
	}
	return verdict{
		cause.TLSExpired,
		fmt.Sprintf("the certificate %s of %s ended on %s, and it is %s here", nameOf(c), s.target.DSN.DialAddress(), day(c.NotAfter), day(now)),
		"renew the certificate of the server of SENTRY_DSN; where it is not past its end, set this machine's clock",
	}
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// judgeAuthority judges a chain whose end is not trusted.
func (s *send) judgeAuthority(err error) verdict {
	address := s.target.DSN.DialAddress()
	if s.noAuthorities() {
		return verdict{
			cause.CABundleMissing,
			fmt.Sprintf("there is not one CA certificate in %s, so that no certificate is trusted, that of %s neither; expected a bundle of them", cmp.Or(s.target.trust.From, "the system's bundle on this machine or in this container"), address),
			"install the package ca-certificates, or set SSL_CERT_FILE to a bundle",
		}
	}
	by, fix := "is not trusted here", fixCA
	if s.target.trust.From != "" {
		by = "is not trusted: it is not in " + s.target.trust.From
	}
	fix = cmp.Or(s.target.trust.Fix, fix)
	var failed *tls.CertificateVerificationError
	if !errors.As(err, &failed) || len(failed.UnverifiedCertificates) == 0 {
		return verdict{cause.TLSUntrusted, fmt.Sprintf("the certificate of %s comes from an authority that %s", address, by), fix}
	}
	chain := failed.UnverifiedCertificates
	leaf, last := chain[0], chain[len(chain)-1]
	if string(leaf.RawIssuer) == string(leaf.RawSubject) {
		return verdict{
			cause.TLSUntrusted,
			fmt.Sprintf("the certificate of %s is signed by itself (%s) and %s", address, nameOf(leaf), by), fix,
		}
	}
	why := "a private authority, or a proxy that opens TLS"
	if len(chain) == 1 {
		why += "; the server sends no intermediate certificate, which may be what is missing"
	}
	return verdict{
		cause.TLSUntrusted,
		fmt.Sprintf("the certificate of %s is issued by %q, which %s: %s", address, last.Issuer.String(), by, why), fix,
	}
}

// noAuthorities says whether there is nothing to verify a chain with.
func (s *send) noAuthorities() bool {
	pool := s.target.RootCAs
	if pool == nil {
		var err error
		if pool, err = x509.SystemCertPool(); err != nil {
			return true
		}
	}
	return pool.Equal(x509.NewCertPool())
}

func (s *send) tlsNotSpoken(how string) verdict {
	return verdict{
		cause.TLSNotSpoken,
		fmt.Sprintf("SENTRY_DSN says https, and %s speaks no TLS: %s", s.target.DSN.DialAddress(), how),
		"write the port into SENTRY_DSN that speaks TLS, or http:// where there is none",
	}
}

func (s *send) tlsRequired(how string) verdict {
	return verdict{
		cause.TLSRequired,
		fmt.Sprintf("SENTRY_DSN says http, and %s speaks TLS: %s", s.target.DSN.DialAddress(), how),
		"write https:// instead of http:// in SENTRY_DSN",
	}
}

func nameOf(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return fmt.Sprintf("%q", c.Subject.CommonName)
	}
	return namesOf(c)
}

// namesOf lists the hosts that a certificate is for.
func namesOf(c *x509.Certificate) string {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return fmt.Sprintf("no host (its subject is %q)", c.Subject.String())
	}
	const most = 5
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// looksLikeTLS says whether bytes begin a TLS record: an alert or a handshake,
// version 3.x.
func looksLikeTLS(head []byte) bool {
	return len(head) >= 2 && (head[0] == 0x15 || head[0] == 0x16) && head[1] == 3
}
