package cmd

import (
	"strings"

	"github.com/spf13/cobra"
)

// helpWidth is where the lines of the help end, in columns: every terminal has
// as many.
const helpWidth = "80"

// newHelpCmd stands in for cobra's own, which answers an unknown command with
// exit code 0.
func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help for a command, as with --help",
		Long:  "Prints the help of a command.\nReads nothing, writes nothing, sends nothing.",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if len(args) == 0 {
				for _, c := range cmd.Root().Commands() {
					if c.IsAvailableCommand() {
						names = append(names, c.Name()+"\t"+c.Short)
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || found == nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), args[0])
			}
			found.InitDefaultHelpFlag() // so that it stands among the flags
			found.InitDefaultVersionFlag()
			return found.Help()
		},
	}
}

// wrapFlags makes the flags of the help fit its width.
func wrapFlags(template string) string {
	return strings.ReplaceAll(template, "FlagUsages ", "FlagUsagesWrapped "+helpWidth+" ")
}

// unknownCommand is a usage error with the nearest command.
func unknownCommand(root *cobra.Command, name string) error {
	err := usagef("there is no command %q", name)
	hint := "bbctl --help lists the commands"
	if near := root.SuggestionsFor(name); len(near) > 0 {
		hint = "did you mean: bbctl " + near[0]
	}
	return &usageError{err: err, hint: hint}
}
