package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// judge names what an answer means: by its status first, since a status says
// more than a body that broke off.
func (s *send) judge(ctx context.Context, body []byte) verdict {
	status := s.answer.Status
	if s.speaksForProxy(body) {
		return s.judgePlainProxy(body)
	}
	if v, ok := s.judgeHint(ctx, status, body); ok {
		return v
	}
	switch {
	case status >= 200 && status < 300:
		return s.judgeSuccess(body)
	case status < 300, status == http.StatusNetworkAuthenticationRequired:
		return s.notSentry(body, s.said(body))
	case status < 400:
		return s.judgeRedirect()
	case status == http.StatusUnauthorized:
		return s.judgeUnauthorized(body)
	case status == http.StatusForbidden, !s.relays(body) && (status == http.StatusNotAcceptable || status == http.StatusUnavailableForLegalReasons):
		// 406 is what ModSecurity likes to say, 451 what filters of content do.
		return s.judgeForbidden(body)
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusGone:
		return s.judgePath(body)
	case status == http.StatusRequestTimeout:
		return s.timedOut(fmt.Sprintf("%s answers 408 %s: the request did not reach it whole", s.by(body), s.said(body)))
	case status == http.StatusProxyAuthRequired:
		return s.proxyAuth(s.by(body) + " answers 407")
	case status == http.StatusRequestEntityTooLarge:
		return s.judgeTooLarge(body)
	case status == http.StatusTooManyRequests:
		return s.judgeLimited(body)
	case status >= 500:
		return s.judgeServer(body)
	default:
		return s.judgeBadRequest(body)
	}
}

func (s *send) said(body []byte) string { return said(s.answer.Header, body) }

// by names who answers. Through a proxy for plain HTTP it cannot be told
// whether the proxy does.
func (s *send) by(body []byte) string {
	name := speaker(s.answer.Header, body)
	if s.plainProxy() {
		name += " (through the proxy " + s.answer.Proxy + ")"
	}
	return name
}

func (s *send) plainProxy() bool {
	return s.answer.Proxy != "" && s.target.DSN.Scheme == "http" && !s.trail.state().tunnel
}

// relayWords are what Sentry's ingest speaks of in its refusals. Other
// applications answer JSON with a detail too, FastAPI among them.
var relayWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)event submission|authorization (?:information|payloads)|x-sentry-auth|sentry|project|protocol version|envelope|size limit|quota|rate limit|request body|event processing|overloaded|(?:api|client|public) key`)
})

// relays says whether an answer comes from Sentry's ingest itself.
func (s *send) relays(body []byte) bool {
	if s.answer.Header.Get("X-Sentry-Error") != "" {
		return true
	}
	r, ok := readReply(body)
	return ok && relayWords().MatchString(r.words())
}

// judgeSuccess asks for the id that was sent: anything can answer 200.
func (s *send) judgeSuccess(body []byte) verdict {
	if err := s.answer.Err; err != nil {
		return s.judgeBroken(len(body), err)
	}
	r, isJSON := readReply(body)
	s.answer.EventID = line(s.redact(r.id), 40)
	switch {
	case isJSON && s.fits(r):
		return s.judgeTaken()
	case brokenJSON(body):
		return verdict{
			cause.ResponseTruncated, fmt.Sprintf("the answer %d breaks off after %d bytes, expected %s", s.answer.Status, len(body), s.expected()),
			"look into the log of what stands between here and the ingest (proxy, load balancer): it cuts answers",
		}
	}
	seen := s.said(body)
	switch {
	case isJSON && r.id != "":
		seen = "another id, “" + line(r.id, 40) + "”"
	case isJSON:
		seen = "JSON without the id"
	case len(body) > maxBody:
		seen = fmt.Sprintf("more than %d KiB, %s", maxBody>>10, seen)
	}
	return s.notSentry(body, seen)
}

// expected is the body of an envelope that was taken.
func (s *send) expected() string {
	if s.id == "" {
		return "{}"
	}
	return `{"id":"` + s.id + `"}`
}

// fits says whether a body is Relay's for an envelope that it took. One
// without an id of its own is answered with none, or with a new one; nothing
// else stands beside it.
func (s *send) fits(r reply) bool {
	if s.id != "" {
		return sameID(r.id, s.id)
	}
	return r.fields == 0 || r.fields == 1 && (r.noID || eventID().MatchString(r.id))
}

var eventID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$`)
})

func (s *send) notSentry(body []byte, seen string) verdict {
	return verdict{
		cause.NotSentry,
		fmt.Sprintf("%s answers %d with %s, expected %s of Sentry's ingest", s.by(body), s.answer.Status, seen, s.expected()),
		"correct host, port and path in SENTRY_DSN, or route its /api/" + s.target.DSN.ProjectID + "/envelope/ to the ingest: this is a portal, a parking page or another application",
	}
}

// sameID compares event ids, with or without dashes.
func sameID(got, sent string) bool {
	plain := func(id string) string { return strings.ToLower(strings.ReplaceAll(id, "-", "")) }
	return plain(got) == plain(sent)
}

// brokenJSON says whether a body begins an object and does not end it.
func brokenJSON(body []byte) bool {
	if !strings.HasPrefix(strings.TrimSpace(string(body)), "{") {
		return false
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	var value any
	return errors.Is(decoder.Decode(&value), io.ErrUnexpectedEOF)
}

// judgeBroken judges a good status whose body did not come whole.
func (s *send) judgeBroken(got int, err error) verdict {
	if isTimeout(err) || errors.Is(err, context.Canceled) {
		return s.timedOut(fmt.Sprintf("the answer %d came, and of its body only %d bytes", s.answer.Status, got))
	}
	return verdict{
		cause.ResponseTruncated, fmt.Sprintf("the answer %d breaks off after %d bytes (%s), expected a whole one", s.answer.Status, got, reason(err)),
		"look into the log of what stands between here and the ingest (proxy, load balancer): it cuts answers",
	}
}

// judgeTaken judges an envelope that was taken: a limit beside it means that
// SDKs send no more of its category from now on.
func (s *send) judgeTaken() verdict {
	limits := slices.DeleteFunc(slices.Clone(s.answer.Limits), func(l Limit) bool { return l.RetryAfter <= 0 })
	if l, ok := tightest(limits, s.categories); ok {
		return limited(l, fmt.Sprintf("this envelope was answered %d, and", s.answer.Status))
	}
	with := "the id that was sent"
	if s.id == "" {
		with = "the body of Sentry's ingest"
	}
	return verdict{detail: fmt.Sprintf("%s answered %d with %s", s.target.DSN.Host, s.answer.Status, with)}
}

func (s *send) judgeRedirect() verdict {
	location := s.answer.Header.Get("Location")
	d := s.target.DSN
	seen := fmt.Sprintf("%s answers %d", d.DialAddress(), s.answer.Status)
	if location == "" {
		return verdict{cause.HTTPRedirect, seen + " without a Location, expected 200", "put the final address of the ingest into SENTRY_DSN"}
	}
	seen += fmt.Sprintf(" and sends on to %s, expected 200: SDKs lose the body on the way", location)
	fix := "put the final address of the ingest into SENTRY_DSN, or take /api/" + d.ProjectID + "/envelope/ out of the login there"
	if d.Scheme == "http" && strings.HasPrefix(location, "https://"+d.Host) && strings.Contains(location, "/envelope") {
		fix = "write https:// instead of http:// in SENTRY_DSN (and the port of https, where it has one)"
	}
	return verdict{cause.HTTPRedirect, seen, fix}
}

func (s *send) judgeUnauthorized(body []byte) verdict {
	if s.relays(body) {
		return verdict{
			cause.IngestUnauthenticated, fmt.Sprintf("the ingest answers 401 %s, expected it to see the key of SENTRY_DSN", s.said(body)),
			"let the header X-Sentry-Auth through in the proxy or load balancer before the ingest, once and unchanged",
		}
	}
	asks := ""
	if scheme, _, _ := strings.Cut(s.answer.Header.Get("Www-Authenticate"), " "); scheme != "" {
		asks = ", which wants " + line(scheme, 20) + " authentication"
	}
	return verdict{
		cause.IngestUnauthenticated, fmt.Sprintf("%s answers 401 with %s%s, expected the ingest", s.by(body), s.said(body), asks),
		"take /api/" + s.target.DSN.ProjectID + "/envelope/ out of the login there, or correct the host in SENTRY_DSN",
	}
}

func (s *send) judgePath(body []byte) verdict {
	d := s.target.DSN
	seen := fmt.Sprintf("%s answers %d with %s to POST %s", s.by(body), s.answer.Status, s.said(body), d.EnvelopeURL())
	if allow := s.answer.Header.Get("Allow"); allow != "" {
		seen += " (it allows " + allow + ")"
	}
	return verdict{
		cause.PathNotFound, seen + ", expected Sentry's ingest",
		"compare SENTRY_DSN with Project Settings > Client Keys (host, path prefix, project); self-hosted: route /api/N/envelope/ to relay, and use Sentry 20.6 or newer",
	}
}
