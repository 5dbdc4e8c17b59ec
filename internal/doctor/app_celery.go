package doctor

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/observe"
)

func (a application) celery() check.Result {
	return a.unlessSilent("app-celery", a.silentTasks)
}

// silentTasks finds a worker whose tasks failed and that sent nothing.
func (a application) silentTasks() check.Result {
	tasks := 0
	for _, p := range a.seen.Processes {
		line := failedTask(p)
		if line == "" {
			continue
		}
		tasks++
		if deliveredBy(p) == 0 {
			detail := "%s wrote %q, and not one request came from it"
			if a.active(p) {
				detail += ", although the SDK was initialised in it, by its log"
			}
			return check.Failed(cause.AppCelerySilent, "call configure_sentry() at module level of the Celery application, or in a handler of celery.signals.celeryd_init", detail, nameOf(p), line)
		}
	}
	if tasks == 0 {
		return check.Passed("no task failed")
	}
	return check.Passed("%s", a.receivedOfAll())
}

// failedTask is the line that tells of a task that failed, in the log of a
// worker; empty: there is none. Retries, errors that a task announces, and a
// traceback by itself, as of a broker that is away for a while, are none.
func failedTask(p observe.Process) string {
	for _, line := range slices.Concat(p.Stdout, p.Stderr) {
		if taskFailed().MatchString(line) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

var taskFailed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`Task \S+\[[\w-]+\] (?:raised unexpected|INTERNAL ERROR)|Task handler raised error:`)
})

// works says whether a process is a worker of Celery: by its program, its log,
// or what it sent.
func works(p observe.Process) bool {
	return p.Program == "celery" || failedTask(p) != "" ||
		slices.ContainsFunc(p.Seen.Transactions, func(t observe.Transaction) bool {
			return strings.HasPrefix(t.Op, "queue.task") || t.Op == "celery.task"
		}) ||
		slices.ContainsFunc(p.Seen.Exceptions, func(e observe.Exception) bool { return e.Mechanism == "celery" })
}
