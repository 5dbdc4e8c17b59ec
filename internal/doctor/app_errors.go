package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// errors finds failures of the application that no error event tells of.
func (a application) errors() check.Result {
	if a.silent() {
		return a.unlessSilent("app-errors", a.silentErrors)
	}
	for _, other := range slices.Concat(came(), kept()) {
		if other.id == "app-errors" {
			continue
		}
		if result := other.judge(a); result.Outcome == check.Fail {
			return check.BlockedBy(other.id, "what %s found explains errors that did not come", other.id)
		}
	}
	for _, p := range a.seen.Processes {
		if missing, use := a.missing(p); slices.Contains([]string{"default", "fastapi", "celery"}, missing) {
			return check.BlockedBy("app-integrations", "%s, and what is not watched is not reported", use)
		}
	}
	if evidence, p := a.swallowed(); evidence != "" {
		return check.Warned(cause.AppErrorSwallowed, fixOfSwallowed(p), "%s; %s", evidence, received(p))
	}
	return check.Passed("%s", a.failures())
}

func fixOfSwallowed(p observe.Process) string {
	return inWords(p,
		"sentry_sdk.capture_exception(exc) in the handler, the middleware or the except that answers for it; and nothing wider than need be in ignore_errors",
		"defer sentry.Recover() in each goroutine, and sentry.CaptureException(err) where a handler answers 500",
		"Sentry.captureException(error) in the handler that answers for it")
}

// swallowed says which failure no error event tells of.
func (a application) swallowed() (string, observe.Process) {
	for _, p := range a.seen.Processes {
		if n := len(p.Tracebacks); n > 0 && a.active(p) && !p.Exit.Running && p.Exit.Code != 0 && !reported(p, p.Tracebacks[n-1]) && !explained(p) {
			return fmt.Sprintf("%s, and no error event tells of it", ending(p)), p
		}
		if line := a.unannounced(p); line != "" && deliveredBy(p) > 0 && p.Seen.Items["event"] == 0 && !explained(p) {
			return fmt.Sprintf("%s wrote %q, and not one event came from it", nameOf(p), line), p
		}
	}
	return a.swallowedAnswer()
}

// unannounced is the last error that a process wrote a traceback of, unless a
// record says of each that it is less than an error: then it was handled on
// purpose, as Celery logs what a task announces.
func (a application) unannounced(p observe.Process) string {
	handled := map[string]int{}
	for _, name := range p.Handled {
		handled[name]++
	}
	for _, name := range slices.Backward(p.Tracebacks) {
		if handled[name] == 0 {
			return name
		}
		handled[name]--
	}
	return ""
}

// swallowedAnswer counts requests that failed against events that came. Those
// of tasks tell of no request; a message tells of one as well as an error does,
// and so does the error of another service that this one asked.
func (a application) swallowedAnswer() (string, observe.Process) {
	failed, told := a.failedAnswers(), 0
	var web observe.Process
	for _, p := range a.seen.Processes {
		count := ofRequests(p)
		told += count
		broken := 0
		for _, t := range p.Seen.Transactions {
			if t.Op == "http.server" && t.Status == "internal_error" {
				broken++
			}
		}
		if broken > 0 && web.Name == "" || !works(p) && web.Name == "" {
			web = p
		}
		if broken > count && !explained(p) && p.Seen.Errors < len(p.Seen.Exceptions)+1 && !a.byChance(p, broken-count) && !a.toldElsewhere(p, broken-count) {
			return fmt.Sprintf("%s of %s failed by their transactions, and %s came", numbered(broken, "request"), nameOf(p), numbered(count, "error")), p
		}
		if explained(p) || p.Seen.Errors > len(p.Seen.Exceptions) {
			return "", web
		}
	}
	if len(failed) > told && !a.byChance(web, len(failed)-told) {
		return fmt.Sprintf("%s, and %s of requests came", strings.Join(atMost(failed), ", "), numbered(told, "error")), web
	}
	return "", web
}

// byChance says whether the sample rate that is set may have dropped some
// errors, of which an SDK that is stopped before it reports tells nothing.
func (a application) byChance(p observe.Process, n int) bool {
	rate, set := a.rate(p, config.KeySampleRate)
	return set && rate > 0 && rate < 1 && chance(1-rate, n) >= unlikely
}

// toldElsewhere says whether other servers reported as many errors as one
// lacks: then it handed on what they answered.
func (a application) toldElsewhere(p observe.Process, missing int) bool {
	n := 0
	for _, other := range a.seen.Processes {
		if other.Name != p.Name {
			n += ofRequests(other)
		}
	}
	return n >= missing
}

// ofRequests is how many events are not a task's.
func ofRequests(p observe.Process) int {
	n := max(0, p.Seen.Items["event"]-p.Seen.Errors)
	for _, e := range p.Seen.Exceptions {
		if e.Mechanism != "celery" {
			n++
		}
	}
	return n
}

// failedAnswers are the URLs that were answered with a fault of the server.
func (a application) failedAnswers() []string {
	var failed []string
	for _, answer := range a.seen.Answers {
		if a.cutOff(answer) {
			failed = append(failed, answer.URL+" was cut off")
		}
		if answer.Status >= 500 {
			failed = append(failed, fmt.Sprintf("%s was answered %d", answer.URL, answer.Status))
		}
	}
	return failed
}

// explained says whether losses of errors are named otherwise. What
// event_processor names is most often a second report of one error.
func explained(p observe.Process) bool {
	_, n := lost(p, func(d observe.Discard) bool { return d.Category == "error" && d.Reason != "event_processor" })
	return n > 0 || len(p.Seen.TooLarge) > 0 || p.Seen.Rejected > 0
}

// reported says whether an error event tells of the error that a line names.
// The text of Go's panics names no type: then any error counts.
func reported(p observe.Process, line string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(line, "Uncaught "), ":")
	name, _, _ = strings.Cut(name, " [")
	if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") || strings.Contains(name, " ") {
		return p.Seen.Errors > 0
	}
	name = name[strings.LastIndex(name, ".")+1:]
	return slices.ContainsFunc(p.Seen.Exceptions, func(e observe.Exception) bool {
		return e.Type == name || strings.HasSuffix(e.Type, "."+name)
	}) || p.Seen.Errors > len(p.Seen.Exceptions)
}

// fails says whether the application failed visibly while it ran.
func (a application) fails() bool {
	return len(a.failedAnswers()) > 0 || slices.ContainsFunc(a.seen.Processes, func(p observe.Process) bool {
		return len(p.Tracebacks) > 0 || failedTask(p) != ""
	})
}

// failures says what failed, and what came of it.
func (a application) failures() string {
	n := 0
	for _, p := range a.seen.Processes {
		n += p.Seen.Errors
	}
	return fmt.Sprintf("%s came; %s answered with a fault of the server", numbered(n, "error event"), numbered(len(a.failedAnswers()), "request"))
}

// silentErrors is a failure of an application whose SDK was on, and of which
// nothing came at all.
func (a application) silentErrors() check.Result {
	for _, p := range a.seen.Processes {
		if !a.active(p) {
			continue
		}
		evidence := a.failedAnswers()
		if n := len(p.Tracebacks); n > 0 {
			evidence = append(evidence, fmt.Sprintf("%s wrote %q", nameOf(p), p.Tracebacks[n-1]))
		}
		if len(evidence) > 0 {
			return check.Failed(cause.AppErrorSwallowed, fixOfSwallowed(p), "the SDK was initialised, %s, and nothing was sent", strings.Join(atMost(evidence), ", "))
		}
	}
	return check.Passed("")
}
