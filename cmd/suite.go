package cmd

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bookedbarber/bbctl/internal/check"
)

// suiteOptions are what every command has that runs a suite of checks.
type suiteOptions struct {
	*globalOptions
	reportFlags
	selection

	list bool
}

// suiteEntry is one check of a suite, as lists and completions show it.
type suiteEntry struct{ id, group, title string }

func entriesOf[T any](checks []check.Check[T]) []suiteEntry {
	entries := make([]suiteEntry, len(checks))
	for i, c := range checks {
		entries[i] = suiteEntry{c.ID, c.Group, c.Title}
	}
	return entries
}

func (o *suiteOptions) register(flags *pflag.FlagSet) {
	flags.BoolVar(&o.list, "list", false, "list the checks and run none")
	o.selection.register(flags)
	o.reportFlags.register(flags)
}

// completeFlags lets a shell complete what flags take.
func (o *suiteOptions) completeFlags(cmd *cobra.Command, groups []check.Group, checks []suiteEntry) {
	var names []string
	for _, g := range groups {
		names = append(names, g.ID+"\t"+g.Title)
	}
	for _, c := range checks {
		names = append(names, c.id+"\t"+c.title)
	}
	for flag, words := range map[string][]string{"only": names, "skip": names, "format": {"text", "json", "junit", "github"}} {
		completeWith(cmd, flag, words)
	}
}

// completeWith lets a shell complete a flag with fixed words.
func completeWith(cmd *cobra.Command, flag string, words []string) {
	// The error says that there is no such flag, which a test would see.
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	})
}

// listChecks is --list.
func (o *suiteOptions) listChecks(checks []suiteEntry) error {
	if o.format != "text" {
		return usagef("--list is text alone, and --format asks for %s", o.format)
	}
	width, group := o.env.width(), ""
	for _, c := range checks {
		if c.group != group {
			group = c.group
			fmt.Fprintf(o.env.Out, "%s\n", group)
		}
		if err := entry(o.env.Out, width, "  ", c.id, c.title); err != nil {
			return err
		}
	}
	return nil
}
