package doctor

import (
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// untraced finds that nothing was traced although something was to trace: a
// request that was answered, or a task.
func (a application) untraced() check.Result {
	errors, traced := 0, 0
	var p observe.Process
	for _, each := range a.seen.Processes {
		errors += each.Seen.Errors
		traced += each.Seen.Items["transaction"] + each.Seen.Items["span"] + sampledAway(each)
		if p.Name == "" && each.Seen.Errors > 0 {
			p = each
		}
	}
	rate, set := a.rate(p, config.KeyTracesSampleRate)
	off := set && rate == 0
	if traced > 0 || errors == 0 || off || !a.busy() {
		return check.Passed("%s; %s", a.receivedOfAll(), a.shown(p, config.KeyTracesSampleRate))
	}
	// An SDK that is stopped before it reports its losses leaves chance open.
	if n := max(len(a.seen.Answers), errors); set && languageOf(p) != python && chance(1-rate, n) >= unlikely {
		return check.Passed("no transaction came of %s: at %s the chance of that is %s; %s",
			strings.Join(a.activity(), ", "), number(rate), percent(chance(1-rate, n)), a.shown(p, config.KeyTracesSampleRate))
	}
	if missing, _ := a.missing(p); missing != "" {
		return check.BlockedBy("app-integrations", "an SDK that does not watch a framework traces nothing of it")
	}
	return check.Warned(cause.AppNoTraces, fixOfNoTraces(p), "%s came, and not one transaction or span of %s; %s",
		numbered(errors, "error"), strings.Join(a.activity(), ", "), a.shown(p, config.KeyTracesSampleRate))
}

func fixOfNoTraces(p observe.Process) string {
	return inWords(p,
		`traces_sample_rate=float(os.environ["SENTRY_TRACES_SAMPLE_RATE"]) in init`,
		"EnableTracing: true and TracesSampleRate in sentry.ClientOptions, and sentryhttp around the handlers",
		"set SENTRY_TRACES_SAMPLE_RATE, or tracesSampleRate in Sentry.init")
}

func (a application) busy() bool { return len(a.activity()) > 0 }

// activity is what an SDK would trace.
func (a application) activity() []string {
	var all []string
	n := 0
	for _, answer := range a.seen.Answers {
		if answer.Err == "" {
			n++
		}
	}
	if n > 0 {
		all = append(all, numbered(n, "answered request"))
	}
	for _, p := range a.seen.Processes {
		if slices.ContainsFunc(p.Seen.Exceptions, func(e observe.Exception) bool { return e.Mechanism == "celery" }) {
			all = append(all, "tasks of "+nameOf(p))
		}
	}
	return all
}
