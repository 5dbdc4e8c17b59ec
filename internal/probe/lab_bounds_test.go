package probe

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// nowAndThenFaults are those of one bad server among several: the way of one
// connection says nothing of the next.
func nowAndThenFaults() []fault {
	every := func(nth int, answer answers) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			relay(t, p, func(w http.ResponseWriter, c call) bool { return c.n%nth == 2%nth && answer(w, c) })
		}
	}
	says := func(status int, headers, body string) answers {
		return func(w http.ResponseWriter, _ call) bool { return answerWith(w, status, headers, body) }
	}
	gone := func(w http.ResponseWriter, _ call) bool {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	cutting := func(w http.ResponseWriter, _ call) bool {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			reset(conn)
		}
		return err == nil
	}
	hanging := func(script func(c call, hang func())) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			stop, end := context.WithCancel(t.Context())
			relay(t, p, func(_ http.ResponseWriter, c call) bool { script(c, func() { <-stop.Done() }); return false })
			t.Cleanup(end)
			p.AnswerTimeout = 1500 * time.Millisecond
		}
	}
	at := func(name string, id cause.ID, set func(*testing.T, *Plan), detail, fix string) fault {
		return fault{name: name, set: set, layer: LayerGzip, cause: id, detail: detail, fix: fix}
	}
	const half = "2 of 4 were not, plain and compressed ones"
	return []fault{
		at("every second", cause.BadGateway, every(2, says(502, "Server: nginx", "")), half+"|nginx answers 502", "upstream"),
		at("every second", cause.ServerError, every(2, says(500, "", "")), half+"|500", "log"),
		at("every second", cause.ForbiddenNotSentry, every(2, says(403, htmlType+"\nServer: nginx", page("403 Forbidden", "nginx"))), half+"|403", "allow-list"),
		at("every second", cause.HTTPRedirect, every(2, says(302, "Location: /login", "")), half+"|/login", "SENTRY_DSN"),
		at("every second", cause.PathNotFound, every(2, says(404, "", "")), half+"|404", "SENTRY_DSN"),
		at("every second is closed", cause.ConnectionClosed, every(2, gone), half+"|closed", "firewall"),
		at("every second is reset", cause.ConnectionReset, every(2, cutting), half+"|reset", "firewall"),
		at("every second hangs", cause.ResponseTimeout, hanging(func(c call, hang func()) {
			if c.n%2 == 0 {
				hang()
			}
		}), half+"|no whole answer", "overloaded"),
		at("one hangs", cause.ResponseTimeout, hanging(func(c call, hang func()) {
			if c.n == 2 {
				hang()
			}
		}), "1 of 5 envelopes|no whole answer", "overloaded"),
		at("every third", cause.BadGateway, every(3, says(502, "Server: nginx", "")), "2 of 6 envelopes|502", "upstream"),
		at("every fourth", cause.BadGateway, every(4, says(502, "Server: nginx", "")), "1 of 5 envelopes|502", "upstream"),
	}
}

// boundFaults are those that the end of the examination cuts off.
func boundFaults() []fault {
	// slow takes the first envelope after some time, and leaves those alone that
	// hang says.
	slow := func(first time.Duration, hang func(c call) bool, change func(p *Plan)) func(*testing.T, *Plan) {
		return func(t *testing.T, p *Plan) {
			stop, end := context.WithCancel(t.Context())
			relay(t, p, func(_ http.ResponseWriter, c call) bool {
				switch {
				case hang(c):
					<-stop.Done()
				case c.n == 1:
					pass(stop, first)
				}
				return false
			})
			t.Cleanup(end)
			change(p)
		}
	}
	return []fault{
		{
			name: "after the first, at the end of the examination", set: slow(longWait/10, func(c call) bool { return c.n > 1 }, func(p *Plan) { p.Timeout = 3 * longWait }),
			layer: LayerGzip, cause: cause.ResponseTimeout, detail: "compressed with gzip, was out for|3 s for the whole examination|4 s", fix: "overloaded",
		},
		{
			name: "to the event, at the end of the examination", set: slow(0, func(c call) bool { return c.event }, func(p *Plan) { p.Timeout = 3 * longWait }),
			layer: LayerEvent, cause: cause.ResponseTimeout, detail: "the test event was out for", fix: "overloaded",
		},
		{
			name: "to the later look, at the end of the examination", set: slow(0, func(c call) bool { return c.n > 3 }, func(p *Plan) { p.Timeout = 3 * longWait }),
			layer: LayerAgain, cause: cause.ResponseTimeout, detail: "another envelope|was out for", fix: "overloaded",
		},
		{
			name: "to the first, at the end of the examination", set: slow(0, func(call) bool { return true }, func(p *Plan) { p.Timeout = 3 * longWait }),
			layer: LayerAnswer, cause: cause.ResponseTimeout, detail: "no whole answer within", fix: "overloaded",
		},
	}
}

// TestWhatNoTimeIsLeftForIsUnfinished: neither a pass, nor skipped, which would
// be one in the end.
func TestWhatNoTimeIsLeftForIsUnfinished(t *testing.T) {
	t.Parallel()
	p := plan(t)
	stop, end := context.WithCancel(t.Context())
	relay(t, &p, func(http.ResponseWriter, call) bool { <-stop.Done(); return false })
	t.Cleanup(end)
	p.Timeout = longWait / 5
	got := examine(t, p)
	for _, l := range append([]Layer{LayerAnswer}, aboveWay()...) {
		if got[l].Status != Unfinished {
			t.Errorf("%+v", got[l])
		}
	}
}

// TestALateEventIsASecondLook: what is sent some seconds after the first tells
// as much as another one that there is no time for.
func TestALateEventIsASecondLook(t *testing.T) {
	t.Parallel()
	stop := t.Context()
	p := plan(t)
	p.Pause = inHurry
	relay(t, &p, func(_ http.ResponseWriter, c call) bool {
		if c.n > 3 {
			t.Error("a fourth envelope was sent")
		}
		pass(stop, inHurry+50*time.Millisecond)
		return false
	})
	if f := examine(t, p)[LayerAgain]; f.Status != Passed {
		t.Errorf("%+v", f)
	}
}

// TestARefusalTellsTheTimeToo: the clock is a fault of its own.
func TestARefusalTellsTheTimeToo(t *testing.T) {
	t.Parallel()
	p := plan(t)
	always(502, "Server: nginx", "")(t, &p)
	p.Now = func() time.Time { return time.Now().Add(time.Hour) }
	got := examine(t, p)
	if got[LayerAnswer].Cause != cause.BadGateway || got[LayerClock].Status != Warned || got[LayerClock].Cause != cause.ClockSkew {
		t.Errorf("%+v, %+v", got[LayerAnswer], got[LayerClock])
	}
}

// TestTwoLimitsAreTwoFindings: of another scope than the one that refuses.
func TestTwoLimitsAreTwoFindings(t *testing.T) {
	t.Parallel()
	p := plan(t)
	relay(t, &p, func(w http.ResponseWriter, c call) bool {
		return c.event && answerWith(w, 429, "X-Sentry-Rate-Limits: 60:error:key:a, 60:transaction:organization:b", "")
	})
	got := examine(t, p)
	if got[LayerEvent].Cause != cause.RateLimitedKey || got[LayerLimits].Cause != cause.RateLimitedOrganization {
		t.Errorf("%+v, %+v", got[LayerEvent], got[LayerLimits])
	}
}

// TestALimitBehindTheCompression: both are named.
func TestALimitBehindTheCompression(t *testing.T) {
	t.Parallel()
	p := plan(t)
	relay(t, &p, func(w http.ResponseWriter, c call) bool {
		return c.packed && answerWith(w, 415, "", "") || c.event && answerWith(w, 429, "X-Sentry-Rate-Limits: 60:error:organization:usage", "")
	})
	got := examine(t, p)
	if got[LayerGzip].Cause != cause.EncodingRejected || got[LayerEvent].Cause != cause.RateLimitedOrganization {
		t.Errorf("%+v, %+v", got[LayerGzip], got[LayerEvent])
	}
}

// TestAClientThatCompressesNothing is not harmed by what refuses gzip.
func TestAClientThatCompressesNothing(t *testing.T) {
	t.Parallel()
	p := plan(t)
	relay(t, &p, func(w http.ResponseWriter, c call) bool { return c.packed && answerWith(w, 415, "", "") })
	p.Main = Way{Client: "sentry-go", Plain: true}
	for l, f := range examine(t, p) {
		if f.Status != Passed {
			t.Errorf("%s: %+v", l, f)
		}
	}
}

// TestSlowEventsAreSlow: SDKs wait for events, and what else is answered at
// once is of no help to them.
func TestSlowEventsAreSlow(t *testing.T) {
	t.Parallel()
	stop := t.Context()
	p := plan(t)
	relay(t, &p, func(_ http.ResponseWriter, c call) bool {
		if c.event {
			pass(stop, SlowLimit+100*time.Millisecond)
		}
		return false
	})
	if f := examine(t, p)[LayerLatency]; f.Cause != cause.IngestSlow {
		t.Errorf("%+v", f)
	}
}

// TestAPanicEndsTheExaminationAlone: in whatever of its goroutines.
func TestAPanicEndsTheExaminationAlone(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(t *testing.T, p *Plan){
		"the event": func(_ *testing.T, p *Plan) { p.Event = func() ([]byte, string, error) { panic("with " + testKey()) } },
		"the clock": func(_ *testing.T, p *Plan) { p.Now = func() time.Time { panic("no clock") } },
		"the event of a slow ingest": func(t *testing.T, p *Plan) {
			stop := t.Context()
			relay(t, p, func(http.ResponseWriter, call) bool { pass(stop, inHurry+50*time.Millisecond); return false })
			p.Event = func() ([]byte, string, error) { panic("later") }
		},
		"no DSN": func(_ *testing.T, p *Plan) { p.DSN = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(t)
			relay(t, &p, nil)
			p.Other = &Way{Client: "sentry-go"}
			set(t, &p)
			if f := examine(t, p)[LayerAgain]; f.Status != Unfinished || f.Detail == "" {
				t.Errorf("%+v", f)
			}
		})
	}
}
