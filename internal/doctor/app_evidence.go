package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// errNotRun says that a check asks for evidence that nobody has gathered.
var errNotRun = errors.New("the application was not run")

// evidenceOf is what was seen of the application.
func evidenceOf(_ context.Context, p *Patient) (observe.Evidence, error) {
	if p.seen == nil {
		return observe.Evidence{}, errNotRun
	}
	return *p.seen, nil
}

// runApplication runs the application where a check of it was asked for. It
// takes as long as the application does, so that no check has to wait for it.
func (p *Patient) runApplication(ctx context.Context, chosen []Check) error {
	if p.o.App == nil || p.o.Offline && !p.o.AppAlone || !slices.ContainsFunc(chosen, func(c Check) bool { return c.Group == groupApp }) {
		return nil
	}
	seen, err := observe.Run(ctx, *p.o.App)
	if err != nil {
		return fmt.Errorf("running the application: %w", err)
	}
	p.seen = &seen
	return nil
}

// appIntro says what is run, and what it can reach.
func (p *Patient) appIntro() string {
	var names []string
	for _, c := range p.o.App.Commands {
		program := ""
		if len(c.Args) > 0 {
			program = base(c.Args[0])
		}
		names = append(names, fmt.Sprintf("%s (%s)", c.Name, program))
	}
	return "runs " + strings.Join(names, ", ") + " with SENTRY_DSN pointed at a receiver on this machine; its database and broker are the real ones"
}

// base is the last part of a path, of any system.
func base(path string) string {
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

// appClosing says in numbers what came, by process: a verdict without them
// could mean that nothing was asked of the application.
func (p *Patient) appClosing() []string {
	if p.seen == nil {
		return nil
	}
	var lines []string
	for _, q := range p.seen.Processes {
		text := received(q)
		if reports, n := lost(q, func(observe.Discard) bool { return true }); n > 0 {
			text += "; its client reports name " + reports
		}
		lines = append(lines, text+"; "+ending(q))
	}
	return append(lines, "the run ended: "+p.seen.Why)
}

// appStage is the stage of the report.
func (p *Patient) appStage() check.StageRun {
	stage := check.StageRun{Stage: "app", Ran: p.seen != nil}
	switch {
	case stage.Ran:
	case p.o.App == nil:
		stage.Reason = "no command given: bbctl doctor -- COMMAND runs the application and judges what it sends (init, hooks, sampling)"
	case p.o.Offline:
		stage.Reason = "--offline"
	default:
		stage.Reason = "left out by --only or --skip"
	}
	return stage
}
