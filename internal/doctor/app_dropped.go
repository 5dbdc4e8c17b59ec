package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// hooks finds a before_send that keeps nothing. One that keeps some is meant
// to drop the rest.
func (a application) hooks() check.Result {
	return a.unlessSilent("app-hooks", func() check.Result {
		for _, judge := range []func() check.Result{a.brokenHook, a.replaced, a.vanished} {
			if result := judge(); result.Outcome != check.Pass {
				return result
			}
		}
		var notes []string
		var doubtful []check.Result
		for _, p := range a.seen.Processes {
			for _, kind := range []struct{ item, category string }{{"event", "error"}, {"transaction", "transaction"}} {
				dropped, n := lost(p, func(d observe.Discard) bool { return byHook(p, d, kind.category) })
				all := n > 0 && p.Seen.Items[kind.item] == 0
				evidence := fmt.Sprintf("client reports of %s name %s, and not one %s came", nameOf(p), dropped, kind.item)
				switch {
				case all && a.wanted(p, kind.item, n):
					return droppedByHook(p, evidence)
				case all && (kind.item == "event" || n > 1):
					doubtful = append(doubtful, check.Warned(cause.AppHookDrops, fixOfHook(p), "%s; nothing else tells whether that was meant", evidence))
				}
				if n > 0 {
					notes = append(notes, fmt.Sprintf("%s dropped by a hook or seen before, beside %s", dropped, numbered(p.Seen.Items[kind.item], kind.item)))
				}
			}
		}
		if len(doubtful) > 0 {
			return doubtful[0]
		}
		return check.Passed("%s", strings.Join(atMost(notes), "; "))
	})
}

// wanted says whether something that all was dropped of was no noise: errors,
// where the process failed visibly; transactions, where one of them holds an
// error, or they are of several URLs. A filter may well be made for one.
func (a application) wanted(p observe.Process, item string, n int) bool {
	if item == "transaction" {
		return n > 1 && (p.Seen.Errors > 0 || len(a.failedAnswers()) > 0 || len(a.seen.Answers) > 1)
	}
	failed := slices.ContainsFunc(p.Seen.Transactions, func(t observe.Transaction) bool { return t.Status == "internal_error" })
	return failed || len(p.Unhandled) > 0 || failedTask(p) != "" || !p.Exit.Running && p.Exit.Code != 0 ||
		!works(p) && len(a.failedAnswers()) > 0
}

// replaced finds a beforeSend of Node that throws: what comes in the place of
// the error is the hook's own, of a mechanism that the SDK alone uses.
func (a application) replaced() check.Result {
	for _, p := range a.seen.Processes {
		for _, e := range p.Seen.Exceptions {
			if languageOf(p) == node && e.Mechanism == "internal" {
				return droppedByHook(p, fmt.Sprintf("%s reported %s of the SDK's own code in the place of an error: beforeSend threw it", nameOf(p), e.Type))
			}
		}
	}
	return check.Passed("")
}

// byHook: processors drop errors too, most often one that was reported before,
// which matters only where nothing else explains that none came. Of
// transactions they drop what they are told to by its status or name.
func byHook(p observe.Process, d observe.Discard, category string) bool {
	return d.Category == category && (d.Reason == "before_send" || d.Reason == "event_processor" && category == "error" && !explained(p))
}

// shortFrame is a traceback's frame without the folders of an installation.
func shortFrame(line string) string {
	path, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), `File "`), `"`)
	return base(path) + rest
}

func droppedByHook(p observe.Process, evidence string) check.Result {
	return check.Failed(cause.AppHookDrops, fixOfHook(p), "%s", evidence)
}

func fixOfHook(p observe.Process) string {
	return inWords(p,
		"end before_send in return event on every path, and read fields with event.get(…)",
		"end BeforeSend in return event on every path, and IgnoreErrors with what is known to be noise",
		"end beforeSend in return event on every path")
}

// brokenHook finds one that fails inside of the SDK, by its log: no client
// report tells of an event that a hook turned into something else.
func (a application) brokenHook() check.Result {
	for _, p := range slices.Concat(a.seen.Processes, a.closer()) {
		if p.Seen.Errors > 0 || p.Seen.StreamRequests > 0 || len(p.Tracebacks) == 0 {
			continue
		}
		if frame := last(p.Stderr, `  File "`); inCapture().MatchString(frame) {
			return droppedByHook(p, fmt.Sprintf("%s wrote %q, of the SDK's own code (%s), where it takes what before_send returned for an event", nameOf(p), p.Tracebacks[len(p.Tracebacks)-1], shortFrame(frame)))
		}
		if line := last(p.Debug.Lines, "Internal error in sentry_sdk"); line != "" {
			return droppedByHook(p, fmt.Sprintf("the SDK's log of %s says %q, of %q, and no event was sent", nameOf(p), line, p.Tracebacks[0]))
		}
	}
	return check.Passed("")
}

// inCapture is a frame of the SDK's own code that has the event in its hands.
var inCapture = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[/\\\\]sentry_sdk[/\\\\](?:client|hub|scope|api)\.py", line \d+, in (?:_?capture_event|_prepare_event)\b`)
})

// vanished finds errors that the SDK must have seen, and of which it says
// nothing: they passed its own layer around the application on their way to
// the server that wrote them down.
func (a application) vanished() check.Result {
	for _, p := range a.seen.Processes {
		_, dropped := lost(p, func(d observe.Discard) bool { return d.Category == "error" })
		asgi := p.Seen.Integrations["starlette"] > 0 && p.Seen.Items["transaction"] > 0
		if len(p.Unhandled) > 0 && len(a.failedAnswers()) > 0 && asgi && p.Seen.Errors == 0 && dropped == 0 && !explained(p) {
			return check.Failed(cause.AppHookDrops, "remove Exception, and what is no noise, from ignore_errors, and end before_send in return event on every path",
				"%s wrote %q, which passed the SDK on its way to the server, and neither an event nor a client report tells of it: ignore_errors drops without a word, and so does a before_send that returns no event", nameOf(p), p.Unhandled[0])
		}
	}
	return check.Passed("")
}

// sampling finds errors that were all dropped by the sample rate. With a rate
// between 0 and 1 that may be chance.
func (a application) sampling() check.Result {
	for _, p := range a.seen.Processes {
		dropped, n := lost(p, func(d observe.Discard) bool { return d.Reason == "sample_rate" && d.Category == "error" })
		if n == 0 || p.Seen.Items["event"] > 0 {
			continue
		}
		rate, set := a.rate(p, config.KeySampleRate)
		if set && rate > 0 && rate < 1 && chance(1-rate, n) >= unlikely {
			return check.Passed("%s of %s dropped, as %s lets expect: the chance of none is %s", dropped, nameOf(p), a.shown(p, config.KeySampleRate), percent(chance(1-rate, n)))
		}
		return check.Failed(cause.AppSampledOut, inWords(p,
			`sample_rate=float(os.environ.get("SENTRY_SAMPLE_RATE", "1.0")) in init, and SENTRY_SAMPLE_RATE=1.0`,
			"SampleRate: 1.0 in sentry.ClientOptions", "sampleRate: 1.0 in Sentry.init"),
			"client reports of %s name %s, and not one error came; %s", nameOf(p), dropped, a.shown(p, config.KeySampleRate))
	}
	return check.Passed("%s", a.failures())
}

func (a application) queue() check.Result {
	return a.discarded(cause.AppQueueOverflow, "make one event of each failure instead of one of each item; then transport_queue_size=1000 in init",
		"make one event of each failure instead of one of each item", func(d observe.Discard) bool {
			// Spans beyond the first 1000 of a transaction, and one that a failed
			// call never finished, count here as well: they belong to it.
			return d.Reason == "queue_overflow" || d.Reason == "backpressure" || d.Reason == "buffer_overflow" && d.Category != "span"
		})
}

func (a application) limits() check.Result {
	fix := "remove the limit that the server names, of the key, the project or the organization"
	return a.discarded(cause.AppRateLimited, fix, fix, func(d observe.Discard) bool { return d.Reason == "ratelimit_backoff" })
}

// network finds what did not get through. What was refused for its size is the
// business of another check, which this one needs.
func (a application) network() check.Result {
	return a.unlessSilent("app-network", a.lostOnTheWay)
}

func (a application) lostOnTheWay() check.Result {
	if a.size().Outcome == check.Fail {
		return check.BlockedBy("app-size", "what is too large is counted as lost on the way too")
	}
	fix := "let the process reach the receiver: set NO_PROXY=127.0.0.1,localhost where it has a proxy"
	result := a.discarded(cause.AppNetworkError, fix, fix, func(d observe.Discard) bool { return d.Reason == "network_error" || d.Reason == "send_error" })
	if result.Outcome != check.Pass {
		return result
	}
	for _, p := range a.seen.Processes {
		if p.Seen.Rejected > 0 && p.Seen.Accepted == 0 {
			return check.Failed(cause.AppNetworkError, "repair what the refusal names", "%s was refused: %s", received(p), tally(p.Seen.Rejections))
		}
	}
	return result
}

// unreached finds the complaint of the client under the SDK that it got no
// connection for what it sends to the receiver.
func (a application) unreached() check.Result {
	for _, p := range slices.Concat(a.seen.Processes, a.closer()) {
		for _, line := range slices.Backward(slices.Concat(p.Stdout, p.Stderr, p.Debug.Lines)) {
			m := brokenConnection().FindStringSubmatch(line)
			reason, number := "", ""
			if m != nil {
				reason, number = m[1], m[2]
			} else if m = exhausted().FindStringSubmatch(line); m != nil {
				reason, number = m[2], m[1]
			}
			if project, err := strconv.Atoi(number); err == nil && project <= len(a.seen.Processes) {
				return check.Failed(cause.AppNetworkError, inWords(p, "remove http_proxy and https_proxy from init, and set NO_PROXY=127.0.0.1,localhost where the process has a proxy",
					"set NO_PROXY=127.0.0.1,localhost where the process has a proxy", "set NO_PROXY=127.0.0.1,localhost where the process has a proxy"),
					"%s sends to the DSN that it was given, and gets no connection: %s", nameOf(p), reason)
			}
		}
	}
	return check.Passed("")
}

// brokenConnection is how urllib3 tells of it; with a proxy, of the whole URL.
var brokenConnection = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`after connection broken by '?(\w+).*: \S*/api/(\d+)/(?:envelope|store)/`)
})

// exhausted is how it tells of the last attempt.
var exhausted = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`Max retries exceeded with url: \S*/api/(\d+)/(?:envelope|store)/ \(Caused by '?(\w+)`)
})

// discarded fails where client reports name losses of a kind.
func (a application) discarded(id cause.ID, fix, other string, wanted func(observe.Discard) bool) check.Result {
	for _, p := range a.seen.Processes {
		if dropped, n := lost(p, wanted); n > 0 {
			return check.Failed(id, inWords(p, fix, other, other), "client reports of %s name %s; %s", nameOf(p), dropped, received(p))
		}
	}
	return check.Passed("no client report names a loss of this kind")
}
