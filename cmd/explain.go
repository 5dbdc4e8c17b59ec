package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/nearest"
	"github.com/bookedbarber/bbctl/internal/report"
	"github.com/bookedbarber/bbctl/internal/term"
)

func newExplainCmd(g *globalOptions) *cobra.Command {
	var list bool
	cmd := &cobra.Command{
		Use:   "explain ID | init [fastapi|celery|go]",
		Short: "What a cause or a check means, and the fix; the init call",
		Long: `Explains a cause (dsn-placeholder, rate-limited-key …) or a check of
"bbctl test" or "bbctl doctor" (sample-share, ingest-tls …): what it means, how
it shows, how to find it by hand, how to fix it, and where that is known from.
"init" is the code with which the application takes its settings: for FastAPI,
for Celery and for Go, ready to be copied.
Reads nothing, writes nothing, sends nothing.`,
		Example: `  bbctl explain dsn-placeholder
  bbctl explain init celery
  bbctl explain --list`,
		Args: func(_ *cobra.Command, args []string) error { return checkExplainArgs(list, args) },
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return completeExplain(args), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case list:
				return runExplainList(g)
			case spelt(args[0]) == explainInit:
				return runExplainInit(g, args[1:])
			default:
				return runExplain(g, spelt(args[0]))
			}
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, "list all causes and checks, a line each")
	return cmd
}

func checkExplainArgs(list bool, args []string) error {
	switch {
	case list && len(args) > 0:
		return usagef("explain --list takes no id, and was given %q", args[0])
	case list || len(args) == 1:
		return nil
	case len(args) > 1 && spelt(args[0]) == explainInit:
		return checkInitArgs(args[1:])
	default:
		return &usageError{
			err:  fmt.Errorf("explain takes the id of one cause or check"),
			hint: "bbctl explain --list shows them all",
		}
	}
}

// completeExplain returns what can stand behind the arguments so far, each
// with its title.
func completeExplain(args []string) []string {
	if len(args) == 1 && spelt(args[0]) == explainInit {
		return initIDs()
	}
	if len(args) > 0 {
		return nil
	}
	ids := []string{explainInit + "\t" + initTitle}
	for _, c := range cause.All() {
		ids = append(ids, string(c.ID)+"\t"+c.Title)
	}
	for _, c := range checkDocs() {
		ids = append(ids, c.ID+"\t"+c.Title)
	}
	return ids
}

// spelt is an id as it stands in the lists.
func spelt(arg string) string { return strings.ToLower(strings.TrimSpace(arg)) }

func runExplain(g *globalOptions, id string) error {
	style := g.style()
	if c, ok := cause.Get(cause.ID(id)); ok {
		return report.WriteCause(g.env.Out, c, style)
	}
	for _, doc := range checkDocs() {
		if doc.ID == id {
			return report.WriteCheck(g.env.Out, doc, style)
		}
	}
	for _, suite := range suites() {
		for _, group := range suite.Groups {
			if group.ID == id {
				return explainGroup(g, group, suite.Checks)
			}
		}
	}
	return &usageError{err: fmt.Errorf("there is no cause or check %q", id), hint: nearestHint(id)}
}

// explainGroup lists the checks of a group.
func explainGroup(g *globalOptions, group check.Group, checks []report.CheckDoc) error {
	width := g.env.width()
	if err := fill(g.env.Out, width, "", "  ", group.Title); err != nil {
		return err
	}
	for _, c := range checks {
		if c.Group != group.ID {
			continue
		}
		if err := entry(g.env.Out, width, "  ", c.ID, c.Title); err != nil {
			return err
		}
	}
	return nil
}

func nearestHint(id string) string {
	var near, checks []string
	for _, c := range cause.Nearest(id) {
		near = append(near, string(c))
	}
	for _, c := range checkDocs() {
		checks = append(checks, c.ID, c.Group)
	}
	near = append(near, nearest.To(id, checks)...)
	if nearest.Distance(id, explainInit) <= 2 {
		near = append([]string{explainInit}, near...)
	}
	if len(near) == 0 {
		return "bbctl explain --list shows them all"
	}
	return "the nearest: " + strings.Join(near[:min(3, len(near))], ", ")
}

func runExplainList(g *globalOptions) error {
	width := g.env.width()
	line := func(id, title string) error { return entry(g.env.Out, width, "", id, title) }
	if err := line(explainInit, initTitle); err != nil {
		return err
	}
	for _, c := range cause.All() {
		if err := line(string(c.ID), c.Title); err != nil {
			return err
		}
	}
	for _, c := range checkDocs() {
		if err := line(c.ID, c.Title); err != nil {
			return err
		}
	}
	return nil
}

// style is how the text form looks on the stream it goes to.
func (g *globalOptions) style() report.Style {
	return report.Style{
		Width: g.env.width(),
		Color: term.Color(g.env.Out, g.env.Getenv, g.noColor),
	}
}
