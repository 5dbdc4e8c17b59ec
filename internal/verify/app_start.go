package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// configDSNCheck is the check that all others of an application need.
const configDSNCheck = "config-dsn"

// appStarts starts the application: what keeps it from sending to the DSN that
// it is given is the one root of all that follows.
func appStarts(ctx context.Context, l *Lab) check.Result {
	a, err := l.app.perform(ctx, l, certainly(), order{Steps: []step{capture("planted by bbctl test")}, Flush: true})
	if err != nil {
		return l.app.unusable(err)
	}
	if result, ok := l.app.judgeStart(a); !ok {
		return result
	}
	t := &trial{ctx: ctx, lab: l}
	switch {
	case a.died != "":
		return check.Failed(cause.AppExitedBadly, "remove what ends or holds up the process from the hooks of sentry_sdk.init", "the application did not get through a captured error: %s", a.died)
	case len(a.events) == 0:
		t.nothing(a, "a captured error")
		return t.result()
	}
	t.saw("%s", l.app.described(a.start))
	for _, p := range l.o.Config.Problems() {
		if p.Key == config.KeyDSN && p.Severity == cause.Fail && l.o.Config.DSNState() != config.DSNAbsent && !l.o.Local {
			t.remark(p.Cause, p.Fix, "the application sends to the DSN that it is given here; of its own: %s", p.Evidence)
		}
	}
	return t.result()
}

// described says what runs.
func (a *application) described(s started) string {
	text := fmt.Sprintf("%s of %s (%s), Python %s, sentry-sdk %s", a.module, a.python.path, a.python.why, s.Python, s.SDK)
	if len(s.Missing) > 0 {
		text += "; not there: " + strings.Join(s.Missing, ", ")
	}
	for _, note := range s.Notes {
		text += "; " + shown(note)
	}
	return text
}

// unusable judges an interpreter that does not run.
func (a *application) unusable(err error) check.Result {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, exec.ErrNotFound) {
		return check.Failed(cause.AppModuleBroken, "bbctl test --app "+a.module+" --python PATH, with the interpreter that runs the application",
			"%s (%s) cannot be run: %v", a.python.path, a.python.why, err)
	}
	return check.BrokenBy(err)
}

// judgeStart judges how far the application came. ok means that its SDK sends
// to the receiver.
func (a *application) judgeStart(act *act) (result check.Result, ok bool) {
	s := act.start
	at := fmt.Sprintf("%s (%s)", a.python.path, a.python.why)
	switch s.Stage {
	case "ended":
		return check.Failed(cause.AppModuleBroken, "make python -c 'import "+a.module+"; "+a.module+".configure_sentry()' run to its end with this interpreter", "%s: while %s was imported and configured %s", at, a.module, shown(s.Error)), false
	case "sdk":
		return check.Failed(cause.AppSDKMissing, "name the application's own interpreter with --python, or run: "+a.python.path+" -m pip install sentry-sdk", "%s cannot import sentry_sdk: %s", at, shown(s.Error)), false
	case "import":
		return check.Failed(cause.AppModuleBroken, "make python -c 'import "+a.module+"' work in "+a.folder()+", or name another module with --app", "%s cannot import %s: %s", at, a.module, shown(s.Error)), false
	case "configure-missing":
		return check.Failed(cause.AppModuleBroken, "define configure_sentry() in "+a.module+" (bbctl explain init prints its body), or name the module that has it with --app", "%s has no function configure_sentry", a.module), false
	case "configure":
		return a.judgeRaised(s), false
	}
	return a.judgeClient(act)
}

// judgeRaised judges a configure_sentry that raises: options that the SDK does
// not take are the usual reason.
func (a *application) judgeRaised(s started) check.Result {
	id, fix := cause.AppModuleBroken, "make configure_sentry() of "+a.module+" come back: nothing is reported by a process in which it raises"
	if s.Refused {
		id, fix = cause.AppInitRefused, fixOfRefusal(s)
	}
	return check.Failed(id, fix, "configure_sentry() raised %s (sentry-sdk %s)", shown(s.Error), s.SDK)
}

// fixOfRefusal is what to do about an init that raises.
func fixOfRefusal(s started) string {
	switch {
	case strings.Contains(s.Error, "Unknown option") && old(s.SDK):
		return "pip install --upgrade 'sentry-sdk>=2', or leave that option out of sentry_sdk.init"
	case strings.Contains(s.Error, "Unknown option"):
		return "remove that option from sentry_sdk.init"
	case strings.HasPrefix(s.Error, "BadDsn"):
		return "remove the dsn argument from sentry_sdk.init, so that SENTRY_DSN is read"
	case strings.Contains(s.Error, "'str'"):
		return `give sentry_sdk.init numbers, not texts: profiles_sample_rate=float(os.environ["SENTRY_PROFILES_SAMPLE_RATE"])`
	}
	return "give sentry_sdk.init what it takes: the error names it"
}

// judgeClient judges the client that configure_sentry has made.
func (a *application) judgeClient(act *act) (result check.Result, ok bool) {
	s := act.start
	switch {
	case s.Active && s.Same:
		return check.Result{}, true
	case s.Active && !s.EnvDSN:
		return check.Failed(cause.AppDSNHardcoded, "load_dotenv() without override=True: a variable that is set must stay",
			"SENTRY_DSN was given to the process, and after configure_sentry() it holds another: everything goes to %s (nothing was sent there)", shown(s.Where)), false
	case s.Active:
		return check.Failed(cause.AppDSNHardcoded, "remove the dsn argument from sentry_sdk.init, so that SENTRY_DSN is read",
			"the SDK sends to %s and not to the DSN of SENTRY_DSN (nothing was sent there)", shown(s.Where)), false
	case len(s.Options) > 0:
		return check.Failed(cause.AppDSNEmptyArgument, `leave the dsn argument out of sentry_sdk.init, or write dsn=os.getenv("OTHER_NAME") or None`,
			"SENTRY_DSN was given to the process, and the SDK was initialised without a DSN"), false
	default:
		return check.Failed(cause.AppSentNothing, "call sentry_sdk.init in configure_sentry() on the one condition that there is a DSN",
			"configure_sentry() returned %s, and no SDK is initialised", shown(s.Result)), false
	}
}

func (a *application) folder() string {
	if a.dir == "" {
		return "the project"
	}
	return shown(a.dir)
}

// old says whether an SDK is of before 2.
func old(version string) bool { return before(version, 2, 0) }

// before compares a version with major.minor. What cannot be read is new.
func before(version string, major, minor int) bool {
	var numbers []int
	for _, part := range slices.Clip(strings.SplitN(version, ".", 3)) {
		n, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		numbers = append(numbers, n)
	}
	if len(numbers) < 2 {
		return false
	}
	return numbers[0] < major || numbers[0] == major && numbers[1] < minor
}
