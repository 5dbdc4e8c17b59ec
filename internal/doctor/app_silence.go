package doctor

import (
	"fmt"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// silent says whether nothing came of any process. Spotlight's copies are
// none: they are made beside the way to Sentry.
func (a application) silent() bool { return delivered(a.seen.Processes) == 0 }

// delivered is how many requests went the way to Sentry.
func delivered(processes []observe.Process) int {
	n := 0
	for _, p := range processes {
		n += deliveredBy(p)
	}
	return n
}

func deliveredBy(p observe.Process) int { return max(0, p.Seen.Requests-p.Seen.StreamRequests) }

// unlessSilent judges where something came. Where nothing did, there is one
// reason: the check that tells it fails, and the others follow from it.
func (a application) unlessSilent(id string, judge func() check.Result) check.Result {
	if !a.silent() {
		return judge()
	}
	root, result := a.silence()
	switch {
	case root == id:
		return result
	case result.Outcome == check.Skip:
		return check.Skipped("nothing came: %s", result.Detail)
	}
	return check.BlockedBy(root, "nothing came, and %s tells why", root)
}

// passOr is a result that is true in silence as well, if it is a pass.
func (a application) passOr(id string, judge func() check.Result) check.Result {
	if result := judge(); result.Outcome == check.Pass {
		return result
	}
	return a.unlessSilent(id, judge)
}

// silence finds the one reason why nothing came, and the check that tells it.
// What is certain by itself stands first; that no init was seen, last.
func (a application) silence() (id string, result check.Result) {
	for _, reason := range []struct {
		id   string
		tell func() check.Result
	}{
		{"app-init", a.refusedInit},
		{"app-threads", a.withoutThreads},
		{"app-exit", a.killed},
		{"app-network", a.unreached},
		{"app-dsn", a.otherDestination},
		{"app-exit", a.panicked},
		{"app-integrations", a.withoutDefaults},
		{"app-flush", a.lostAtEnd},
		{"app-exit", a.brokenOff},
		{"app-answers", a.unanswered},
		{"app-celery", a.silentTasks},
		{"app-hooks", a.brokenHook},
		{"app-errors", a.silentErrors},
		{"app-sends", a.idle},
	} {
		if result := reason.tell(); result.Outcome != check.Pass {
			return reason.id, result
		}
	}
	return "app-sends", a.neverInitialised()
}

// sends is the check that everything else that judges content needs.
func (a application) sends() check.Result {
	return a.unlessSilent("app-sends", func() check.Result { return check.Passed("%s", a.receivedOfAll()) })
}

// idle is an application whose SDK was on, and of which nothing came. It may
// have had nothing to tell, or have lost it at its end: an SDK that says nothing
// of what it sends leaves that open, and silence must not pass for proof.
func (a application) idle() check.Result {
	for _, p := range a.closer() {
		if !p.Debug.Initialised {
			return check.Passed("")
		}
	}
	if len(a.closer()) == 0 || a.fails() {
		return check.Passed("")
	}
	p := a.closer()[0]
	return check.Failed(cause.AppSentNothing, inWords(p,
		"let the application fail once while it runs (--url of something that raises); where it does, call sentry_sdk.flush() before it ends",
		"let the application fail once while it runs (--url of something that fails); where it does, call sentry.Flush(2 * time.Second) before every exit",
		"let the application fail once while it runs (--url of something that throws); where it does, await Sentry.flush(2000) before it ends"),
		"the SDK was initialised, as its log says, and not one request came: nothing was made, or it was lost when the process ended (%s)", a.receivedOfAll())
}

// neverInitialised is what remains: nothing came, and there is no sign of the
// SDK. Without a second look that may be since nothing was to be told.
func (a application) neverInitialised() check.Result {
	if a.seen.Second == nil && !a.fails() {
		return check.Failed(cause.AppSentNothing, "let the application fail once while it runs (--url of something that raises), and run to its end (without --once)",
			"nothing came, and no failure was seen that should have; the commands were not run again to look closer; %s", a.receivedOfAll())
	}
	p := a.first(func(p observe.Process) bool { return !a.active(p) })
	evidence := []string{a.receivedOfAll()}
	if a.seen.Second != nil && languageOf(p) == golang {
		evidence = append(evidence, "no host of Sentry asked for in a second run, and nothing when its end was held back")
	} else if a.seen.Second != nil {
		evidence = append(evidence, "no init in the SDK's log, no copy to Spotlight and no host of Sentry asked for in a second run")
	}
	for _, each := range a.seen.Processes {
		evidence = append(evidence, ending(each))
	}
	if failed := a.failedAnswers(); len(failed) > 0 {
		evidence = append(evidence, strings.Join(atMost(failed), ", "))
	}
	evidence = append(evidence, a.takenBefore()...)
	return check.Failed(cause.AppSentNothing, inWords(p,
		fmt.Sprintf("call configure_sentry() first thing where %s starts, on the one condition that there is a DSN", nameOf(p)),
		"sentry.Init first thing in main, and sentry.Flush(2 * time.Second) before every exit",
		`import "./instrument.js", which calls Sentry.init, before everything else`), "%s", strings.Join(evidence, "; "))
}

// processes finds what is silent beside others that report: nobody looks
// closer then, so that only one that failed visibly is at fault.
func (a application) processes() check.Result {
	for _, p := range a.seen.Processes {
		if deliveredBy(p) > 0 || p.Exit.Running || p.Exit.Code == 0 || len(p.Tracebacks) == 0 || works(p) || a.endedBadly(p) {
			continue
		}
		fix := fmt.Sprintf("call configure_sentry() first thing where %s starts, on the one condition that there is a DSN", nameOf(p))
		if a.active(p) || last(p.Stderr, "Sentry is attempting to send") != "" {
			fix = fmt.Sprintf("run %s alone, which looks closer: its SDK is on and sends nothing to SENTRY_DSN, as with a dsn argument of its own in init", nameOf(p))
		}
		return check.Failed(cause.AppSentNothing, fix, "%s, and not one request came from it, while others report: %s", ending(p), a.receivedOfAll())
	}
	return a.unproven()
}

// A command that was stopped this soon, after it wrote this little, may not
// have come to what it is for.
const (
	soon   = 30 * time.Second
	little = 3 // lines
)

// unproven tells of commands that sent nothing until they were stopped. One
// that wrote what it does may be healthy and idle, as a worker without a task;
// of one that did not even do that, nothing is proven.
func (a application) unproven() check.Result {
	var idle, unseen []string
	for _, p := range a.seen.Processes {
		if deliveredBy(p) > 0 || !p.Exit.Running {
			continue
		}
		idle = append(idle, nameOf(p))
		if len(p.Stdout)+len(p.Stderr) < little && a.seen.Duration < soon {
			unseen = append(unseen, nameOf(p))
		}
	}
	ran := a.seen.Duration.Round(100 * time.Millisecond)
	switch {
	case len(unseen) > 0:
		return check.Skipped("not proven of %s: stopped after %s, having sent nothing and written next to nothing (--for 30s lets it run longer); %s", strings.Join(unseen, ", "), ran, a.receivedOfAll())
	case len(idle) > 0:
		return check.Passed("%s; nothing came of %s in the %s that it ran: fine where it had nothing to do (--for 30s lets it run longer)", a.receivedOfAll(), strings.Join(idle, ", "), ran)
	}
	return check.Passed("%s", a.receivedOfAll())
}

// closer are the processes as the closer look saw them: of the second run,
// with the SDK's log, where there was one.
func (a application) closer() []observe.Process {
	if a.seen.Second != nil {
		return a.seen.Second.Processes
	}
	return a.seen.Processes
}

// again is a process in the closer look.
func (a application) again(p observe.Process) (observe.Process, bool) {
	for _, other := range a.closer() {
		if other.Name == p.Name {
			return other, true
		}
	}
	return observe.Process{}, false
}

// active says whether there is any sign of the SDK in a process.
func (a application) active(p observe.Process) bool {
	other, _ := a.again(p)
	return p.Seen.Requests > 0 || p.Debug.Initialised || other.Seen.Requests > 0 || other.Seen.StreamRequests > 0 || other.Debug.Initialised
}

// first is the first process of a kind, or else the first of all.
func (a application) first(of func(observe.Process) bool) observe.Process {
	for _, p := range a.seen.Processes {
		if of(p) {
			return p
		}
	}
	if len(a.seen.Processes) > 0 {
		return a.seen.Processes[0]
	}
	return observe.Process{}
}
