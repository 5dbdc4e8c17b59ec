package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// readsNot is the most widely believed of what is not so.
const readsNot = "neither sentry-python nor sentry-go reads %s by itself: what init gets counts (bbctl explain init)"

// setRate is a rate as somebody has set it.
type setRate struct {
	key, text, shown string
	value            float64
	set, valid       bool
}

func (p *Patient) rate(key string) setRate {
	v := p.o.Config.Value(key)
	r := setRate{key: key, text: v.Value, shown: v.Shown(), set: v.Set && strings.TrimSpace(v.Value) != ""}
	if !r.set {
		return r
	}
	r.shown = fmt.Sprintf("%s (%s)", v.Shown(), v.Origin)
	value, err := p.o.Config.Rate(key)
	r.value, r.valid = value, err == nil
	return r
}

// known says whether arithmetic can be done with the rate, and else why not.
func (r setRate) known() (string, bool) {
	switch {
	case !r.set:
		return r.key + " is not set", false
	case !r.valid:
		return r.key + " is " + r.shown + ", which is no rate", false
	}
	return r.key + " is " + r.shown, true
}

// passedOn says what becomes of a value that is no rate in an application that
// passes it to init.
func (r setRate) passedOn(asNumber, asText string) string {
	if _, err := strconv.ParseFloat(strings.TrimSpace(r.text), 64); err == nil {
		return asNumber
	}
	return fmt.Sprintf("float(%q) in the application raises and stops its start; %s", r.text, asText)
}

// explain tells what the symptom means with these settings, after the run.
func (p *Patient) explain(items []check.Item) []string {
	switch p.o.Symptom {
	case EventsMissing:
		return p.explainEvents()
	case TransactionsMissing:
		return p.explainTransactions()
	case ProfilesMissing:
		return p.explainProfiles()
	case TooExpensive:
		return p.explainCosts()
	case NotConfigured:
		return p.explainConfiguration(items)
	}
	return nil
}

func (p *Patient) explainEvents() []string {
	r := p.rate(config.KeySampleRate)
	seen, ok := r.known()
	line := "events-missing: " + seen
	switch {
	case !r.set:
		line += ": SDKs send every error then, so that no rate keeps them back"
	case !ok:
		line += ": " + r.passedOn("a number above 1 sends every error, one below 0 none", "passed as a text sentry-python ignores it and sends 100 % of the errors")
	case r.value == 0:
		line += ": no error is ever sent by an application that passes it to init"
	case r.value == 1:
		line += ": every error is sent, so that no rate keeps them back"
	default:
		line += ": " + odds(r.value, "errors")
	}
	return []string{
		line,
		"SENTRY_TRACES_SAMPLE_RATE and SENTRY_PROFILES_SAMPLE_RATE do not concern errors; " + fmt.Sprintf(readsNot, "SENTRY_SAMPLE_RATE") + "; what it does not get is 1.0",
	}
}

func (p *Patient) explainTransactions() []string {
	r := p.rate(config.KeyTracesSampleRate)
	seen, ok := r.known()
	line := "transactions-missing: " + seen
	switch {
	case !r.set:
		line += ": SDKs trace nothing then, unless the code says otherwise"
	case !ok:
		line += ": " + r.passedOn("with such a number every transaction is dropped", "passed as a text it drops every transaction")
	case r.value == 0:
		line += ": no transaction is ever sent"
	case r.value == 1:
		line += ": every transaction is sent, so that this rate keeps none back"
	default:
		line += ": " + odds(r.value, "requests")
	}
	lines := []string{line, fmt.Sprintf(readsNot, "SENTRY_TRACES_SAMPLE_RATE") + "; what it does not get is off (Go: EnableTracing: true as well)"}
	if ok && r.value > 0 {
		lines = append(lines, "a caller whose header sentry-trace ends in -0 overrides the rate, for requests and for the tasks that they enqueue")
	}
	if !ok || r.value < 1 {
		lines = append(lines, "while testing: export SENTRY_TRACES_SAMPLE_RATE=1.0 where the process is started")
	}
	return lines
}

func (p *Patient) explainProfiles() []string {
	traces, profiles := p.rate(config.KeyTracesSampleRate), p.rate(config.KeyProfilesSampleRate)
	seenTraces, okTraces := traces.known()
	seenProfiles, okProfiles := profiles.known()
	line := fmt.Sprintf("profiles-missing: %s and %s", seenTraces, seenProfiles)
	if okTraces && okProfiles {
		both := traces.value * profiles.value
		line += fmt.Sprintf(": only sent transactions are profiled, so %s × %s = %s of all requests", plain(traces.value), plain(profiles.value), share(both))
		switch {
		case both == 0:
			line += ": none"
		case both < 1:
			line += "; " + odds(both, "requests")
		}
	} else {
		line += ": only sent transactions are profiled, and both rates have to be there"
	}
	return []string{
		line,
		fmt.Sprintf(readsNot, "either of them") + "; sentry-go has no profiler since 0.31",
		"a transaction too short for two samples (about 20 ms) has none either: test with one of over 100 ms and both rates at 1.0",
	}
}

func (p *Patient) explainCosts() []string {
	traces, profiles := p.rate(config.KeyTracesSampleRate), p.rate(config.KeyProfilesSampleRate)
	preset, _ := config.PresetOf(p.o.Config.Environment())
	wantTraces, wantProfiles := parsed(preset.TracesSampleRate), parsed(preset.ProfilesSampleRate)
	label := "recommended for " + preset.Name
	seenTraces, okTraces := traces.known()
	seenProfiles, okProfiles := profiles.known()
	lines := []string{fmt.Sprintf("too-expensive: %s and %s; transactions and profiles are what a rate makes cheaper; %s", seenTraces, seenProfiles, p.errorsWanted())}
	if okTraces && okProfiles && traces.value <= wantTraces && profiles.value <= wantProfiles {
		// What is recommended already is made cheaper by the team's own advice.
		wantTraces, wantProfiles, label = 0.01, 0.01, "the least of the team's troubleshooting"
	}
	for _, perSecond := range []float64{1, 10, 100} {
		then := fmt.Sprintf("at %s and %s, %s: %s", plain(wantTraces), plain(wantProfiles), label, volume(perSecond, wantTraces, wantProfiles))
		line := fmt.Sprintf("%s requests a second make in 30 days, ", plain(perSecond))
		if perSecond == 1 {
			line = "1 request a second makes in 30 days, "
		}
		if okTraces && okProfiles {
			line += fmt.Sprintf("at %s and %s: %s; ", plain(traces.value), plain(profiles.value), volume(perSecond, traces.value, profiles.value))
		}
		lines = append(lines, line+then)
	}
	return append(lines, fmt.Sprintf(readsNot, "the rates")+"; tasks are transactions too, and a caller whose header sentry-trace ends in -1 overrides the rate")
}

// errorsWanted says that errors are not where to save, by the rate that counts
// now.
func (p *Patient) errorsWanted() string {
	const wanted = "errors are all wanted"
	r := p.rate(config.KeySampleRate)
	seen, ok := r.known()
	switch {
	case !r.set:
		return wanted + ", and are all sent where no rate is set"
	case ok && r.value == 1:
		return wanted + ": " + seen
	}
	return wanted + ": " + seen + ", expected 1.0"
}

func parsed(text string) float64 {
	value, _ := strconv.ParseFloat(text, 64) // of our own table
	return value
}
