package probe

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// judgeHint recognizes answers whose words say more than their status.
func (s *send) judgeHint(status int, body []byte) (verdict, bool) {
	if status != http.StatusBadRequest && status != http.StatusUnsupportedMediaType && status != statusPlainOnTLS {
		return verdict{}, false
	}
	words := string(body) + " " + s.answer.Header.Get("X-Sentry-Error")
	switch {
	case s.target.DSN.Scheme == "http" && plainOnTLS().MatchString(words):
		return s.tlsRequired(fmt.Sprintf("%s answers %d with %s", s.by(body), status, s.said(body))), true
	case wantsCertificate().MatchString(words):
		return verdict{
			cause.TLSHandshake, fmt.Sprintf("%s answers %d with %s: it wants a client certificate, which SDKs do not send", s.by(body), status, s.said(body)),
			"switch client certificates off for the ingest paths there (nginx: ssl_verify_client)",
		}, true
	case s.target.Gzip && (status == http.StatusUnsupportedMediaType || aboutEncoding().MatchString(words)):
		return s.encodingRejected(status, body), true
	case aboutSize().MatchString(words):
		return s.judgeTooLarge(body), true
	}
	return verdict{}, false
}

// statusPlainOnTLS is nginx's own number for HTTP on a port of TLS.
const statusPlainOnTLS = 497

var (
	plainOnTLS = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)plain HTTP request was sent to HTTPS port|sent an HTTP request to an HTTPS server|speaking plain HTTP to an SSL-enabled|requires TLS`)
	})
	wantsCertificate = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)no required SSL certificate was sent|SSL certificate error`)
	})
	aboutEncoding = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)decompress|content-?encoding|\bgzip\b|\bdeflate\b|compression|inflate`)
	})
	// Relay answered 400 for sizes until January 2026.
	aboutSize = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)size limit|too large:|request_too_large|entity too large`)
	})
)

func (s *send) encodingRejected(status int, body []byte) verdict {
	return verdict{
		cause.EncodingRejected,
		fmt.Sprintf("%s answers %d with %s to a body compressed with gzip, expected it to be taken as a plain one is", s.by(body), status, s.said(body)),
		"let bodies with Content-Encoding gzip and br through to the ingest unchanged (web application firewall, gateway), or take the ingest paths out of its inspection",
	}
}

func (s *send) judgeBadRequest(body []byte) verdict {
	seen := fmt.Sprintf("%s answers %d with %s", s.by(body), s.answer.Status, s.said(body))
	if text := s.answer.Header.Get("X-Sentry-Error"); text != "" {
		seen += " and X-Sentry-Error “" + line(text, 200) + "”"
	}
	fix := "correct what the answer names, in SENTRY_DSN or in what changes requests on their way (proxy, gateway)"
	switch words := strings.ToLower(string(body)); {
	case strings.Contains(words, "public key"):
		fix = "copy SENTRY_DSN again from Project Settings > Client Keys (DSN): its key is not whole"
	case strings.Contains(words, "project path"), strings.Contains(words, "project identifier"):
		fix = "copy SENTRY_DSN again from Project Settings > Client Keys (DSN): its project is no number"
	case strings.Contains(words, "envelope"), strings.Contains(words, "empty request body"):
		fix = "look for what changes or empties request bodies on their way to the ingest (proxy, gateway)"
	}
	return verdict{cause.BadRequest, seen + ", expected 200", fix}
}

// withReason is Relay's refusal of a project and key.
var withReason = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`event submission rejected with_reason:\s*(\w+)`) })

// aboutKey is what older servers say in its place.
var aboutKey = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:api key|client key|public key|dsn|projectid)\b|project (?:is )?(?:disabled|deleted|not found)`)
})

func (s *send) judgeForbidden(body []byte) verdict {
	r, _ := readReply(body)
	said := r.words() + " " + s.answer.Header.Get("X-Sentry-Error")
	if m := withReason().FindStringSubmatch(said); m != nil {
		return s.judgeReason(m[1], said)
	}
	gate := gateway(s.answer.Header, body)
	if s.answer.Header.Get("X-Sentry-Error") != "" || aboutKey().MatchString(said) && !isHTML(s.answer.Header, body) {
		return s.keyRejected(said)
	}
	d := s.target.DSN
	fix := "let POST /api/" + d.ProjectID + "/envelope/ through there (allow-list for the ingest paths), or correct the host in SENTRY_DSN"
	switch {
	case strings.Contains(gate, "CSRF"):
		fix = "route /api/N/envelope/ and /api/N/store/ to relay instead of web, as the nginx.conf of self-hosted Sentry does"
	case s.plainProxy():
		fix = "let the proxy pass requests to " + d.DialAddress() + ", or go around it: NO_PROXY=" + d.Host
	}
	return verdict{
		cause.ForbiddenNotSentry,
		fmt.Sprintf("%s answers 403 with %s, expected Sentry's ingest, which names its reason in JSON", s.by(body), s.said(body)), fix,
	}
}

// judgeReason judges Relay's own word for why it takes nothing.
func (s *send) judgeReason(word, said string) verdict {
	if strings.HasPrefix(word, "ProjectState") {
		return verdict{
			cause.ProjectStateUnavailable,
			"the ingest answers 403 “" + line(said, 200) + "”: this Relay cannot fetch the project's settings, expected 200",
			"look into the log of relay (self-hosted): it does not reach its upstream (relay.upstream in relay/config.yml), or is not registered there",
		}
	}
	return s.keyRejected(said)
}

func (s *send) keyRejected(said string) verdict {
	d := s.target.DSN
	return verdict{
		cause.KeyRejected,
		fmt.Sprintf("the ingest answers 403 “%s” for project %s at %s: the key is disabled, deleted or not of this project, expected 200", line(said, 200), d.ProjectID, d.Host),
		"copy SENTRY_DSN again from Project Settings > Client Keys (DSN) of that project, and see that the key is enabled there",
	}
}

func (s *send) judgeTooLarge(body []byte) verdict {
	who, fix := s.by(body), "raise the limit of what answers for request bodies on the ingest paths"
	switch gate := gateway(s.answer.Header, body); {
	case s.relays(body):
		who = "the ingest"
		fix = "send smaller events (max_value_length=100_000 in init, fewer extras and attachments); self-hosted: limits.max_event_size in relay/config.yml"
	case gate == "nginx", gate == "OpenResty":
		fix = "raise client_max_body_size there: self-hosted Sentry has 100m"
	case gate == "Apache":
		fix = "raise LimitRequestBody there"
	case gate == "IIS":
		fix = "raise maxAllowedContentLength there"
	}
	return verdict{
		cause.PayloadTooLarge,
		fmt.Sprintf("%s answers %d with %s to an envelope of %d bytes, expected it to be taken", who, s.answer.Status, s.said(body), s.size), fix,
	}
}

func (s *send) judgeLimited(body []byte) verdict {
	l, ok := tightest(s.answer.Limits, s.categories)
	if !ok {
		// Relay answers 429 also where it took only a part.
		l, _ = tightest(s.answer.Limits, nil)
	}
	return s.limited(l, fmt.Sprintf("%s answers 429 with %s,", s.limiter(body), s.said(body)))
}

func (s *send) limiter(body []byte) string {
	if s.answer.Header.Get("X-Sentry-Rate-Limits") != "" || s.relays(body) {
		return "the ingest"
	}
	return s.by(body)
}

// limited names the cause of a limit by its scope.
func (s *send) limited(l Limit, seen string) verdict {
	what := "everything"
	if len(l.Categories) > 0 {
		what = strings.Join(l.Categories, ", ")
	}
	seen = fmt.Sprintf("%s SDKs send no more of %s for %s", seen, line(what, 100), seconds(l.RetryAfter))
	reason := ""
	if l.Reason != "" {
		reason = ", reason " + line(l.Reason, 60)
	}
	switch l.Scope {
	case "key":
		return verdict{
			cause.RateLimitedKey, seen + " (scope key" + reason + "), expected no limit",
			"raise or remove the rate limit of this key: Project Settings > Client Keys (DSN) > Configure",
		}
	case "project":
		return verdict{
			cause.RateLimitedProject, seen + " (scope project" + reason + "), expected no limit",
			"look at Stats of the project for what uses it up, and switch spike protection or the project's quota off or higher (Settings > Spike Protection)",
		}
	case "organization":
		return verdict{
			cause.RateLimitedOrganization, seen + " (scope organization" + reason + "), expected no limit",
			"raise the quota (Settings > Subscription), or send less: SENTRY_TRACES_SAMPLE_RATE, SENTRY_SAMPLE_RATE, filters",
		}
	}
	scope := "no scope is named"
	if l.Scope != "" {
		scope = "scope " + line(l.Scope, 40)
	}
	return verdict{
		cause.RateLimited, seen + " (" + scope + reason + "), expected no limit",
		"wait until it is over; where it returns, look at Stats > Rate Limited in Sentry, and at rate limits of what stands before the ingest",
	}
}

// speaksForProxy says whether an answer is certainly the one of a proxy for
// plain HTTP, which has no tunnel whose refusal would tell.
func (s *send) speaksForProxy(status int) bool {
	h := s.answer.Header
	return s.plainProxy() && (status == http.StatusProxyAuthRequired || status >= 400 && h.Get("X-Squid-Error") != "")
}

func (s *send) judgePlainProxy(body []byte) verdict {
	if s.answer.Status == http.StatusProxyAuthRequired {
		return s.proxyAuth("the proxy " + s.answer.Proxy)
	}
	return verdict{
		cause.ProxyRefuses,
		fmt.Sprintf("the proxy %s answers %d (%s) with %s, expected the answer of the ingest",
			s.answer.Proxy, s.answer.Status, s.answer.Header.Get("X-Squid-Error"), s.said(body)),
		s.fixProxy(),
	}
}

// cloudflareOwn are the statuses of Cloudflare for an origin that fails.
func cloudflareOwn(status int) string {
	switch status {
	case 520:
		return "the origin answers nonsense"
	case 521:
		return "the origin is down"
	case 522, 524:
		return "the origin does not answer in time"
	case 523:
		return "the origin cannot be reached"
	case 525, 526:
		return "the origin's TLS is broken"
	case 530:
		return "the origin's name does not resolve"
	default:
		return ""
	}
}

func (s *send) judgeServer(body []byte) verdict {
	status := s.answer.Status
	seen := fmt.Sprintf("%s answers %d with %s, expected 200", s.by(body), status, s.said(body))
	if s.relays(body) {
		seen = fmt.Sprintf("the ingest answers %d %s, expected 200", status, s.said(body))
	}
	hosted := strings.HasSuffix(s.target.DSN.Host, ".sentry.io")
	fix := func(own string) string {
		if hosted {
			return "look at status.sentry.io, and run this again later: SDKs lose what they send until then"
		}
		return own
	}
	switch own := cloudflareOwn(status); {
	case own != "":
		return verdict{cause.BadGateway, seen + ": " + own, fix("start or repair the server behind that gateway")}
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		return verdict{
			cause.BadGateway, seen + ": a gateway does not reach the ingest",
			fix("start or repair the ingest behind that gateway (self-hosted: docker compose ps relay), and correct the gateway's upstream"),
		}
	case status == http.StatusServiceUnavailable, status == 529:
		return verdict{
			cause.ServerUnavailable, seen + ": the ingest takes nothing at the moment",
			fix("look at memory, disk, Redis and Kafka of the server (self-hosted: docker compose logs relay kafka)"),
		}
	default:
		return verdict{cause.ServerError, seen, fix("look into the log of the server of SENTRY_DSN at this minute (self-hosted: docker compose logs relay web)")}
	}
}
