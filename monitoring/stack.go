package monitoring

import (
	"errors"
	"path"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/getsentry/sentry-go"
)

// maxChain bounds how much of a chain of errors is sent.
const maxChain = 20

// link is an error in a chain, with the one that wraps it.
type link struct {
	err    error
	parent int // index in the chain, -1 for the outermost
	group  bool
}

// exceptions are an error and what it wraps, the innermost first, as Sentry
// wants them. The outermost one carries the business's name for it.
func (e *sentryEvent) exceptions(err error, d description, s system) []sentry.Exception {
	chain := flatten(err)
	exceptions := make([]sentry.Exception, len(chain))
	for i, one := range chain {
		x := sentry.Exception{Type: typeName(one.err), Value: e.budget.text(one.err.Error(), maxMessage)}
		x.Mechanism = &sentry.Mechanism{Type: "chained", ExceptionID: i, IsExceptionGroup: one.group}
		if i == 0 {
			if d.kind != "" {
				x.Type = e.budget.text(titled(d.kind, d.stage), maxTag)
			}
			x.Stacktrace = stack(one.err, s)
			x.Mechanism.Type, x.Mechanism.Handled = "generic", ref(!d.unhandled)
		} else {
			x.Stacktrace = carried(one.err)
			x.Mechanism.ParentID = ref(one.parent)
		}
		exceptions[len(chain)-1-i] = x
	}
	return exceptions
}

func titled(kind, stage string) string {
	if stage == "" {
		return kind
	}
	return kind + ": " + stage
}

func ref[T any](v T) *T { return &v }

// flatten walks a chain, also through joined errors, the outermost first.
func flatten(err error) []link {
	var chain []link
	var walk func(error, int)
	walk = func(err error, parent int) {
		if err == nil || len(chain) == maxChain {
			return
		}
		at := len(chain)
		chain = append(chain, link{err: err, parent: parent})
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			chain[at].group = true
			for _, one := range joined.Unwrap() {
				walk(one, at)
			}
			return
		}
		walk(errors.Unwrap(err), at)
	}
	walk(err, -1)
	return chain
}

// typeName is the name of an error's type. Those of the standard library say
// how an error was made, not what it is, and would be the title of the issue.
func typeName(err error) string {
	if masked, ok := err.(*maskedError); ok { //nolint:errorlint // this very error, not one in its chain
		err = masked.err
	}
	switch name := reflect.TypeOf(err).String(); name {
	case "*errors.errorString", "*fmt.wrapError", "*fmt.wrapErrors", "*errors.joinError", "monitoring.slow":
		return "error"
	case "monitoring.panicError":
		return "panic"
	default:
		return strings.TrimPrefix(name, "*")
	}
}

// rootType is the type at the end of the chain: it tells failures of the same
// stage apart without the text, in which ids change from event to event.
func rootType(err error) string {
	if masked, ok := err.(*maskedError); ok { //nolint:errorlint // this very error, not one in its chain
		err = masked.err
	}
	chain := flatten(err)
	return typeName(chain[len(chain)-1].err)
}

// stack is where an error comes from: its own stack trace if it carries one,
// else that of the capture call.
func stack(err error, s system) *sentry.Stacktrace {
	if trace := carried(err); trace != nil {
		return trace
	}
	return &sentry.Stacktrace{Frames: callers(s)}
}

// carried is the stack trace that an error brings along.
func carried(err error) *sentry.Stacktrace {
	if trace := sentry.ExtractStacktrace(err); trace != nil && len(trace.Frames) > 0 {
		return trace
	}
	return nil
}

// packagePath is this package: its frames, and those of the wrappers below it,
// name nobody.
const packagePath = "github.com/bookedbarber/bbctl/monitoring"

// maxFrames is how much of a stack is sent, the innermost frames.
const maxFrames = 64

// callers are the frames above this package, outermost first.
func callers(s system) []sentry.Frame {
	pcs := make([]uintptr, maxFrames)
	n := runtime.Callers(2, pcs)
	frames := runtime.CallersFrames(pcs[:n])
	out := make([]sentry.Frame, 0, n)
	for {
		frame, more := frames.Next()
		pkg, function := splitName(frame.Function)
		switch {
		case pkg == "runtime" && (function == "gopanic" || function == "sigpanic" || strings.HasPrefix(function, "panic")):
			// What stands inside the panic is how it was recovered.
			out = out[:0]
		case pkg == "runtime" || pkg == packagePath || strings.HasPrefix(pkg, packagePath+"/"):
		default:
			out = append(out, sentry.Frame{
				Function: function, Module: pkg, Lineno: frame.Line, InApp: s.inApp(pkg),
				Filename: pkg + "/" + path.Base(frame.File), AbsPath: frame.File,
			})
		}
		if !more {
			break
		}
	}
	slices.Reverse(out)
	return out
}

// splitName takes "example.org/a/b.(*T).M" apart into "example.org/a/b" and
// "(*T).M".
func splitName(name string) (pkg, function string) {
	slash := strings.LastIndexByte(name, '/')
	dot := strings.IndexByte(name[slash+1:], '.')
	if dot < 0 {
		return "", name
	}
	return name[:slash+1+dot], name[slash+1+dot+1:]
}
