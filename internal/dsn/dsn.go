// Package dsn parses a Sentry DSN strictly, names what is wrong with a
// defective one, and makes of a good one what a client needs.
//
// The grammar is {http|https}://KEY[:SECRET]@HOST[:PORT]{/PATH}/PROJECT. SDKs
// differ in what they forgive; a DSN that passes here is one that all of them
// read alike.
package dsn

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// DSN is a parsed DSN.
type DSN struct {
	Scheme    string // "http" or "https"
	PublicKey string
	SecretKey string // legacy; empty in DSNs of today
	Host      string // without port
	Port      int    // 0: the scheme's own
	Path      string // prefix before the project, "" or "/like/this"
	ProjectID string // decimal digits
}

// String returns the whole DSN, key included: for sending, never for showing.
func (d *DSN) String() string {
	user := d.PublicKey
	if d.SecretKey != "" {
		user += ":" + d.SecretKey
	}
	return d.Scheme + "://" + user + "@" + d.Address() + d.Path + "/" + d.ProjectID
}

// Redacted returns the DSN with its key masked but for the first four
// characters, which is enough to tell two apart, and with what looks like a
// token in its path masked whole.
func (d *DSN) Redacted() string {
	return d.Scheme + "://" + mask(d.PublicKey) + "@" + d.Address() + hideTokens(d.Path) + "/" + d.ProjectID
}

// Address is the host with its port where one is given.
func (d *DSN) Address() string {
	if d.Port == 0 {
		return d.Host
	}
	return d.Host + ":" + strconv.Itoa(d.Port)
}

// EnvelopeURL is where envelopes are posted.
func (d *DSN) EnvelopeURL() string { return d.endpoint("envelope") }

// StoreURL is where SDKs of before 2020 post single events.
func (d *DSN) StoreURL() string { return d.endpoint("store") }

func (d *DSN) endpoint(name string) string {
	return d.Scheme + "://" + d.Address() + d.Path + "/api/" + d.ProjectID + "/" + name + "/"
}

// AuthHeader is the value of X-Sentry-Auth for a client such as "bbctl/1.0";
// an empty client is left out.
func (d *DSN) AuthHeader(client string) string {
	header := "Sentry sentry_version=7, sentry_key=" + d.PublicKey
	if client != "" {
		header = "Sentry sentry_version=7, sentry_client=" + client + ", sentry_key=" + d.PublicKey
	}
	if d.SecretKey != "" {
		header += ", sentry_secret=" + d.SecretKey
	}
	return header
}

// Org is the organization's number in a host such as
// o123.ingest.us.sentry.io, empty elsewhere.
func (d *DSN) Org() string {
	label, rest, _ := strings.Cut(d.Host, ".")
	if !strings.HasPrefix(rest, "ingest.") || !strings.HasPrefix(label, "o") || !digits(label[1:]) {
		return ""
	}
	return label[1:]
}

// Region is the region in a host such as o123.ingest.us.sentry.io, empty where
// the host names none.
func (d *DSN) Region() string {
	_, rest, _ := strings.Cut(d.Host, ".ingest.")
	region, ok := strings.CutSuffix(rest, ".sentry.io")
	if !ok {
		return ""
	}
	return region
}

// Loopback says whether the host is this machine.
func (d *DSN) Loopback() bool {
	host := strings.ToLower(d.Host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	// A connection to the unspecified address ends on this machine as well.
	return err == nil && (addr.IsLoopback() || addr.IsUnspecified())
}

// Internal says whether the host can be reached from inside a network only: a
// name of one label, or a private address.
func (d *DSN) Internal() bool {
	if d.Loopback() {
		return false
	}
	if addr, err := netip.ParseAddr(d.Host); err == nil {
		return addr.IsPrivate() || addr.IsLinkLocalUnicast() || carrierGrade.Contains(addr)
	}
	host := strings.ToLower(d.Host)
	if !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range []string{".internal", ".local", ".lan", ".intranet", ".corp", ".home.arpa"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// carrierGrade is the shared address space of RFC 6598, which container
// networks use like a private one.
var carrierGrade = netip.MustParsePrefix("100.64.0.0/10")

// DialAddress is host:port with the scheme's port where none is given.
func (d *DSN) DialAddress() string {
	port := d.Port
	if port == 0 {
		port = 443
		if d.Scheme == "http" {
			port = 80
		}
	}
	return net.JoinHostPort(d.Host, strconv.Itoa(port))
}
