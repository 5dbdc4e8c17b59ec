package probe

import (
	"cmp"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/bookedbarber/bbctl/internal/dsn"
)

// redactor hides what is secret in texts that come from outside: a server may
// echo the request, credentials included.
type redactor struct{ own *strings.Replacer }

// shortest is the length from which on a key is looked for as such: a shorter
// one stands in innocent words, event ids among them.
const shortest = 8

func newRedactor(d *dsn.DSN) redactor {
	var pairs []string
	secrets := []string{d.PublicKey, d.SecretKey}
	for segment := range strings.SplitSeq(d.Path, "/") {
		if dsn.Redact(segment) != segment {
			secrets = append(secrets, segment)
		}
	}
	for _, secret := range secrets {
		if len(secret) >= shortest {
			pairs = append(pairs, secret, "****", strings.ToUpper(secret), "****", strings.ToLower(secret), "****")
		}
	}
	return redactor{strings.NewReplacer(pairs...)}
}

// hide takes out the DSN's own secrets. It comes before every cut, after which
// a part of a key would not be recognized.
func (r redactor) hide(text string) string { return r.own.Replace(text) }

// redact takes out what else looks secret or personal, too.
func (r redactor) redact(text string) string {
	text = r.hide(text)
	for _, p := range private() {
		text = p.pattern.ReplaceAllString(text, p.with)
	}
	return text
}

// mask is a pattern of what is private, and what is written in its place.
type mask struct {
	pattern *regexp.Regexp
	with    string
}

var private = sync.OnceValue(func() []mask {
	return []mask{
		{regexp.MustCompile(`sntry[a-z]_[A-Za-z0-9_=+/.-]+`), "****"},
		{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9_=+/.~-]{8,}`), "$1 ****"},
		{regexp.MustCompile(`(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-sentry-auth)(["']?\s*[:=]\s*)[^\r\n<“”]+`), "$1$2****"},
		{regexp.MustCompile(`(?i)\b(sentry_key|sentry_secret|password|passwd|secret|api_key|apikey|access_token|csrfmiddlewaretoken)(["']?\s*[:=]\s*["']?)[^\s"'&,;<>}“”]+`), "$1$2****"},
		{regexp.MustCompile(`(://)[^\s/@"'<>]+@`), "$1****@"},
		{regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`), "[email]"},
	}
})

// told are the headers that tell something about an answer.
var told = []string{
	"Server", "Via", "Date", "Content-Type", "Location", "Retry-After", "X-Sentry-Rate-Limits", "X-Sentry-Error",
	"Cf-Ray", "Cf-Mitigated", "Allow", "Www-Authenticate", "Proxy-Authenticate", "X-Squid-Error", "X-Amz-Cf-Id",
	"X-Cache", "X-Iinfo", "X-Varnish", "X-Envoy-Upstream-Service-Time",
}

func (s *send) keptHeader(h http.Header) http.Header {
	kept := http.Header{}
	for _, name := range told {
		for _, value := range h.Values(name) {
			if name == "Location" {
				value = address(value)
			}
			kept.Add(name, line(s.redact(value), 500))
		}
	}
	return kept
}

// address shows a URL without its query, fragment and user: logins carry
// tokens there.
func address(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "an address that is no URL"
	}
	if u.User != nil {
		u.User = url.User("****")
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	u.Fragment = ""
	return u.String()
}

// reply is what Sentry's servers answer in JSON.
type reply struct {
	id, detail, error string
	causes            []string
	fields            int
	noID              bool // there is a field for it, and it is null or empty
}

// readReply decodes a JSON object. Fields of other types are no error: what
// answers may be anything.
func readReply(body []byte) (reply, bool) {
	var r reply
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return reply{}, false
	}
	// Field by field, so that one of another type hides no other.
	_ = json.Unmarshal(object["id"], &r.id)
	_ = json.Unmarshal(object["detail"], &r.detail)
	_ = json.Unmarshal(object["error"], &r.error)
	_ = json.Unmarshal(object["causes"], &r.causes)
	r.fields = len(object)
	r.noID = slices.Contains([]string{"null", `""`}, string(object["id"]))
	return r, true
}

// words are the detail and the causes.
func (r reply) words() string {
	parts := append([]string{cmp.Or(r.detail, r.error)}, r.causes...)
	return strings.Trim(strings.Join(parts, ": "), ": ")
}

var (
	title = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)<(?:title|h1)[^>]*>(.*?)</(?:title|h1)>`) })
	tag   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)<[^>]*>`) })
)

func isHTML(h http.Header, body []byte) bool {
	start := strings.ToLower(strings.TrimSpace(string(body[:min(len(body), 200)])))
	return strings.Contains(h.Get("Content-Type"), "html") || strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// said is the answer in a few words, in quotes: the words of a JSON answer,
// the title of a page, or the beginning of a text.
func said(h http.Header, body []byte) string {
	if r, ok := readReply(body); ok && r.words() != "" {
		return "“" + line(r.words(), 300) + "”"
	}
	if isHTML(h, body) {
		if m := title().FindSubmatch(body); m != nil {
			return "a page “" + line(html.UnescapeString(string(tag().ReplaceAll(m[1], []byte(" ")))), 120) + "”"
		}
		return "a page without a title"
	}
	if t := line(string(body), 120); t != "" {
		return "“" + t + "”"
	}
	return "an empty body"
}

// line makes one printable line of at most so many characters.
func line(s string, most int) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return '·'
		default:
			return r
		}
	}, strings.ToValidUTF8(s, "·"))), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
