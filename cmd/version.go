package cmd

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersionCmd(g *globalOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "The version of bbctl",
		Long:  "Prints the version of bbctl, and the Go version and system it was built for.\nReads nothing, writes nothing, sends nothing.",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(g.env.Out, "bbctl %s (%s, %s/%s)\n", g.env.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
