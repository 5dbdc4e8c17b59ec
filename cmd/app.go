package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/bookedbarber/bbctl/internal/observe"
	"github.com/bookedbarber/bbctl/internal/project"
)

// appFlags say how the application is run: by flags and the command behind --,
// else by bbctl.yaml.
type appFlags struct {
	runs, urls, headers, expects []string
	untils                       []string
	length                       time.Duration
	once, yes                    bool

	flags   *pflag.FlagSet
	most    time.Duration // what --timeout says of a run; 0: nothing
	command []string      // behind --
	file    project.File  // bbctl.yaml, where it was read
	busy    string        // why stdin cannot answer a question; empty: it can
}

func (a *appFlags) register(flags *pflag.FlagSet) {
	a.flags = flags
	flags.StringArrayVar(&a.runs, "run", nil, "one of several commands, `NAME='COMMAND'` (repeatable)")
	flags.StringArrayVar(&a.urls, "url", nil, "a `URL` that is asked once the application listens; 'POST URL' for another method (repeatable)")
	flags.StringArrayVar(&a.headers, "header", nil, "a header of these requests, `'NAME: VALUE'` (repeatable)")
	flags.DurationVar(&a.length, "for", 0, "how long the commands run, a `TIME` such as 30s; else until they end")
	flags.StringSliceVar(&a.untils, "until", nil, "end the run when so much has come, `KIND=N` such as errors=1 (repeatable)")
	flags.StringArrayVar(&a.expects, "expect", nil, "what must arrive, such as `'error type=ValueError'` (repeatable)")
	flags.BoolVar(&a.once, "once", false, "run no command a second time, also where nothing arrives")
}

// given says whether flags or a command say what to run.
func (a *appFlags) given() bool { return len(a.command) > 0 || len(a.runs) > 0 }

// wanted says whether there is anything to run.
func (a *appFlags) wanted() bool { return a.given() || len(a.file.Run) > 0 }

// about are the flags that were given and say something about a command.
func (a *appFlags) about() []string {
	var names []string
	for _, name := range []string{"url", "header", "for", "until", "expect", "once"} {
		if a.flags.Changed(name) {
			names = append(names, "--"+name)
		}
	}
	return names
}

// read looks for bbctl.yaml, and refuses flags without anything to run. Where
// a command is given the file has no say: what it expects is of other commands.
func (a *appFlags) read(ctx context.Context, env *Env) error {
	if !a.given() {
		if err := a.readFile(ctx, env); err != nil {
			return err
		}
	}
	flags := a.about()
	switch {
	case !a.wanted() && len(flags) > 0:
		return &usageError{
			err:  fmt.Errorf("there is no command to run, and %s says something about one", strings.Join(flags, ", ")),
			hint: "give it behind --: bbctl test --url http://127.0.0.1:8000/ -- uvicorn main:app",
		}
	case a.flags.Changed("for") && a.length <= 0:
		return &usageError{err: fmt.Errorf("--for must be longer than 0, and is %s", a.length), hint: "for example --for 30s; without it the run ends with the commands"}
	case a.flags.Changed("until") && len(a.untils) == 0:
		return usagef("--until says nothing: expected such as errors=1")
	case len(a.headers) > 0 && len(a.urls)+len(a.file.URLs) == 0:
		return &usageError{err: errors.New("--header is of requests, and no URL is asked"), hint: "name it by --url http://127.0.0.1:8000/"}
	}
	return nil
}

func (a *appFlags) readFile(ctx context.Context, env *Env) error {
	path, err := project.Find(ctx, env.Dir)
	if err != nil || path == "" {
		return err
	}
	if a.file, err = project.Load(path, rulesOfProject()); err != nil {
		return &usageError{err: err, hint: "correct the file, or give the command behind --"}
	}
	if f := a.file; len(f.Run) == 0 && (len(f.URLs)+len(f.Until)+len(f.Expect) > 0 || f.For > 0) {
		return &usageError{
			err:  fmt.Errorf("reading %s: it says what is asked and what must arrive, and no command that could be run", path),
			hint: `add such as "run: {web: uvicorn main:app}", or give the command behind --`,
		}
	}
	return nil
}

func rulesOfProject() project.Rules {
	return project.Rules{
		Expect: func(text string) error { _, err := observe.ParseExpectation(text); return err },
		Category: func(name string) error {
			if !slices.Contains(observe.UntilCategories(), name) {
				return fmt.Errorf("%q is none of %s", name, strings.Join(observe.UntilCategories(), ", "))
			}
			return nil
		},
	}
}
