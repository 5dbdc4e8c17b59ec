package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

// The monitors of the seed.
const (
	taskMonitor  = "celery_monitor.monitor_task_execution"
	redisMonitor = "redis_monitor.monitor_redis_operation"
)

// databaseStep opens the engine: that of DATABASE_URL where it is a
// PostgreSQL, read-only, else SQLite in memory.
func (t *trial) databaseStep() step {
	url, _ := t.lab.set(config.KeyDatabaseURL)
	if !strings.HasPrefix(url, "postgres") || strings.Contains(url, "+asyncpg") {
		url = ""
	}
	// SQLAlchemy has not known the short name since 1.4.
	if rest, ok := strings.CutPrefix(url, "postgres://"); ok {
		url = "postgresql://" + rest
	}
	return step{"do": "database", "url": url}
}

func asked(statement string, values map[string]any) step {
	return step{"do": "query", "statement": statement, "values": values}
}

// listeners are the application's own, of queries on the engine.
func listeners(a *act) []string {
	var names []string
	all, _ := a.said.Seen["listeners"].([]any)
	for _, name := range all {
		names = append(names, shown(fmt.Sprint(name)))
	}
	return names
}

func appDatabase(t *trial) {
	a, ok := t.play(t.databaseStep())
	if !ok {
		return
	}
	if a.said.Error != "" {
		if url := t.databaseStep()["url"]; url != "" {
			t.end(check.Failed(cause.DatabaseRefused, "run SELECT 1 there as the user of DATABASE_URL, from the application's interpreter", "SQLAlchemy cannot use DATABASE_URL: %s", shown(a.said.Error)))
			return
		}
		t.end(check.Failed(cause.AppModuleBroken, "let the monitor of queries take any SQLAlchemy engine", "the application's monitor of queries on SQLite raised %s", shown(a.said.Error)))
		return
	}
	t.saw("%v answers SQLAlchemy %v", a.said.Seen["database"], a.said.Seen["sqlalchemy"])
	if names := listeners(a); len(names) > 0 {
		t.saw("watched by %s", strings.Join(names, ", "))
	}
}

// queried opens the engine and plays steps on it.
func (t *trial) queried(steps ...step) (*act, bool) {
	a, ok := t.play(append([]step{t.databaseStep()}, steps...)...)
	if ok && a.said.Error != "" {
		t.end(check.Failed(cause.AppModuleBroken, "let the monitor of queries raise nothing", "a query raised %s", shown(a.said.Error)))
		return nil, false
	}
	return a, ok
}

func appQueryFast(t *trial) {
	a, ok := t.queried(transaction("GET /slots", asked("SELECT 1", nil)))
	if !ok {
		return
	}
	if n := len(a.events); n > 0 {
		t.miss(cause.AppEventUnwanted, "report a query as an event only when it took over 1 s", "events of a fast query: saw %d, expected none", n)
	}
	for _, transaction := range a.transactions {
		if slices.ContainsFunc(transaction.Spans, func(s envelope.Span) bool { return strings.HasPrefix(s.Op, "db") }) {
			t.saw("no event, and a span of the query")
			return
		}
		t.remark(cause.AppIntegrationMissing, "remove auto_enabling_integrations=False from sentry_sdk.init, or list SqlalchemyIntegration()", "spans of a query inside a transaction: saw none, expected one")
	}
	t.saw("no event of a fast query")
}

func appQuerySlow(level string, seconds float64) func(*trial) {
	return func(t *trial) {
		opened, ok := t.queried()
		if !ok {
			return
		}
		if len(listeners(opened)) == 0 {
			t.end(check.Skipped("no monitor of slow queries: the module takes no engine, and nobody but the SDK listens to before_cursor_execute"))
			return
		}
		a, ok := t.queried(asked("SELECT pg_sleep(:seconds)", map[string]any{"seconds": seconds}))
		if !ok {
			return
		}
		if len(a.events) == 0 {
			t.nothing(a, fmt.Sprintf("a query of %.1f s", seconds))
			return
		}
		event, _ := t.only(a, "a slow query")
		if event.Level != level {
			t.miss(cause.AppContextMissing, "report queries over 1 s as a warning and over 5 s as an error", "level of a query of %.1f s: saw %q, expected %q", seconds, event.Level, level)
		}
		if !mentions(event, "pg_sleep") {
			t.remark(cause.AppContextMissing, "put the statement, with placeholders, into the event of a slow query", "the statement of a slow query: saw none of it")
		}
		t.saw("level %q of a query of %.1f s", event.Level, seconds)
	}
}

func appQueryFailure(t *trial) {
	a, ok := t.queried(asked("SELECT client_phone FROM bbctl_no_such_table", nil))
	if !ok {
		return
	}
	if len(a.events) == 0 {
		t.nothing(a, "a failing query")
		return
	}
	event, _ := t.only(a, "a failing query")
	if !mentions(event, "bbctl_no_such_table") {
		t.miss(cause.AppContextMissing, "before_send: leave the text of SQLAlchemy's exceptions", "the table of a failing query: saw none")
	}
	t.saw("level %q, with the table", event.Level)
}

// appQueryValues searches what arrives for the value of a parameter. What the
// SDK keeps of local variables is only to be known.
func appQueryValues(t *trial) {
	values := map[string]any{"name": literal, "seconds": 1.1}
	steps := []step{transaction("GET /slots", asked("SELECT 1 WHERE :name <> ''", map[string]any{"name": literal}))}
	opened, ok := t.queried()
	if !ok {
		return
	}
	if len(listeners(opened)) > 0 {
		steps = append(steps, asked("SELECT pg_sleep(:seconds) WHERE :name <> ''", values))
	}
	a, ok := t.queried(append(steps, asked("SELECT client_phone FROM bbctl_no_such_table WHERE :name <> ''", map[string]any{"name": literal}))...)
	if !ok {
		return
	}
	inVars, elsewhere := leaksOf(a.arrival, literal)
	switch {
	case elsewhere:
		t.miss(cause.AppPII, "let the monitor of queries send the statement with its placeholders, and never the parameters", "the value of a parameter: it was on the wire, expected a placeholder")
	case inVars:
		t.remark(cause.AppPII, fixVars(a.start.SDK), "the value of a parameter: it was on the wire among the local variables of a failing query's stack")
	default:
		t.saw("the statements, and no value")
	}
}

// fixVars is the option that keeps local variables back.
func fixVars(sdk string) string {
	if before(sdk, 1, 14) {
		return "with_locals=False in sentry_sdk.init"
	}
	return "include_local_variables=False in sentry_sdk.init"
}

// monitored is a step that runs a function under a monitor.
func monitored(monitor, name string, more step) step {
	s := step{"do": "monitored", "monitor": monitor, "name": name}
	for key, value := range more {
		s[key] = value
	}
	return s
}

// ranOnce expects that a monitored function ran once, and what came out of it.
func (t *trial) ranOnce(a *act, monitor, failed string) bool {
	seen := a.said.Seen
	switch {
	case a.said.Error != "":
		t.miss(cause.AppModuleBroken, "let "+monitor+"(name) return a decorator for any function", "%s raised %s", monitor, shown(a.said.Error))
	case seen["calls"] != float64(1):
		t.miss(cause.AppModuleBroken, "call the function that "+monitor+" decorates, once", "calls of the monitored function: saw %v, expected 1", seen["calls"])
	case seen["failed"] != failed && failed == "":
		t.miss(cause.AppModuleBroken, "let the function's result through in "+monitor, "a function that succeeds: %v came out of it", seen["failed"])
	case seen["failed"] != failed:
		t.miss(cause.AppErrorSwallowed, "end the except clause of "+monitor+" in raise", "a function that fails: saw %q come out of it, expected %s", seen["failed"], failed)
	case failed == "" && seen["value"] != "'done'":
		t.miss(cause.AppModuleBroken, "return what the function returns in "+monitor, "the result of the monitored function: saw %v, expected 'done'", seen["value"])
	default:
		return true
	}
	return false
}

// quiet expects no event of what goes well.
func (t *trial) quiet(monitor, name string, task bool) {
	a, ok := t.play(monitored(monitor, name, step{"task": task}))
	if !ok || !t.ranOnce(a, monitor, "") {
		return
	}
	if n := len(a.events); n > 0 {
		t.miss(cause.AppEventUnwanted, monitor+": leave a breadcrumb of what goes well, and no event", "events of %s, which succeeds in time: saw %d, expected none", name, n)
	}
	t.saw("no event of %s", name)
}

// slow expects that a slow function leaves its name and duration, as an event
// or as a breadcrumb of the next one.
func (t *trial) slow(monitor, name string) {
	a, ok := t.play(monitored(monitor, name, step{"seconds": 1.1}), message("after"))
	if !ok || !t.ranOnce(a, monitor, "") {
		return
	}
	if len(a.events) == 0 {
		t.nothing(a, "a message after "+name)
		return
	}
	for _, event := range a.events {
		if event.Message != "after" && mentions(event, name) {
			t.saw("an event at level %q with %s", event.Level, name)
			return
		}
	}
	last := a.events[len(a.events)-1]
	if mentions(last, name) && mentions(last, "duration") {
		t.saw("the next event names %s and its duration", name)
		return
	}
	t.remark(cause.AppContextMissing, monitor+": add_performance_breadcrumb(name, duration_ms) when the function has ended", "%s of 1.1 s: saw neither an event nor a breadcrumb with its name and duration", name)
}

// lost expects that what fails comes out of the monitor, and is an event with
// its name.
func (t *trial) lost(monitor, name string, task bool) {
	a, ok := t.play(monitored(monitor, name, step{"error": []string{"planted in " + name}, "kind": "ConnectionError", "task": task}))
	if !ok || !t.ranOnce(a, monitor, "ConnectionError") {
		return
	}
	if len(a.events) == 0 {
		if eager, _ := a.said.Seen["eager"].(bool); task && eager && len(a.discards) == 0 {
			t.miss(cause.AppCelerySilent, "list CeleryIntegration() in sentry_sdk.init, or call sentry_sdk.capture_exception(error) in "+monitor, "a task that fails: no event arrived; integrations are %s", strings.Join(a.start.Integrations, ", "))
			return
		}
		t.nothing(a, name+", which fails")
		return
	}
	event, _ := t.only(a, name+", which fails")
	if event.Level != "error" && event.Level != "" {
		t.miss(cause.AppContextMissing, monitor+": report a failure at level error", "level: saw %q, expected \"error\"", event.Level)
	}
	if !slices.ContainsFunc(a.events, func(e *envelope.Event) bool { return mentionsBeside(e, name) }) {
		t.miss(cause.AppContextMissing, monitor+": sentry_sdk.set_tag(…, name) before the error goes on", "the name %s: it is not in the event", name)
	}
	t.saw("level %q, with %s", event.Level, name)
}

func appTaskSuccess(t *trial) { t.quiet(taskMonitor, "report.build", true) }
func appTaskFailure(t *trial) { t.lost(taskMonitor, "email.send_notification", true) }
func appTaskSlow(t *trial)    { t.slow(taskMonitor, "report.build") }
func appRedisFast(t *trial)   { t.quiet(redisMonitor, "cache.get_user_data", false) }
func appRedisLost(t *trial)   { t.lost(redisMonitor, "cache.get_user_data", false) }
func appRedisSlow(t *trial)   { t.slow(redisMonitor, "cache.get_user_data") }

func appTaskRetry(t *trial) {
	a, ok := t.play(step{"do": "retried", "monitor": taskMonitor, "name": "calendar.sync", "text": "planted retry"})
	if !ok {
		return
	}
	switch {
	case a.said.Error != "":
		t.miss(cause.AppModuleBroken, "let "+taskMonitor+" decorate a function of a bound task", "%s raised %s", taskMonitor, shown(a.said.Error))
	case a.said.Seen["calls"] != float64(3):
		t.miss(cause.AppModuleBroken, "let celery.exceptions.Retry through in "+taskMonitor, "calls of a task that succeeds at its third attempt: saw %v, expected 3", a.said.Seen["calls"])
	case len(a.events) > 0:
		t.miss(cause.AppEventUnwanted, taskMonitor+": except celery.exceptions.Retry: raise, before all other errors", "events of a task that succeeds at its third attempt: saw %d, expected none", len(a.events))
	default:
		t.saw("no event of a task that succeeds at its third attempt")
	}
}
