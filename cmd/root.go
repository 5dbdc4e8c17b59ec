// Package cmd is the command line of bbctl: a file a command, flags turned
// into options, errors turned into exit codes. The work is done below it.
package cmd

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bookedbarber/bbctl/internal/report"
)

// Main runs bbctl with the arguments after its name and returns the exit code
// of the process: 0 well, 1 a check failed, 2 wrong use, 3 bbctl could not do
// its work, 130 interrupted. A cancelled context ends every command cleanly.
func Main(ctx context.Context, args []string, env *Env) int {
	root := newRootCmd(env)
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	ran, err := root.ExecuteContextC(ctx)
	code := exitCode(ctx, err)
	printError(env, code, err)
	var usage *usageError
	if errors.As(err, &usage) && usage.hint == "" {
		// The line that shows the right form, not the whole help.
		writeUsageLine(env.Err, ran)
	}
	return code
}

// globalOptions holds the flags that every command understands.
type globalOptions struct {
	env     *Env
	envFile string
	noColor bool
	debug   bool
}

// log is silent unless --debug is given: then it explains on stderr.
func (g *globalOptions) log() *slog.Logger {
	if !g.debug {
		return slog.New(slog.DiscardHandler)
	}
	redact := newRedactor(g.env)
	return slog.New(slog.NewTextHandler(g.env.Err, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Value.Kind() {
			case slog.KindString, slog.KindAny:
				a.Value = slog.StringValue(redact(a.Value.String()))
			}
			return a
		},
	}))
}

func newRootCmd(env *Env) *cobra.Command {
	g := &globalOptions{env: env}
	root := &cobra.Command{
		Use:   "bbctl",
		Short: "Prove that Sentry monitoring works",
		Long: `bbctl proves that Sentry monitoring works: it tests it end to end and names
the cause when events are missing.

Exit codes: 0 well, 1 a check failed, 2 wrong use, 3 bbctl could not do its
work, 130 interrupted.`,
		Example: `  bbctl setup            write a right .env, and prove it
  bbctl test --local     prove the toolkit here: no account, no network
  bbctl test             the same, then three test events to SENTRY_DSN
  bbctl doctor           why events are missing: the cause and the fix
  bbctl explain dsn-placeholder`,
		Version:       env.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if g.envFile == "" && cmd.Flags().Changed("env-file") {
				return usagef("--env-file is given, and empty (a variable that is not set looks so)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runState(cmd.Context(), g)
		},
	}
	root.SetVersionTemplate("bbctl {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return &usageError{err: err}
	})
	flags := root.PersistentFlags()
	flags.StringVar(&g.envFile, "env-file", "", "the .env `FILE` (default: .env, looked for from here up to the repository's root)")
	flags.BoolVar(&g.noColor, "no-color", false, "no colour, as with NO_COLOR")
	flags.BoolVar(&g.debug, "debug", false, "explain on stderr what is being done")

	root.AddGroup(
		&cobra.Group{ID: "start", Title: "Start here"},
		&cobra.Group{ID: "look", Title: "Look"},
		&cobra.Group{ID: "operate", Title: "Operate"},
	)
	add := func(group string, cmd *cobra.Command) {
		cmd.GroupID = group
		root.AddCommand(cmd)
	}
	add("start", newSetupCmd(g))
	add("start", newTestCmd(g))
	add("start", newDoctorCmd(g))
	add("look", newReceiveCmd(g))
	add("look", newConfigCmd(g))
	add("look", newExplainCmd(g))
	add("look", newReleaseCmd(g))
	add("operate", newVersionCmd(g))
	add("operate", newCompletionCmd(g))
	root.AddCommand(newDocsCmd(g))
	root.SetHelpCommand(newHelpCmd())
	root.SetHelpCommandGroupID("operate")
	root.SetUsageTemplate(wrapFlags(root.UsageTemplate()))
	root.SuggestionsMinimumDistance = 2 // letters; cobra's own search for a near command sets it too late
	return root
}

// noArgs refuses arguments with a usage error; cobra's own would call an
// argument of the root an unknown command without saying what to do.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasParent() {
		return unknownCommand(cmd, args[0])
	}
	return usagef("%s takes no argument, and was given %q", cmd.CommandPath(), args[0])
}

func writeUsageLine(w io.Writer, cmd *cobra.Command) {
	if cmd == nil {
		return
	}
	_, _ = io.WriteString(w, "usage: "+cmd.UseLine()+"\n       "+cmd.CommandPath()+" --help says more\n")
}

// newRedactor is the one redactor through which all output passes.
func newRedactor(env *Env) func(string) string {
	return report.NewRedactor(env.home(), report.Secrets(env.Environ)...)
}

// formatFlag adds --format with the formats that the command knows.
func formatFlag(flags *pflag.FlagSet, into *string, known string) {
	flags.StringVar(into, "format", "text", "output `FORMAT`: "+known)
}
