package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/doctor"
	"github.com/bookedbarber/bbctl/internal/observe"
)

type doctorOptions struct {
	suiteOptions
	app appFlags

	offline, quick, noSend bool
	pids                   []int
	symptom, logFile       string
	preflight              string
	fix, yes               bool
	timeout                time.Duration
}

func newDoctorCmd(g *globalOptions) *cobra.Command {
	o := &doctorOptions{suiteOptions: suiteOptions{globalOptions: g}}
	cmd := &cobra.Command{
		Use:   "doctor [-- COMMAND …]",
		Short: "Why events are missing: the cause and the fix",
		Long: `Looks at the settings as the application sees them, at its running processes,
and at the way to Sentry's ingest, layer by layer. Each fault is one root cause
with its evidence and one fix; what follows from it is "blocked".

The ingest is asked as the Python SDK would go there (proxy, authorities,
compression). A second look comes 3 s after the first: a Relay that does not
know the project yet takes everything at first. What is proved is "accepted";
whether Sentry stored it only its web API knows, which this version does not
ask.

With a COMMAND, or a bbctl.yaml that names some, the application is run with its
DSN pointed at a receiver on this machine, and what it sends is judged: init,
hooks, sampling, tasks, personal data. Where nothing arrives it is run a second
time, to see where it sends instead (--once: not). Its database and broker are
the real ones: in production that is asked first, or needs --yes; what
bbctl.yaml names is left out where nobody can be asked. Ctrl-C ends its run in
good order: the report is of what was seen until then, and the exit code 130.

Reads      .env, bbctl.yaml, the process environment, git, CA bundles, /proc
           for processes that look like the application's (uvicorn, gunicorn,
           celery, python -m …), its source for what loads .env, and the file of
           --log.
Writes     nothing but the files of --report; with --fix the .env file, after a
           diff and a question, and a backup of it ("bbctl setup --undo" puts it
           back).
Sends      client reports, which no quota counts, and one event (level info, tag
           bbctl_test:true, one issue for ever) to SENTRY_DSN; no event with
           --no-send, nothing at all with --offline.

--preflight goes through the list before a deployment as well, for CI.
--symptom takes ` + symptomNames() + `.`,
		Example: `  bbctl doctor
  bbctl doctor --offline --fix
  bbctl doctor --symptom transactions-missing
  bbctl doctor --url http://127.0.0.1:8000/boom -- uvicorn main:app
  bbctl doctor --log app.log
  bbctl doctor --preflight production --report junit=preflight.xml`,
		Args: func(cmd *cobra.Command, args []string) error { return o.checkArgs(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.checkGiven(cmd.Flags()); err != nil {
				return err
			}
			at := cmd.ArgsLenAtDash()
			if at >= 0 {
				o.app.command, args = args[at:], args[:at]
			}
			if len(args) == 1 {
				o.preflight = args[0]
			}
			return runDoctor(cmd.Context(), o)
		},
	}
	o.registerDoctor(cmd.Flags())
	o.app.register(cmd.Flags())
	o.register(cmd.Flags())
	o.completeFlags(cmd, doctor.Groups(), entriesOf(doctor.AllChecks()))
	completeWith(cmd, "symptom", symptomWords())
	completeWith(cmd, "preflight", presetNames())
	return cmd
}

func (o *doctorOptions) registerDoctor(flags *pflag.FlagSet) {
	flags.BoolVar(&o.offline, "offline", false, "ask no network: settings and processes alone")
	flags.BoolVar(&o.quick, "quick", false, "leave out the second look, 3 s later")
	flags.BoolVar(&o.noSend, "no-send", false, "send no event: quota and filters are not tested then")
	flags.IntSliceVar(&o.pids, "pid", nil, "a running process of the application, by its `PID` (repeatable)")
	flags.StringVar(&o.symptom, "symptom", "", "what you see, a `NAME`: the causes of it come first, and are explained")
	flags.StringVar(&o.logFile, "log", "", "a log of the application, a `FILE` or - for stdin: what its SDK said")
	flags.StringVar(&o.preflight, "preflight", "", "the list before a deployment to an environment, `[NAME]` (default production)")
	flags.Lookup("preflight").NoOptDefVal = "production"
	flags.BoolVar(&o.fix, "fix", false, "make the changes of .env that are certain, after a diff and a question")
	flags.BoolVarP(&o.yes, "yes", "y", false, "ask nothing: with --fix, and before the application is run in production")
	flags.DurationVar(&o.timeout, "timeout", doctor.DefaultTimeout, "the longest `TIME` that the ingest may take")
}

// checkArgs lets the name of --preflight stand behind a blank.
func (o *doctorOptions) checkArgs(cmd *cobra.Command, args []string) error {
	if at := cmd.ArgsLenAtDash(); at >= 0 {
		if len(args) == at {
			return usagef("there is no command behind --")
		}
		args = args[:at]
	}
	switch {
	case len(args) == 1 && cmd.Flags().Changed("preflight") && o.preflight == "production":
		return nil
	case len(args) > 0:
		usage := &usageError{err: fmt.Errorf("bbctl doctor takes no argument, and was given %q", args[0])}
		if _, err := check.Select(doctor.AllChecks(), []string{args[0]}, nil); err == nil {
			usage.hint = "bbctl doctor --only " + args[0]
		} else if _, err := doctor.ParseSymptom(args[0]); err == nil {
			usage.hint = "bbctl doctor --symptom " + args[0]
		}
		return usage
	}
	return nil
}

func runDoctor(ctx context.Context, o *doctorOptions) error {
	if err := o.app.read(ctx, o.env); err != nil {
		return err
	}
	options, err := o.options()
	if err != nil {
		return err
	}
	if o.app.wanted() {
		options.App = &observe.Options{} // which checks there are depends on it; the real one needs the settings
	}
	chosen, err := check.Select(doctor.Checks(options), o.only, o.skip)
	if err != nil {
		return err
	}
	if o.list {
		return o.listChecks(entriesOf(chosen))
	}
	log, closeLog, err := o.openLog()
	if err != nil {
		return err
	}
	defer closeLog()
	options.Log = log
	if options.Config, err = o.load(ctx, nil); err != nil {
		return err
	}
	options.Reload = o.load
	reason, err := o.application(ctx, &options, chosen)
	if err != nil {
		return err
	}
	var unmended error
	if o.fix {
		if options.Config, unmended, err = o.mend(ctx, options.Config); err != nil {
			return err
		}
	}
	return o.examine(ctx, options, len(chosen), reason, unmended)
}

// application decides whether the application is run, before anything is
// written, run or sent; where it is not, it says why.
func (o *doctorOptions) application(ctx context.Context, options *doctor.Options, chosen []doctor.Check) (reason string, err error) {
	if !o.app.wanted() {
		return "", nil
	}
	if options.App, err = o.app.options(o.env, options.Config); err != nil {
		return "", err
	}
	switch {
	case !judgesApplication(chosen):
		reason = "left out by --only or --skip"
	case o.offline:
		reason, err = "--offline", usagef("--offline leaves the application out, and --only asks for nothing else")
	default:
		if o.app.yes = o.yes; o.logFile == "-" {
			o.app.busy = "stdin is the log"
		}
		err = o.app.ask(ctx, o.globalOptions, options.Config, o.app.what(options.App), options.App.Commands)
		if err == nil {
			return "", nil
		}
		var left bool
		if reason, left = o.app.leftOut(err); !left {
			return "", err
		}
	}
	options.App, options.Only, options.Skip = nil, withoutApplication(o.only), withoutApplication(o.skip)
	if len(o.only) > 0 && len(options.Only) == 0 {
		return "", err // nothing else was asked for
	}
	return reason, nil
}

// examine runs the suite and prints its report.
func (o *doctorOptions) examine(ctx context.Context, options doctor.Options, checks int, reason string, unmended error) error {
	if options.App != nil {
		options.App.Hosts = hostsOf(options.Config) // they may have been mended
	}
	progress := o.progress(checks)
	options.Observe = progress.observe
	rep, interrupted, err := o.runDoctorSuite(ctx, options)
	progress.done()
	if err != nil {
		return err
	}
	if reason != "" {
		withoutStage(&rep, reason)
	}
	if err := o.finishDespite(ctx, rep, nil, interrupted); err != nil || unmended == nil {
		return err
	}
	return &verdictError{code: exitBroken} // it was told before the report
}

// load reads the settings, with further variables in the process environment.
// A .env file that is there and cannot be read is a finding.
func (o *doctorOptions) load(ctx context.Context, environ []string) (*config.Config, error) {
	return loadConfigBy(ctx, o.globalOptions, config.Options{Environ: environ, Forgiving: true})
}

// options turns the flags into those of the suite, but for what is read.
func (o *doctorOptions) options() (doctor.Options, error) {
	options := doctor.Options{
		Dir: o.env.Dir, Host: hostName(), User: userName(o.env), Home: o.env.home(),
		Offline: o.offline, Quick: o.quick, NoSend: o.noSend, PIDs: o.pids,
		Only: o.only, Skip: o.skip, Strict: o.strict, Timeout: o.timeout,
		Now: o.env.Now, Version: o.env.Version, LogName: o.logFile,
	}
	if err := o.parse(); err != nil {
		return options, err
	}
	if o.timeout <= 0 {
		return options, usagef("--timeout must be longer than 0, and is %s", o.timeout)
	}
	if o.offline && o.app.given() {
		return options, &usageError{err: errors.New("--offline leaves the application out, and a command is given"), hint: "bbctl test -- COMMAND runs the application alone, and asks no ingest"}
	}
	if o.yes && !o.fix && !o.app.wanted() {
		return options, &usageError{err: errors.New("--yes is for --fix, or for a command that is run, and neither is given"), hint: "bbctl doctor --fix --yes"}
	}
	for _, pid := range o.pids {
		if pid <= 0 {
			return options, usagef("--pid %d is no process", pid)
		}
	}
	if o.symptom != "" {
		symptom, err := doctor.ParseSymptom(o.symptom)
		if err != nil {
			return options, &usageError{err: fmt.Errorf("--symptom: %w", err)}
		}
		options.Symptom = symptom
	}
	if o.preflight != "" {
		if _, ok := config.FindPreset(o.preflight); !ok {
			return options, usagef("--preflight %q: there are lists for production, staging and development", o.preflight)
		}
		options.Preflight = o.preflight
	}
	if o.logFile != "" {
		options.Log = o.env.In // which checks there are depends on it; openLog finds the real one
	}
	return options, nil
}

// pipe is a named pipe, which is opened by whoever reads it first: opening it
// waits for a writer, and only readers of a log have a bound for that.
type pipe struct {
	path string
	file *os.File
}

func (p *pipe) Read(b []byte) (n int, err error) {
	if p.file == nil {
		if p.file, err = os.Open(p.path); err != nil {
			return 0, bare(err)
		}
	}
	return p.file.Read(b)
}

// openLog opens the file of --log.
func (o *doctorOptions) openLog() (log io.Reader, closer func(), err error) {
	nothing := func() {}
	switch o.logFile {
	case "":
		return nil, nothing, nil
	case "-":
		return o.env.In, nothing, nil
	}
	path := o.env.path(o.logFile)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, nothing, usagef("--log %s: it is a folder, not a file", o.logFile)
	case err == nil && info.Mode()&fs.ModeNamedPipe != 0:
		return &pipe{path: path}, nothing, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nothing, &usageError{err: fmt.Errorf("--log %s: %w", o.logFile, bare(err)), hint: "name the file into which the application logs, or - for stdin: docker logs web 2>&1 | bbctl doctor --log -"}
	}
	return file, func() { _ = file.Close() }, nil
}
