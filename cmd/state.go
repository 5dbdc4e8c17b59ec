package cmd

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
)

// runState is `bbctl` alone: where this project stands, in a few lines, and
// the next command to run. It asks no network, and finds an empty folder well.
func runState(ctx context.Context, g *globalOptions) error {
	cfg, err := loadConfig(ctx, g)
	if err != nil {
		return err
	}
	width := g.env.width()
	for _, line := range stateLines(g.env, cfg) {
		first, rest := fmt.Sprintf("%-13s", line.name), strings.Repeat(" ", 13)
		if err := fill(g.env.Out, width, first, rest, line.text); err != nil {
			return fmt.Errorf("writing the state: %w", err)
		}
	}
	return writeNext(g.env.Out, width, nextSteps(cfg))
}

type stateLine struct{ name, text string }

func stateLines(env *Env, cfg *config.Config) []stateLine {
	redact := newRedactor(env)
	file := "none found, from here up to the repository's root"
	if path, found := cfg.EnvFile(); found {
		file = redact(path)
		if relative, err := filepath.Rel(env.Dir, path); err == nil && !strings.HasPrefix(relative, "..") {
			file = relative
		}
	}
	release := "none is set, and none can be detected"
	if found := cfg.Release(); found.Value != "" {
		release = redact(fmt.Sprintf("%s (%s)", config.Mask(config.KeyRelease, found.Value), found.Origin))
	}
	return []stateLine{
		{"bbctl", env.Version},
		{".env file", file},
		{"DSN", redact(stateOfDSN(cfg))},
		{"environment", redact(valueAndOrigin(cfg.Value(config.KeyEnvironment)))},
		{"release", release},
		{"problems", stateOfProblems(cfg.Problems())},
	}
}

func stateOfDSN(cfg *config.Config) string {
	switch cfg.DSNState() {
	case config.DSNPresent:
		return valueAndOrigin(cfg.Value(config.KeyDSN))
	case config.DSNLost:
		return "missing, although other settings say that Sentry is wanted"
	case config.DSNAbsent:
	}
	return "none: bbctl's own receiver stands in"
}

func valueAndOrigin(v config.Value) string {
	if v.Empty {
		return fmt.Sprintf("empty (%s)", v.Origin)
	}
	return fmt.Sprintf("%s (%s)", v.Shown(), v.Origin)
}

// stateOfProblems counts them, and names the first that loses events.
func stateOfProblems(problems []config.Problem) string {
	if len(problems) == 0 {
		return "none found"
	}
	first := problems[0]
	if failing := failures(problems); len(failing) > 0 {
		first = failing[0]
	}
	known, _ := cause.Get(first.Cause)
	text := fmt.Sprintf("%s: %s", first.Cause, known.Title)
	if len(problems) == 1 {
		return "1, " + text
	}
	return fmt.Sprintf("%d, first %s", len(problems), text)
}

func failures(problems []config.Problem) []config.Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(p config.Problem) bool { return p.Severity != cause.Fail })
}

type nextStep struct{ command, why string }

// nextSteps is the one thing to do now, and where all the rest is found.
func nextSteps(cfg *config.Config) []nextStep {
	help := nextStep{"bbctl --help", "all commands"}
	failing := failures(cfg.Problems())
	switch {
	case len(failing) > 0:
		return []nextStep{{"bbctl doctor", "what is wrong, and the fix"}, {"bbctl setup", "write the settings anew"}, {"bbctl explain " + string(failing[0].Cause), "the first cause"}, help}
	case cfg.DSNState() == config.DSNPresent:
		return []nextStep{{"bbctl test", "prove it, with three marked events to the DSN"}, {"bbctl test --local", "the same without sending anything"}, {"bbctl doctor", "where events are missing: why"}, help}
	default:
		return []nextStep{{"bbctl setup", "write a right .env, and prove it"}, {"bbctl setup --local", "the same without an account"}, {"bbctl test", "prove the toolkit here: no account, no network"}, help}
	}
}

func writeNext(w io.Writer, width int, steps []nextStep) error {
	longest := 0
	for _, step := range steps {
		longest = max(longest, len(step.command))
	}
	if _, err := fmt.Fprintln(w, "\nnext:"); err != nil {
		return err
	}
	for _, step := range steps {
		first := fmt.Sprintf("  %-*s  ", longest, step.command)
		if len(first)+20 > width { // no room for two columns
			if _, err := fmt.Fprintf(w, "  %s\n", step.command); err != nil {
				return err
			}
			first = "      "
		}
		if err := fill(w, width, first, strings.Repeat(" ", len(first)), step.why); err != nil {
			return err
		}
	}
	return nil
}
