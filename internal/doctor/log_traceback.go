package doctor

import (
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// traceback is one of Python's that is being read: the SDK's own behind
// `Internal error in sentry_sdk`, or the one of an application that did not
// get past init.
type traceback struct {
	internal bool
	again    bool // it stands in the log a second time, or the message that it may belong to
	first    int
	lines    int
	sdk      bool // a frame of sentry_sdk is in it
	sends    bool // and it is the one that sends
	hook     bool // a hook or an event processor was called
	sampler  bool
	profiler bool
	error    string // the last exception
}

// longestTraceback bounds what is taken for a traceback.
const longestTraceback = 500

var exceptionLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:: .*|:)?$`)
})

// takes says whether a line goes on with the traceback, and learns from it.
func (t *traceback) takes(text string) bool {
	t.lines++
	trimmed := strings.TrimSpace(text)
	switch {
	case t.lines > longestTraceback:
		return false
	case trimmed == "", strings.HasPrefix(trimmed, "Traceback (most recent call last):"),
		strings.HasPrefix(trimmed, "During handling of the above exception"), strings.HasPrefix(trimmed, "The above exception was"):
		return true
	case strings.HasPrefix(trimmed, `File "`):
		t.frame(trimmed)
		return true
	case strings.HasPrefix(text, "    "):
		t.hook = t.hook || strings.Contains(text, "before_send") || strings.Contains(text, "event_processor(") || strings.Contains(text, "processor(event")
		return true
	case exceptionLine().MatchString(trimmed) && !strings.Contains(strings.SplitN(trimmed, ":", 2)[0], " "):
		t.error = trimmed
		return true
	}
	return false
}

func (t *traceback) frame(text string) {
	if !strings.Contains(text, "sentry_sdk/") && !strings.Contains(text, `sentry_sdk\`) {
		return
	}
	t.sdk = true
	_, name, _ := strings.Cut(text, ", in ")
	switch name {
	case "_send_request", "_send_event", "_send_envelope", "send_event_wrapper", "send_envelope_wrapper":
		t.sends = true
	case "_set_initial_sampling_decision":
		t.sampler = true
	case "has_profiling_enabled", "setup_profiler":
		t.profiler = true
	}
}

// endTrace judges the traceback that has just ended.
func (m *matcher) endTrace() {
	t := m.trace
	if t == nil {
		return
	}
	m.trace = nil
	if t.again {
		return
	}
	if t.internal {
		m.internalError(t)
		return
	}
	if !t.sdk { // the application's own affair
		return
	}
	note := func(check string, id cause.ID) {
		m.spoken++
		m.note(sign{check, id, cause.Fail}, t.first, t.error, nil)
	}
	switch {
	case strings.HasPrefix(t.error, "TypeError: Unknown option"):
		note(logStart, cause.AppSDKOld)
	case strings.Contains(t.error, "Port could not be cast"), strings.Contains(t.error, "Port out of range"):
		note(logDSN, cause.DSNBadPort)
	case strings.Contains(t.error, "ProxySchemeUnknown"), strings.Contains(t.error, "Not supported proxy scheme"), strings.Contains(t.error, "Proxy URL had no scheme"):
		note(logStart, cause.ProxyMalformed)
	case t.profiler && strings.HasPrefix(t.error, "TypeError: "):
		note(logStart, cause.AppSentNothing)
	}
}

// internalError judges what the SDK has caught of its own: a send that failed,
// or a hook that raised.
func (m *matcher) internalError(t *traceback) {
	text := "Internal error in sentry_sdk"
	if t.error != "" {
		text += ": " + t.error
	}
	sign := func(check string, id cause.ID) { m.note(sign{check, id, severityOf(id, "")}, t.first, text, nil) }
	id := networkCause(t.error)
	switch {
	case t.hook && !t.sends:
		sign(logHooks, cause.AppHookDrops)
	case id != "" && (t.sends || t.lines == 0 || strings.Contains(t.error, "/envelope/") || strings.Contains(t.error, "/store/")):
		sign(logNetwork, id)
	case t.sends:
		sign(logNetwork, cause.AppNetworkError)
	case t.sampler:
		sign(logSampling, cause.AppTracesSampledOut)
	default:
		m.count(internalErrors, t.first, text, nil)
	}
}
