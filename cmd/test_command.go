package cmd

import (
	"context"
	"slices"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/doctor"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// runCommands is `bbctl test -- COMMAND`: what the application sends, and no
// more. The judgement is the doctor's: the two suites must not know each other.
func (o *testOptions) runCommands(ctx context.Context) error {
	options := o.ofCommands(&observe.Options{})
	chosen, err := check.Select(doctor.Checks(options), o.only, o.skip)
	if err != nil {
		return err
	}
	if o.list {
		return o.listChecks(entriesOf(chosen))
	}
	if options.Config, err = loadConfig(ctx, o.globalOptions); err != nil {
		return err
	}
	if options.App, err = o.app.start(ctx, o.globalOptions, options.Config); err != nil {
		return err
	}
	rep, err := doctor.Run(ctx, options)
	if err != nil {
		return err
	}
	return o.finish(rep)
}

func (o *testOptions) ofCommands(app *observe.Options) doctor.Options {
	return doctor.Options{
		App: app, AppAlone: true, Command: "test", Dir: o.env.Dir,
		Only: o.only, Skip: o.skip, Strict: o.strict, Now: o.env.Now, Version: o.env.Version,
	}
}

// addCommands runs what bbctl.yaml names behind the suite, and adds to its
// report what came.
func (o *testOptions) addCommands(ctx context.Context, cfg *config.Config, rep *check.Report) error {
	if len(o.only)+len(o.skip) > 0 { // the selection is of the suite's own checks
		return nil
	}
	app, err := o.app.start(ctx, o.globalOptions, cfg)
	if err != nil {
		return err
	}
	options := o.ofCommands(app)
	options.Config = cfg
	of, err := doctor.Run(ctx, options)
	if err != nil {
		return err
	}
	rep.Intro = append(rep.Intro, of.Intro...)
	rep.Groups = append(rep.Groups, of.Groups...)
	rep.Checks = append(rep.Checks, of.Checks...)
	rep.Closing = append(rep.Closing, of.Closing...)
	rep.Duration += of.Duration
	i := slices.IndexFunc(rep.Stages, func(s check.StageRun) bool { return s.Stage == "app" })
	j := slices.IndexFunc(of.Stages, func(s check.StageRun) bool { return s.Stage == "app" })
	if i >= 0 && j >= 0 {
		rep.Stages[i] = of.Stages[j]
	}
	return nil
}
