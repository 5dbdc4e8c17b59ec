package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/verify"
)

type testOptions struct {
	suiteOptions
	app appFlags

	module, python string

	local   bool
	dryRun  bool
	timeout time.Duration
}

func newTestCmd(g *globalOptions) *cobra.Command {
	o := &testOptions{suiteOptions: suiteOptions{globalOptions: g}}
	cmd := &cobra.Command{
		Use:   "test [-- COMMAND …]",
		Short: "Prove the integration end to end",
		Long: `Runs the suite: errors, context, transactions, queries, tasks, filters and
scrubbing, each judged by the bytes that arrive at an embedded receiver.

Without a DSN, or with --local, no account is needed, and nothing leaves this
machine but for the real parts that are set (below). With SENTRY_DSN the same
suite runs on the embedded receiver first; then, unless a secret was seen on
the wire, one error, one transaction and one message go to the DSN, marked as
test events (level info, tag bbctl_test:true, one issue for ever), and each
answer is judged by its status, headers and body.

With a COMMAND the application itself is run instead, its DSN pointed at the
receiver, and what it sends is judged; --run names several commands. All of it
can stand in bbctl.yaml: then plain "bbctl test" runs the suite, and the
application behind it. --app calls the application's own Sentry module in its
own interpreter, and judges the same checks by what that sends.

The application runs with its real database and broker: in production that is
asked first, or needs --yes. Where nothing arrives it is run a second time, to
see where it sends instead (--once: not). Ctrl-C ends its run in good order:
the report is of what was seen until then, and the exit code 130. A second one
ends at once.

Reads      .env, the process environment, .sentryclirc, bbctl.yaml, git's
           commit.
Writes     nothing but the files of --report.
Sends      three events to SENTRY_DSN (none with --local or --dry-run).
DATABASE_URL, REDIS_URL and CELERY_BROKER_URL, where set, are tested for real
and left as they were: a read-only session, keys bbctl:test:* that live 60 s,
and a control ping.`,
		Example: `  bbctl test --local
  bbctl test --report junit=bbctl.xml
  bbctl test --only performance --skip sample-share
  bbctl test --url http://127.0.0.1:8000/boom -- uvicorn main:app
  bbctl test --app config.sentry --python .venv/bin/python
  bbctl test --env-file deploy/staging.env --dry-run`,
		Args: func(cmd *cobra.Command, args []string) error {
			at := cmd.ArgsLenAtDash()
			switch {
			case at < 0 && len(args) == 1 && named(args[0]):
				return &usageError{err: fmt.Errorf("bbctl test takes no argument, and was given %q", args[0]), hint: "bbctl test --only " + args[0]}
			case at == 0 && len(args) == 0:
				return usagef("there is no command behind --")
			case at < 0 && len(args) > 0, at > 0:
				return &usageError{err: fmt.Errorf("bbctl test takes no argument, and was given %q", args[0]), hint: "a command stands behind --: bbctl test -- " + strings.Join(args, " ")}
			}
			o.app.command = args
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.checkGiven(cmd.Flags()); err != nil {
				return err
			}
			switch given := cmd.Flags().Changed("timeout"); {
			case given && o.timeout <= 0:
				return usagef("--timeout must be longer than 0, and is %s", o.timeout)
			case given:
				o.app.most = o.timeout
			case o.module != "":
				o.timeout = appTimeout
			}
			return runTest(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.local, "local", false, "the embedded receiver alone, also where a DSN is set")
	flags.BoolVar(&o.dryRun, "dry-run", false, "all but the three events to the DSN")
	flags.StringVar(&o.module, "app", "", "the application's own Sentry `MODULE`, such as config.sentry, in place of bbctl's library")
	flags.StringVar(&o.python, "python", "", "the `INTERPRETER` for --app; else that of the project's virtual environment")
	flags.BoolVarP(&o.app.yes, "yes", "y", false, "run the application without a question, also in production")
	flags.DurationVar(&o.timeout, "timeout", 60*time.Second, "the longest `TIME` that the suite may take (with --app 3m0s), and, where it is given, a run of the commands")
	o.app.register(flags)
	o.register(flags)
	o.completeFlags(cmd, verify.Groups(), entriesOf(verify.Checks()))
	return cmd
}

// named says whether a word is a check or a group of the suite.
func named(word string) bool {
	_, err := check.Select(verify.Checks(), []string{word}, nil)
	return err == nil
}

// appTimeout is how long the suite of --app may take: it starts the application
// four times, and waits for slow queries on purpose.
const appTimeout = 3 * time.Minute

func runTest(ctx context.Context, o *testOptions) error {
	if err := o.parse(); err != nil {
		return err
	}
	if err := o.combine(ctx); err != nil {
		return err
	}
	if o.app.given() {
		return o.runCommands(ctx)
	}
	suite := verify.Checks()
	if o.module != "" {
		suite = verify.AppChecks()
	}
	chosen, err := check.Select(suite, o.only, o.skip)
	if err != nil {
		return err
	}
	if o.list {
		return o.listChecks(entriesOf(chosen))
	}
	cfg, err := loadConfig(ctx, o.globalOptions)
	if err != nil {
		return err
	}
	app, reason, err := o.toAdd(ctx, cfg)
	if err != nil {
		return err
	}
	progress := o.progress(len(verify.Checks()))
	rep, err := verify.Run(ctx, verify.Options{
		Config: cfg,
		Local:  o.local,

		ApplicationFollows: app != nil,

		App:     o.module,
		Python:  o.python,
		Dir:     o.env.Dir,
		Environ: o.env.Environ,
		DryRun:  o.dryRun,
		Only:    o.only,
		Skip:    o.skip,
		Strict:  o.strict,
		Timeout: o.timeout,
		Now:     o.env.Now,
		Version: o.env.Version,
		Log:     o.log(),
		Observe: progress.observe,
	})
	progress.done()
	if err != nil {
		return err
	}
	if reason != "" {
		withoutStage(&rep, reason)
	}
	if app == nil {
		return o.finish(rep)
	}
	interrupted, unseen := o.addCommands(ctx, cfg, app, &rep)
	return o.finishDespite(ctx, rep, unseen, interrupted)
}

// combine reads bbctl.yaml, and refuses flags that do not go together.
func (o *testOptions) combine(ctx context.Context) error {
	if o.module == "" {
		if err := o.app.read(ctx, o.env); err != nil {
			return err
		}
	}
	switch about := o.app.about(); {
	case o.module != "" && o.app.given():
		return usagef("--app and a command are two ways of running the application: give one")
	case o.module != "" && len(about) > 0:
		return usagef("%s says something about a command, and --app runs none", strings.Join(about, ", "))
	case o.python != "" && o.module == "":
		return usagef("--python is for --app, and that is not given")
	}
	return nil
}

// loadConfig reads the settings as the application will see them.
func loadConfig(ctx context.Context, g *globalOptions) (*config.Config, error) {
	return loadConfigBy(ctx, g, config.Options{})
}

// loadConfigBy reads them with further options.
func loadConfigBy(ctx context.Context, g *globalOptions, o config.Options) (*config.Config, error) {
	o.Environ = slices.Concat(g.env.Environ, o.Environ)
	o.EnvFile, o.Dir, o.Now = g.envFile, g.env.Dir, g.env.Now
	cfg, err := config.Load(ctx, o)
	if err != nil {
		return nil, &hintedError{err: err, hint: "--env-file names another file; without it .env is looked for from here up to the repository's root"}
	}
	return cfg, nil
}
