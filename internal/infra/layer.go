package infra

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Network tells in words at which layer of the network a connection to an
// address ended, bound being the time that it had. It returns "" where the
// network is not to blame.
func (l *Line) Network(address string, err error, bound time.Duration) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return l.name(dns)
	case isErrno(err, errnoRefused()):
		return fmt.Sprintf("nothing listens at %s: the connection is refused", address)
	case errors.Is(err, fs.ErrNotExist) && !l.Connected():
		return fmt.Sprintf("there is no socket %s", address)
	case errors.Is(err, fs.ErrPermission) && !l.Connected():
		return fmt.Sprintf("the system forbids the connection to %s", address)
	}
	if words := certificate(err); words != "" {
		return fmt.Sprintf("TLS with %s fails: %s", address, words)
	}
	switch {
	case isTimeout(err) && !l.Connected():
		return fmt.Sprintf("the connection to %s was not answered within %s: something drops what is sent there", address, round(bound))
	case isTimeout(err) && len(l.Head()) == 0:
		return fmt.Sprintf("%s took the connection and said nothing within %s", address, round(bound))
	case isTimeout(err):
		return fmt.Sprintf("%s took the connection and did not answer whole within %s", address, round(bound))
	case errors.Is(err, context.Canceled):
		return "the connection to " + address + " was interrupted"
	case !l.Connected():
		return fmt.Sprintf("no connection to %s can be made: %s", address, innermost(err))
	case len(l.Head()) == 0 && isClosed(err):
		return fmt.Sprintf("%s took the connection and closed it without a word", address)
	}
	return ""
}

func (l *Line) name(dns *net.DNSError) string {
	switch {
	case dns.IsNotFound:
		return fmt.Sprintf("the host %s does not resolve from here: there is no such name", dns.Name)
	case dns.IsTimeout:
		return fmt.Sprintf("the host %s does not resolve from here: the resolver did not answer in time", dns.Name)
	default:
		return fmt.Sprintf("the host %s does not resolve from here: %s", dns.Name, dns.Err)
	}
}

// certificate tells why a TLS handshake failed, "" where it did not.
func certificate(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var alert tls.AlertError
	switch {
	case errors.As(err, &unknown):
		return "the certificate is signed by an authority that is not trusted here"
	case errors.As(err, &name):
		return "the certificate is for another name than " + name.Host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired, or is not valid yet"
	case errors.As(err, &verification):
		return innermost(verification.Err)
	case errors.As(err, &alert):
		return "the server ends the handshake: " + alert.Error()
	}
	return ""
}

func isErrno(err error, numbers []syscall.Errno) bool {
	var n syscall.Errno
	return errors.As(err, &n) && slices.Contains(numbers, n)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		isErrno(err, errnoTimeout()) || errors.As(err, &timeout) && timeout.Timeout()
}

func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || isErrno(err, errnoReset())
}

// innermost is the text of the error that others wrap: it names no addresses
// and no settings.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return Excerpt(err.Error(), 120)
		}
		err = inner
	}
}

// TLSHead says whether bytes begin a record of TLS.
func TLSHead(b []byte) bool {
	return len(b) >= 2 && (b[0] == 0x15 || b[0] == 0x16) && b[1] == 3
}

func round(d time.Duration) string {
	s := d.Round(10 * time.Millisecond).String()
	return strings.TrimSuffix(s, ".0s")
}
