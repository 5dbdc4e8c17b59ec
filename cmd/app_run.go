package cmd

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/doctor"
)

// applicationGroup is the group of the doctor's checks of what the application
// sends, and the beginning of their ids.
const (
	applicationGroup  = "application"
	applicationPrefix = "app-"
	applicationStage  = "app"
)

// runDoctorSuite runs the doctor's suite. The first signal ends the
// application's run, and the report is of what was seen until then; interrupted
// says that it came.
func (o *suiteOptions) runDoctorSuite(ctx context.Context, options doctor.Options) (rep check.Report, interrupted bool, err error) {
	if options.App == nil {
		rep, err = doctor.Run(ctx, options)
		return rep, false, err
	}
	stop, release, asked := o.env.Interrupts.hold()
	defer release()
	app := *options.App
	app.Stop = stop
	options.App = &app
	observe := options.Observe
	options.Observe = func(item check.Item) {
		release() // the application has run: from here on there is nothing to end in good order
		if observe != nil {
			observe(item)
		}
	}
	rep, err = doctor.Run(ctx, options)
	return rep, asked(), err
}

// finishDespite prints a report although something has kept a part of it from
// being made: what was seen is worth having. A failed check outweighs that, an
// interrupt both.
func (o *suiteOptions) finishDespite(ctx context.Context, rep check.Report, unseen error, interrupted bool) error {
	err := o.finish(rep)
	if unseen == nil && !interrupted {
		return err
	}
	var verdict *verdictError
	if err != nil && !errors.As(err, &verdict) {
		printError(o.env, exitBroken, err)
	}
	switch {
	case interrupted || exitCode(ctx, unseen) == exitInterrupted:
		tell(o.env, "interrupted: the report is of what was seen until then")
		return &verdictError{code: exitInterrupted}
	case verdict != nil && verdict.code == exitFailed:
		printError(o.env, exitBroken, unseen)
		return verdict
	}
	return unseen
}

// judgesApplication says whether one of the doctor's checks needs the
// application to be run.
func judgesApplication(chosen []doctor.Check) bool {
	return slices.ContainsFunc(chosen, ofApplication)
}

func ofApplication(c doctor.Check) bool { return c.Group == applicationGroup }

// withoutApplication takes the names of the application's checks out of a
// selection: the suite does not know them where none is run.
func withoutApplication(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name == applicationGroup || strings.HasPrefix(name, applicationPrefix)
	})
}

// withoutStage says in a report why the application was not run.
func withoutStage(rep *check.Report, reason string) {
	if i := slices.IndexFunc(rep.Stages, isApplication); i >= 0 {
		rep.Stages[i] = check.StageRun{Stage: applicationStage, Reason: reason}
	}
}
