package cmd

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

func newReleaseCmd(g *globalOptions) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "release",
		Short: "The detected release, and where it came from",
		Long: `Prints the release that events would carry: SENTRY_RELEASE; else the variable of
a CI system or platform that sentry-python reads, in its order; else the commit
of the working directory (40 digits, as sentry-python does). The value alone
goes to stdout as it is, where it came from to stderr. Exit 1: there is none.
Reads .env, the process environment and git. Writes and sends nothing.`,
		Example: `  bbctl release
  release=$(bbctl release) && sentry-cli releases new "$release"`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRelease(cmd.Context(), g, format) },
	}
	formatFlag(cmd.Flags(), &format, "text or json")
	return cmd
}

func runRelease(ctx context.Context, g *globalOptions, format string) error {
	if err := checkPlainFormat(format); err != nil {
		return err
	}
	cfg, err := loadConfig(ctx, g)
	if err != nil {
		return err
	}
	release := cfg.Release()
	if newRedactor(g.env)(release.Value) != release.Value {
		// Scripts take the value as it is: a masked one would be a wrong release.
		return &hintedError{
			err:  fmt.Errorf("the release (%s) holds what looks like a secret or personal data, and is not printed", originText(g.env, release.Origin)),
			hint: "name a version or a commit in SENTRY_RELEASE; bbctl explain release-invalid says more",
		}
	}
	if format == "json" {
		encoder := json.NewEncoder(g.env.Out)
		encoder.SetIndent("", "  ")
		err := encoder.Encode(struct {
			Version  int    `json:"version"`
			Release  string `json:"release"`
			Origin   string `json:"origin"`
			Describe string `json:"describe"`
		}{1, release.Value, originText(g.env, release.Origin), release.Describe})
		if err != nil {
			return err
		}
		if release.Value == "" {
			return &verdictError{code: exitFailed}
		}
		return nil
	}
	if release.Value == "" {
		fmt.Fprintln(g.env.Err, "bbctl: no release: SENTRY_RELEASE is not set, no CI variable is, and this is no git checkout with a commit")
		fmt.Fprintln(g.env.Err, "bbctl: hint: set SENTRY_RELEASE where the image is built; bbctl explain release-missing says more")
		return &verdictError{code: exitFailed}
	}
	if _, err := fmt.Fprintln(g.env.Out, release.Value); err != nil {
		return err
	}
	fmt.Fprintf(g.env.Err, "bbctl: from %s\n", originText(g.env, release.Origin))
	if release.Describe != "" && release.Describe != release.Value {
		fmt.Fprintf(g.env.Err, "bbctl: sentry-go by itself would send %s (git describe): set SENTRY_RELEASE so that services agree\n", release.Describe)
	}
	return nil
}

// checkPlainFormat is for the commands whose output is no report of checks.
func checkPlainFormat(format string) error {
	if format != "text" && format != "json" {
		return usagef("--format: %q is neither text nor json", format)
	}
	return nil
}
