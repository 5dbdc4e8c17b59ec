package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

// appTimeout bounds a check of an application: two starts, and scenarios in
// which queries and tasks take their time.
const appTimeout = 90 * time.Second

// trial is a check of the application under way: what was seen, what was
// missed, and why.
type trial struct {
	ctx  context.Context
	lab  *Lab
	e    expectation
	id   cause.ID // of the first miss
	fix  string
	warn bool          // a miss is a warning
	over *check.Result // decided already: there is nothing to judge
}

// tried makes the run of a check out of a body that plays scenarios and judges
// what arrived.
func tried(body func(*trial)) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		t := &trial{ctx: ctx, lab: l}
		body(t)
		return t.result()
	}
}

func (t *trial) result() check.Result {
	switch {
	case t.over != nil:
		return *t.over
	case len(t.e.misses) > 0 && t.warn:
		return check.Warned(t.id, t.fix, "%s", strings.Join(t.e.misses, "; "))
	case len(t.e.misses) > 0:
		return check.Failed(t.id, t.fix, "%s", strings.Join(t.e.misses, "; "))
	default:
		return check.Passed("%s", strings.Join(t.e.seen, ", "))
	}
}

// end decides the check.
func (t *trial) end(r check.Result) { t.over = &r }

// miss adds a difference. The first one's cause and fix are the check's: a
// failure that follows a warning takes its place.
func (t *trial) miss(id cause.ID, fix, format string, args ...any) {
	if t.warn || t.id == "" {
		t.id, t.fix = id, fix
	}
	t.warn = false
	t.e.missed(format, args...)
}

// remark is a miss that only deserves to be known.
func (t *trial) remark(id cause.ID, fix, format string, args ...any) {
	if t.id == "" {
		t.id, t.fix, t.warn = id, fix, true
	}
	t.e.missed(format, args...)
}

func (t *trial) saw(format string, args ...any) { t.e.saw(format, args...) }

// play carries out steps in the ordinary process. ok is false where the check
// is decided by that: a function is missing, or the process ended.
func (t *trial) play(steps ...step) (a *act, ok bool) { return t.playIn(certainly(), steps...) }

func (t *trial) playIn(v variant, steps ...step) (a *act, ok bool) {
	return t.perform(v, order{Steps: steps, Flush: true})
}

func (t *trial) perform(v variant, c order) (a *act, ok bool) {
	a, err := t.lab.app.perform(t.ctx, t.lab, v, c)
	switch {
	case err != nil:
		t.end(check.BrokenBy(err))
	case a.start.Stage != stageReady:
		t.end(check.BlockedBy(configDSNCheck, "the application does not start with %s: %s", v.name, shown(a.start.Error)))
	case a.died != "":
		t.end(check.Failed(cause.AppExitedBadly, "remove what ends the process (os._exit, sys.exit, an endless loop) from what was called here", "the application did not get through this: %s", a.died))
	case a.said.Elsewhere:
		t.end(check.Failed(cause.AppDSNHardcoded, "call configure_sentry() once per process, and let nothing else call sentry_sdk.init", "the SDK was pointed elsewhere after configure_sentry()"))
	case a.said.Missing != "":
		t.end(check.Skipped("%s", lacking(a.said.Missing, t.lab.app.module, a.start.Notes)))
	default:
		return a, true
	}
	return nil, false
}

// lacking says what is not there.
func lacking(name, module string, notes []string) string {
	switch name {
	case "sqlalchemy", "fastapi", "celery":
		return name + " is not in the application's interpreter"
	}
	for _, note := range notes {
		if strings.Contains(name, "_monitor.") && strings.Contains(note, "sentry_monitoring: ") {
			return fmt.Sprintf("there is no %s: %s", name, shown(note)) // it is there, and cannot be imported
		}
	}
	if strings.Contains(name, "_monitor.") {
		return fmt.Sprintf("there is no %s: neither in %s nor in services.sentry_monitoring", name, module)
	}
	return fmt.Sprintf("%s has no %s", module, name)
}

// call is a step that calls a function of the application's module.
func call(name string, args ...any) step { return step{"do": "call", "name": name, "args": args} }

// failing is a step that hands an error to a function of the module.
func failing(name string, fields map[string]any, texts ...string) step {
	return step{"do": "call", "name": name, "args": []any{fields}, "error": texts}
}

// capture is a step that raises an error and captures it as a framework would.
func capture(texts ...string) step { return step{"do": "capture", "error": texts} }

func message(text string) step { return step{"do": "message", "text": text, "level": "info"} }

// transaction is a step that begins a transaction which is sampled for
// certain, and carries out others in it.
func transaction(name string, steps ...step) step {
	return step{"do": "transaction", "name": name, "sampled": true, "steps": steps}
}

func grouped(kind string, steps ...step) step { return step{"do": kind, "steps": steps} }

// only expects one event and returns it. Where there are several, it is the one
// that the module's own function made, by its tag: what a logger or another
// handler made of the same error has none; else the first with an exception. Where there is none the check is decided: the reason for
// that is the cause.
func (t *trial) only(a *act, what string) (*envelope.Event, bool) {
	switch n := len(a.events); {
	case n == 0:
		t.nothing(a, what)
		return nil, false
	case n > 1:
		t.remark(cause.AppEventUnwanted, "capture an error in one place: "+what+" is reported by the module and by the SDK, or by two handlers", "events of %s: saw %d, expected 1", what, n)
	}
	raised := func(e *envelope.Event) bool { return len(e.Exceptions) > 0 }
	i := slices.IndexFunc(a.events, func(e *envelope.Event) bool { return raised(e) && e.Tags["business_area"] != "" })
	if i < 0 {
		i = slices.IndexFunc(a.events, raised)
	}
	return a.events[max(i, 0)], true
}

// event plays steps and expects one event of them.
func (t *trial) event(what string, steps ...step) (*envelope.Event, bool) {
	a, ok := t.play(steps...)
	if !ok {
		return nil, false
	}
	return t.only(a, what)
}

// field expects what the application was given, wherever it has put it.
func (t *trial) field(event *envelope.Event, function, name, want string) {
	if got := fieldOf(event, name); got != want {
		t.miss(cause.AppContextMissing, fmt.Sprintf("put %s of its argument into the event in %s, as in sentry_sdk.set_context(…, {%q: …})", name, function, name),
			"%s: saw %q, expected %q in contexts, tags or extra", name, got, want)
		return
	}
	t.saw("%s %q", name, want)
}

// userField expects a field of the user.
func (t *trial) userField(event *envelope.Event, name, want string) {
	if got := userField(event, name); got != want {
		t.miss(cause.AppContextMissing, fmt.Sprintf("add_user_context: pass %q on in sentry_sdk.set_user({…})", name), "user.%s: saw %q, expected %q", name, got, want)
		return
	}
	t.saw("user.%s %q", name, want)
}
