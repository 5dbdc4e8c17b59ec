package cmd

import (
	"context"
	"errors"
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
	if options.App, err = o.app.options(o.env, options.Config); err != nil {
		return err
	}
	if err := o.app.ask(ctx, o.globalOptions, options.Config, o.app.what(options.App), options.App.Commands); err != nil {
		return err
	}
	rep, interrupted, err := o.runDoctorSuite(ctx, options)
	if err != nil {
		return err
	}
	return o.finishDespite(ctx, rep, nil, interrupted)
}

func (o *testOptions) ofCommands(app *observe.Options) doctor.Options {
	return doctor.Options{
		App: app, AppAlone: true, Command: "test", Dir: o.env.Dir,
		Only: o.only, Skip: o.skip, Strict: o.strict, Now: o.env.Now, Version: o.env.Version,
	}
}

// toAdd is how the commands of bbctl.yaml are run behind the suite; nil, with
// the reason, where they are not. All that can be refused is, before anything
// is run or sent.
func (o *testOptions) toAdd(ctx context.Context, cfg *config.Config) (app *observe.Options, reason string, err error) {
	switch {
	case o.module != "":
		return nil, "", o.app.ask(ctx, o.globalOptions, cfg, "calls configure_sentry() and the functions of "+o.module+
			" in the application's own interpreter, several times; its database and broker are the real ones", nil)
	case !o.app.wanted():
		return nil, "", nil
	}
	if app, err = o.app.options(o.env, cfg); err != nil {
		return nil, "", err
	}
	if len(o.only)+len(o.skip) > 0 {
		return nil, "left out by --only or --skip, which are of the suite's own checks", nil
	}
	err = o.app.ask(ctx, o.globalOptions, cfg, o.app.what(app), app.Commands)
	if errors.Is(err, errDeclined) {
		reason, _ = o.app.leftOut(err)
		return nil, reason, nil
	}
	return app, "", err
}

// addCommands runs what bbctl.yaml names behind the suite, and adds to its
// report what came.
func (o *testOptions) addCommands(ctx context.Context, cfg *config.Config, app *observe.Options, rep *check.Report) (interrupted bool, err error) {
	options := o.ofCommands(app)
	options.Only, options.Skip = nil, nil
	options.Config = cfg
	of, interrupted, err := o.runDoctorSuite(ctx, options)
	if err != nil {
		reason := err.Error()
		if ctx.Err() != nil {
			reason = "interrupted"
		}
		withoutStage(rep, reason)
		return interrupted, err
	}
	rep.Intro = append(rep.Intro, of.Intro...)
	rep.Groups = append(rep.Groups, of.Groups...)
	rep.Checks = append(rep.Checks, of.Checks...)
	rep.Closing = append(rep.Closing, of.Closing...)
	rep.Duration += of.Duration
	i := slices.IndexFunc(rep.Stages, isApplication)
	j := slices.IndexFunc(of.Stages, isApplication)
	if i >= 0 && j >= 0 {
		rep.Stages[i] = of.Stages[j]
	}
	return interrupted, nil
}

func isApplication(s check.StageRun) bool { return s.Stage == applicationStage }
