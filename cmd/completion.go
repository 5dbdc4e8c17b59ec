package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// newCompletionCmd stands in for cobra's own, which takes a wrong shell for a
// fault of the program and not of its use.
func newCompletionCmd(g *globalOptions) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion " + strings.Join(shells, "|"),
		Short: "Shell completion: bash, zsh, fish or powershell",
		Long: `Prints the script that teaches a shell to complete the commands, the flags and
the ids of causes and checks.
Reads nothing, writes nothing, sends nothing.`,
		Example: `  source <(bbctl completion bash)
  bbctl completion bash > /etc/bash_completion.d/bbctl
  bbctl completion zsh > "${fpath[1]}/_bbctl"
  bbctl completion fish > ~/.config/fish/completions/bbctl.fish`,
		ValidArgs:             shells,
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && slices.Contains(shells, args[0]) {
				return nil
			}
			return usagef("completion takes the name of one shell: %s", strings.Join(shells, ", "))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			switch root, out := cmd.Root(), g.env.Out; args[0] {
			case "bash":
				err = root.GenBashCompletionV2(out, true)
			case "zsh":
				err = root.GenZshCompletion(out)
			case "fish":
				err = root.GenFishCompletion(out, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(out)
			}
			if err != nil {
				return fmt.Errorf("writing the completion script: %w", err)
			}
			return nil
		},
	}
}
