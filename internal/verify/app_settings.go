package verify

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// judged is the result of what the loader has found: the first fault, else the
// first warning.
func judged(problems []config.Problem) check.Result {
	i := slices.IndexFunc(problems, func(p config.Problem) bool { return p.Severity == cause.Fail })
	if i < 0 {
		return check.Warned(problems[0].Cause, problems[0].Fix, "%s", evidence(problems, 0))
	}
	return check.Failed(problems[i].Cause, problems[i].Fix, "%s", evidence(problems, i))
}

// settled ends the check where the loader has found a fault in a setting: the
// application is played with values of ours, and would hide it.
func (t *trial) settled(keys ...string) bool {
	problems := t.lab.problems(keys...)
	if slices.ContainsFunc(problems, func(p config.Problem) bool { return p.Severity == cause.Fail }) {
		t.end(judged(problems))
		return false
	}
	if len(problems) > 0 {
		t.remark(problems[0].Cause, problems[0].Fix, "%s", evidence(problems, 0))
	}
	return true
}

// disobeyed is a miss where a variable was set by the user, and else a remark:
// nobody has asked for the value that the application does not take.
func (t *trial) disobeyed(key string, id cause.ID, fix, format string, args ...any) {
	if _, ok := t.lab.set(key); ok {
		t.miss(id, fix, format, args...)
		return
	}
	t.remark(id, fix, format+" ("+key+" is set nowhere; it was set for this)", args...)
}

func appEnvironment(t *trial) {
	if !t.settled(config.KeyEnvironment) {
		return
	}
	event, ok := t.event("a captured error", capture("planted by bbctl test"))
	if !ok {
		return
	}
	want, set := t.lab.set(config.KeyEnvironment)
	fix := "remove the environment argument from sentry_sdk.init, or pass os.environ[\"SENTRY_ENVIRONMENT\"]"
	switch {
	case set && event.Environment != want:
		t.miss(cause.AppEnvironmentMissing, fix, "environment: saw %q, expected %q of SENTRY_ENVIRONMENT", event.Environment, want)
	case event.Environment == "":
		t.miss(cause.AppEnvironmentMissing, "set SENTRY_ENVIRONMENT where this process is started", "environment: saw none")
	default:
		t.saw("environment %q", event.Environment)
	}
}

func appRelease(t *trial) {
	if !t.settled(config.KeyRelease) {
		return
	}
	event, ok := t.event("a captured error", capture("planted by bbctl test"))
	if !ok {
		return
	}
	want, set := t.lab.set(config.KeyRelease)
	switch {
	case set && event.Release != want:
		t.miss(cause.AppReleaseMissing, "remove the release argument from sentry_sdk.init, or pass os.environ[\"SENTRY_RELEASE\"]", "release: saw %q, expected %q of SENTRY_RELEASE", event.Release, want)
	case event.Release == "":
		t.remark(cause.AppReleaseMissing, "set SENTRY_RELEASE once per build, and give the same to all services", "release: saw none; SENTRY_RELEASE is set nowhere, and there is no git to ask")
	default:
		t.saw("release %q", event.Release)
	}
}

// draws is how many errors and transactions are made at a rate of 1 and of 0.
const draws = 20

func drawing(what step) step {
	return step{"do": "repeat", "times": draws, "steps": []step{what}}
}

func appSampleRate(t *trial) {
	if !t.settled(config.KeySampleRate) {
		return
	}
	all, ok := t.play(drawing(message("planted")))
	if !ok {
		return
	}
	if len(all.events) == 0 {
		t.nothing(all, fmt.Sprintf("%d messages at SENTRY_SAMPLE_RATE=1.0", draws))
		return
	}
	none, ok := t.playIn(silent(), drawing(message("planted")))
	if !ok {
		return
	}
	id, fix := cause.AppRatesNotPassed, fixSampleRate
	if len(all.events) != draws {
		t.disobeyed(config.KeySampleRate, id, fix, "messages at SENTRY_SAMPLE_RATE=1.0: saw %d of %d, with sample_rate %s", len(all.events), draws, all.start.Options["sample_rate"])
	}
	if len(none.events) != 0 {
		t.disobeyed(config.KeySampleRate, id, fix, "messages at SENTRY_SAMPLE_RATE=0.0: saw %d of %d, with sample_rate %s", len(none.events), draws, none.start.Options["sample_rate"])
	}
	t.saw("%d of %d messages at SENTRY_SAMPLE_RATE=1.0, none at 0.0", draws, draws)
}

// unsampled is a transaction whose fate the application's own rate decides.
func unsampled(name string) step {
	return step{"do": "transaction", "name": name}
}

func appTracesRate(t *trial) {
	if !t.settled(config.KeyTracesSampleRate) {
		return
	}
	all, ok := t.play(drawing(unsampled("GET /slots")))
	if !ok {
		return
	}
	sampler := hookNamed(all.start.Options, "traces_sampler")
	if rate, err := strconv.ParseFloat(all.start.Options["traces_sample_rate"], 64); len(all.transactions) == 0 && (err != nil || rate <= 0 || rate >= 1) {
		t.noTransaction(all)
		return
	}
	none, ok := t.playIn(silent(), drawing(unsampled("GET /slots")))
	if !ok {
		return
	}
	miss := func(format string, args ...any) {
		if sampler != "" {
			t.remark(cause.AppRatesNotPassed, "let the traces_sampler return the rate of SENTRY_TRACES_SAMPLE_RATE where it has no reason for another", format+sampler, args...)
			return
		}
		t.disobeyed(config.KeyTracesSampleRate, cause.AppRatesNotPassed, fixTracesRate, format, args...)
	}
	if n := len(all.transactions); n != draws {
		miss("transactions at SENTRY_TRACES_SAMPLE_RATE=1.0: saw %d of %d, with the rate %s", n, draws, rateOf(all))
	}
	if n := len(none.transactions); n != 0 {
		miss("transactions at SENTRY_TRACES_SAMPLE_RATE=0.0: saw %d of %d, with the rate %s", n, draws, rateOf(none))
	}
	t.saw("%d of %d transactions at SENTRY_TRACES_SAMPLE_RATE=1.0, none at 0.0", draws, draws)
}

// rateOf is the rate that the envelopes name, else the one that init got.
func rateOf(a *act) string {
	if len(a.rates) > 0 && a.rates[0] != "" {
		return a.rates[0]
	}
	return a.start.Options["traces_sample_rate"]
}

func appProfilesRate(t *trial) {
	if !t.settled(config.KeyProfilesSampleRate) {
		return
	}
	a, ok := t.play(transaction("GET /slots", step{"do": "work", "seconds": 0.4}))
	if !ok {
		return
	}
	rate := a.start.Options["profiles_sample_rate"]
	switch _, set := t.lab.set(config.KeyProfilesSampleRate); {
	case a.profiles > 0:
		t.saw("a profile of a transaction of 400 ms")
	case before(a.start.SDK, 1, 18):
		t.remark(cause.AppSDKOld, "pip install --upgrade 'sentry-sdk>=2'", "sentry-sdk %s knows no profiles", a.start.SDK)
	case !set:
		t.end(check.Skipped("SENTRY_PROFILES_SAMPLE_RATE is set nowhere, and no profile came"))
	case rate == "None":
		t.miss(cause.AppRatesNotPassed, `profiles_sample_rate=float(os.environ.get("SENTRY_PROFILES_SAMPLE_RATE", "0.1")) in sentry_sdk.init`,
			"profiles of a transaction of 400 ms at SENTRY_PROFILES_SAMPLE_RATE=1.0: saw none; init got no profiles_sample_rate")
	default:
		t.remark(cause.AppNoProfiles, `profiles_sample_rate=float(os.environ["SENTRY_PROFILES_SAMPLE_RATE"]), as a number, in sentry_sdk.init`,
			"profiles of a transaction of 400 ms at SENTRY_PROFILES_SAMPLE_RATE=1.0: saw none; profiles_sample_rate is %s", rate)
	}
}

// appPrivacy asks the client what it was given: what the option does shows in
// requests of frameworks that may not be there.
func appPrivacy(t *trial) {
	if !t.settled(config.KeySendDefaultPII) {
		return
	}
	closed, ok := t.play()
	if !ok {
		return
	}
	const key = "send_default_pii"
	fix := `send_default_pii=os.environ.get("SENTRY_SEND_DEFAULT_PII", "false").lower() in ("true", "1", "yes", "on") in sentry_sdk.init`
	if got := closed.start.Options[key]; got != "False" && got != "None" {
		t.miss(cause.AppPII, fix, "send_default_pii at SENTRY_SEND_DEFAULT_PII=false: saw %s, expected False (bool(\"false\") is True)", got)
		return
	}
	opened, ok := t.playIn(generous())
	if !ok {
		return
	}
	if got := opened.start.Options[key]; got != "True" {
		if allowed, err := t.lab.o.Config.Bool(config.KeySendDefaultPII); err == nil && allowed {
			t.miss(cause.AppRatesNotPassed, fix, "send_default_pii at SENTRY_SEND_DEFAULT_PII=true: saw %s, expected True", got)
			return
		}
		t.saw("send_default_pii is always off")
		return
	}
	t.saw("send_default_pii follows SENTRY_SEND_DEFAULT_PII")
}

func appDebug(t *trial) {
	if !t.settled(config.KeyDebug) {
		return
	}
	a, ok := t.play()
	if !ok {
		return
	}
	got := a.start.Options["debug"] == "True"
	want, err := t.lab.o.Config.Bool(config.KeyDebug)
	if err != nil {
		want = false
	}
	if got != want {
		t.remark(cause.AppRatesNotPassed, `debug=os.environ.get("SENTRY_DEBUG", "false").lower() == "true" in sentry_sdk.init`, "debug: saw %t, expected %t", got, want)
	}
	t.saw("debug %t", got)
}

func appRateZero(t *trial) {
	a, ok := t.playIn(silent(), capture("planted"), unsampled("GET /slots"))
	if !ok {
		return
	}
	if n := len(a.events); n > 0 {
		t.disobeyed(config.KeySampleRate, cause.AppRatesNotPassed, fixSampleRate, "errors at rate 0: saw %d, expected none", n)
	}
	if n := len(a.transactions); n > 0 {
		t.disobeyed(config.KeyTracesSampleRate, cause.AppRatesNotPassed, fixTracesRate, "transactions at rate 0: saw %d, expected none", n)
	}
	t.saw("no error and no transaction")
}

// appOff starts the application without a DSN, as on a laptop and in tests.
func appOff(t *trial) {
	a, err := t.lab.app.perform(t.ctx, t.lab, without(), order{Steps: []step{capture("planted")}, Flush: true})
	switch {
	case err != nil:
		t.end(check.BrokenBy(err))
	case a.start.Stage != stageReady:
		t.miss(cause.AppModuleBroken, "let configure_sentry() come back without an error where SENTRY_DSN is empty", "without a DSN the application does not start: %s", shown(a.start.Error))
	case a.start.Active || a.said.Elsewhere:
		t.miss(cause.AppDSNHardcoded, "remove the DSN from the code", "without a DSN the SDK sends to %s (nothing was sent there)", shown(a.start.Where))
	case a.died != "":
		t.miss(cause.AppExitedBadly, "let what captures come back where the SDK is off", "without a DSN the application does not get through a captured error: %s", a.died)
	default:
		t.saw("configure_sentry() returned %s, and nothing was sent", shown(a.start.Result))
	}
}
