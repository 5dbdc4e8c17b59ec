package doctor

import (
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// TestTheHealthyHaveNothingToMend: what looks like a fault and is none.
func TestTheHealthyHaveNothingToMend(t *testing.T) {
	t.Parallel()
	quick := func(p *observe.Process) {
		for i := range p.Seen.Transactions {
			p.Seen.Transactions[i].Duration = time.Millisecond
		}
	}
	for name, g := range map[string]appRun{
		"web":                              ranApp([]observe.Process{webProcess()}, answersOf(200, "/payments"), answersOf(500, "/bookings/1")),
		"web and worker":                   ranApp([]observe.Process{webProcess(), workerProcess()}, answersOf(500, "/bookings/1")),
		"a script that is made to fail":    ranApp([]observe.Process{scriptProcess()}),
		"a Go service that tells and ends": ranApp([]observe.Process{goService()}),
		"a Node service that dies of what it reports": ranApp([]observe.Process{nodeService()}),
		"a server of Go and one of Python":            ranApp([]observe.Process{webProcess(), changed(goService(), func(p *observe.Process) { p.Exit = observe.Exit{Running: true} })}),
		"a worker that is quiet beside a web process": ranApp([]observe.Process{webProcess(), changed(workerProcess(), silenced, calmed, starting)}),
		"beat, which never sends":                     ranApp([]observe.Process{webProcess(), workerProcess(), changed(observe.Process{Name: "beat", Program: "celery", Exit: observe.Exit{Running: true}}, starting)}),
		"second reports of one error":                 ranApp([]observe.Process{changed(webProcess(), drops("event_processor", "error", 20))}),
		"a hook that drops some":                      ranApp([]observe.Process{changed(webProcess(), drops("before_send", "error", 3))}),
		"a hook that drops some transactions":         ranApp([]observe.Process{changed(webProcess(), drops("before_send", "transaction", 9))}),
		"few of a low rate": ranApp([]observe.Process{changed(webProcess(), lacking("transaction"), drops("sample_rate", "transaction", 3), func(p *observe.Process) { p.Seen.TraceRates = map[string]int{"0.05": 2} })},
			setting("SENTRY_TRACES_SAMPLE_RATE", "0.05"), answersOf(200, "/a", "/b", "/c")),
		"some of a low rate": ranApp([]observe.Process{changed(webProcess(), drops("sample_rate", "transaction", 200), func(p *observe.Process) { p.Seen.TraceRates = map[string]int{"0.05": 6} })},
			setting("SENTRY_TRACES_SAMPLE_RATE", "0.05")),
		"a worker of a low rate, whose producers were not sampled": ranApp([]observe.Process{webProcess(), changed(workerProcess(), lacking("transaction"), drops("sample_rate", "transaction", 5), func(p *observe.Process) {
			p.Seen.Unsampled = map[string]int{"/payments": 1}
		})}, setting("SENTRY_TRACES_SAMPLE_RATE", "0.05"), func(g *appRun) {
			g.seen.Processes[0].Seen.TraceRates = map[string]int{"0.05": 6}
		}),
		"a rate written otherwise":                    ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Seen.TraceRates = map[string]int{"1": 6} })}),
		"a sampler that gives each its rate":          ranApp([]observe.Process{changed(webProcess(), drops("sample_rate", "transaction", 3), func(p *observe.Process) { p.Seen.TraceRates = map[string]int{"1.0": 3, "0.1": 2} })}),
		"a worker with the rates of others' requests": ranApp([]observe.Process{changed(workerProcess(), func(p *observe.Process) { p.Seen.TraceRates = map[string]int{"0.3": 3} })}),
		"no traces wanted":                            ranApp([]observe.Process{changed(webProcess(), lacking("transaction"), func(p *observe.Process) { p.Seen.TraceRates = nil })}, setting("SENTRY_TRACES_SAMPLE_RATE", "0"), answersOf(200, "/a")),
		"a script that traces nothing":                ranApp([]observe.Process{changed(scriptProcess(), func(p *observe.Process) { p.Seen.Clients = map[string]int{"sentry.go/0.47.0": 1}; p.Seen.SDKs = nil })}),
		"few errors of a low rate, all kept":          ranApp([]observe.Process{webProcess()}, setting("SENTRY_SAMPLE_RATE", "0.5")),
		"one error of a low rate, dropped":            ranApp([]observe.Process{changed(webProcess(), lacking("event"), drops("sample_rate", "error", 1), calmed)}, setting("SENTRY_SAMPLE_RATE", "0.5")),
		"profiles":                                    ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Seen.Items["profile"] = 1 })}, setting("SENTRY_PROFILES_SAMPLE_RATE", "1.0")),
		"profiles in chunks":                          ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Seen.Items["profile_chunk"] = 1 })}, setting("SENTRY_PROFILES_SAMPLE_RATE", "1.0")),
		"few transactions of a low rate of profiles":  ranApp([]observe.Process{changed(webProcess(), quick)}, setting("SENTRY_PROFILES_SAMPLE_RATE", "0.1")),
		"profiles of Python beside Go":                ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Seen.Items["profile"] = 2 }), goService()}, setting("SENTRY_PROFILES_SAMPLE_RATE", "1.0")),
		"profiles set and Node alone":                 ranApp([]observe.Process{nodeService()}, setting("SENTRY_PROFILES_SAMPLE_RATE", "1.0")),
		"production that is set":                      ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Seen.Environments = map[string]int{"production": 6} })}, setting("SENTRY_ENVIRONMENT", "production")),
		"an environment of the application's own":     ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Seen.Environments = map[string]int{"qa": 6} })}, setting("SENTRY_ENVIRONMENT", "")),
		"a release of the application's own":          ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Seen.Releases = map[string]int{"shop@3": 6} })}, setting("SENTRY_RELEASE", "")),
		"spans over the first thousand":               ranApp([]observe.Process{changed(webProcess(), drops("buffer_overflow", "span", 400))}),
		"a span of a call to Redis that failed":       ranApp([]observe.Process{changed(webProcess(), drops("buffer_overflow", "span", 1))}),
		"an address of the user, allowed":             ranApp([]observe.Process{changed(webProcess(), leaking("event", "user.email", "email"))}, setting("SENTRY_SEND_DEFAULT_PII", "true")),
		"an event of some size":                       ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Seen.Largest = observe.Size{ItemType: "event", Bytes: 700_000} })}),
		"an attachment of some size":                  ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Seen.Largest = observe.Size{ItemType: "attachment", Bytes: 5_000_000} })}),
		"a web process that traces nothing by its command": ranApp([]observe.Process{changed(webProcess(), lacking("transaction"), drops("sample_rate", "transaction", 4), func(p *observe.Process) {
			p.Environ, p.Seen.TraceRates = []string{"SENTRY_TRACES_SAMPLE_RATE=0.0"}, map[string]int{"0.0": 2}
		})}, answersOf(200, "/a")),
		"a web process that traces nothing, by its command": ranApp([]observe.Process{changed(webProcess(), lacking("transaction"), drops("sample_rate", "transaction", 4), func(p *observe.Process) {
			p.Environ, p.Seen.TraceRates = []string{"SENTRY_TRACES_SAMPLE_RATE=0.0"}, map[string]int{"0.0": 2}
		})}, answersOf(200, "/a")),
		"an error that a server wrote down, and that came": ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Unhandled = p.Tracebacks })}, answersOf(500, "/bookings/1")),
		"a broken connection to somebody else": ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) {
			p.Stderr = []string{"WARNING:urllib3.connectionpool:Retrying (Retry(total=2)) after connection broken by 'NewConnectionError(111)': /v1/charges"}
		})}),
		"what is expected":                        ranApp([]observe.Process{webProcess()}, expecting("error type=ValueError", 1, 1, false), expecting("no error type=KeyError", 0, 0, true)),
		"a 5xx that was reported":                 ranApp([]observe.Process{webProcess()}, answersOf(503, "/bookings/1"), answersOf(500, "/payments")),
		"requests refused rightly":                ranApp([]observe.Process{webProcess()}, answersOf(404, "/nowhere"), answersOf(422, "/bookings"), answersOf(401, "/me")),
		"a server that was stopped by our signal": ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Exit = observe.Exit{Running: true, Signal: "SIGTERM", Code: 143} })}),
		"a task that was retried, and then done": ranApp([]observe.Process{changed(workerProcess(), calmed, func(p *observe.Process) {
			p.Stderr = []string{"[2026-11-24 10:00:00,000: INFO/ForkPoolWorker-1] Task app.tasks.remind[1] retry: Retry in 1s: ValueError()"}
		})}),
		"the SDK's log in the first run": ranApp([]observe.Process{changed(scriptProcess(), func(p *observe.Process) {
			p.Debug = observe.Debug{Initialised: true, Sent: 1, Lines: []string{gotSignal, flushing}}
		})}),
		"an SDK that lists its integrations in Go":    ranApp([]observe.Process{goService()}, setting("DATABASE_URL", "postgresql+psycopg://localhost/shop")),
		"a Flask application":                         ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) { p.Program, p.Seen.Integrations = "gunicorn", integrationsOf("flask") })}),
		"a traceback of the name with its module":     ranApp([]observe.Process{changed(scriptProcess(), func(p *observe.Process) { p.Tracebacks = []string{"shop.errors.ValueError: uncaught"} })}),
		"a panic of Go that was reported":             ranApp([]observe.Process{changed(goService(), func(p *observe.Process) { p.Exit.Code, p.Tracebacks = 2, []string{"panic: declined"} })}),
		"an error that a hook dropped, among others":  ranApp([]observe.Process{changed(scriptProcess(), drops("before_send", "error", 1), func(p *observe.Process) { p.Tracebacks = []string{"KeyboardInterrupt"} })}),
		"a Celery application without a failing task": ranApp([]observe.Process{changed(workerProcess(), lacking("event"), calmed)}),
		"a worker's error that is no request's":       ranApp([]observe.Process{changed(webProcess(), lacking("event"), calmed, func(p *observe.Process) { p.Seen.Transactions, p.Seen.Discards = nil, nil }), workerProcess()}, answersOf(200, "/a")),
	} {
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

// starting is what a process of Celery writes when it starts.
func starting(p *observe.Process) {
	p.Stderr = []string{"celery@shop v5.2.6 (dawn-chorus)", "[queues]", "[2026-11-24 10:00:00,000: INFO/MainProcess] celery@shop ready."}
}

func leaking(item, path, kind string) func(*observe.Process) {
	return func(p *observe.Process) {
		p.Seen.Private = append(p.Seen.Private, observe.Private{ItemType: item, Path: path, Kind: kind, Count: 1})
	}
}

func expecting(text string, want, seen int, none bool) appChange {
	return func(g *appRun) {
		g.seen.Expected = append(g.seen.Expected, observe.Expected{Text: text, Want: want, Seen: seen, None: none})
	}
}

// TestTheOldSDKIsOneWarning: 1.9.10 is old, and what follows from that is no
// fault of its own.
func TestTheOldSDKIsOneWarning(t *testing.T) {
	t.Parallel()
	items := judged(t, ranApp([]observe.Process{oldProcess()}))
	if roots := (check.Report{Checks: items}).RootCauses(); len(roots) != 1 || roots[0].Cause != "app-sdk-old" {
		t.Errorf("root causes: %+v", roots)
	}
}

// TestSilenceOfASDKThatWasOnIsNoProof: what it had to send may be lost, and an
// old SDK says nothing of it.
func TestSilenceOfASDKThatWasOnIsNoProof(t *testing.T) {
	t.Parallel()
	idle := changed(webProcess(), silenced, calmed)
	items := judged(t, ranApp([]observe.Process{idle}, secondly(changed(idle, logged(0, gotSignal, flushing)))))
	rep := check.Report{Checks: items}
	if roots := rep.RootCauses(); len(roots) != 1 || roots[0].Cause != cause.AppSentNothing || rep.Verdict() != check.VerdictFail {
		t.Errorf("%s, root causes: %+v", rep.Verdict(), roots)
	}
}
