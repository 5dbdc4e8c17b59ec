package probe

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// judgeHint recognizes answers whose words say more than their status.
func (s *send) judgeHint(ctx context.Context, status int, body []byte) (verdict, bool) {
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
	case s.unheard(ctx, body):
		return s.tlsRequired(fmt.Sprintf("%s answers %d with %s, and the port takes a TLS handshake", s.by(body), status, s.said(body))), true
	}
	return verdict{}, false
}

// unheard says whether a refusal that names no reason comes from a port of TLS
// that was spoken to in clear.
func (s *send) unheard(ctx context.Context, body []byte) bool {
	return s.target.DSN.Scheme == "http" && s.answer.Proxy == "" && !s.relays(body) && s.speaksTLS(ctx)
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
		fixEncoding,
	}
}

const fixEncoding = "let bodies with Content-Encoding gzip and br through to the ingest unchanged (web application firewall, gateway), or take the ingest paths out of its inspection"

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
		fix = "let the proxy pass requests to " + d.DialAddress() + ", or go around it: add " + d.Host + " to NO_PROXY"
	}
	return verdict{
		cause.ForbiddenNotSentry,
		fmt.Sprintf("%s answers %d with %s, expected Sentry's ingest, which names its reason in JSON", s.by(body), s.answer.Status, s.said(body)), fix,
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
