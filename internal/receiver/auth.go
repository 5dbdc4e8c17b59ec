package receiver

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// credentials are what a request authenticates with.
type credentials struct {
	key, client, version string
	source               Source // "" where there are none
}

// supported is the protocol version that Relay speaks.
const supported = 7

// authenticate reads the credentials of a request's headers and query. More
// than one set of them is refused, as Relay does; none is no error here, since
// the envelope may hold them.
func authenticate(req *http.Request) (credentials, *decision) {
	var found credentials
	sets := 0
	for _, name := range []string{"X-Sentry-Auth", "Authorization"} {
		value := req.Header.Get(name)
		if len(value) < 7 || !strings.EqualFold(value[:7], "sentry ") {
			continue
		}
		c := parseAuth(value[7:])
		if c.key == "" {
			return credentials{}, badHeader()
		}
		found = c
		sets++
	}
	if key, ok := basicKey(req.Header.Get("Authorization")); ok {
		found = credentials{key: key, source: SourceHeader}
		sets++
	}
	if query := req.URL.RawQuery; strings.Contains(query, "sentry_") {
		c := parseQuery(query)
		if sets == 0 && c.key == "" {
			return credentials{}, badHeader()
		}
		found = c
		sets++
	}
	if sets > 1 {
		d := refuse(http.StatusUnauthorized, "multiple authorization payloads detected")
		return credentials{}, &d
	}
	return found, nil
}

// badHeader is Relay's answer to credentials without a key, in the query too.
func badHeader() *decision {
	d := refuse(http.StatusUnauthorized, "bad x-sentry-auth header", "missing public key in auth header")
	return &d
}

// parseAuth reads `sentry_key=K, sentry_version=7, …`.
func parseAuth(header string) credentials {
	c := credentials{source: SourceHeader}
	for header != "" {
		var part string
		part, header, _ = strings.Cut(header, ",")
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		c.set(name, value)
	}
	return c
}

func parseQuery(query string) credentials {
	c := credentials{source: SourceQuery}
	for query != "" {
		var part string
		part, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(value); err == nil {
			c.set(name, plain)
		}
	}
	return c
}

func (c *credentials) set(name, value string) {
	switch name {
	case "sentry_key":
		// Flags may follow the key, such as .no-cache.
		c.key, _, _ = strings.Cut(value, ".")
	case "sentry_client":
		c.client = value
	case "sentry_version":
		c.version = value
	}
}

// basicKey reads `Basic base64(KEY:)`.
func basicKey(header string) (string, bool) {
	if len(header) < 6 || !strings.EqualFold(header[:6], "basic ") {
		return "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(header[6:])
	if err != nil {
		return "", false
	}
	key, _, ok := strings.Cut(string(decoded), ":")
	return key, ok
}

// judgeKey decides by key and project alone. The receiver knows one key.
func (r *Receiver) judgeKey(auth credentials, project string) *decision {
	var d decision
	version, err := strconv.Atoi(auth.version)
	switch {
	case !wellFormed(auth.key):
		d = refuse(http.StatusBadRequest, "bad sentry DSN public key", "invalid project key")
	case err == nil && version > supported:
		d = refuse(http.StatusBadRequest, "unsupported protocol version ("+strconv.Itoa(version)+")")
	case !strings.EqualFold(auth.key, Key()) || !r.knows(project):
		d = refuse(http.StatusForbidden, "event submission rejected with_reason: ProjectId")
	default:
		return nil
	}
	return &d
}

// wellFormed says whether a key or an id is 32 hexadecimal digits.
func wellFormed(key string) bool {
	if len(key) != 32 {
		return false
	}
	for i := range len(key) {
		c := key[i]
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}
