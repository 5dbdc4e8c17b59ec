package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// appRun is a run of an application and the settings that it had.
type appRun struct {
	seen observe.Evidence
	env  map[string]string
	// files are those of its folder; with any, nothing is in the environment.
	files map[string]string
}

// appChange makes one thing different in a run.
type appChange func(*appRun)

// judged runs the checks of the application over synthetic evidence.
func judged(t *testing.T, g appRun) []check.Item {
	t.Helper()
	env := []string{"SENTRY_ENVIRONMENT=staging", "SENTRY_RELEASE=bookedbarber@2.1.0", "SENTRY_TRACES_SAMPLE_RATE=1.0", "SENTRY_SAMPLE_RATE=1.0"}
	for key, value := range g.env {
		env = append(env, key+"="+value)
	}
	dir := t.TempDir()
	if len(g.files) > 0 {
		env = nil
	}
	for name, text := range g.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(t.Context(), config.Options{Dir: dir, Environ: env})
	if err != nil {
		t.Fatal(err)
	}
	var suite []check.Check[application]
	for _, j := range judgements() {
		suite = append(suite, check.Check[application]{ID: j.id, Group: groupApp, Title: j.title, Needs: j.needs, Run: j.run})
	}
	items, err := check.Run(t.Context(), suite, application{g.seen, cfg}, check.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// ranApp is a run of processes in which changes were made.
func ranApp(processes []observe.Process, changes ...appChange) appRun {
	g := appRun{seen: observe.Evidence{Processes: processes, Why: "every command ended"}, env: map[string]string{}}
	for _, c := range changes {
		c(&g)
	}
	return g
}

// The processes, as the SDKs show themselves where all is well: measured with
// sentry-python 2.18.0 and 1.9.10, sentry-go and @sentry/node.

func webProcess() observe.Process {
	return observe.Process{Name: "web", Program: "uvicorn", Exit: observe.Exit{Running: true}, Tracebacks: []string{"ValueError: the card was declined"}, Seen: observe.Seen{
		Requests: 6, Accepted: 6, Items: map[string]int{"event": 2, "transaction": 4, "client_report": 1}, Errors: 2,
		Clients: map[string]int{"sentry.python/2.18.0": 6}, SDKs: map[string]int{"sentry.python.fastapi/2.18.0": 6},
		Integrations: integrationsOf("celery", "fastapi", "starlette", "sqlalchemy", "redis"),
		Discards:     map[observe.Discard]int{{Reason: "event_processor", Category: "error"}: 2},
		Environments: map[string]int{"staging": 6}, Releases: map[string]int{"bookedbarber@2.1.0": 6}, TraceRates: map[string]int{"1.0": 6},
		Exceptions: []observe.Exception{
			{Type: "ValueError", Transaction: "/bookings/{id}", Level: "error", Mechanism: "starlette"},
			{Type: "PaymentError", Transaction: "/payments", Level: "error", Mechanism: "generic", Handled: true},
		},
		Transactions: []observe.Transaction{
			{Name: "/bookings/{id}", Op: "http.server", Status: "internal_error", Spans: 3, DBSpans: 2, Duration: 300 * time.Millisecond},
			{Name: "/payments", Op: "http.server", Status: "ok", Duration: 20 * time.Millisecond},
			{Name: "/slow", Op: "http.server", Status: "ok", DBSpans: 1, Duration: time.Second},
			{Name: "/health", Op: "http.server", Status: "ok", Duration: 2 * time.Millisecond},
		},
		Largest: observe.Size{ItemType: "event", Bytes: 14_000},
	}}
}

func integrationsOf(names ...string) map[string]int {
	all := map[string]int{}
	for _, name := range append(names, "argv", "atexit", "dedupe", "excepthook", "logging", "modules", "stdlib", "threading") {
		all[name] = 2
	}
	return all
}

func workerProcess() observe.Process {
	return observe.Process{Name: "worker", Program: "celery", Exit: observe.Exit{Running: true}, Tracebacks: []string{"ValueError: no such barber"}, Stderr: []string{
		"[2026-11-24 10:00:00,000: ERROR/ForkPoolWorker-1] Task app.tasks.remind[4bb1b8f2-0c0e-4d0c-9a8e-6c1d0f7f2a11] raised unexpected: ValueError('no such barber')",
		"ValueError: no such barber",
	}, Seen: observe.Seen{
		Requests: 3, Accepted: 3, Items: map[string]int{"event": 1, "transaction": 2}, Errors: 1,
		Clients: map[string]int{"sentry.python/2.18.0": 3}, SDKs: map[string]int{"sentry.python.celery/2.18.0": 3},
		Integrations: integrationsOf("celery", "fastapi", "starlette", "sqlalchemy", "redis"), Discards: map[observe.Discard]int{},
		Environments: map[string]int{"staging": 3}, Releases: map[string]int{"bookedbarber@2.1.0": 3}, TraceRates: map[string]int{"1.0": 3},
		Exceptions: []observe.Exception{{Type: "ValueError", Transaction: "app.tasks.remind", Level: "error", Mechanism: "celery"}},
		Transactions: []observe.Transaction{
			{Name: "app.tasks.remind", Op: "queue.task.celery", Status: "internal_error", Duration: 10 * time.Millisecond},
			{Name: "app.tasks.charge", Op: "queue.task.celery", Status: "ok", Duration: 200 * time.Millisecond},
		},
		Largest: observe.Size{ItemType: "event", Bytes: 9_000},
	}}
}

// scriptProcess is a program that was made to fail: its error is the one that came.
func scriptProcess() observe.Process {
	return observe.Process{Name: "job", Program: "python3", Exit: observe.Exit{Code: 1}, Tracebacks: []string{"ValueError: uncaught"}, Seen: observe.Seen{
		Requests: 1, Accepted: 1, Items: map[string]int{"event": 1}, Errors: 1, Clients: map[string]int{"sentry.python/2.18.0": 1}, SDKs: map[string]int{"sentry.python/2.18.0": 1},
		Integrations: integrationsOf(), Environments: map[string]int{"staging": 1}, Releases: map[string]int{"bookedbarber@2.1.0": 1}, TraceRates: map[string]int{"1.0": 1},
		Exceptions: []observe.Exception{{Type: "ValueError", Level: "error", Mechanism: "excepthook"}}, Largest: observe.Size{ItemType: "event", Bytes: 6_000},
	}}
}

// oldProcess is the web process on sentry-python 1.9.10: errors go to /store/, which
// has no envelope and so no trace header, and there are no profiles.
func oldProcess() observe.Process {
	p := webProcess()
	p.Seen.StoreRequests = 2
	p.Seen.Clients, p.Seen.SDKs = map[string]int{"sentry.python/1.9.10": 6}, map[string]int{"sentry.python/1.9.10": 6}
	p.Seen.TraceRates = map[string]int{"1.0": 4}
	p.Debug.Pending = 2
	return p
}

func goService() observe.Process {
	return observe.Process{Name: "api", Program: "api", Exit: observe.Exit{Code: 1}, Stderr: []string{"2026/11/24 10:00:00 charging: declined"}, Seen: observe.Seen{
		Requests: 2, Accepted: 2, Items: map[string]int{"event": 1, "transaction": 1}, Errors: 1,
		Clients: map[string]int{"sentry.go/0.47.0": 2}, SDKs: map[string]int{"sentry.go/0.47.0": 2}, Integrations: map[string]int{"ContextifyFrames": 2, "Environment": 2},
		Environments: map[string]int{"staging": 2}, Releases: map[string]int{"bookedbarber@2.1.0": 2}, TraceRates: map[string]int{"1": 2},
		Exceptions:   []observe.Exception{{Type: "*errors.errorString", Transaction: "GET /charge", Level: "error", Mechanism: "generic", Handled: true}},
		Transactions: []observe.Transaction{{Name: "GET /charge", Op: "http.server", Status: "ok", Duration: 3 * time.Millisecond}},
		Largest:      observe.Size{ItemType: "event", Bytes: 3_000},
	}}
}

func nodeService() observe.Process {
	return observe.Process{Name: "front", Program: "node", Exit: observe.Exit{Code: 1}, Tracebacks: []string{"TypeError: Cannot read properties of undefined (reading 'id')"}, Seen: observe.Seen{
		Requests: 2, Accepted: 2, Items: map[string]int{"event": 1, "transaction": 1}, Errors: 1,
		Clients: map[string]int{"sentry.javascript.node/10.5.0": 2}, SDKs: map[string]int{"sentry.javascript.node/10.5.0": 2}, Integrations: map[string]int{"Http": 2, "OnUncaughtException": 2},
		Environments: map[string]int{"staging": 2}, Releases: map[string]int{"bookedbarber@2.1.0": 2}, TraceRates: map[string]int{"1": 2},
		Exceptions:   []observe.Exception{{Type: "TypeError", Transaction: "GET /", Level: "fatal", Mechanism: "auto.node.onuncaughtexception"}},
		Transactions: []observe.Transaction{{Name: "GET /", Op: "http.server", Status: "ok"}}, Largest: observe.Size{ItemType: "event", Bytes: 3_000},
	}}
}

// changed makes a process different.
func changed(p observe.Process, changes ...func(*observe.Process)) observe.Process {
	for _, c := range changes {
		c(&p)
	}
	return p
}

// silenced is a process of which nothing comes.
func silenced(p *observe.Process) { p.Seen = observe.Seen{} }

// calmed is one that nothing went wrong in.
func calmed(p *observe.Process) { p.Tracebacks, p.Stderr, p.Exit.Code = nil, nil, 0 }

func drops(reason, category string, n int) func(*observe.Process) {
	return func(p *observe.Process) {
		all := map[observe.Discard]int{{Reason: reason, Category: category}: n}
		for d, old := range p.Seen.Discards {
			all[d] += old
		}
		p.Seen.Discards = all
	}
}

// lacking takes items of a type away, and what was kept of them.
func lacking(item string) func(*observe.Process) {
	return func(p *observe.Process) {
		items := map[string]int{}
		for name, n := range p.Seen.Items {
			if name != item {
				items[name] = n
			}
		}
		p.Seen.Items = items
		if item == "event" {
			p.Seen.Errors, p.Seen.Exceptions = 0, nil
		} else {
			p.Seen.Transactions = nil
		}
	}
}

// storing puts a file into the folder of the application, whose settings stand
// in .env alone then.
func storing(name, text string) appChange {
	return func(g *appRun) {
		if g.files == nil {
			g.files = map[string]string{}
		}
		g.files[name] = text
	}
}

// envFile are settings that the processes of these tests do not obey.
func envFile() appChange {
	return storing(".env", "SENTRY_DSN=https://"+strings.Repeat("c3", 16)+"@errors.invalid/1\nSENTRY_ENVIRONMENT=qa\nSENTRY_RELEASE=shop@9\n")
}

// unnamed says what an SDK says by itself.
func unnamed(p *observe.Process) {
	p.Seen.Environments, p.Seen.Releases = map[string]int{"production": 6}, map[string]int{"0a1b2c3d": 6}
}

func setting(key, value string) appChange { return func(g *appRun) { g.env[key] = value } }

func answersOf(status int, urls ...string) appChange {
	return func(g *appRun) {
		for _, url := range urls {
			g.seen.Answers = append(g.seen.Answers, observe.Answer{URL: url, Status: status})
		}
	}
}

func refusing(urls ...string) appChange {
	return func(g *appRun) {
		for _, url := range urls {
			g.seen.Answers = append(g.seen.Answers, observe.Answer{URL: url, Err: "connection refused"})
		}
	}
}

// secondly is the second run, of the same processes in another state.
func secondly(processes ...observe.Process) appChange {
	return func(g *appRun) { g.seen.Second = &observe.Evidence{Processes: processes} }
}

func contacting(hosts ...string) appChange {
	return func(g *appRun) {
		for _, host := range hosts {
			g.seen.Second.Contacts = append(g.seen.Second.Contacts, observe.Contact{Process: g.seen.Processes[0].Name, Host: host, Sentry: true, Count: 2})
		}
	}
}

// logged is a process as its second run shows it, with the SDK's log.
func logged(copies int, lines ...string) func(*observe.Process) {
	return func(p *observe.Process) {
		p.Debug.Initialised = true
		p.Debug.Lines = append([]string{"[sentry] DEBUG: Setting up integrations (with default = True)"}, lines...)
		p.Seen = observe.Seen{}
		if copies > 0 {
			p.Seen = observe.Seen{Requests: copies, Accepted: copies, StreamRequests: copies, Items: map[string]int{"event": copies}}
		}
	}
}

const (
	gotSignal = "[sentry] DEBUG: atexit: got shutdown signal"
	flushing  = "[sentry] DEBUG: Flushing HTTP transport"
)
