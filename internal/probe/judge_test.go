package probe

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// page is what a web server puts around its words.
func page(title, name string) string {
	return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n<hr><center>" + name + "</center>\r\n</body>\r\n</html>\r\n"
}

func detail(words string, causes ...string) string {
	if len(causes) == 0 {
		return `{"detail":"` + words + `"}`
	}
	return `{"detail":"` + words + `","causes":["` + strings.Join(causes, `","`) + `"]}`
}

const (
	jsonType = "Content-Type: application/json"
	htmlType = "Content-Type: text/html"
)

// TestAnswersAreJudged goes through what Relay, Sentry's web application and
// what stands before them answer.
func TestAnswersAreJudged(t *testing.T) {
	t.Parallel()
	limits := "X-Sentry-Rate-Limits: "
	tests := []struct {
		name    string
		status  int
		headers string // lines
		body    string
		want    cause.ID
		detail  string
		fix     string
	}{
		// Section F of the catalogue; the bodies are Relay's own.
		{"SRV-01 no auth", 401, jsonType, detail("missing authorization information"), cause.IngestUnauthenticated, "missing authorization information|401", "X-Sentry-Auth"},
		{"SRV-01 two", 401, jsonType, detail("multiple authorization payloads detected"), cause.IngestUnauthenticated, "multiple", "X-Sentry-Auth"},
		{"SRV-01 bad header", 401, jsonType, detail("bad x-sentry-auth header", "missing public key in auth header"), cause.IngestUnauthenticated, "missing public key", "X-Sentry-Auth"},
		{"SRV-01 password of a web server", 401, htmlType + "\nServer: nginx\nWWW-Authenticate: Basic realm=\"staff\"", page("401 Authorization Required", "nginx"), cause.IngestUnauthenticated, "nginx|Basic|401 Authorization Required", "/api/42/envelope/"},
		{"SRV-02 CFG-05 ProjectId", 403, jsonType, detail("event submission rejected with_reason: ProjectId"), cause.KeyRejected, "ProjectId|project 42", "Client Keys"},
		{"SRV-11 Cors", 403, jsonType, detail("event submission rejected with_reason: Cors"), cause.KeyRejected, "Cors", "SENTRY_DSN"},
		{"SH-03 ProjectState", 403, jsonType, detail("event submission rejected with_reason: ProjectState"), cause.ProjectStateUnavailable, "ProjectState", "relay.upstream"},
		{"SRV-02 old Sentry", 403, jsonType + "\nX-Sentry-Error: Invalid api key", `{"error":"Invalid api key"}`, cause.KeyRejected, "Invalid api key", "Client Keys"},
		{"SH-01 CSRF page", 403, htmlType + "\nServer: nginx", page("CSRF Verification Failed", ""), cause.ForbiddenNotSentry, "web application of Sentry|CSRF Verification Failed", "relay instead of web"},
		{"SH-01 CSRF of the API", 403, jsonType, detail("CSRF Failed: Referer checking failed - no Referer."), cause.ForbiddenNotSentry, "CSRF", "relay"},
		{"NET-12 nginx", 403, htmlType + "\nServer: nginx/1.22.1", page("403 Forbidden", "nginx/1.22.1"), cause.ForbiddenNotSentry, "nginx|403 Forbidden", "allow-list"},
		{"NET-12 Cloudflare", 403, htmlType + "\nServer: cloudflare\nCF-RAY: 7d0", "<html><head><title>Attention Required! | Cloudflare</title></head></html>", cause.ForbiddenNotSentry, "Cloudflare|Attention Required", "allow-list"},
		{"NET-12 another application's JSON", 403, jsonType + "\nServer: uvicorn", detail("Not authenticated"), cause.ForbiddenNotSentry, "uvicorn|Not authenticated", "SENTRY_DSN"},
		{"NET-12 an API gateway", 403, jsonType + "\nServer: awselb/2.0", `{"message":"Forbidden"}`, cause.ForbiddenNotSentry, "AWS", "SENTRY_DSN"},
		{"NET-12 empty", 403, "", "", cause.ForbiddenNotSentry, "a server without a name|an empty body", "SENTRY_DSN"},
		{"SRV-03 Sentry's web", 404, jsonType, detail("The requested resource does not exist"), cause.PathNotFound, "404|does not exist|/api/42/envelope/", "SENTRY_DSN"},
		{"SRV-03 nginx", 404, htmlType + "\nServer: nginx", page("404 Not Found", "nginx"), cause.PathNotFound, "nginx|404 Not Found", "SENTRY_DSN"},
		{"SRV-03 method", 405, "Allow: GET, HEAD", "", cause.PathNotFound, "405|GET, HEAD", "20.6"},
		{"SRV-04 key", 400, jsonType, detail("bad sentry DSN public key", "invalid project key"), cause.BadRequest, "bad sentry DSN public key: invalid project key", "its key is not whole"},
		{"SRV-04 project", 400, jsonType, detail("bad project path parameter", "invalid project identifier"), cause.BadRequest, "bad project path", "its project"},
		{"SRV-04 version", 400, jsonType, detail("unsupported protocol version (8)"), cause.BadRequest, "version (8)", "SENTRY_DSN"},
		{"SRV-04 envelope", 400, jsonType, detail("invalid event envelope", "missing item header"), cause.BadRequest, "invalid event envelope: missing item header", "changes or empties"},
		{"SRV-04 header of old", 400, "X-Sentry-Error: bad sentry auth", "", cause.BadRequest, "bad sentry auth", ""},
		{"SRV-04 without words", 422, "", "", cause.BadRequest, "422", ""},
		{"PAY-01 Relay", 413, jsonType, detail("envelope exceeded size limits for type 'event' (https://develop.sentry.dev/sdk/envelopes/#size-limits)"), cause.PayloadTooLarge, "the ingest|'event'|bytes", "max_value_length"},
		{"PAY-01 Relay before 2026", 400, jsonType, detail("envelope exceeded size limits for type 'event'"), cause.PayloadTooLarge, "the ingest|400", "max_value_length"},
		{"PAY-01 Relay of old", 400, jsonType, detail("failed to read request body", "A payload reached size limit."), cause.PayloadTooLarge, "the ingest|400", "max_value_length"},
		{"SH-08 nginx", 413, htmlType + "\nServer: nginx", page("413 Request Entity Too Large", "nginx"), cause.PayloadTooLarge, "nginx|413 Request Entity Too Large", "client_max_body_size"},
		{"SRV-06 key", 429, jsonType + "\nRetry-After: 60\n" + limits + "60:error;transaction:key:key_quota", detail("Sentry dropped data due to a quota or internal rate limit being reached."), cause.RateLimitedKey, "error, transaction|60 s|key_quota", "Client Keys"},
		{"SRV-06 project", 429, limits + "2700:default;error;security:project:project_quota", "", cause.RateLimitedProject, "2700 s|project_quota", "project"},
		{"SRV-07 organization", 429, limits + "60:error:organization:org_quota", "", cause.RateLimitedOrganization, "org_quota", "Subscription"},
		{"SRV-07 everything", 429, limits + "60::organization", "", cause.RateLimitedOrganization, "everything", "quota"},
		{"5.6 the longest that covers errors", 429, limits + "60:error:key, 3000:transaction:organization, 120.5:error;span:project:p", "", cause.RateLimitedProject, "120.5 s", ""},
		{"5.6 of another category", 429, limits + "60:transaction:organization", "", cause.RateLimitedOrganization, "transaction", ""},
		{"SRV-07 no scope", 429, "Retry-After: 30", "", cause.RateLimited, "30 s|no scope", "wait"},
		{"SRV-07 of a gateway", 429, htmlType + "\nServer: cloudflare", "<title>Too many</title>", cause.RateLimited, "Cloudflare|60 s", "wait"},
		{"SRV-07 a scope of later", 429, limits + "60:error:planet", "", cause.RateLimited, "scope planet", "wait"},
		{"SRV-09 on a 200", 200, limits + "60:error:key:key_quota", `{"id":"` + testID + `"}`, cause.RateLimitedKey, "200|key_quota", "Client Keys"},
		{"SRV-09 on a 200, everything", 200, limits + "12.5::organization:usage_exceeded", `{"id":"` + testID + `"}`, cause.RateLimitedOrganization, "12.5 s|usage_exceeded", ""},
		{"SRV-09 on a 200, another category", 200, limits + "60:transaction;span:organization", `{"id":"` + testID + `"}`, "", "200", ""},
		{"SRV-09 on a 200, over", 200, limits + "0:error:organization", `{"id":"` + testID + `"}`, "", "200", ""},
		{"Retry-After on a 200 is none", 200, "Retry-After: 60", `{"id":"` + testID + `"}`, "", "200", ""},
		{"SRV-12 500", 500, jsonType, detail("internal server error"), cause.ServerError, "500|internal server error", "log"},
		{"SRV-12 501", 501, "", "", cause.ServerError, "501", "log"},
		{"SRV-12 502", 502, htmlType + "\nServer: nginx", page("502 Bad Gateway", "nginx"), cause.BadGateway, "nginx|502 Bad Gateway", "upstream"},
		{"SRV-12 504", 504, "", "upstream request timeout", cause.BadGateway, "upstream request timeout", "gateway"},
		{"SRV-12 522", 522, "Server: cloudflare\nCF-RAY: 7d0", "", cause.BadGateway, "Cloudflare|the origin does not answer", "gateway"},
		{"SRV-12 503", 503, jsonType, detail("failed to queue envelope"), cause.ServerUnavailable, "the ingest|failed to queue envelope", "Kafka"},
		{"408", 408, htmlType, page("408 Request Time-out", ""), cause.ResponseTimeout, "408", ""},

		{"NET-09 a page", 200, htmlType, page("Welcome to the hotel", ""), cause.NotSentry, "Welcome to the hotel|" + testID, "SENTRY_DSN"},
		{"NET-09 empty", 200, "", "", cause.NotSentry, "an empty body|200", "SENTRY_DSN"},
		{"NET-09 204", 204, "", "", cause.NotSentry, "204", "SENTRY_DSN"},
		{"NET-09 another id", 200, jsonType, `{"id":"00000000000000000000000000000001"}`, cause.NotSentry, "another id|00000000000000000000000000000001", "SENTRY_DSN"},
		{"NET-09 an id that is a number", 200, jsonType, `{"id":1}`, cause.NotSentry, "without the id", "SENTRY_DSN"},
		{"NET-09 JSON of another application", 200, jsonType, `{"status":"ok"}`, cause.NotSentry, "without the id", "SENTRY_DSN"},
		{"NET-09 a list", 200, jsonType, `["` + testID + `"]`, cause.NotSentry, testID, "SENTRY_DSN"},
		{"NET-09 the id in a text", 200, "", testID, cause.NotSentry, testID, "SENTRY_DSN"},
		{"NET-09 spaces around", 200, jsonType, " {\"id\": \"" + testID + "\"}\n", "", "200", ""},
		{"201 with the id", 201, jsonType, `{"id":"` + testID + `"}`, "", "201", ""},
		{"NET-08 JSON that breaks off", 200, jsonType, `{"id":"` + testID[:10], cause.ResponseTruncated, "17|" + testID, "log"},

		{"NET-10 moved", 301, "Location: https://127.0.0.1/api/42/envelope/", "", cause.HTTPRedirect, "301|https://127.0.0.1/api/42/envelope/", "https:// instead of http://"},
		{"NET-10 login", 302, "Location: https://login.example.com/?state=abc#x", "", cause.HTTPRedirect, "https://login.example.com/", "login"},
		{"NET-10 308", 308, "Location: https://other.example.com/api/42/envelope/", "", cause.HTTPRedirect, "308|other.example.com", "final address"},
		{"NET-10 nowhere", 307, "", "", cause.HTTPRedirect, "without a Location", "SENTRY_DSN"},

		{"CFG-10 nginx", 400, htmlType, page("400 The plain HTTP request was sent to HTTPS port", "nginx"), cause.TLSRequired, "plain HTTP request", "https://"},
		{"CFG-10 Go", 400, "", "Client sent an HTTP request to an HTTPS server.\n", cause.TLSRequired, "HTTPS server", "https://"},
		{"NET-06 client certificate", 400, htmlType, page("400 No required SSL certificate was sent", "nginx"), cause.TLSHandshake, "client certificate", "ssl_verify_client"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				for line := range strings.SplitSeq(tt.headers, "\n") {
					if name, value, ok := strings.Cut(line, ": "); ok {
						w.Header().Add(name, value)
					}
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			a := sendTo(t, target)
			expect(t, a, tt.want, tt.detail, tt.fix)
			if a.Status != tt.status {
				t.Errorf("status: got %d, want %d", a.Status, tt.status)
			}
		})
	}
}

func TestEncodingRejected(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		gzip   cause.ID
		plain  cause.ID
	}{
		{"415", 415, "", cause.EncodingRejected, cause.BadRequest},
		{"Relay's words", 400, detail("failed to read request body", "failed to decompress body"), cause.EncodingRejected, cause.BadRequest},
		{"a gateway's words", 400, "unsupported Content-Encoding", cause.EncodingRejected, cause.BadRequest},
		{"another 400", 400, detail("bad sentry DSN public key"), cause.BadRequest, cause.BadRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			if a := sendTo(t, target); a.Cause != tt.plain {
				t.Errorf("plain: got %q, want %q", a.Cause, tt.plain)
			}
			target.Gzip = true
			if a := sendTo(t, target); a.Cause != tt.gzip || a.Fix == "" {
				t.Errorf("gzip: got %q (%s), want %q", a.Cause, a.Detail, tt.gzip)
			}
		})
	}
}

func TestGatewaysAreNamed(t *testing.T) {
	t.Parallel()
	tests := []struct{ header, body, want string }{
		{"Server: nginx/1.2", "", "nginx"},
		{"", page("403 Forbidden", "openresty"), "OpenResty"},
		{"Server: Apache/2.4", "", "Apache"},
		{"Server: AkamaiGHost", "", "Akamai"},
		{"X-Iinfo: 1-2-3", "", "Imperva"},
		{"X-Squid-Error: ERR_ACCESS_DENIED 0", "", "a Squid proxy"},
		{"Server: CloudFront", "", "Amazon CloudFront"},
		{"Cf-Mitigated: challenge", "", "Cloudflare"},
		{"", "<p>Powered by FortiGate</p>", "a FortiGate firewall"},
		{"Server: Envoy", "", "Envoy"},
		{"Server: cowboy", "", ""},
		{"", "hello", ""},
	}
	for _, tt := range tests {
		h := http.Header{}
		if name, value, ok := strings.Cut(tt.header, ": "); ok {
			h.Set(name, value)
		}
		if got := gateway(h, []byte(tt.body)); got != tt.want {
			t.Errorf("%q %q: got %q, want %q", tt.header, tt.body, got, tt.want)
		}
	}
}
