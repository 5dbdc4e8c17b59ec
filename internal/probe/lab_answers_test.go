package probe

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// answerWith writes an answer: header lines, and a body.
func answerWith(w http.ResponseWriter, status int, headers, body string) bool {
	for line := range strings.SplitSeq(headers, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			w.Header().Add(name, value)
		}
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
	return true
}

// always is an ingest that answers everything the same way.
func always(status int, headers, body string) func(*testing.T, *Plan) {
	return func(t *testing.T, p *Plan) {
		relay(t, p, func(w http.ResponseWriter, _ call) bool { return answerWith(w, status, headers, body) })
	}
}

func refuses(reason string) string {
	return detail("event submission rejected with_reason: " + reason)
}

// atAnswer is a fault whose answer to the first envelope says all.
func atAnswer(name string, id cause.ID, status int, headers, body, detail, fix string) fault {
	return fault{name: name, set: always(status, headers, body), layer: LayerAnswer, cause: id, detail: detail, fix: fix}
}

const login = "<!DOCTYPE html><html><head><title>Sign in</title></head></html>"

func answerFaults() []fault {
	return []fault{
		atAnswer("login of the web", cause.HTTPRedirect, 302, "Location: /auth/login/", "", "302|/auth/login/", "SENTRY_DSN"),
		atAnswer("to https", cause.HTTPRedirect, 301, "Server: nginx\nLocation: https://127.0.0.1/api/42/envelope/", page("301 Moved Permanently", "nginx"), "301", "https:// instead of http://"),
		atAnswer("308", cause.HTTPRedirect, 308, "Location: https://other.test/api/42/envelope/", "", "308|other.test", "final address"),
		atAnswer("303", cause.HTTPRedirect, 303, "Location: https://sso.test/?token="+"secret", "", "303|sso.test", "SENTRY_DSN"),

		atAnswer("captive portal", cause.NotSentry, 200, htmlType, page("Hotel WiFi", ""), "Hotel WiFi", "SENTRY_DSN"),
		atAnswer("captive portal by its status", cause.NotSentry, 511, htmlType, page("Network Authentication Required", ""), "511", "SENTRY_DSN"),
		atAnswer("parking page", cause.NotSentry, 200, htmlType+"\nServer: Parking/1.0", "<html><script>location='/lander'</script></html>", "Parking|a page without a title", "SENTRY_DSN"),
		atAnswer("another application", cause.NotSentry, 200, jsonType+"\nServer: uvicorn", `{"status":"ok"}`, "uvicorn|without the id", "SENTRY_DSN"),
		atAnswer("another application with ids", cause.NotSentry, 201, jsonType, `{"id":7,"name":"envelope"}`, "201", "SENTRY_DSN"),
		atAnswer("a list", cause.NotSentry, 200, jsonType, `[]`, "200", "SENTRY_DSN"),
		atAnswer("nothing", cause.NotSentry, 200, "", "", "empty body", "SENTRY_DSN"),
		atAnswer("204", cause.NotSentry, 204, "", "", "204", "SENTRY_DSN"),
		atAnswer("202 of a queue", cause.NotSentry, 202, "Content-Type: text/plain", "queued", "202|queued", "SENTRY_DSN"),
		atAnswer("ok in a word", cause.NotSentry, 200, "Content-Type: text/plain", "OK", "OK", "SENTRY_DSN"),

		atAnswer("missing", cause.IngestUnauthenticated, 401, jsonType, detail("missing authorization information"), "missing authorization", "X-Sentry-Auth"),
		atAnswer("twice", cause.IngestUnauthenticated, 401, jsonType, detail("multiple authorization payloads detected"), "multiple", "X-Sentry-Auth"),
		atAnswer("a password of nginx", cause.IngestUnauthenticated, 401, htmlType+"\nServer: nginx\nWWW-Authenticate: Basic realm=\"x\"", page("401 Authorization Required", "nginx"), "nginx|Basic", "login"),
		atAnswer("another application's", cause.IngestUnauthenticated, 401, jsonType, detail("Not authenticated"), "Not authenticated", "SENTRY_DSN"),

		atAnswer("disabled", cause.KeyRejected, 403, jsonType, refuses("ProjectId"), "ProjectId|project 42", "Client Keys"),
		atAnswer("of old", cause.KeyRejected, 403, "X-Sentry-Error: Invalid api key", `{"error":"Invalid api key"}`, "Invalid api key", "Client Keys"),
		atAnswer("Relay alone", cause.ProjectStateUnavailable, 403, jsonType, refuses("ProjectState"), "ProjectState", "relay.upstream"),
		atAnswer("Relay, with personal data settings", cause.ProjectStateUnavailable, 403, jsonType, refuses("ProjectStatePii"), "ProjectStatePii", "relay"),

		atAnswer("CSRF of the web", cause.ForbiddenNotSentry, 403, htmlType+"\nServer: nginx", page("CSRF Verification Failed", ""), "CSRF", "relay instead of web"),
		atAnswer("nginx", cause.ForbiddenNotSentry, 403, htmlType+"\nServer: nginx/1.25.3", page("403 Forbidden", "nginx/1.25.3"), "nginx", "allow-list"),
		atAnswer("Cloudflare", cause.ForbiddenNotSentry, 403, htmlType+"\nServer: cloudflare\nCF-RAY: 8", page("Attention Required! | Cloudflare", ""), "Cloudflare", "allow-list"),
		atAnswer("FastAPI", cause.ForbiddenNotSentry, 403, jsonType+"\nServer: uvicorn", detail("Not authenticated"), "uvicorn|Not authenticated", "SENTRY_DSN"),
		atAnswer("Django", cause.ForbiddenNotSentry, 403, htmlType, "<h1>403 Forbidden</h1>", "403 Forbidden", "SENTRY_DSN"),
		atAnswer("AWS WAF", cause.ForbiddenNotSentry, 403, htmlType+"\nServer: awselb/2.0", page("403 Forbidden", ""), "AWS", "allow-list"),
		atAnswer("ModSecurity's 406", cause.ForbiddenNotSentry, 406, htmlType, "<h1>Not Acceptable!</h1>An appropriate representation was not found. This error was generated by Mod_Security.", "406|ModSecurity", "allow-list"),
		atAnswer("451 of a filter", cause.ForbiddenNotSentry, 451, htmlType, page("Blocked", ""), "451|Blocked", "allow-list"),
		atAnswer("without a word", cause.ForbiddenNotSentry, 403, "", "", "empty body", "SENTRY_DSN"),

		atAnswer("nginx", cause.PathNotFound, 404, htmlType+"\nServer: nginx", page("404 Not Found", "nginx"), "nginx|/api/42/envelope/", "SENTRY_DSN"),
		atAnswer("FastAPI", cause.PathNotFound, 404, jsonType+"\nServer: uvicorn", detail("Not Found"), "uvicorn|Not Found", "SENTRY_DSN"),
		atAnswer("method", cause.PathNotFound, 405, "Allow: GET", "", "405|GET", "SENTRY_DSN"),
		atAnswer("gone", cause.PathNotFound, 410, "", "", "410", "SENTRY_DSN"),

		atAnswer("key", cause.BadRequest, 400, jsonType, detail("bad sentry DSN public key", "invalid project key"), "bad sentry DSN public key", "key is not whole"),
		atAnswer("version", cause.BadRequest, 400, jsonType, detail("unsupported protocol version (8)"), "version (8)", "SENTRY_DSN"),
		atAnswer("envelope", cause.BadRequest, 400, jsonType, detail("invalid event envelope", "missing item header"), "missing item header", "changes or empties"),
		atAnswer("422", cause.BadRequest, 422, jsonType, `{"detail":[{"msg":"field required"}]}`, "422", "SENTRY_DSN"),
	}
}

func refusalFaults() []fault {
	const limits = "X-Sentry-Rate-Limits: "
	return []fault{
		atAnswer("Relay", cause.PayloadTooLarge, 413, jsonType, detail("envelope exceeded size limits for type 'client_report'"), "the ingest|size limits", "max_event_size"),
		atAnswer("nginx", cause.PayloadTooLarge, 413, htmlType+"\nServer: nginx", page("413 Request Entity Too Large", "nginx"), "nginx", "client_max_body_size"),
		atAnswer("Relay of old", cause.PayloadTooLarge, 400, jsonType, detail("failed to read request body", "A payload reached size limit."), "the ingest|400", "max_event_size"),

		atAnswer("key", cause.RateLimitedKey, 429, limits+"60::key:key_quota", detail("rate limit"), "60 s|scope key|key_quota", "Client Keys"),
		atAnswer("project", cause.RateLimitedProject, 429, limits+"60::project:project_quota", "", "scope project", "spike protection"),
		atAnswer("organization", cause.RateLimitedOrganization, 429, limits+"2700.5::organization:org_quota", "", "2700.5 s|scope organization", "quota"),
		atAnswer("a gateway's", cause.RateLimited, 429, "Retry-After: 30\nServer: cloudflare\nCF-RAY: 8", "error code: 1015", "30 s|Cloudflare|no scope", "wait"),
		atAnswer("without a time", cause.RateLimited, 429, "", "", "60 s", "wait"),
		atAnswer("key, on a 200", cause.RateLimitedKey, 200, jsonType+"\n"+limits+"60::key:key_quota", "{}", "200|scope key", "Client Keys"),

		atAnswer("Relay", cause.ServerError, 500, jsonType, detail("internal server error"), "500", "log"),
		atAnswer("Django", cause.ServerError, 500, htmlType+"\nServer: nginx", page("Internal Server Error", ""), "500", "log"),
		atAnswer("507", cause.ServerError, 507, "", "", "507", "log"),
		atAnswer("nginx", cause.BadGateway, 502, htmlType+"\nServer: nginx", page("502 Bad Gateway", "nginx"), "nginx", "upstream"),
		atAnswer("504", cause.BadGateway, 504, htmlType+"\nServer: nginx", page("504 Gateway Time-out", "nginx"), "504", "upstream"),
		atAnswer("Cloudflare", cause.BadGateway, 521, "Server: cloudflare\nCF-RAY: 8", "error code: 521", "Cloudflare|down", "gateway"),
		atAnswer("Relay is full", cause.ServerUnavailable, 503, jsonType, detail("failed to queue envelope"), "the ingest|failed to queue", "Kafka"),
		atAnswer("Traefik", cause.ServerUnavailable, 503, "", "no available server", "503|no available server", "memory"),
		atAnswer("HAProxy", cause.ServerUnavailable, 503, htmlType, "<html><body><h1>503 Service Unavailable</h1>No server is available to handle this request.</body></html>", "503", "memory"),
		atAnswer("408", cause.ResponseTimeout, 408, htmlType, page("408 Request Time-out", ""), "408", "overloaded"),
	}
}

func cutFaults() []fault {
	raw := func(handle func(net.Conn)) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			p.DSN = targetAt(t, "http", scripted(t, handle)).DSN
			p.AnswerTimeout = 500 * time.Millisecond
		}
	}
	after := func(text string, end func(net.Conn)) func(*testing.T, *Plan) {
		return raw(func(c net.Conn) { readRequest(c); io.WriteString(c, text); end(c) })
	}
	leave := func(net.Conn) {}
	drip := func(c net.Conn) {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := io.WriteString(c, " "); err != nil {
				return
			}
		}
	}
	at := func(name string, id cause.ID, set func(*testing.T, *Plan), detail, fix string) fault {
		return fault{name: name, set: set, layer: LayerAnswer, cause: id, detail: detail, fix: fix}
	}
	return []fault{
		at("after the request", cause.ConnectionReset, after("", reset), "before an answer", "firewall"),
		at("after the request", cause.ConnectionClosed, after("", leave), "before an answer", "firewall"),
		at("silence", cause.ResponseTimeout, after("", hold), "no whole answer within", "overloaded"),
		at("a header that drips", cause.ResponseTimeout, after("HTTP/1.1 200 OK\r\nX:", drip), "no whole answer", "overloaded"),
		at("a body that drips", cause.ResponseTimeout, after(okHeader+"\r\n", drip), "200 came", "overloaded"),
		at("a body that stops", cause.ResponseTimeout, after(okHeader+"Content-Length: 2\r\n\r\n{", hold), "only 1 bytes", "overloaded"),
		at("in the header", cause.ResponseTruncated, after("HTTP/1.1 200 OK\r\nContent-Ty", leave), "in its header", "cuts"),
		at("reset in the header", cause.ResponseTruncated, after("HTTP/1.1 200 OK\r\nContent-Ty", reset), "in its header", "cuts"),
		at("in the body", cause.ResponseTruncated, after(okHeader+"Content-Length: 41\r\n\r\n{", leave), "after 1 bytes", "cuts"),
		at("reset in the body", cause.ResponseTruncated, after(okHeader+"Content-Length: 41\r\n\r\n{", reset), "after", "cuts"),
		at("in a chunk", cause.ResponseTruncated, after(okHeader+"Transfer-Encoding: chunked\r\n\r\n9\r\n{\"id\"", leave), "after 5 bytes", "cuts"),
		at("without a length", cause.ResponseTruncated, after(okHeader+"Connection: close\r\n\r\n{\"id\":\"4f", leave), "after 9 bytes", "cuts"),
		at("SSH", cause.NotSentry, raw(func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n"); hold(c) }), "SSH-2.0", "host and port"),
		at("Redis", cause.NotSentry, raw(func(c net.Conn) { readRequest(c); io.WriteString(c, "-ERR unknown command 'POST'\r\n") }), "no HTTP", "host and port"),
	}
}
