package cmd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
	"github.com/bookedbarber/bbctl/internal/project"
	"github.com/bookedbarber/bbctl/internal/report"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// document is a page that the program writes about itself.
type document struct {
	file  string
	write func(io.Writer) error
}

func documents() []document {
	return []document{
		{"causes.md", func(w io.Writer) error { return report.WriteCausesDoc(w, cause.All()) }},
		{"checks.md", func(w io.Writer) error {
			return report.WriteChecksDoc(w, suites())
		}},
		{"configuration.md", func(w io.Writer) error {
			if err := config.WriteDoc(w); err != nil {
				return err
			}
			return project.WriteDoc(w, observe.Kinds(), observe.UntilCategories())
		}},
		{"python.md", setup.WritePythonDoc},
	}
}

// newDocsCmd is for the developers of bbctl: it stays out of the help.
func newDocsCmd(g *globalOptions) *cobra.Command {
	var write, compare string
	cmd := &cobra.Command{
		Use:    "docs",
		Short:  "Write the generated documentation",
		Hidden: true,
		Args:   noArgs,
		RunE: func(*cobra.Command, []string) error {
			switch {
			case write != "" && compare == "":
				return writeDocuments(write)
			case compare != "" && write == "":
				return compareDocuments(g.env, compare)
			default:
				return usagef("docs needs one of --write FOLDER and --check FOLDER")
			}
		},
	}
	cmd.Flags().StringVar(&write, "write", "", "the `FOLDER` to write the pages to")
	cmd.Flags().StringVar(&compare, "check", "", "the `FOLDER` whose pages are compared")
	return cmd
}

func writeDocuments(folder string) error {
	for _, d := range documents() {
		var page bytes.Buffer
		if err := d.write(&page); err != nil {
			return fmt.Errorf("generating %s: %w", d.file, err)
		}
		if err := os.WriteFile(filepath.Join(folder, d.file), page.Bytes(), 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", d.file, err)
		}
	}
	return nil
}

func compareDocuments(env *Env, folder string) error {
	stale := false
	for _, d := range documents() {
		var page bytes.Buffer
		if err := d.write(&page); err != nil {
			return fmt.Errorf("generating %s: %w", d.file, err)
		}
		kept, err := os.ReadFile(filepath.Join(folder, d.file))
		if err != nil {
			return fmt.Errorf("reading %s: %w", d.file, err)
		}
		if !bytes.Equal(kept, page.Bytes()) {
			stale = true
			fmt.Fprintf(env.Err, "bbctl: %s is stale: run make docs\n", filepath.Join(folder, d.file))
		}
	}
	if stale {
		return &verdictError{code: exitFailed}
	}
	return nil
}
