package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/observe"
)

func (a application) initialises() check.Result {
	return a.unlessSilent("app-init", a.refusedInit)
}

// refusedInit finds an init that raised: then the SDK is off, whether the
// application ends of it or goes on.
func (a application) refusedInit() check.Result {
	for _, p := range slices.Concat(a.seen.Processes, a.closer()) {
		if p.Seen.Requests > 0 || p.Seen.StreamRequests > 0 {
			continue
		}
		if line := refusal(p); line != "" {
			return check.Failed(cause.AppInitRefused, fixOfRefusal(p, line), "init raised %q: %s", line, ending(p))
		}
	}
	return check.Passed("no init raised an error")
}

// refusal is the line in which an SDK refuses what init gives it.
func refusal(p observe.Process) string {
	lines := slices.Concat(p.Stdout, p.Stderr, p.Tracebacks)
	if line := last(lines, "BadDsn: ", "DsnParseError", "Invalid Sentry Dsn", "Unknown option '"); line != "" {
		return strings.TrimSpace(line)
	}
	// What the SDK raises itself has its own code as the last frame.
	frame := last(p.Stderr, `  File "`)
	if n := len(p.Tracebacks); n > 0 && inSDK().MatchString(frame) && !inCapture().MatchString(frame) {
		return p.Tracebacks[n-1]
	}
	return ""
}

var inSDK = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[/\\]sentry_sdk[/\\](?:client|consts|transport|utils|hub|api|_init_implementation|profiler|integrations[/\\]__init__)`)
})

func fixOfRefusal(p observe.Process, line string) string {
	switch {
	case strings.Contains(line, "Unknown option 'profiles_sample_rate'"):
		return "pip install --upgrade 'sentry-sdk>=2', which knows profiles"
	case strings.Contains(line, "Unknown option"):
		return "remove that option from init, or pip install --upgrade 'sentry-sdk>=2'"
	case strings.Contains(line, "required positional argument"), strings.Contains(line, "'setup_once'"):
		return "list instances in init, with brackets: integrations=[LoggingIntegration()]"
	case strings.Contains(strings.ToLower(line), "dsn"):
		return inWords(p, "remove the dsn argument from init, so that SENTRY_DSN is read", "leave Dsn out of sentry.ClientOptions, so that SENTRY_DSN is read", "remove dsn from Sentry.init, so that SENTRY_DSN is read")
	}
	return "give init numbers, not texts: profiles_sample_rate=float(os.environ[\"SENTRY_PROFILES_SAMPLE_RATE\"])"
}

func (a application) threads() check.Result {
	return a.unlessSilent("app-threads", a.withoutThreads)
}

// withoutThreads finds the warning of sentry-python that its sender cannot run.
func (a application) withoutThreads() check.Result {
	for _, p := range slices.Concat(a.seen.Processes, a.closer()) {
		if line := last(slices.Concat(p.Stdout, p.Stderr), "We detected the use of uWSGI"); line != "" {
			return check.Failed(cause.AppUWSGIThreads, "enable-threads = true and py-call-uwsgi-fork-hooks = true in the configuration of uWSGI",
				"%s says %q", nameOf(p), strings.TrimSpace(line))
		}
	}
	return check.Passed("no SDK warned of a server without threads")
}

func (a application) exits() check.Result { return a.passOr("app-exit", a.exitsWell) }

func (a application) exitsWell() check.Result {
	var fine []string
	for _, p := range a.seen.Processes {
		if a.endedBadly(p) {
			return exitedBadly(p)
		}
		fine = append(fine, ending(p))
	}
	return check.Passed("%s", strings.Join(atMost(fine), "; "))
}

func exitedBadly(p observe.Process) check.Result {
	fix := fmt.Sprintf("start %s by hand, and mend what it says of itself first", nameOf(p))
	switch line := last(p.Stderr, portSigns()...); {
	case line != "":
		return check.Failed(cause.AppExitedBadly, "end what listens on that port, or give "+nameOf(p)+" another one", "%s; it says %q", ending(p), strings.TrimSpace(line))
	case p.Exit.Err != "":
		fix = fmt.Sprintf("name a program for %s that is there, by its path or in PATH", nameOf(p))
	}
	return check.Failed(cause.AppExitedBadly, fix, "%s; %s", ending(p), received(p))
}

// portTaken says whether a server says that its port is another's.
func portTaken(p observe.Process) bool { return last(p.Stderr, portSigns()...) != "" }

// portSigns are how Python, Node, Go and the system say it.
func portSigns() []string { return []string{"ddress already in use", "EADDRINUSE"} }

// killed finds a process that could not start, or was ended by a signal that
// is not ours: what it held is lost.
func (a application) killed() check.Result {
	for _, p := range a.seen.Processes {
		if p.Exit.Err != "" || !p.Exit.Running && p.Exit.Signal != "" {
			return exitedBadly(p)
		}
	}
	return check.Passed("")
}

// panicked finds a program of Go that ended of a panic: what it lost, it lost
// by that.
func (a application) panicked() check.Result {
	for _, p := range a.seen.Processes {
		if a.endedBadly(p) && panics(p) {
			return exitedBadly(p)
		}
	}
	return check.Passed("")
}

// panics says whether the last error of a process is a panic of Go.
func panics(p observe.Process) bool {
	return len(p.Tracebacks) > 0 && strings.HasPrefix(p.Tracebacks[len(p.Tracebacks)-1], "panic: ")
}

// brokenOff finds a process that broke off before its SDK could tell anything.
func (a application) brokenOff() check.Result {
	for _, p := range a.seen.Processes {
		if a.endedBadly(p) {
			return exitedBadly(p)
		}
	}
	return check.Passed("")
}

// endedBadly says whether a process ended in a way that its reporting does not
// explain. An error that it told of, or that the SDK says it dropped, is the
// business of other checks: a run may well be made to fail.
func (a application) endedBadly(p observe.Process) bool {
	_, dropped := lost(p, func(d observe.Discard) bool { return d.Category == "error" })
	switch {
	case p.Exit.Err != "":
		return true
	case !p.Exit.Running && p.Exit.Signal != "":
		return true
	case portTaken(p) && (p.Exit.Code != 0 || len(a.seen.Taken) > 0):
		return true // who answered in its place is of no interest
	case p.Exit.Running:
		return false
	case p.Exit.Code != 0 && a.neverAnswered() && brokenAtStart(p):
		return true // told or not: a server that cannot begin serves nobody
	case p.Exit.Code == 0, p.Seen.Errors > 0, dropped > 0, len(p.Seen.TooLarge) > 0:
		return false
	case panics(p):
		return true // no SDK for Go sees a panic that nobody recovers
	case len(p.Tracebacks) > 0:
		line := p.Tracebacks[len(p.Tracebacks)-1]
		return startupError().MatchString(line) && (!a.active(p) || deliveredBy(p) == 0 && missingModule().MatchString(line))
	}
	return true
}

// neverAnswered says whether URLs were asked, and none was answered.
func (a application) neverAnswered() bool {
	return len(a.seen.Answers) > 0 && !slices.ContainsFunc(a.seen.Answers, func(answer observe.Answer) bool { return answer.Err == "" })
}

func brokenAtStart(p observe.Process) bool {
	return len(p.Tracebacks) > 0 && startupError().MatchString(p.Tracebacks[len(p.Tracebacks)-1])
}

// startupError are errors of a program that cannot begin, as opposed to one
// that does what it is for and fails.
var startupError = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[\w.]+\.)?(?:ImportError|ModuleNotFoundError|SyntaxError|IndentationError|ValidationError|ImproperlyConfigured|FileNotFoundError|PermissionError)\b|^(?:Uncaught )?Error: Cannot find module|Cannot use import statement`)
})

// missingModule are those that a server catches while it loads the application,
// so that the SDK, which may be on by then, does not see them.
var missingModule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[\w.]+\.)?(?:ImportError|ModuleNotFoundError|SyntaxError|IndentationError)\b`)
})

func (a application) answers() check.Result { return a.passOr("app-answers", a.unanswered) }

// unanswered finds URLs without an answer: what the application would have
// sent for them is not known.
func (a application) unanswered() check.Result {
	var without, with []string
	for _, answer := range a.seen.Answers {
		if a.cutOff(answer) {
			with = append(with, answer.URL+": cut off")
			continue
		}
		if answer.Err != "" {
			without = append(without, fmt.Sprintf("%s: %s", answer.URL, answer.Err))
			continue
		}
		with = append(with, fmt.Sprintf("%s: %d", answer.URL, answer.Status))
	}
	if len(without) == 0 {
		return check.Passed("%s", strings.Join(append(atMost(with), a.takenBefore()...), "; "))
	}
	for _, p := range a.seen.Processes {
		if a.endedBadly(p) {
			return check.BlockedBy("app-exit", "no answer from %s: %s", without[0], ending(p))
		}
	}
	for _, p := range a.seen.Processes {
		if !p.Exit.Running && p.Exit.Code != 0 && p.Seen.Errors > 0 {
			return check.Skipped("no answer from %s: %s, and reported an error", strings.Join(atMost(without), ", "), ending(p))
		}
	}
	p := a.first(func(p observe.Process) bool { return p.Exit.Running })
	return check.Failed(cause.AppUnanswered, "let the server listen on the address and port of that URL, and be ready before the run ends",
		"no answer from %s; %s", strings.Join(atMost(without), ", "), ending(p))
}

// cutOff says whether a URL has no whole answer because its handler failed in
// the midst of it, or panicked: then Go's server logs the panic and closes the
// connection. It is a failed request
// like one that is answered 500.
func (a application) cutOff(answer observe.Answer) bool {
	return strings.HasPrefix(answer.Err, "the answer broke off") || strings.HasSuffix(answer.Err, "EOF") && slices.ContainsFunc(a.seen.Processes, func(p observe.Process) bool {
		return p.Exit.Running && last(p.Stderr, "http: panic serving ") != ""
	})
}

// takenBefore names the addresses on which something else may have answered.
func (a application) takenBefore() []string {
	var notes []string
	for _, address := range a.seen.Taken {
		notes = append(notes, "something listened on "+address+" before the command was started, and may be what answered")
	}
	return notes
}
