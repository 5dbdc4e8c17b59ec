package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/doctor"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/setup"
	"github.com/bookedbarber/bbctl/internal/term"
)

// mend makes the changes of the .env file that are certain, and returns the
// settings as they are then. All that it says goes to stderr: stdout is the
// report's, which shows what is left. What keeps it from writing is told there
// too, and returned as failed: the report is wanted all the same.
func (o *doctorOptions) mend(ctx context.Context, cfg *config.Config) (mended *config.Config, failed, err error) {
	fixes := doctor.Fixes(cfg)
	if len(fixes.Changes) == 0 {
		o.say("nothing in the .env file can be mended for certain")
		return cfg, nil, nil
	}
	for _, problem := range fixes.Mends {
		o.say(fmt.Sprintf("%s: %s", problem.Cause, problem.Evidence))
	}
	options := setup.Options{
		Dir: o.env.Dir, EnvFile: o.envFile, Environ: o.env.Environ, StateDirs: stateDirs(o.env), Version: o.env.Version, Now: o.env.Now,
		Show: setup.Show{W: o.env.Err, Width: term.Width(o.env.Err, o.env.width()), Redact: newRedactor(o.env)},
	}
	if !o.yes {
		terminal := prompt.Options{In: o.env.In, Err: o.env.Err, Getenv: o.env.Getenv, NoColor: o.noColor}
		if ask, why := prompt.Interactive(terminal); !ask || o.logFile == "-" {
			if ask {
				why = "stdin is the log"
			}
			return nil, nil, &usageError{
				err:  fmt.Errorf("--fix asks before it writes, and nobody can be asked here: %s", why),
				hint: "bbctl doctor --fix --yes changes " + strings.Join(fixes.Keys(), ", ") + " without a question",
			}
		}
		prompter, done := prompt.New(ctx, terminal)
		defer done()
		options.Prompter = prompter
	}
	result, err := setup.Mend(ctx, options, fixes.Changes)
	if o.yes && result.Planned {
		_, _ = fmt.Fprint(o.env.Err, newRedactor(o.env)(result.Diff()))
	}
	if result.Written {
		o.say(fmt.Sprintf("wrote %s: %s; as it was before: %s", result.File, strings.Join(fixes.Keys(), ", "), setup.UndoCommand(o.envFile)))
	}
	if len(result.Unread) > 0 {
		o.say("the application would not see " + strings.Join(result.Unread, ", ") + " as it was written")
	}
	var usage *usageError
	switch {
	case errors.Is(err, setup.ErrDeclined):
		o.say("nothing was written")
		return cfg, nil, nil
	case ctx.Err() != nil, errors.Is(err, prompt.ErrCanceled):
		return nil, nil, err
	case err != nil:
		failed = (&setupOptions{globalOptions: o.globalOptions, yes: true}).explainError(err)
		if errors.As(failed, &usage) { // no answer of the user's is at fault
			failed = err
		}
		printError(o.env, exitBroken, failed)
	}
	mended, err = o.load(ctx, nil)
	return mended, failed, err
}

func (o *doctorOptions) say(text string) {
	_ = fill(o.env.Err, term.Width(o.env.Err, o.env.width()), "bbctl: ", "       ", newRedactor(o.env)(text))
}
