package doctor

import (
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// alarms are runs of healthy applications in which something looks like a
// fault by its number, its words or its rate.
func alarms() map[string]appRun {
	seen := func(f func(*observe.Seen)) func(*observe.Process) { return func(p *observe.Process) { f(&p.Seen) } }
	one := func(p observe.Process, changes ...func(*observe.Process)) []observe.Process {
		return []observe.Process{changed(p, changes...)}
	}
	by := func(entries ...string) func(*observe.Process) {
		return func(p *observe.Process) { p.Environ = entries }
	}
	wrote := func(traceback string) func(*observe.Process) {
		return func(p *observe.Process) {
			p.Tracebacks, p.Stderr, p.Exit.Code = []string{traceback}, []string{traceback}, 0
		}
	}
	handled := func(traceback string) func(*observe.Process) {
		return func(p *observe.Process) { wrote(traceback)(p); p.Handled = p.Tracebacks }
	}
	healthyRequest := seen(func(s *observe.Seen) {
		s.Transactions, s.Discards = []observe.Transaction{{Name: "/payments", Op: "http.server", Status: "ok"}}, nil
	})
	noErrors, noTraces := lacking("event"), lacking("transaction")
	job := seen(func(s *observe.Seen) { s.Items = map[string]int{"transaction": 1} })
	return map[string]appRun{
		"a health check that a hook drops":   ranApp(one(webProcess(), noErrors, noTraces, calmed, healthyRequest, noTraces, drops("before_send", "transaction", 1)), answersOf(200, "/health")),
		"a client that is gone, and ignored": ranApp(one(webProcess(), noErrors, calmed, healthyRequest, func(p *observe.Process) { p.Unhandled = []string{"ClientDisconnect"} }), answersOf(200, "/a")),
		"a sampler that gives one URL its rate": ranApp(one(webProcess(), noErrors, calmed, healthyRequest, seen(func(s *observe.Seen) { s.TraceRates = map[string]int{"1.0": 2} })),
			setting("SENTRY_TRACES_SAMPLE_RATE", "0.1"), answersOf(200, "/payments")),
		"a sampler that drops the one request":          ranApp(one(webProcess(), noErrors, calmed, healthyRequest, noTraces, drops("sample_rate", "transaction", 1)), answersOf(200, "/health")),
		"a client's address in a frame, allowed":        ranApp(one(webProcess(), leaking("event", "exception.values[].stacktrace.frames[].vars.scope.client[]", "ip")), setting("SENTRY_SEND_DEFAULT_PII", "true")),
		"a sampler that drops a health check":           ranApp(one(webProcess(), drops("sample_rate", "transaction", 1)), answersOf(200, "/health")),
		"the rates of a caller with a key of its own":   ranApp(one(webProcess(), seen(func(s *observe.Seen) { s.TraceRates, s.OtherKeys = map[string]int{"0.25": 6}, 6 }))),
		"an error outside of everything that is traced": ranApp(one(scriptProcess(), seen(func(s *observe.Seen) { s.TraceRates = nil }))),
		"a few errors that an error_sampler drops":      ranApp(one(webProcess(), drops("sample_rate", "error", 2))),
		"a handled traceback in a migration":            ranApp([]observe.Process{webProcess(), changed(scriptProcess(), silenced, func(p *observe.Process) { p.Exit.Code = 0 })}),
		"a warning with its traceback":                  ranApp(one(scriptProcess(), noErrors, job, handled("KeyError: 'x2'"))),
		"a traceback, and a message of it": ranApp(one(scriptProcess(), noErrors, seen(func(s *observe.Seen) { s.Items = map[string]int{"event": 1} }),
			wrote("ZeroDivisionError: division by zero"))),
		"a task that raises what it announces": ranApp(one(workerProcess(), noErrors, handled("tasks.NotYet: expected"), seen(func(s *observe.Seen) { s.Transactions = nil }))),
		"a broker that is away for a while": ranApp([]observe.Process{webProcess(), changed(workerProcess(), silenced, handled("ConnectionRefusedError: [Errno 111]"), func(p *observe.Process) {
			p.Stderr = append(p.Stderr, "consumer: Connection to broker lost", "Trying again in 2.00 seconds")
		})}),
		"a 503 with a message":              ranApp(one(webProcess(), noErrors, calmed, healthyRequest, seen(func(s *observe.Seen) { s.Items = map[string]int{"event": 1, "transaction": 1} })), answersOf(503, "/busy")),
		"an error that half the rate drops": ranApp(one(webProcess(), noErrors, calmed, healthyRequest), answersOf(500, "/a"), setting("SENTRY_SAMPLE_RATE", "0.5")),
		"a gateway and who answers for it": ranApp([]observe.Process{
			changed(nodeService(), noErrors, func(p *observe.Process) {
				p.Tracebacks, p.Exit = nil, observe.Exit{Running: true}
				p.Seen.Transactions = []observe.Transaction{{Name: "GET /", Op: "http.server", Status: "internal_error"}}
			}),
			webProcess(),
		}, answersOf(502, "/")),
		"few requests at a low rate of Node": ranApp(one(nodeService(), noTraces), setting("SENTRY_TRACES_SAMPLE_RATE", "0.1"), answersOf(500, "/"), answersOf(200, "/b")),
		"an environment by command":          ranApp([]observe.Process{webProcess(), changed(goService(), by("SENTRY_ENVIRONMENT=canary"), seen(func(s *observe.Seen) { s.Environments = map[string]int{"canary": 2} }))}),
		"a release by command":               ranApp([]observe.Process{webProcess(), changed(goService(), by("SENTRY_RELEASE=svc@2"), seen(func(s *observe.Seen) { s.Releases = map[string]int{"svc@2": 2} }))}),
		"personal data allowed by command":   ranApp(one(webProcess(), by("SENTRY_SEND_DEFAULT_PII=true"), leaking("event", "user.ip_address", "ip"))),
		"a client's address, allowed":        ranApp(one(webProcess(), leaking("event", "request.headers.x-forwarded-for", "ip")), setting("SENTRY_SEND_DEFAULT_PII", "true")),
		"profiles of none by command":        ranApp(one(webProcess(), by("SENTRY_PROFILES_SAMPLE_RATE=0")), setting("SENTRY_PROFILES_SAMPLE_RATE", "1.0")),
		"a .env of which something comes": ranApp(one(webProcess(), unnamed, seen(func(s *observe.Seen) {
			s.Environments, s.TraceRates = map[string]int{"qa": 6}, nil
			s.Releases = map[string]int{"shop@9": 6}
		})), envFile()),
		"the DSN in a frame":        ranApp(one(webProcess(), leaking("event", "exception.values[].stacktrace.frames[].vars.env.SENTRY_DSN", "token"))),
		"an address in the source":  ranApp(one(webProcess(), leaking("event", "exception.values[].stacktrace.frames[].pre_context[]", "email"))),
		"the address in a feedback": ranApp(one(webProcess(), leaking("user_report", "email", "email"))),
		"an answer that breaks off, and is reported": ranApp([]observe.Process{webProcess()}, func(g *appRun) {
			g.seen.Answers = append(g.seen.Answers, observe.Answer{URL: "http://127.0.0.1/stream", Err: "the answer broke off after 12 bytes"})
		}),
	}
}

func TestWhatIsMeantIsNoFault(t *testing.T) {
	t.Parallel()
	for name, g := range alarms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, item := range judged(t, g) {
				if item.Outcome != check.Pass {
					t.Errorf("%s: %s %s %s; blocked by %q", item.ID, item.Outcome, item.Cause, item.Detail, item.BlockedBy)
				}
			}
		})
	}
}

// TestWhoWasStoppedTooSoonIsNoProof: a command that did nothing that can be
// seen is named, and one that wrote what it does is not held against it.
func TestWhoWasStoppedTooSoonIsNoProof(t *testing.T) {
	t.Parallel()
	idle := observe.Process{Name: "worker", Program: "python3", Exit: observe.Exit{Running: true}}
	for name, tt := range map[string]struct {
		lines []string
		ran   time.Duration
		want  check.Outcome
	}{
		"it wrote nothing":              {nil, 3 * time.Second, check.Skip},
		"it wrote what it does":         {[]string{"connected", "queues: default", "ready"}, 3 * time.Second, check.Pass},
		"it had the time that it needs": {nil, time.Minute, check.Pass},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := changed(idle, func(p *observe.Process) { p.Stdout = tt.lines })
			for _, item := range judged(t, ranApp([]observe.Process{webProcess(), p}, func(g *appRun) { g.seen.Duration = tt.ran })) {
				if item.ID == "app-processes" && (item.Outcome != tt.want || !strings.Contains(item.Detail, "of worker") || !strings.Contains(item.Detail, "--for 30s")) {
					t.Errorf("%s: %s, expected %s", item.Outcome, item.Detail, tt.want)
				}
			}
		})
	}
}

// TestSilenceWithoutASecondLookAccusesNobody: of a run that was interrupted, or
// was to be the only one, nothing tells whether there was anything to send.
func TestSilenceWithoutASecondLookAccusesNobody(t *testing.T) {
	t.Parallel()
	for _, item := range judged(t, ranApp([]observe.Process{changed(webProcess(), silenced, calmed)})) {
		if item.Outcome == check.Fail && (item.ID != "app-sends" || strings.Contains(item.Fix, "configure_sentry") || !strings.Contains(item.Fix, "--url")) {
			t.Errorf("%s: %s, fix %s", item.ID, item.Detail, item.Fix)
		}
	}
}
