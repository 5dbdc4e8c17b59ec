package cmd

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/term"
)

// longestCommand is how many columns of a command are shown: enough to know it.
const longestCommand = 60

// errDeclined says that the application is not to be run.
var errDeclined = fmt.Errorf("the application is not to be run: %w", prompt.ErrCanceled)

// unaskedError says that the application would have to be asked about, and
// nobody is there.
type unaskedError struct{ production, why string }

func (e *unaskedError) Error() string {
	return e.production + ", and the application would run with its real database and broker; nobody can be asked here: " + e.why
}

// ask says what is run, and asks for it in production: its database and its
// broker are the real ones. words are what is run, in words and commands.
func (a *appFlags) ask(ctx context.Context, g *globalOptions, cfg *config.Config, words string, commands []observe.Command) error {
	redact := newRedactor(g.env)
	production := productionBy(cfg, commands)
	if production == "" || a.yes {
		if len(commands) > 0 {
			tell(g.env, redact(words+unnamed(cfg)))
		}
		return nil
	}
	terminal := prompt.Options{In: g.env.In, Err: g.env.Err, Getenv: g.env.Getenv, NoColor: g.noColor}
	able, why := prompt.Interactive(terminal)
	if able && a.busy != "" {
		able, why = false, a.busy
	}
	if !able {
		return &usageError{err: &unaskedError{production, why}, hint: "--yes runs it without a question"}
	}
	if len(commands) > 0 && !a.once {
		words += "; where nothing arrives it runs a second time (--once: not)"
	}
	tell(g.env, redact(production+", and this "+words))
	prompter, done := prompt.New(ctx, terminal)
	defer done()
	sure, err := prompter.Confirm(ctx, prompt.Confirm{Message: "Run it in production?", Fresh: true})
	if err == nil && !sure {
		return errDeclined
	}
	return err
}

// what says what is run, and what it uses.
func (a *appFlags) what(o *observe.Options) string {
	var commands []string
	for _, c := range o.Commands {
		commands = append(commands, c.Name+" ("+term.Truncate(o.Redact(strings.Join(c.Args, " ")), longestCommand)+")")
	}
	return "runs " + strings.Join(commands, ", ") + " with SENTRY_DSN pointed at a receiver on this machine; its database and broker are the real ones"
}

// productionBy says in a clause why an application is one in production; empty:
// it is not. A command that sets the variable for itself counts too.
func productionBy(cfg *config.Config, commands []observe.Command) string {
	if name := cfg.Environment(); productive(name) {
		return "SENTRY_ENVIRONMENT is " + name
	}
	for _, c := range commands {
		for _, word := range c.Args {
			for _, match := range setsEnvironment().FindAllStringSubmatch(word, -1) {
				if productive(match[1]) {
					return c.Name + " sets SENTRY_ENVIRONMENT=" + match[1]
				}
			}
		}
	}
	return ""
}

// setsEnvironment finds the variable where a command sets it: a word of env's
// or docker's, or a part of what a shell runs.
func setsEnvironment() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[\s;&|('"])SENTRY_ENVIRONMENT=["']?([^\s;&|)'"]+)`)
}

// productive says whether an environment is one of production's, by the first
// part of its name, as in prod-eu. A question too many costs a key,
// one too few may cost a customer's booking.
func productive(name string) bool {
	first := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == ' ' })
	return len(first) > 0 && (config.Production(first[0]) || strings.EqualFold(first[0], "live"))
}

// unnamed tells of an environment that has no name: the Python SDK takes
// production for it, the shared table development.
func unnamed(cfg *config.Config) string {
	d, err := cfg.DSN()
	if value, _ := cfg.Lookup(config.KeyEnvironment); strings.TrimSpace(value) != "" || err != nil || d.Loopback() {
		return ""
	}
	return ". SENTRY_ENVIRONMENT is not set, which sentry-python takes for production"
}

// leftOut is why the application that bbctl.yaml names is not run, where that
// keeps nothing else from being looked at.
func (a *appFlags) leftOut(err error) (reason string, ok bool) {
	var unasked *unaskedError
	switch {
	case a.given():
		return "", false
	case errors.As(err, &unasked):
		return unasked.production + ", and nobody can be asked (" + unasked.why + "): --yes runs it", true
	case errors.Is(err, errDeclined):
		return "declined: it was not to be run in production", true
	}
	return "", false
}
