package doctor

import (
	"slices"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// appCase is a run with one fault in it, and the cause to name first.
type appCase struct {
	run  appRun
	want cause.ID
}

// silences are runs of which nothing came.
func silencesOfApps() map[string]appCase {
	job := changed(scriptProcess(), silenced)
	quiet := changed(job, calmed)
	refused := func(line string, more ...string) observe.Process {
		return changed(job, func(p *observe.Process) {
			p.Tracebacks, p.Stderr = []string{line}, slices.Concat(more, []string{line})
		})
	}
	ended := func(exit observe.Exit, lines ...string) observe.Process {
		return changed(quiet, func(p *observe.Process) { p.Exit, p.Stderr = exit, lines })
	}
	goJob := changed(goService(), silenced, calmed)
	server := changed(webProcess(), silenced, calmed)
	tasks := changed(workerProcess(), silenced)
	return map[string]appCase{
		"never initialised":                       {ranApp([]observe.Process{quiet}, secondly(quiet)), cause.AppSentNothing},
		"never initialised, and failing":          {ranApp([]observe.Process{job}, secondly(job)), cause.AppSentNothing},
		"never initialised, and seen once":        {ranApp([]observe.Process{quiet}), cause.AppSentNothing},
		"a server that is never initialised":      {ranApp([]observe.Process{server}, answersOf(500, "/a"), secondly(server)), cause.AppSentNothing},
		"a Go program that is never initialised":  {ranApp([]observe.Process{goJob}, secondly(goJob)), cause.AppSentNothing},
		"a DSN in the source":                     {ranApp([]observe.Process{job}, secondly(changed(job, logged(1, gotSignal, flushing))), contacting("o1.ingest.sentry.io:443")), cause.AppDSNHardcoded},
		"a DSN in the source of an old SDK":       {ranApp([]observe.Process{job}, secondly(job), contacting("o1.ingest.sentry.io:443")), cause.AppDSNHardcoded},
		"a DSN in the source of Go":               {ranApp([]observe.Process{goJob}, secondly(goJob), contacting("sentry.io:443")), cause.AppDSNHardcoded},
		"a DSN in the source of one's own host":   {ranApp([]observe.Process{job}, secondly(changed(job, logged(1, "[sentry] DEBUG: Sending envelope [envelope with 1 items (error)] project:42 host:sentry.example.com", gotSignal, flushing)))), cause.AppDSNHardcoded},
		"another project of the receiver":         {ranApp([]observe.Process{job}, func(g *appRun) { g.seen.Stray.Requests = 2 }), cause.AppDSNHardcoded},
		"an empty DSN":                            {ranApp([]observe.Process{job}, secondly(changed(job, logged(1, gotSignal)))), cause.AppDSNEmptyArgument},
		"an empty DSN, and nothing to tell":       {ranApp([]observe.Process{quiet}, secondly(changed(quiet, logged(0, gotSignal)))), cause.AppDSNEmptyArgument},
		"an empty DSN without the SDK's log":      {ranApp([]observe.Process{job}, secondly(changed(job, logged(1), func(p *observe.Process) { p.Debug = observe.Debug{} }))), cause.AppDSNEmptyArgument},
		"an empty DSN of a server":                {ranApp([]observe.Process{server}, answersOf(500, "/a"), secondly(changed(server, logged(3)))), cause.AppDSNEmptyArgument},
		"an end by os._exit":                      {ranApp([]observe.Process{quiet}, secondly(changed(quiet, logged(1)))), cause.AppNoFlush},
		"an end by os._exit with a status":        {ranApp([]observe.Process{ended(observe.Exit{Code: 1})}, secondly(changed(ended(observe.Exit{Code: 1}), logged(1)))), cause.AppNoFlush},
		"a loss that only a slower run has not":   {ranApp([]observe.Process{quiet}, secondly(changed(scriptProcess(), calmed, func(p *observe.Process) { p.Debug.Initialised = true }))), cause.AppNoFlush},
		"envelopes that Go says it sends":         {ranApp([]observe.Process{goJob}, secondly(changed(goJob, func(p *observe.Process) { p.Debug = observe.Debug{Initialised: true, Sent: 1} }))), cause.AppNoFlush},
		"events pending at the end":               {ranApp([]observe.Process{changed(quiet, func(p *observe.Process) { p.Debug.Pending = 4 })}), cause.AppNoFlush},
		"killed for want of memory":               {ranApp([]observe.Process{ended(observe.Exit{Code: 137, Signal: "SIGKILL"})}, secondly(changed(ended(observe.Exit{Signal: "SIGKILL"}), logged(1)))), cause.AppExitedBadly},
		"killed, with a copy and without the log": {ranApp([]observe.Process{ended(observe.Exit{Signal: "SIGKILL"})}, secondly(changed(ended(observe.Exit{Signal: "SIGKILL"}), logged(1), func(p *observe.Process) { p.Debug = observe.Debug{} }))), cause.AppExitedBadly},
		"a crash in native code":                  {ranApp([]observe.Process{ended(observe.Exit{Code: 139, Signal: "SIGSEGV"})}), cause.AppExitedBadly},
		"ended by somebody else's SIGTERM":        {ranApp([]observe.Process{ended(observe.Exit{Signal: "SIGTERM"})}), cause.AppExitedBadly},
		"a program that is not there":             {ranApp([]observe.Process{ended(observe.Exit{Err: "pyhton is not in PATH"})}), cause.AppExitedBadly},
		"wrong use of a command":                  {ranApp([]observe.Process{ended(observe.Exit{Code: 2}, "usage: manage.py [-h]")}, secondly(ended(observe.Exit{Code: 2}))), cause.AppExitedBadly},
		"an import that fails before init":        {ranApp([]observe.Process{refused("ModuleNotFoundError: No module named 'fastapi'")}, secondly(refused("ModuleNotFoundError: No module named 'fastapi'"))), cause.AppExitedBadly},
		"settings that fail before init":          {ranApp([]observe.Process{refused("pydantic.error_wrappers.ValidationError: 1 validation error for Settings")}), cause.AppExitedBadly},
		"a server that broke off unasked":         {ranApp([]observe.Process{refused("ImportError: cannot import name 'app'")}, refusing("http://127.0.0.1:8000/")), cause.AppExitedBadly},
		"a DSN in the source that is none":        {ranApp([]observe.Process{refused("sentry_sdk.utils.BadDsn: Unsupported scheme ''")}, secondly(refused("sentry_sdk.utils.BadDsn: Unsupported scheme ''"))), cause.AppInitRefused},
		"an option that the SDK does not know":    {ranApp([]observe.Process{refused("TypeError: Unknown option 'profiles_sample_rate'")}), cause.AppInitRefused},
		"a rate of profiles that is a text":       {ranApp([]observe.Process{refused("TypeError: '>' not supported between instances of 'str' and 'int'", `  File "/venv/lib/sentry_sdk/profiler/utils.py", line 20, in has_profiling_enabled`)}), cause.AppInitRefused},
		"a refusal that the application hides":    {ranApp([]observe.Process{changed(server, func(p *observe.Process) { p.Stderr = []string{"WARNING: sentry: Error: BadDsn: Unsupported scheme ''"} })}), cause.AppInitRefused},
		"a DSN that Go refuses":                   {ranApp([]observe.Process{changed(goJob, func(p *observe.Process) { p.Stderr = []string{"sentry.Init: [Sentry] DsnParseError: invalid scheme"} })}), cause.AppInitRefused},
		"uWSGI without threads":                   {ranApp([]observe.Process{changed(server, func(p *observe.Process) { p.Stderr = []string{"We detected the use of uWSGI without thread support. "} })}), cause.AppUWSGIThreads},
		"no URL answered":                         {ranApp([]observe.Process{server}, refusing("http://127.0.0.1:8000/")), cause.AppUnanswered},
		"init in worker_process_init":             {ranApp([]observe.Process{tasks}, secondly(changed(tasks, logged(0, gotSignal, flushing)))), cause.AppCelerySilent},
		"a worker that is never initialised":      {ranApp([]observe.Process{tasks}, secondly(tasks)), cause.AppCelerySilent},
		"a proxy that refuses": {ranApp([]observe.Process{server}, answersOf(500, "/a"), secondly(changed(server, logged(2), func(p *observe.Process) {
			p.Stderr = []string{"WARNING:urllib3.connectionpool:Retrying (Retry(total=2)) after connection broken by 'ProxyError('Cannot connect to proxy.', OSError(111))': http://127.0.0.1:4040/api/1/envelope/"}
		}))), cause.AppNetworkError},
		"a proxy in init that refuses": {ranApp([]observe.Process{job}, secondly(changed(job, logged(1, gotSignal, flushing), func(p *observe.Process) {
			p.Stderr = []string{"urllib3.exceptions.MaxRetryError: HTTPConnectionPool(host='127.0.0.1', port=9): Max retries exceeded with url: http://127.0.0.1:4040/api/1/envelope/ (Caused by ProxyError('Cannot connect to proxy.'))"}
		}))), cause.AppNetworkError},
		"default integrations off, and a transaction that is lost": {ranApp([]observe.Process{job}, secondly(changed(job, logged(1, gotSignal, flushing), func(p *observe.Process) {
			p.Debug.Lines[0] = "[sentry] DEBUG: Setting up integrations (with default = False)"
		}))), cause.AppIntegrationMissing},
		"a module that is missing after init": {ranApp([]observe.Process{refused("ModuleNotFoundError: No module named 'shop'")}, secondly(changed(job, logged(0, gotSignal, flushing)))), cause.AppExitedBadly},
		"a panic of Go, of which a part came the second time": {ranApp([]observe.Process{changed(goJob, func(p *observe.Process) { p.Exit.Code, p.Tracebacks = 2, []string{"panic: declined"} })},
			secondly(changed(goService(), func(p *observe.Process) { p.Exit.Code = 2 }))), cause.AppExitedBadly},
		"an SDK of Node that is switched off": {ranApp([]observe.Process{changed(nodeService(), silenced)}, answersOf(500, "/a"), secondly(changed(nodeService(), logged(2), func(p *observe.Process) {
			p.Debug.Lines = []string{"Sentry Logger [error]: Transport disabled"}
		}))), cause.AppErrorSwallowed},
		"a DSN in the source, by its key":       {ranApp([]observe.Process{server}, answersOf(500, "/a"), secondly(changed(server, logged(3), func(p *observe.Process) { p.Seen.OtherKeys = 3 }))), cause.AppDSNHardcoded},
		"a child that ends before it sends":     {ranApp([]observe.Process{quiet}, secondly(changed(quiet, logged(1, gotSignal, flushing)))), cause.AppNoFlush},
		"errors that are all ignored":           {ranApp([]observe.Process{job}, secondly(changed(job, logged(0, gotSignal, flushing)))), cause.AppErrorSwallowed},
		"a server whose errors are all ignored": {ranApp([]observe.Process{server}, answersOf(500, "/a"), secondly(changed(server, logged(0, gotSignal, flushing)))), cause.AppErrorSwallowed},
		"a hook that returns no event":          {ranApp([]observe.Process{job}, secondly(changed(job, logged(0, "[sentry] ERROR: Internal error in sentry_sdk", gotSignal, flushing)))), cause.AppHookDrops},
		"default integrations off": {ranApp([]observe.Process{job}, secondly(changed(job, logged(0), func(p *observe.Process) {
			p.Debug.Lines = []string{"[sentry] DEBUG: Setting up integrations (with default = False)"}
		}))), cause.AppIntegrationMissing},
	}
}

// TestSilenceHasOneReason: what else could be judged is blocked by it.
func TestSilenceHasOneReason(t *testing.T) {
	t.Parallel()
	for name, tt := range silencesOfApps() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := judged(t, tt.run)
			roots := check.Report{Checks: items}.RootCauses()
			if len(roots) != 1 || roots[0].Cause != tt.want || roots[0].Severity != cause.Fail {
				t.Fatalf("root causes %+v, expected %s alone, as a failure", roots, tt.want)
			}
			if roots[0].Fix == "" || roots[0].Evidence == "" {
				t.Errorf("%s: evidence %q, fix %q", tt.want, roots[0].Evidence, roots[0].Fix)
			}
			for _, item := range items {
				if item.ID == roots[0].Check {
					continue
				}
				passes := item.Outcome == check.Pass && (item.ID == "app-exit" || item.ID == "app-answers")
				if !passes && (item.Outcome != check.Blocked || !slices.Equal(item.BlockedBy, []string{roots[0].Check})) {
					t.Errorf("%s: %s by %q, expected blocked by %s", item.ID, item.Outcome, item.BlockedBy, roots[0].Check)
				}
			}
		})
	}
}

// faultsOfApps are runs of which something came, with one fault each.
func faultsOfApps() map[string]appCase {
	ws := func(changes ...func(*observe.Process)) []observe.Process {
		return []observe.Process{changed(webProcess(), changes...)}
	}
	seen := func(f func(*observe.Seen)) func(*observe.Process) {
		return func(p *observe.Process) { f(&p.Seen) }
	}
	noErrors, noTraces := lacking("event"), lacking("transaction")
	many := func(n int) func(*observe.Process) { return seen(func(s *observe.Seen) { s.Items["event"] = n }) }
	return map[string]appCase{
		"a hook that returns nothing":         {ranApp(ws(noErrors, drops("before_send", "error", 2)), answersOf(500, "/bookings/1")), cause.AppHookDrops},
		"a hook that raises in a script":      {ranApp([]observe.Process{changed(scriptProcess(), noErrors, drops("before_send", "error", 1))}), cause.AppHookDrops},
		"a processor that drops everything":   {ranApp(ws(noErrors)), cause.AppHookDrops},
		"IgnoreErrors of Go":                  {ranApp([]observe.Process{changed(goService(), noErrors, drops("event_processor", "error", 1))}), cause.AppHookDrops},
		"a hook that drops every transaction": {ranApp(ws(noTraces, drops("before_send", "transaction", 4))), cause.AppHookDrops},
		"a hook that returns no event": {ranApp(ws(noErrors, seen(func(s *observe.Seen) { s.Discards = nil }), func(p *observe.Process) {
			p.Tracebacks = []string{"AttributeError: 'bool' object has no attribute 'get'"}
			p.Stderr = []string{`  File "/venv/lib/sentry_sdk/client.py", line 776, in capture_event`, `    is_transaction = event_opt.get("type") == "transaction"`, p.Tracebacks[0]}
		}), answersOf(500, "/bookings/1")), cause.AppHookDrops},
		"errors that pass the SDK and do not come": {ranApp(ws(noErrors, seen(func(s *observe.Seen) { s.Discards = nil }), func(p *observe.Process) { p.Unhandled = p.Tracebacks }), answersOf(500, "/bookings/1")), cause.AppHookDrops},
		"no error sampled":                         {ranApp(ws(noErrors, drops("sample_rate", "error", 2)), answersOf(500, "/bookings/1")), cause.AppSampledOut},
		"no error sampled, as it is set":           {ranApp(ws(noErrors, drops("sample_rate", "error", 2)), setting("SENTRY_SAMPLE_RATE", "0")), cause.AppSampledOut},
		"no error of many at a low rate":           {ranApp(ws(noErrors, drops("sample_rate", "error", 20)), setting("SENTRY_SAMPLE_RATE", "0.5")), cause.AppSampledOut},
		"some errors dropped at a rate of 1":       {ranApp(ws(drops("sample_rate", "error", 3))), cause.AppRatesNotPassed},
		"a low rate that drops none of many":       {ranApp(ws(many(20)), setting("SENTRY_SAMPLE_RATE", "0.5")), cause.AppRatesNotPassed},
		"another rate in the trace headers":        {ranApp(ws(seen(func(s *observe.Seen) { s.TraceRates = map[string]int{"0.1": 6} }))), cause.AppRatesNotPassed},
		"another rate in one of two services": {ranApp([]observe.Process{webProcess(), changed(goService(), seen(func(s *observe.Seen) {
			s.TraceRates = map[string]int{"0.2": 2}
			s.Transactions = append(s.Transactions, observe.Transaction{Name: "GET /health", Op: "http.server", Status: "ok"})
		}))}), cause.AppRatesNotPassed},
		"no rate passed":               {ranApp(ws(noTraces, seen(func(s *observe.Seen) { s.TraceRates = nil })), answersOf(500, "/bookings/1")), cause.AppRatesNotPassed},
		"no rate passed to an old SDK": {ranApp([]observe.Process{changed(oldProcess(), noTraces, seen(func(s *observe.Seen) { s.TraceRates = nil }))}, answersOf(500, "/bookings/1")), cause.AppRatesNotPassed},
		"rates as texts": {ranApp(ws(noTraces, drops("sample_rate", "transaction", 4), seen(func(s *observe.Seen) {
			s.TraceRates, s.Unsampled = map[string]int{"1.0": 1}, map[string]int{"/bookings/{id}": 1}
		}))), cause.AppTracesSampledOut},
		"none of many transactions":           {ranApp(ws(noTraces, drops("sample_rate", "transaction", 120), seen(func(s *observe.Seen) { s.TraceRates = map[string]int{"0.05": 2} })), setting("SENTRY_TRACES_SAMPLE_RATE", "0.05")), cause.AppTracesSampledOut},
		"EnableTracing of Go":                 {ranApp([]observe.Process{changed(goService(), noTraces, drops("sample_rate", "transaction", 3))}), cause.AppTracesSampledOut},
		"an unsampled caller":                 {ranApp(ws(noTraces, drops("sample_rate", "transaction", 4), seen(func(s *observe.Seen) { s.TraceRates, s.Unsampled = nil, map[string]int{"POST /front": 2} }))), cause.AppParentUnsampled},
		"an unsampled caller without baggage": {ranApp(ws(noTraces, drops("sample_rate", "transaction", 4), seen(func(s *observe.Seen) { s.TraceRates = nil }))), cause.AppParentUnsampled},
		"one unsampled caller of several":     {ranApp(ws(drops("sample_rate", "transaction", 2), seen(func(s *observe.Seen) { s.Unsampled = map[string]int{"": 1} }))), cause.AppParentUnsampled},
		"an unsampled producer":               {ranApp([]observe.Process{webProcess(), changed(workerProcess(), noTraces, drops("sample_rate", "transaction", 2), seen(func(s *observe.Seen) { s.TraceRates, s.Unsampled = nil, map[string]int{"/bookings/{id}": 1} }))}), cause.AppProducerUnsampled},
		"a producer that traces nothing, of an old SDK": {ranApp([]observe.Process{
			changed(oldProcess(), noTraces, drops("sample_rate", "transaction", 4), func(p *observe.Process) {
				p.Environ, p.Seen.TraceRates = []string{"SENTRY_TRACES_SAMPLE_RATE=0.0"}, nil
			}),
			changed(workerProcess(), noTraces, drops("sample_rate", "transaction", 2), seen(func(s *observe.Seen) {
				s.TraceRates, s.Clients, s.SDKs = nil, map[string]int{"sentry.python/1.9.10": 2}, map[string]int{"sentry.python/1.9.10": 2}
			})),
		}), cause.AppProducerUnsampled},
		"an unsampled producer, worker alone": {ranApp([]observe.Process{changed(workerProcess(), drops("sample_rate", "transaction", 2))}), cause.AppProducerUnsampled},
		"tracing off in an old SDK": {ranApp([]observe.Process{changed(oldProcess(), noTraces, seen(func(s *observe.Seen) {
			s.TraceRates, s.Clients, s.SDKs, s.StoreRequests = nil, map[string]int{"sentry.go/0.47.0": 2}, nil, 0
			s.Integrations = nil
		}))}, answersOf(200, "/a")), cause.AppNoTraces},
		"tracing off and no rate set":        {ranApp(ws(noTraces, seen(func(s *observe.Seen) { s.TraceRates = nil })), answersOf(200, "/a"), setting("SENTRY_TRACES_SAMPLE_RATE", "")), cause.AppNoTraces},
		"profiles of an SDK that knows none": {ranApp([]observe.Process{oldProcess()}, setting("SENTRY_PROFILES_SAMPLE_RATE", "1.0")), cause.AppNoProfiles},
		"profiles that are not passed":       {ranApp(ws(), setting("SENTRY_PROFILES_SAMPLE_RATE", "1.0")), cause.AppNoProfiles},
		"profiles that are all too short":    {ranApp(ws(drops("insufficient_data", "profile", 4)), setting("SENTRY_PROFILES_SAMPLE_RATE", "1.0")), cause.AppNoProfiles},
		"profiles of Go":                     {ranApp([]observe.Process{goService()}, setting("SENTRY_PROFILES_SAMPLE_RATE", "1.0")), cause.AppNoProfiles},
		"an environment of the SDK's own":    {ranApp(ws(seen(func(s *observe.Seen) { s.Environments = map[string]int{"production": 6} })), setting("SENTRY_ENVIRONMENT", "")), cause.AppEnvironmentMissing},
		"another environment than is set":    {ranApp(ws(seen(func(s *observe.Seen) { s.Environments = map[string]int{"production": 6} }))), cause.AppEnvironmentMissing},
		"an environment in other letters":    {ranApp(ws(seen(func(s *observe.Seen) { s.Environments = map[string]int{"Staging": 6} }))), cause.AppEnvironmentMissing},
		"no environment":                     {ranApp([]observe.Process{changed(goService(), seen(func(s *observe.Seen) { s.Environments = map[string]int{"": 2} }))}), cause.AppEnvironmentMissing},
		"an environment that Sentry removes": {ranApp(ws(seen(func(s *observe.Seen) { s.Environments = map[string]int{"feature/x": 6} })), setting("SENTRY_ENVIRONMENT", "")), cause.AppEnvironmentMissing},
		"no release":                         {ranApp(ws(seen(func(s *observe.Seen) { s.Releases = map[string]int{"": 6} }))), cause.AppReleaseMissing},
		"another release than is set":        {ranApp(ws(seen(func(s *observe.Seen) { s.Releases = map[string]int{"bookedbarber@1.0.0": 6} }))), cause.AppReleaseMissing},
		"two releases of one application":    {ranApp([]observe.Process{changed(webProcess(), seen(func(s *observe.Seen) { s.Releases = map[string]int{"abc": 6} })), changed(goService(), seen(func(s *observe.Seen) { s.Releases = map[string]int{"v2.1": 2} }))}, setting("SENTRY_RELEASE", "")), cause.AppReleaseMissing},
		"a release that Sentry removes":      {ranApp(ws(seen(func(s *observe.Seen) { s.Releases = map[string]int{"release/2": 6} })), setting("SENTRY_RELEASE", "")), cause.AppReleaseMissing},
		"an event over the limit": {ranApp(ws(noErrors, seen(func(s *observe.Seen) {
			s.Rejected, s.TooLarge, s.Rejections = 1, []observe.Size{{ItemType: "event", Bytes: 3_000_000}}, map[string]int{"413 too_large": 1}
		}), drops("network_error", "error", 1)), answersOf(500, "/bookings/1")), cause.AppEventTooLarge},
		"an event near the limit":             {ranApp(ws(seen(func(s *observe.Seen) { s.Largest = observe.Size{ItemType: "event", Bytes: 900_000} }))), cause.AppEventTooLarge},
		"a card number in an exception":       {ranApp(ws(leaking("event", "exception.values[].value", "card"))), cause.AppPII},
		"an address of the user":              {ranApp(ws(leaking("event", "user.email", "email"))), cause.AppPII},
		"a password, though addresses may go": {ranApp(ws(leaking("transaction", "extra.password", "password")), setting("SENTRY_SEND_DEFAULT_PII", "true")), cause.AppPII},
		"a burst over the queue":              {ranApp(ws(drops("queue_overflow", "error", 298))), cause.AppQueueOverflow},
		"a burst over the buffer of Go":       {ranApp([]observe.Process{changed(goService(), drops("buffer_overflow", "error", 20))}), cause.AppQueueOverflow},
		"an SDK under pressure":               {ranApp(ws(drops("backpressure", "transaction", 8))), cause.AppQueueOverflow},
		"a rate limit":                        {ranApp(ws(drops("ratelimit_backoff", "error", 8))), cause.AppRateLimited},
		"a way that breaks":                   {ranApp(ws(drops("network_error", "error", 1))), cause.AppNetworkError},
		"answers that Go counts":              {ranApp([]observe.Process{changed(goService(), drops("send_error", "error", 1))}), cause.AppNetworkError},
		"everything refused": {ranApp(ws(noErrors, noTraces, calmed, seen(func(s *observe.Seen) {
			s.Accepted, s.Rejected, s.Rejections, s.Discards = 0, 6, map[string]int{"400 malformed": 6}, nil
		}))), cause.AppNetworkError},
		"a handler that answers 500":          {ranApp(ws(noErrors, calmed, seen(func(s *observe.Seen) { s.Discards = nil })), answersOf(500, "/bookings/1")), cause.AppErrorSwallowed},
		"one of two failures swallowed":       {ranApp(ws(), answersOf(500, "/bookings/1", "/payments", "/integrations")), cause.AppErrorSwallowed},
		"a failure that a task's error hides": {ranApp([]observe.Process{changed(webProcess(), noErrors, calmed, seen(func(s *observe.Seen) { s.Discards = nil })), workerProcess()}, answersOf(500, "/bookings/1")), cause.AppErrorSwallowed},
		"a transaction that failed":           {ranApp(ws(noErrors, calmed, seen(func(s *observe.Seen) { s.Discards = nil }))), cause.AppErrorSwallowed},
		"a traceback that is printed, and no more": {ranApp([]observe.Process{changed(scriptProcess(), noErrors, seen(func(s *observe.Seen) { s.Items = map[string]int{"transaction": 1} }), func(p *observe.Process) {
			p.Exit.Code, p.Stderr = 0, []string{"Traceback (most recent call last):", `  File "nightly.py", line 17, in main`, "ValueError: uncaught"}
		})}), cause.AppErrorSwallowed},
		"a beforeSend of Node that throws": {ranApp([]observe.Process{changed(nodeService(), seen(func(s *observe.Seen) {
			s.Exceptions = []observe.Exception{{Type: "TypeError", Mechanism: "internal"}}
		}))}), cause.AppHookDrops},
		"a panic of Go that nobody recovers": {ranApp([]observe.Process{changed(goService(), noErrors, func(p *observe.Process) { p.Exit.Code, p.Tracebacks = 2, []string{"panic: declined"} })}), cause.AppExitedBadly},
		"an error that is ignored": {ranApp([]observe.Process{changed(scriptProcess(), noErrors, seen(func(s *observe.Seen) {
			s.Items = map[string]int{"transaction": 1}
			s.Transactions = []observe.Transaction{{Name: "job", Op: "task", Duration: time.Second}}
		}))}), cause.AppErrorSwallowed},
		"a worker without init":         {ranApp([]observe.Process{webProcess(), changed(workerProcess(), silenced)}), cause.AppCelerySilent},
		"a job without init":            {ranApp([]observe.Process{webProcess(), changed(scriptProcess(), silenced)}), cause.AppSentNothing},
		"a job that is killed":          {ranApp([]observe.Process{webProcess(), changed(scriptProcess(), silenced, calmed, func(p *observe.Process) { p.Exit = observe.Exit{Signal: "SIGKILL"} })}), cause.AppExitedBadly},
		"a job of which a part is lost": {ranApp([]observe.Process{changed(scriptProcess(), func(p *observe.Process) { p.Debug = observe.Debug{Initialised: true, Sent: 3} })}), cause.AppNoFlush},
		"a status without a reason": {ranApp([]observe.Process{changed(scriptProcess(), noErrors, func(p *observe.Process) {
			p.Exit.Code, p.Tracebacks, p.Stderr, p.Seen.Items = 3, nil, []string{"fatal"}, map[string]int{"session": 1}
		})}), cause.AppExitedBadly},
		"one URL without an answer":        {ranApp(ws(), answersOf(500, "/bookings/1"), refusing("http://127.0.0.1:8001/")), cause.AppUnanswered},
		"FastAPI without Starlette":        {ranApp(ws(seen(func(s *observe.Seen) { s.Integrations = integrationsOf("fastapi", "sqlalchemy") }))), cause.AppIntegrationMissing},
		"a server without its integration": {ranApp(ws(seen(func(s *observe.Seen) { s.Integrations = integrationsOf() }))), cause.AppIntegrationMissing},
		"no integration but the default ones": {ranApp([]observe.Process{changed(webProcess(), noTraces, func(p *observe.Process) {
			p.Program, p.Stderr = "python3", []string{"INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)"}
			p.Seen.Integrations, p.Seen.TraceRates = integrationsOf(), map[string]int{"1.0": 1}
			p.Seen.Exceptions = []observe.Exception{{Type: "ValueError", Logger: "uvicorn.error", Level: "error", Mechanism: "logging"}, {Type: "KeyError", Mechanism: "generic"}}
		})}, answersOf(500, "/bookings/1")), cause.AppIntegrationMissing},
		"no integration at all":                       {ranApp(ws(noTraces, seen(func(s *observe.Seen) { s.Integrations, s.TraceRates, s.Discards = nil, map[string]int{"1.0": 2}, nil }))), cause.AppIntegrationMissing},
		"no default integration":                      {ranApp(ws(seen(func(s *observe.Seen) { s.Integrations = map[string]int{"fastapi": 2, "starlette": 2} }))), cause.AppIntegrationMissing},
		"a worker without its integration":            {ranApp([]observe.Process{changed(workerProcess(), seen(func(s *observe.Seen) { s.Integrations = integrationsOf("redis") }))}), cause.AppIntegrationMissing},
		"SQLAlchemy without its integration":          {ranApp(ws(seen(func(s *observe.Seen) { s.Integrations = integrationsOf("starlette", "fastapi") })), setting("DATABASE_URL", "postgresql+psycopg2://localhost/shop")), cause.AppIntegrationMissing},
		"Redis without its integration":               {ranApp(ws(seen(func(s *observe.Seen) { s.Integrations = integrationsOf("starlette", "fastapi") }), func(p *observe.Process) { p.Stderr = []string{"redis.exceptions.ConnectionError: Error 111"} })), cause.AppIntegrationMissing},
		"an SDK of old":                               {ranApp([]observe.Process{oldProcess()}), cause.AppSDKOld},
		"requests to the old place":                   {ranApp([]observe.Process{changed(nodeService(), func(p *observe.Process) { p.Seen.StoreRequests = 2 })}), cause.AppSDKOld},
		"a .env that nobody loads":                    {ranApp(ws(unnamed), envFile()), cause.EnvProcessLacks},
		"a .env that compose loads":                   {ranApp(ws(unnamed), envFile(), storing("compose.yaml", "services: {}\n")), cause.AppEnvironmentMissing},
		"the one error, dropped by a hook":            {ranApp([]observe.Process{changed(scriptProcess(), noErrors, calmed, drops("before_send", "error", 1))}), cause.AppHookDrops},
		"transactions of one name, dropped by a hook": {ranApp([]observe.Process{changed(scriptProcess(), noTraces, calmed, drops("before_send", "transaction", 3), seen(func(s *observe.Seen) { s.Transactions = nil }))}), cause.AppHookDrops},
		"the one transaction, dropped at a rate of 1": {ranApp([]observe.Process{changed(scriptProcess(), noTraces, drops("sample_rate", "transaction", 1), seen(func(s *observe.Seen) { s.Transactions = nil }))}), cause.AppTracesSampledOut},
		"a server that reports why it cannot begin": {ranApp([]observe.Process{changed(webProcess(), func(p *observe.Process) {
			p.Exit, p.Tracebacks = observe.Exit{Code: 1}, []string{"ModuleNotFoundError: No module named 'bookings'"}
		})}, refusing("http://127.0.0.1:8001/")), cause.AppExitedBadly},
		"a script that traces without a rate": {ranApp([]observe.Process{changed(scriptProcess(), noTraces, seen(func(s *observe.Seen) {
			s.TraceRates, s.Transactions, s.Discards = nil, nil, nil
			s.Exceptions = []observe.Exception{{Type: "ValueError", Mechanism: "generic", Transaction: "nightly"}}
		}))}), cause.AppRatesNotPassed},
		"a port that is another's": {ranApp(ws(func(p *observe.Process) {
			p.Exit, p.Stderr = observe.Exit{Code: 1}, []string{"ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use"}
		}), answersOf(200, "/"), func(g *appRun) { g.seen.Taken = []string{"127.0.0.1:8000"} }), cause.AppExitedBadly},
		"an expectation that is not met":      {ranApp(ws(), expecting("error type=KeyError", 1, 0, false)), cause.AppExpectationUnmet},
		"something that must not come":        {ranApp(ws(), expecting("no error type=ValueError", 0, 1, true)), cause.AppExpectationUnmet},
		"an expectation that a hook prevents": {ranApp(ws(noErrors, drops("before_send", "error", 2)), expecting("error", 1, 0, false)), cause.AppHookDrops},
	}
}

// TestFaultsAreNamedFirst: at most one thing beside the cause is told, and
// what the catalogue calls a failure is one.
func TestFaultsAreNamedFirst(t *testing.T) {
	t.Parallel()
	for name, tt := range faultsOfApps() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := judged(t, tt.run)
			report := check.Report{Checks: items}
			roots := report.RootCauses()
			if len(roots) == 0 || roots[0].Cause != tt.want || len(roots) > 2 || report.Count()[check.Fail] > 1 || report.Count()[check.Broken] > 0 {
				for _, item := range items {
					t.Logf("%s: %s %s %s %q", item.ID, item.Outcome, item.Cause, item.Detail, item.BlockedBy)
				}
				t.Fatalf("root causes %+v, expected %s first", roots, tt.want)
			}
			if roots[0].Fix == "" || roots[0].Evidence == "" {
				t.Errorf("%s: evidence %q, fix %q", tt.want, roots[0].Evidence, roots[0].Fix)
			}
		})
	}
}

// TestEveryCauseOfTheStageIsTold by some run of the tables.
func TestEveryCauseOfTheStageIsTold(t *testing.T) {
	t.Parallel()
	told := map[cause.ID]bool{}
	for _, table := range []map[string]appCase{silencesOfApps(), faultsOfApps()} {
		for _, tt := range table {
			told[tt.want] = true
		}
	}
	// Those of an application whose own module is called (bbctl test --app).
	others := []cause.ID{"app-module-broken", "app-sdk-missing", "app-context-missing", "app-scope-shared", "app-event-unwanted"}
	for _, c := range cause.All() {
		if c.Stage == cause.StageApp && !told[c.ID] && !slices.Contains(others, c.ID) {
			t.Errorf("no run shows %s", c.ID)
		}
	}
}

func TestTheChecksOfTheApplicationAreValid(t *testing.T) {
	t.Parallel()
	if err := check.Validate(appChecks(), []check.Group{{ID: groupApp, Title: "Application: what it sends"}}); err != nil {
		t.Error(err)
	}
	for _, c := range appChecks() {
		if whyOfApp(c.ID) == "" {
			t.Errorf("%s: nothing says why it is worth making", c.ID)
		}
	}
}
