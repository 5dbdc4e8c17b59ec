package verify

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// The fixes of what keeps events back.
const (
	fixHook       = "end before_send in return event, and read fields with event.get(…)"
	fixSampleRate = `sample_rate=float(os.environ.get("SENTRY_SAMPLE_RATE", "1.0")) in sentry_sdk.init`
	fixTracesRate = `traces_sample_rate=float(os.environ.get("SENTRY_TRACES_SAMPLE_RATE", "0.1")) in sentry_sdk.init`
)

// nothing decides the check where an event was expected and none came, by
// what the SDK's client reports, the server's answers and the application say.
func (t *trial) nothing(a *act, what string) {
	reported := reports(a.discards)
	fail := func(id cause.ID, fix, format string, args ...any) {
		detail := fmt.Sprintf("%s: no event arrived, expected 1; ", what) + fmt.Sprintf(format, args...)
		t.end(check.Failed(id, fix, "%s", detail))
	}
	switch {
	case a.said.Error != "":
		fail(cause.AppModuleBroken, "let the function take what the others of this API take, and raise nothing", "the call raised %s", shown(a.said.Error))
	case len(a.rejected) > 0 && strings.HasPrefix(a.rejected[0], "413"):
		fail(cause.AppEventTooLarge, "max_value_length=100_000 in sentry_sdk.init, and no documents in contexts", "the server answered %s", a.rejected[0])
	case len(a.rejected) > 0:
		fail(cause.AppNetworkError, "let the transport send what the SDK made", "the server answered %s", a.rejected[0])
	case has(a.discards, "sample_rate error"):
		fail(cause.AppSampledOut, fixSampleRate, "the SDK reports %s, with sample_rate %s", reported, a.start.Options["sample_rate"])
	case has(a.discards, "before_send error") || has(a.discards, "event_processor error"):
		fail(cause.AppHookDrops, fixHook, "the SDK reports %s%s", reported, hookOf(a))
	case has(a.discards, "queue_overflow error"), has(a.discards, "backpressure error"):
		fail(cause.AppQueueOverflow, "transport_queue_size=1000 in sentry_sdk.init", "the SDK reports %s", reported)
	case has(a.discards, "network_error error"), has(a.discards, "send_error error"):
		fail(cause.AppNetworkError, "use no transport, proxy or ca_certs argument that 127.0.0.1 cannot be reached with", "the SDK reports %s", reported)
	case a.start.Options["ignore_errors"] != "":
		fail(cause.AppErrorSwallowed, "take what is too wide out of ignore_errors in sentry_sdk.init", "nothing was reported as dropped, and ignore_errors is %s", shown(a.start.Options["ignore_errors"]))
	case a.start.Options["before_send"] != "" && !a.own:
		fail(cause.AppHookDrops, fixHook, "nothing was reported as dropped%s", hookOf(a))
	default:
		fail(cause.AppErrorSwallowed, "let the function call sentry_sdk.capture_exception(error), and return from it early for no error", "nothing was captured, and nothing reported as dropped")
	}
}

// noTransaction decides the check where a transaction was expected and none
// came.
func (t *trial) noTransaction(a *act) {
	reported := reports(a.discards)
	fail := func(id cause.ID, fix, format string, args ...any) {
		t.end(check.Failed(id, fix, "no transaction arrived; "+format, args...))
	}
	options := a.start.Options
	switch {
	case a.said.Error != "":
		fail(cause.AppModuleBroken, "let the function take what the others of this API take, and raise nothing", "a call raised %s", shown(a.said.Error))
	case has(a.discards, "sample_rate transaction"):
		fail(cause.AppTracesSampledOut, fixTracesRate, "the SDK reports %s, with traces_sample_rate %s%s", reported, options["traces_sample_rate"], hookNamed(options, "traces_sampler"))
	case has(a.discards, "before_send transaction") || has(a.discards, "event_processor transaction"):
		fail(cause.AppHookDrops, "end before_send_transaction, and every event processor, in return event", "the SDK reports %s%s", reported, hookNamed(options, "before_send_transaction"))
	case options["traces_sample_rate"] == "None" && options["traces_sampler"] == "":
		fail(cause.AppNoTraces, fixTracesRate, "init got neither traces_sample_rate nor traces_sampler: tracing is off")
	case options["before_send_transaction"] != "":
		fail(cause.AppHookDrops, "end before_send_transaction in return event", "nothing was reported as dropped%s", hookNamed(options, "before_send_transaction"))
	default:
		fail(cause.AppTracesSampledOut, fixTracesRate, "nothing was reported as dropped; traces_sample_rate is %s", options["traces_sample_rate"])
	}
}

// hookOf names the hook of the application, and what it raised.
func hookOf(a *act) string {
	text := hookNamed(a.start.Options, "before_send")
	lines := strings.Split(a.debug, "\n")
	if i := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "Internal error in sentry_sdk") }); i >= 0 {
		for _, line := range lines[i:] {
			if kind, _, ok := strings.Cut(line, ":"); ok && strings.HasSuffix(kind, "Error") && !strings.Contains(kind, " ") {
				return text + ", which raised " + shown(line)
			}
		}
	}
	return text
}

// hookNamed names a hook that init was given.
func hookNamed(options map[string]string, hook string) string {
	if name := options[hook]; name != "" {
		return "; " + hook + " is " + shown(name)
	}
	return ""
}

func has(discards map[string]int, key string) bool { return discards[key] > 0 }

// reports lists client reports, in a constant order.
func reports(discards map[string]int) string {
	var all []string
	for key, n := range discards {
		all = append(all, fmt.Sprintf("%d × %s", n, key))
	}
	slices.Sort(all)
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ")
}

// shown makes a text from the application fit for a report: one short line
// without personal data, secrets and the folder of the user.
func shown(text string) string {
	const longest = 240
	text = strings.Join(strings.Fields(scrub.Default().String(text)), " ")
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		text = strings.ReplaceAll(text, home, "~")
	}
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return text
}
