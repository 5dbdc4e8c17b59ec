package doctor

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// sampledAway is how many transactions of a process its client reports name as
// dropped by sampling.
func sampledAway(p observe.Process) int {
	_, n := lost(p, func(d observe.Discard) bool { return d.Reason == "sample_rate" && d.Category == "transaction" })
	return n
}

// foreign are the transactions of others that began the unsampled traces of a
// process, by the headers of its errors.
func (a application) foreign(p observe.Process) []string {
	own := map[string]bool{"": true, "generic ASGI request": true, "generic WSGI request": true}
	for _, e := range p.Seen.Exceptions {
		own[e.Transaction] = true
	}
	for _, t := range p.Seen.Transactions {
		own[t.Name] = true
	}
	var others []string
	for _, name := range slices.Sorted(maps.Keys(p.Seen.Unsampled)) {
		if !own[name] {
			others = append(others, name)
		}
	}
	return others
}

// callers finds transactions that were dropped since somebody else's trace
// says so: a caller's, or that of the request which enqueued a task.
func (a application) callers() check.Result {
	for _, p := range a.seen.Processes {
		evidence := a.calledUnsampled(p)
		if evidence == "" {
			continue
		}
		detail := "client reports of %s name %d sample_rate/transaction, and %s; %s"
		if works(p) {
			return check.Warned(cause.AppProducerUnsampled, "CeleryIntegration(propagate_traces=False) in the init of the process that enqueues the tasks",
				detail, nameOf(p), sampledAway(p), evidence, a.shown(p, config.KeyTracesSampleRate))
		}
		return check.Warned(cause.AppParentUnsampled, inWords(p,
			"raise the traces rate of the caller, or decide in a traces_sampler that does not look at parent_sampled",
			"raise the traces rate of the caller, or decide in a TracesSampler",
			"raise the traces rate of the caller, or decide in a tracesSampler that does not look at parentSampled"),
			detail, nameOf(p), sampledAway(p), evidence, a.shown(p, config.KeyTracesSampleRate))
	}
	return check.Passed("no transaction was seen to be dropped by a caller's decision")
}

// calledUnsampled says how it is seen that others decided. At a rate below 1 a
// caller that keeps some drops the others rightly.
func (a application) calledUnsampled(p observe.Process) string {
	n, came := sampledAway(p), p.Seen.Items["transaction"]
	rate, set := a.rate(p, config.KeyTracesSampleRate)
	if n == 0 || set && rate < 1 && (came > 0 || chance(1-rate, n) >= unlikely) {
		return ""
	}
	if names := a.foreign(p); len(names) > 0 && came == 0 {
		return "the unsampled traces were begun by " + strings.Join(atMost(quoted(names)), ", ")
	}
	switch {
	case !set || rate < 1:
		return ""
	case came == 0 && works(p) && a.untracedProducer() != "":
		return fmt.Sprintf("%s, whose own rate is 0, decides for the tasks that it enqueues", a.untracedProducer())
	case came > 0 && len(ratesOf(p)) < 2 && a.toldUnsampled(p):
		return fmt.Sprintf("%s came: at that rate its own decision drops none", numbered(came, "transaction"))
	case came == 0 && len(p.Seen.Unsampled) == 0 && within(p):
		return "its errors belong to no trace of its own: a caller's header stands in for it"
	}
	return ""
}

// toldUnsampled says whether others can have decided where some transactions
// came: by the headers of errors, which a traces_sampler of its own that drops
// some leaves sampled. Requests of an SDK of old say nothing of it.
func (a application) toldUnsampled(p observe.Process) bool {
	return works(p) || len(p.Seen.Unsampled) > 0 || slices.ContainsFunc(clientsOf(p), func(c client) bool { return c.language == python && c.before(2, 0) })
}

// untracedProducer is a process beside the workers that is told to trace
// nothing, and does so.
func (a application) untracedProducer() string {
	for _, p := range a.seen.Processes {
		if rate, set := a.rate(p, config.KeyTracesSampleRate); set && rate == 0 && !works(p) && sampledAway(p) > 0 {
			return nameOf(p)
		}
	}
	return ""
}

// within says whether a process reported errors from inside of a request or a
// task, which its integration makes a transaction of. There the trace header
// of an error tells of the process's own decision.
func within(p observe.Process) bool {
	return watched(p) && slices.ContainsFunc(clientsOf(p), func(c client) bool { return c.language == python && !c.before(2, 0) })
}

// ratesOf are the rates that the trace headers of a process say.
func ratesOf(p observe.Process) []string {
	rates := slices.Sorted(maps.Keys(p.Seen.TraceRates))
	return slices.DeleteFunc(rates, func(text string) bool { return text == "" })
}

func quoted(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, fmt.Sprintf("%q", name))
	}
	return all
}

// traces finds an application whose transactions are all dropped, or that
// makes none. Of few, chance may drop all, and of one, a traces_sampler.
func (a application) traces() check.Result {
	var notes []string
	for _, p := range a.seen.Processes {
		n := sampledAway(p)
		if n == 0 || p.Seen.Items["transaction"] > 0 {
			continue
		}
		if a.calledUnsampled(p) != "" {
			return check.BlockedBy("app-callers", "follows from what app-callers found of %s", nameOf(p))
		}
		rate, known := a.ownRate(p)
		if text := fmt.Sprintf("%s of %s dropped by sampling, none kept", numbered(n, "transaction"), nameOf(p)); !known || n == 1 && a.askedHealth() || chance(1-rate, n) >= unlikely {
			if known && rate < 1 {
				text += fmt.Sprintf(": at %s the chance of that is %s", number(rate), percent(chance(1-rate, n)))
			}
			notes = append(notes, text+"; "+a.shown(p, config.KeyTracesSampleRate))
			continue
		}
		return a.sampledOut(p, n, rate)
	}
	if len(notes) > 0 {
		return check.Passed("%s", strings.Join(notes, "; "))
	}
	return a.untraced()
}

// askedHealth says whether all that was asked are pages for load balancers,
// which samplers rightly leave out.
func (a application) askedHealth() bool {
	for _, answer := range a.seen.Answers {
		if !healthPage().MatchString(answer.URL) {
			return false
		}
	}
	return len(a.seen.Answers) > 0
}

var healthPage = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`/(?:health|healthz|healthcheck|ready|readyz|live|livez|ping|status|metrics)/?(?:[?#].*)?$`)
})

// ownRate is the rate that a process should have: the one that is set, or else
// the one that its trace headers say.
func (a application) ownRate(p observe.Process) (float64, bool) {
	if rate, set := a.rate(p, config.KeyTracesSampleRate); set {
		return rate, rate > 0
	}
	if rates := ratesOf(p); len(rates) == 1 && same(rates[0], 1) {
		return 1, true
	}
	return 0, false
}

func (a application) sampledOut(p observe.Process, n int, rate float64) check.Result {
	evidence := fmt.Sprintf("client reports of %s name %d sample_rate/transaction, and not one transaction came: at %s the chance of that is %s",
		nameOf(p), n, number(rate), percent(chance(1-rate, n)))
	if line := last(p.Debug.Lines, "sample rate is invalid", "EnableTracing is set to false", "traces_sampler returned"); line != "" {
		evidence += fmt.Sprintf("; the SDK's log says %q", line)
	}
	return check.Warned(cause.AppTracesSampledOut, inWords(p,
		`traces_sample_rate=float(os.environ["SENTRY_TRACES_SAMPLE_RATE"]) in init: a number from 0.0 to 1.0, not a text`,
		"EnableTracing: true beside TracesSampleRate in sentry.ClientOptions",
		"tracesSampleRate: Number(process.env.SENTRY_TRACES_SAMPLE_RATE) in Sentry.init"), "%s", evidence)
}
