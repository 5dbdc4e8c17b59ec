package cmd

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/setup"
	"github.com/bookedbarber/bbctl/internal/term"
)

type setupOptions struct {
	*globalOptions

	dsn, dsnFile, servicesFile string
	given                      setup.Given

	// Each answer that is yes or no has two flags.
	debugOn, debugOff         bool
	piiOn, piiOff             bool
	gitignoreOn, gitignoreOff bool
	exampleOn, exampleOff     bool

	projectFile bool     // bbctl.yaml too
	app         appFlags // its commands and URLs

	local, yes, dryRun, undo, plain, noProof bool
	format                                   string

	changed *pflag.FlagSet // what was given
}

func newSetupCmd(g *globalOptions) *cobra.Command {
	o := &setupOptions{globalOptions: g}
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Write a right .env in a minute, and prove it",
		Long: `Asks for the DSN and the environment, shows what the preset and detection give,
shows the change of .env, writes it whole or not at all, reads it again as the
application will, and sends one test event whose answer is judged.

Nothing else in the file is touched: comments, order, line ends and all other
variables stay as they are, byte for byte. "bbctl setup --undo" puts the files
back as they were.

Every answer is also a flag, and only the DSN has no default. Without a
terminal, in CI, and with --yes nothing is asked: the value in the file is kept,
else the preset's is taken.

Where the project's files say for certain how the application is started, setup
then offers to write bbctl.yaml, with which plain "bbctl test" runs it;
--project-file writes it unasked, --run and --url say what it holds.

Reads  .env, the process environment, git, and the project's files for others
       that read .env (compose, systemd, docker, make) and for its commands.
Writes .env; .gitignore where it does not cover .env (--no-gitignore: never);
       .env.example with --example; bbctl.yaml where there is none (above); a
       backup in the user's state folder.
Sends  one event to the DSN (level info, tag bbctl_test:true, one issue for
       ever); none with --no-proof or --dry-run.

--debug is SENTRY_DEBUG here, not bbctl's own.`,
		Example: `  bbctl setup
  bbctl setup --local
  bbctl setup --yes --preset production --dsn-file /run/secrets/sentry_dsn
  bbctl setup --yes --environment staging --dsn - < dsn.txt
  bbctl setup --yes --dsn-file dsn.txt --project-file
  bbctl setup --dry-run --format json --dsn-file dsn.txt
  bbctl setup --undo`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.complete(cmd.Context(), cmd.Flags()); err != nil {
				return err
			}
			return runSetup(cmd.Context(), o)
		},
	}
	o.registerAnswers(cmd.Flags())
	o.registerProject(cmd.Flags())
	o.registerModes(cmd.Flags())
	for flag, words := range map[string][]string{
		"preset": presetNames(), "environment": presetNames(), "format": {"text", "json"}, "release": {setup.ReleaseDetected},
	} {
		completeWith(cmd, flag, words)
	}
	return cmd
}

func presetNames() []string {
	var names []string
	for _, p := range config.Presets() {
		names = append(names, p.Name+"\t"+p.Meaning)
	}
	return names
}

func (o *setupOptions) registerAnswers(flags *pflag.FlagSet) {
	flags.StringVar(&o.dsn, "dsn", "", "the `DSN`; - reads it from stdin, which keeps it out of the list of processes")
	flags.StringVar(&o.dsnFile, "dsn-file", "", "a `FILE` that holds the DSN")
	flags.StringVar(&o.given.Environment, "environment", "", "the environment's `NAME`: development, staging, production or one of your own")
	flags.StringVar(&o.given.Preset, "preset", "", "all values of a preset, `NAME` one of development, staging, production")
	flags.StringVar(&o.given.SampleRate, "sample-rate", "", "share of errors that is sent, a `RATE` from 0.0 to 1.0")
	flags.StringVar(&o.given.TracesSampleRate, "traces-sample-rate", "", "share of transactions that is sent, a `RATE` from 0.0 to 1.0")
	flags.StringVar(&o.given.ProfilesRate, "profiles-sample-rate", "", "share of those that is profiled, a `RATE` from 0.0 to 1.0")
	flags.StringVar(&o.given.Release, "release", "", "a fixed `RELEASE`; \"detected\" writes none, so that it is found where the application starts")
	flags.BoolVar(&o.debugOn, "debug", false, "SENTRY_DEBUG=true: the SDK logs what it does")
	flags.BoolVar(&o.debugOff, "no-debug", false, "SENTRY_DEBUG=false")
	flags.BoolVar(&o.piiOn, "pii", false, "SENTRY_SEND_DEFAULT_PII=true: personal data is sent")
	flags.BoolVar(&o.piiOff, "no-pii", false, "SENTRY_SEND_DEFAULT_PII=false")
	flags.BoolVar(&o.gitignoreOn, "gitignore", false, "have git ignore the file")
	flags.BoolVar(&o.gitignoreOff, "no-gitignore", false, "leave .gitignore alone")
	flags.BoolVar(&o.exampleOn, "example", false, "write the names, without values, to .env.example")
	flags.BoolVar(&o.exampleOff, "no-example", false, "leave .env.example alone")
	flags.StringVar(&o.servicesFile, "service-urls", "", "a `FILE` with lines DATABASE_URL=…, REDIS_URL=…, CELERY_BROKER_URL=…, CELERY_RESULT_BACKEND=…; - reads stdin")
}

func (o *setupOptions) registerModes(flags *pflag.FlagSet) {
	flags.BoolVar(&o.local, "local", false, "no account: the DSN of bbctl's own receiver, for development")
	flags.BoolVarP(&o.yes, "yes", "y", false, "ask nothing")
	flags.BoolVar(&o.dryRun, "dry-run", false, "show what would change, write and send nothing; exit code 1 where something would")
	flags.BoolVar(&o.undo, "undo", false, "put the files back as they were before the last run")
	flags.BoolVar(&o.plain, "plain", false, "ask line by line, without control characters; also from a pipe")
	flags.BoolVar(&o.noProof, "no-proof", false, "send no test event")
	formatFlag(flags, &o.format, "text or json")
}

// complete turns the flags into answers. It reads what they name.
func (o *setupOptions) complete(ctx context.Context, flags *pflag.FlagSet) error {
	o.changed = flags
	if err := checkPlainFormat(o.format); err != nil {
		return err
	}
	if o.undo {
		return onlyUndo(flags)
	}
	for _, pair := range []struct {
		name    string
		on, off bool
		into    **bool
	}{
		{"debug", o.debugOn, o.debugOff, &o.given.Debug},
		{"pii", o.piiOn, o.piiOff, &o.given.PII},
		{"gitignore", o.gitignoreOn, o.gitignoreOff, &o.given.Gitignore},
		{"example", o.exampleOn, o.exampleOff, &o.given.Example},
	} {
		if pair.on && pair.off {
			return usagef("--%s and --no-%s contradict each other", pair.name, pair.name)
		}
		if pair.on || pair.off {
			*pair.into = &pair.on
		}
	}
	for _, name := range []string{"environment", "preset", "sample-rate", "traces-sample-rate", "profiles-sample-rate", "release", "dsn-file", "service-urls"} {
		if flags.Changed(name) && flags.Lookup(name).Value.String() == "" {
			return usagef("--%s is given, and empty (a variable that is not set looks so)", name)
		}
	}
	if err := o.readProject(flags); err != nil {
		return err
	}
	if err := o.readDSN(ctx, flags.Changed("dsn")); err != nil {
		return err
	}
	return o.readServices(ctx)
}

// onlyUndo refuses answers beside --undo.
func onlyUndo(flags *pflag.FlagSet) error {
	var wrong string
	flags.Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "undo", "yes", "dry-run", "format", "plain", "env-file", "no-color", "no-proof":
		default:
			wrong = f.Name
		}
	})
	if wrong != "" {
		return usagef("--undo takes no answers, and --%s is one", wrong)
	}
	return nil
}

func runSetup(ctx context.Context, o *setupOptions) error {
	options, done := o.options(ctx)
	defer done()
	run := setup.Run
	if o.undo {
		run = setup.Undo
	}
	result, err := run(ctx, options)
	if err != nil {
		o.sayWritten(result)
		return o.explainError(err)
	}
	shown := describeSetup(o, result)
	if o.format == "json" {
		err = writeJSON(o.env.Out, shown)
	} else {
		err = writeSetupText(o, result)
	}
	if err != nil {
		o.sayWritten(result)
		return fmt.Errorf("writing the result: %w", err)
	}
	if shown.Verdict == "fail" {
		return &verdictError{code: exitFailed}
	}
	return nil
}

// sayWritten leaves nobody in doubt about the file where the result is not
// told.
func (o *setupOptions) sayWritten(r setup.Result) {
	if r.Written && !r.Undone {
		fmt.Fprintf(o.env.Err, "bbctl: %s is written; %s puts it back\n", newRedactor(o.env)(r.File), setup.UndoCommand(o.envFile))
	}
}

// options connect the wizard to this process. done gives the terminal back.
func (o *setupOptions) options(ctx context.Context) (options setup.Options, done func()) {
	options = setup.Options{
		Dir: o.env.Dir, EnvFile: o.envFile, Environ: o.env.Environ, Given: o.given,
		DryRun: o.dryRun, NoProof: o.noProof, StateDirs: stateDirs(o.env),
		Local: o.local, OfferProject: term.IsTerminal(o.env.In), ReceiverDSN: receiver.New(receiver.Options{}).DSN(receiver.DefaultAddress),
		Version: o.env.Version, Now: o.env.Now,
		Show: setup.Show{W: o.env.Err, Width: term.Width(o.env.Err, o.env.width()), Redact: newRedactor(o.env)},
	}
	if ask, _ := o.asked(); ask {
		options.Prompter, done = prompt.New(ctx, o.terminal())
		return options, done
	}
	if o.format == "json" {
		options.Show.W = io.Discard // the document holds it
	}
	return options, func() {}
}

// terminal is what questions are asked on.
func (o *setupOptions) terminal() prompt.Options {
	return prompt.Options{In: o.env.In, Err: o.env.Err, Getenv: o.env.Getenv, Plain: o.plain, NoColor: o.noColor}
}

// asked says whether questions are asked, and why not.
func (o *setupOptions) asked() (ask bool, why string) {
	switch {
	case o.yes:
		return false, "--yes asks nothing"
	case (o.dsn == "-" || o.servicesFile == "-") && !term.IsTerminal(o.env.In):
		return false, "stdin is taken by another answer"
	}
	if ask, why = prompt.Interactive(o.terminal()); !ask {
		why = "nobody can be asked here: " + why
	}
	return ask, why
}
