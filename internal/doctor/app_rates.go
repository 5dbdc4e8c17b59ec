package doctor

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// unlikely is the chance below which something is no accident.
const unlikely = 0.01

// few is how many of something a sampler may well decide on its own.
const few = 2

// chance is that of something happening n times in a row.
func chance(each float64, n int) float64 { return math.Pow(each, float64(n)) }

func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 3, 64) + " %" }

// rates compares what is set with what envelopes and losses show.
func (a application) rates() check.Result {
	if result := a.errorRate(); result.Outcome != check.Pass {
		return result
	}
	return a.traceRate()
}

func (a application) errorRate() check.Result {
	for _, p := range a.seen.Processes {
		rate, set := a.rate(p, config.KeySampleRate)
		if !set || rate == 0 {
			continue
		}
		dropped, n := lost(p, func(d observe.Discard) bool { return d.Reason == "sample_rate" && d.Category == "error" })
		events := p.Seen.Items["event"]
		evidence := ""
		switch {
		case n > few && events > 0 && rate == 1:
			evidence = fmt.Sprintf("client reports of %s name %s", nameOf(p), dropped)
		case n == 0 && rate < 1 && chance(rate, events) < unlikely:
			evidence = fmt.Sprintf("all of %s came from %s, and client reports name none dropped: the chance of that is %s", numbered(events, "event"), nameOf(p), percent(chance(rate, events)))
		default:
			continue
		}
		return check.Warned(cause.AppRatesNotPassed, inWords(p,
			`pass it to init as a number: sample_rate=float(os.environ["SENTRY_SAMPLE_RATE"]); an error_sampler may drop some rightly`,
			"pass it to sentry.Init as SampleRate", "pass it to Sentry.init as sampleRate: Number(process.env.SENTRY_SAMPLE_RATE)"),
			"%s; %s", evidence, a.shown(p, config.KeySampleRate))
	}
	return check.Passed("")
}

// traceRate compares the rate in trace headers. A worker's are those of who
// enqueued the task, so that they can confirm a rate and not refute it.
func (a application) traceRate() check.Result {
	var seen []string
	for _, p := range a.seen.Processes {
		rate, set := a.rate(p, config.KeyTracesSampleRate)
		if !set {
			continue
		}
		own := ratesOf(p)
		if len(a.foreign(p)) > 0 || p.Seen.OtherKeys > 0 || works(p) && a.agrees(p, rate) == 0 {
			continue
		}
		if len(own) == 1 && !same(own[0], rate) && severalNames(p) {
			return check.Failed(cause.AppRatesNotPassed, fixOfRate(p), "the trace headers of %s say sample_rate %s; %s",
				nameOf(p), own[0], a.shown(p, config.KeyTracesSampleRate))
		}
		seen = append(seen, own...)
	}
	if slices.Sort(seen); len(seen) > 0 {
		return check.Passed("the trace headers say sample_rate %s; %s", strings.Join(slices.Compact(seen), ", "), a.shown(observe.Process{}, config.KeyTracesSampleRate))
	}
	return a.noRate()
}

// severalNames says whether what came of a process is of more than one
// transaction: one alone may have a rate of its own by a traces_sampler.
func severalNames(p observe.Process) bool {
	names := map[string]bool{}
	for _, t := range p.Seen.Transactions {
		names[t.Name] = true
	}
	for _, e := range p.Seen.Exceptions {
		names[e.Transaction] = true
	}
	delete(names, "")
	return len(names) > 1
}

// noRate: a request or a task that the SDK watched, and of which it made no
// transaction and dropped none, tells that its tracing is off. An error outside
// of one does not: its trace header names a rate only without a traces_sampler
// and outside of spans.
func (a application) noRate() check.Result {
	for _, p := range a.seen.Processes {
		rate, set := a.rate(p, config.KeyTracesSampleRate)
		if !set || rate == 0 || p.Seen.Errors == 0 || p.Seen.Items["transaction"] > 0 || sampledAway(p) > 0 || len(p.Seen.Unsampled) > 0 {
			continue
		}
		if slices.ContainsFunc(clientsOf(p), func(c client) bool {
			return c.language == python
		}) && (watched(p) || named(p)) {
			return check.Failed(cause.AppRatesNotPassed, fixOfRate(p), "no trace header of %s names a sample_rate, and no transaction was made: its tracing is off; %s",
				received(p), a.shown(p, config.KeyTracesSampleRate))
		}
	}
	return check.Passed("no trace header names a rate; %s", a.shown(observe.Process{}, config.KeyTracesSampleRate))
}

// watched says whether a process reported an error from inside of a request or
// a task, by the integration that makes a transaction of it.
func watched(p observe.Process) bool {
	return slices.ContainsFunc(p.Seen.Exceptions, func(e observe.Exception) bool {
		return slices.Contains([]string{"starlette", "fastapi", "asgi", "wsgi", "flask", "django", "celery"}, e.Mechanism)
	})
}

// named says whether a process reported an error of a transaction with a name.
func named(p observe.Process) bool {
	return slices.ContainsFunc(p.Seen.Exceptions, func(e observe.Exception) bool { return e.Transaction != "" })
}

func fixOfRate(p observe.Process) string {
	return inWords(p,
		`pass it to init as a number: traces_sample_rate=float(os.environ["SENTRY_TRACES_SAMPLE_RATE"]); with a traces_sampler, let that return a rate on every path`,
		"pass it to sentry.Init as TracesSampleRate, with EnableTracing: true",
		"leave tracesSampleRate out of Sentry.init, so that SENTRY_TRACES_SAMPLE_RATE is read")
}

// agrees is how many trace headers of a process say a rate.
func (a application) agrees(p observe.Process, rate float64) int {
	n := 0
	for text, count := range p.Seen.TraceRates {
		if same(text, rate) {
			n += count
		}
	}
	return n
}

func same(text string, rate float64) bool {
	seen, err := strconv.ParseFloat(text, 64)
	return err == nil && math.Abs(seen-rate) < 1e-9
}
