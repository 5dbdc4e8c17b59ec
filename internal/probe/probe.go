// Package probe asks the ingest of a DSN whether it takes envelopes, and names
// the cause where it does not.
//
// An SDK hands out an event id and flushes "successfully" whatever the server
// answers. A probe therefore judges by what came back over the wire: the
// status, the headers, and a body that repeats the id that was sent.
package probe

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/dsn"
)

// The bounds of a send where the target names none.
const (
	DefaultTimeout        = 5 * time.Second // the whole send, slow drips included
	DefaultConnectTimeout = 3 * time.Second // DNS and TCP
)

// The figures above which a caller warns. They judge nothing here.
const (
	// SlowLimit is the latency above which SDKs lose events at exit: they wait
	// 2 s there, for everything that is queued (cause ingest-slow).
	SlowLimit = 500 * time.Millisecond
	// SkewLimit is the difference of clocks that Sentry tolerates in a
	// timestamp of the future (cause clock-skew).
	SkewLimit = 60 * time.Second
)

const (
	maxBody    = 64 << 10 // read of an answer; Sentry's own have some 100 bytes
	maxExcerpt = 8 << 10  // kept of it
	maxHeader  = 64 << 10
)

// Target is where and how to send. Only the DSN is needed.
type Target struct {
	DSN *dsn.DSN
	// HTTP is used instead of a client of our own; its redirects are not
	// followed either. The fields Proxy, RootCAs, Resolver and ConnectTimeout
	// are of no effect then.
	HTTP *http.Client
	// Proxy chooses the proxy of a request, as in http.Transport; nil is the
	// direct way. The environment is not read.
	Proxy func(*http.Request) (*url.URL, error)
	// RootCAs are the authorities that are trusted; nil are the system's.
	RootCAs *x509.CertPool
	// Resolver resolves names; nil is the system's.
	Resolver *net.Resolver

	Timeout        time.Duration // of the whole send; 0: DefaultTimeout
	ConnectTimeout time.Duration // of DNS and TCP; 0: DefaultConnectTimeout
	Gzip           bool          // compress the body, as the Python SDK does
	Client         string        // such as "bbctl/1.0"; goes into X-Sentry-Auth
	Now            func() time.Time

	// What only an examination knows.
	route     *route // how the host that is dialled was found to be reached
	trust     Trust  // says in words what RootCAs are
	proxyFrom string // the variable that names the proxy, with its origin
	loginFix  string // how the client is given a login for the proxy
	unsent    bool   // the login of the proxy's URL, since the client sends none
	sealed    bool   // the connection is made up to TLS, and nothing goes into it
}

// Answer is what came back for one envelope, and what it means.
type Answer struct {
	// Cause is empty where the envelope was accepted, and else an id of the
	// catalogue.
	Cause  cause.ID
	Detail string // what was seen and what was expected; no secret in it
	Fix    string // the one action that helps; empty where accepted

	Status  int         // 0: no answer came
	Header  http.Header // those that tell something, without secrets
	Body    string      // at most 8 KiB, without secrets
	EventID string      // the id that the server named
	Limits  []Limit     // also those that limit other categories than the one sent
	Latency time.Duration
	// Skew is how far this machine's clock is ahead of the server's, by its
	// Date header, whose steps are a second; 0 where there is none.
	Skew  time.Duration
	Proxy string // host and port of the proxy that was used
	Err   error  // of the network; nil where an answer came whole
}

// Accepted says whether the envelope was taken.
func (a Answer) Accepted() bool { return a.Cause == "" }

// verdict is a cause with its evidence and its remedy.
type verdict struct {
	cause       cause.ID
	detail, fix string
}

func (t Target) timeout() time.Duration {
	if t.Timeout > 0 {
		return t.Timeout
	}
	return DefaultTimeout
}

// asking is how long the request may take: through a proxy, a part of the time
// is kept for a look at the direct way.
func (t Target) asking() time.Duration {
	if t.Proxy == nil {
		return t.timeout()
	}
	return t.timeout() - min(lookTimeout, t.timeout()/5)
}

func (t Target) connectTimeout() time.Duration {
	if t.ConnectTimeout > 0 {
		return t.ConnectTimeout
	}
	return DefaultConnectTimeout
}

func (t Target) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}
