package doctor

import (
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// saying is a pattern in the text of an error, and the cause that it gives away.
type saying struct {
	pattern *regexp.Regexp
	id      cause.ID
}

// sayings are what Python's ssl and socket modules, urllib3 and Go's net say
// of a send that failed. The first that fits counts: what an error was caused
// by stands inside of it, so that proxies come before refused connections.
var sayings = sync.OnceValue(func() []saying {
	var list []saying
	for _, s := range []struct {
		pattern string
		id      cause.ID
	}{
		{`Tunnel connection failed: 407|Proxy Authentication Required`, cause.ProxyAuthRequired},
		{`Tunnel connection failed: \d+|": (?:Forbidden|Bad Gateway|Service Unavailable|Gateway Timeout|Method Not Allowed)$`, cause.ProxyRefuses},
		{`Not supported proxy scheme|Proxy URL had no scheme|ProxySchemeUnknown|invalid proxy (?:address|URL)|unknown scheme`, cause.ProxyMalformed},
		{`Cannot connect to proxy|Unable to connect to proxy|ProxyError|proxyconnect tcp|socks connect`, cause.ProxyUnreachable},
		{`FileNotFoundError|TLS CA certificate bundle, invalid path`, cause.CAFileMissing},
		{`failed to load system roots`, cause.CABundleMissing},
		{`certificate is not yet valid|is not yet valid: current time \S+ is before|current time \S+ is before`, cause.TLSNotYetValid},
		{`certificate has expired`, cause.TLSExpired},
		{`[Hh]ostname mismatch|IP address mismatch|doesn't match|certificate is (?:not )?valid for|cannot validate certificate for|not valid for any names`, cause.TLSWrongHost},
		{`CERTIFICATE_VERIFY_FAILED|certificate signed by unknown authority|self[- ]signed certificate|unable to get local issuer|failed to verify certificate`, cause.TLSUntrusted},
		{`WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|HTTP_REQUEST|record layer failure|server gave HTTP response to HTTPS client|first record does not look like a TLS handshake`, cause.TLSNotSpoken},
		{`malformed HTTP response "\\x1[56]`, cause.TLSRequired},
		{`SSLError|SSLEOFError|\[SSL[:\]]|tls: |remote error: tls`, cause.TLSHandshake},
		{`Name or service not known|Temporary failure in name resolution|nodename nor servname|No address associated with hostname|getaddrinfo failed|NameResolutionError|no such host|server misbehaving|lookup \S+.*(?:i/o timeout|connection refused)`, cause.DNSUnresolvable},
		{`Connection refused|connection refused|actively refused`, cause.TCPRefused},
		{`No route to host|no route to host|Network is unreachable|network is unreachable|Host is unreachable`, cause.TCPUnreachable},
		{`ConnectTimeoutError|Connection timed out|connect timeout=|dial tcp \S+: (?:i/o timeout|connect: connection timed out)`, cause.TCPTimeout},
		{`Read timed out|ReadTimeout|read timeout=|The read operation timed out|Client\.Timeout|context deadline exceeded|TLS handshake timeout|i/o timeout`, cause.ResponseTimeout},
		{`IncompleteRead|unexpected EOF|InvalidChunkLength`, cause.ResponseTruncated},
		{`Remote end closed connection|RemoteDisconnected|": EOF$|server closed idle connection`, cause.ConnectionClosed},
		{`Connection reset by peer|connection reset by peer|ConnectionResetError|Connection aborted|Broken ?[Pp]ipe|broken pipe|forcibly closed`, cause.ConnectionReset},
	} {
		list = append(list, saying{regexp.MustCompile(s.pattern), s.id})
	}
	return list
})

// networkCause names why a send failed by what the error says; empty where it
// says nothing that is known.
func networkCause(text string) cause.ID {
	for _, s := range sayings() {
		if s.pattern.MatchString(text) {
			return s.id
		}
	}
	return ""
}

// relayReason is Relay's refusal of a project and key; aboutKey is what other
// servers of Sentry say in its place.
var (
	relayReason = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`with_reason:\s*(\w+)`) })
	aboutKey    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(?:api key|client key|public key|projectid)\b|project (?:is )?(?:disabled|deleted|not found)`)
	})
)

// answerCause names what an answer means that the SDK printed: status and body
// are all that it tells.
func answerCause(status int, body string) cause.ID {
	lower := strings.ToLower(body)
	switch {
	case status == 400 && strings.Contains(lower, "https") && regexpPlain().MatchString(body), status == 497:
		return cause.TLSRequired
	case status == 400 && (strings.Contains(lower, "size limit") || strings.Contains(lower, "too large")), status == 413:
		return cause.PayloadTooLarge
	case status == 415, status == 400 && regexpEncoding().MatchString(body):
		return cause.EncodingRejected
	case status == 401:
		return cause.IngestUnauthenticated
	case status == 403:
		return forbiddenCause(body, lower)
	case status == 404, status == 405, status == 410:
		return cause.PathNotFound
	case status == 407:
		return cause.ProxyAuthRequired
	case status == 408:
		return cause.ResponseTimeout
	case status == 429:
		return cause.RateLimited
	case status == 502, status == 504, status >= 520 && status <= 530 && status != 529:
		return cause.BadGateway
	case status == 503, status == 529:
		return cause.ServerUnavailable
	case status >= 500:
		return cause.ServerError
	case status >= 300 && status < 400:
		return cause.HTTPRedirect
	default:
		return cause.BadRequest
	}
}

func forbiddenCause(body, lower string) cause.ID {
	if m := relayReason().FindStringSubmatch(body); m != nil {
		if strings.HasPrefix(m[1], "ProjectState") {
			return cause.ProjectStateUnavailable
		}
		return cause.KeyRejected
	}
	if aboutKey().MatchString(body) && !strings.Contains(lower, "<html") {
		return cause.KeyRejected
	}
	return cause.ForbiddenNotSentry
}

var (
	regexpPlain = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)plain HTTP request was sent to HTTPS port|sent an HTTP request to an HTTPS server|speaking plain HTTP to an SSL-enabled`)
	})
	regexpEncoding = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)decompress|content-?encoding|\bgzip\b|\bdeflate\b|inflate`)
	})
)

// dsnCause names the defect of a DSN by what an SDK says of it.
func dsnCause(text string) cause.ID {
	for _, s := range dsnSayings() {
		if s.pattern.MatchString(text) {
			return s.id
		}
	}
	return cause.DSNNoScheme
}

var dsnSayings = sync.OnceValue(func() []saying {
	var list []saying
	for _, s := range []struct {
		pattern string
		id      cause.ID
	}{
		{`Missing public key|empty username`, cause.DSNNoKey},
		{`Invalid project in DSN \(['"]{2}\)|empty project id`, cause.DSNNoProject},
		{`Invalid project in DSN \(['"](?:your[-_]|project-id|PROJECT)`, cause.DSNPlaceholder},
		{`Invalid project in DSN \(['"]\d+/['"]\)`, cause.DSNStrayCharacters},
		{`Invalid project in DSN`, cause.DSNProjectNotNumeric},
		{`Port could not be cast|Port out of range|invalid port|Port is invalid`, cause.DSNBadPort},
		{`parse "\\?["'\x60]`, cause.DSNQuoted},
		{`parse "(?:export )?SENTRY_DSN=`, cause.DSNPrefixed},
		{`parse "(?:\$|\{\{|<)`, cause.DSNUnexpanded},
		{`parse "\s|net/url: invalid control character`, cause.DSNStrayCharacters},
		{`[Ee]mpty DSN`, cause.DSNMissing},
	} {
		list = append(list, saying{regexp.MustCompile(s.pattern), s.id})
	}
	return list
})
