package probe

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// packed answers compressed bodies so, and takes the plain ones.
func packed(answer func(w http.ResponseWriter)) func(*testing.T, *Plan) {
	return func(t *testing.T, p *Plan) {
		relay(t, p, func(w http.ResponseWriter, c call) bool {
			if c.packed {
				answer(w)
			}
			return c.packed
		})
	}
}

func packedFaults() []fault {
	says := func(status int, headers, body string) func(*testing.T, *Plan) {
		return packed(func(w http.ResponseWriter) { answerWith(w, status, headers, body) })
	}
	hijack := func(then func(c net.Conn)) func(*testing.T, *Plan) {
		return packed(func(w http.ResponseWriter) {
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				then(conn)
			}
		})
	}
	at := func(name string, id cause.ID, set func(*testing.T, *Plan), detail, fix string) fault {
		return fault{name: name, set: set, layer: LayerGzip, cause: id, detail: detail, fix: fix}
	}
	// later takes the first envelope, and answers all others so.
	later := func(status int, headers, body string) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			relay(t, p, func(w http.ResponseWriter, c call) bool { return c.n > 1 && answerWith(w, status, headers, body) })
		}
	}
	const fix = "Content-Encoding gzip"
	return []fault{
		at("403 of a WAF", cause.EncodingRejected, says(403, htmlType+"\nServer: cloudflare", page("Blocked", "")), "403|Cloudflare", fix),
		at("400 of Relay", cause.EncodingRejected, says(400, jsonType, detail("failed to read request body", "failed to decompress body")), "400|decompress", fix),
		at("400 of another", cause.EncodingRejected, says(400, jsonType, detail("invalid event envelope")), "400|invalid event envelope", fix),
		at("415", cause.EncodingRejected, says(415, "", ""), "415", fix),
		at("406", cause.EncodingRejected, says(406, htmlType, "Not Acceptable"), "406", fix),
		at("413", cause.EncodingRejected, says(413, htmlType, page("413", "nginx")), "413", fix),
		at("500", cause.EncodingRejected, says(500, "", "zlib error"), "500|zlib error", fix),
		at("502", cause.EncodingRejected, says(502, "Server: nginx", ""), "502", fix),
		at("200 of a page", cause.EncodingRejected, says(200, htmlType, login), "Sign in", fix),
		at("redirect", cause.EncodingRejected, says(302, "Location: /blocked", ""), "302", fix),
		at("reset", cause.EncodingRejected, hijack(reset), "reset", fix),
		at("closed", cause.EncodingRejected, hijack(func(c net.Conn) { c.Close() }), "closed", fix),
		at("silence", cause.EncodingRejected, func(t *testing.T, p *Plan) {
			stop := make(chan struct{})
			packed(func(http.ResponseWriter) { <-stop })(t, p)
			t.Cleanup(func() { close(stop) }) // before the server is closed, which waits for it
			p.AnswerTimeout = longWait
		}, "no whole answer", fix),

		at("the second is refused", cause.KeyRejected, later(403, jsonType, refuses("ProjectId")), "ProjectId", "Client Keys"),
		at("the compressed one is refused by a word of Relay", cause.KeyRejected, says(403, jsonType, refuses("ProjectId")), "ProjectId", "Client Keys"),
		at("the second is limited", cause.RateLimitedOrganization, later(429, "X-Sentry-Rate-Limits: 60::organization:usage", ""), "scope organization", "quota"),
		at("from the second on", cause.ServerUnavailable, later(503, jsonType, detail("failed to queue envelope")), "accepted|failed to queue", "Kafka"),
		at("from the second on", cause.ForbiddenNotSentry, later(403, htmlType, page("Blocked", "")), "accepted|Blocked", "allow-list"),
		at("now and then", cause.ServerUnavailable, func(t *testing.T, p *Plan) {
			relay(t, p, func(w http.ResponseWriter, c call) bool { return c.n == 2 && answerWith(w, 503, "", "") })
		}, "1 of 5 envelopes|503", "memory"),
	}
}

func eventFaults() []fault {
	events := func(status int, headers, body string) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			relay(t, p, func(w http.ResponseWriter, c call) bool { return c.event && answerWith(w, status, headers, body) })
		}
	}
	at := func(name string, id cause.ID, set func(*testing.T, *Plan), detail, fix string) fault {
		return fault{name: name, set: set, layer: LayerEvent, cause: id, detail: detail, fix: fix}
	}
	const limits, mine = "X-Sentry-Rate-Limits: ", `{"id":"` + testID + `"}`
	return []fault{
		at("the quota", cause.RateLimitedOrganization, events(429, limits+"60:default;error:organization:usage_exceeded", ""), "default, error|usage_exceeded", "quota"),
		at("the quota of all that is paid", cause.RateLimitedOrganization, events(429, limits+"60:error:organization:usage, 60:transaction:organization:usage", ""), "usage", "quota"),
		at("the key", cause.RateLimitedKey, events(429, limits+"60:error:key:key_quota", ""), "key_quota", "Client Keys"),
		at("spike protection", cause.RateLimitedProject, events(429, limits+"60:error:project:spike", ""), "spike", "spike protection"),
		at("on a 200", cause.RateLimitedOrganization, events(200, jsonType+"\n"+limits+"60:error:organization:usage", mine), "200|usage", "quota"),
		at("without a scope", cause.RateLimited, events(429, "Retry-After: 12", ""), "12 s", "wait"),
		at("told to a client report", cause.RateLimitedKey, func(t *testing.T, p *Plan) {
			relay(t, p, func(w http.ResponseWriter, c call) bool {
				if c.event {
					t.Error("an event was sent")
				}
				return answerWith(w, 200, limits+"60:error:key:key_quota", "{}")
			})
		}, "no event was sent|key_quota", "Client Keys"),
		at("too large", cause.PayloadTooLarge, events(413, jsonType, detail("envelope exceeded size limits for type 'event'")), "'event'", "max_event_size"),
		at("content", cause.ForbiddenNotSentry, events(403, htmlType, page("Request blocked", "")), "Request blocked", "allow-list"),
		at("another id", cause.NotSentry, events(200, jsonType, `{"id":"00000000000000000000000000000001"}`), "another id", "SENTRY_DSN"),
		at("no id", cause.NotSentry, events(200, jsonType, `{}`), "without the id", "SENTRY_DSN"),
		at("nothing is stored", cause.ServerUnavailable, events(503, jsonType, detail("failed to queue envelope")), "failed to queue", "Kafka"),
	}
}

func laterFaults() []fault {
	// second takes one event, and answers the next so.
	second := func(status int, headers, body string) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			relay(t, p, func(w http.ResponseWriter, c call) bool { return c.n > 3 && answerWith(w, status, headers, body) })
		}
	}
	at := func(name string, id cause.ID, set func(*testing.T, *Plan), detail, fix string) fault {
		return fault{name: name, set: set, layer: LayerAgain, cause: id, detail: "was accepted|" + detail, fix: fix}
	}
	silent := func(set func(*testing.T, *Plan)) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) { set(t, p); p.Event = nil }
	}
	return []fault{
		at("the key was not known yet", cause.KeyRejected, second(403, jsonType, refuses("ProjectId")), "ProjectId|later another was not", "Client Keys"),
		at("the quota is used up", cause.RateLimitedOrganization, second(429, "X-Sentry-Rate-Limits: 60:error:organization:usage", ""), "usage", "quota"),
		at("and the next is limited", cause.RateLimitedKey, second(200, "X-Sentry-Rate-Limits: 60:error:key:key_quota", `{"id":"`+testID+`"}`), "key_quota", "Client Keys"),
		at("the server breaks down", cause.BadGateway, second(502, "Server: nginx", ""), "502", "upstream"),
		at("without an event", cause.KeyRejected, silent(func(t *testing.T, p *Plan) {
			relay(t, p, func(w http.ResponseWriter, c call) bool {
				return c.n > 2 && answerWith(w, 403, jsonType, refuses("ProjectId"))
			})
		}), "ProjectId", "Client Keys"),
	}
}

func quietFaults() []fault {
	beside := func(limits string) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			relay(t, p, func(w http.ResponseWriter, _ call) bool {
				w.Header().Set("X-Sentry-Rate-Limits", limits)
				return false
			})
		}
	}
	dated := func(by time.Duration) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			relay(t, p, nil)
			p.Now = func() time.Time { return time.Now().Add(by) }
		}
	}
	at := func(name string, layer Layer, status Status, id cause.ID, set func(*testing.T, *Plan), detail, fix string) fault {
		return fault{name: name, set: set, layer: layer, status: status, cause: id, detail: detail, fix: fix}
	}
	return []fault{
		at("transactions", LayerLimits, Failed, cause.RateLimitedOrganization, beside("600:transaction;span:organization:usage"), "transaction, span|usage|s (scope organization", "quota"),
		at("profiles", LayerLimits, Failed, cause.RateLimitedProject, beside("600:profile:project:p"), "profile", "spike protection"),
		at("chunks of profiles, and attachments", LayerLimits, Failed, cause.RateLimitedKey, beside("900:attachment:project, 600:profile_chunk:key:k"), "profile_chunk|also|attachment", "Client Keys"),
		at("attachments", LayerLimits, Warned, cause.RateLimitedOrganization, beside("600:attachment:organization:usage"), "attachment", "quota"),
		at("monitors and logs", LayerLimits, Warned, cause.RateLimitedProject, beside("600:monitor;log_item:project:p"), "monitor, log_item", "spike protection"),
		at("errors, where no event is sent", LayerLimits, Failed, cause.RateLimitedOrganization, func(t *testing.T, p *Plan) {
			beside("600:error:organization:usage")(t, p)
			p.Event = nil
		}, "error|usage", "quota"),
		at("every answer takes its time", LayerLatency, Warned, cause.IngestSlow, func(t *testing.T, p *Plan) {
			stop := t.Context()
			relay(t, p, func(http.ResponseWriter, call) bool {
				select {
				case <-time.After(SlowLimit + 200*time.Millisecond):
				case <-stop.Done():
				}
				return false
			})
			p.Quick = true
		}, "2 s|0.5 s", "shutdown_timeout=10"),
		at("ahead", LayerClock, Warned, cause.ClockSkew, dated(5*time.Minute), "5m0s ahead of|60 s", "timedatectl"),
		at("behind", LayerClock, Warned, cause.ClockSkew, dated(-3*time.Hour), "3h0m0s behind", "timedatectl"),
	}
}
