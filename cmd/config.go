package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bookedbarber/bbctl/internal/config"
)

func newConfigCmd(g *globalOptions) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "config",
		Short: "The settings: origin, what they shadow, who reads them",
		Long: `Shows every variable that matters: the value that wins, where it stands (file
and line), what it shadows and why, and who reads it: bbctl, sentry-python and
sentry-go by themselves. Then what is wrong with them, with the cause and the
fix. Secrets are masked.

Problems do not make this command fail, as it shows and does not judge: the
exit code is 0. "bbctl test" is red where they matter.

Reads .env, the process environment, .sentryclirc and git. Writes and sends
nothing.`,
		Example: `  bbctl config
  bbctl config --env-file deploy/staging.env
  bbctl config --format json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runConfig(cmd.Context(), g, format) },
	}
	formatFlag(cmd.Flags(), &format, "text or json")
	return cmd
}

func runConfig(ctx context.Context, g *globalOptions, format string) error {
	if err := checkPlainFormat(format); err != nil {
		return err
	}
	cfg, err := loadConfig(ctx, g)
	if err != nil {
		return err
	}
	shown := describeConfig(g.env, cfg)
	if format == "json" {
		err = writeJSON(g.env.Out, shown)
	} else {
		err = writeConfigText(g.env.Out, shown, g.env.width())
	}
	if err != nil {
		return fmt.Errorf("writing the settings: %w", err)
	}
	return nil
}

// originText is an origin in words, such as ".env:3", fit for showing.
func originText(env *Env, o config.Origin) string {
	return newRedactor(env)(o.String())
}
