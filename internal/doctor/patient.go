package doctor

import (
	"context"
	"sync"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
	"github.com/bookedbarber/bbctl/internal/probe"
)

// Patient is what the checks of one run share. What several of them need is
// found once, when it is first asked for.
type Patient struct {
	o Options
	// chosen are the checks of the run, by id; nil: all.
	chosen map[string]bool
	// lender is the process whose settings are looked at; empty: those of here.
	lender string
	// problems are those of the shared loader, and what only a doctor asks.
	problems func() []config.Problem
	// processes are the running ones of the application.
	processes func() census
	// examination is the one of the ingest; nil: there is nothing to examine.
	examination func() *probe.Examination
	// seen is what was seen of the application; nil: it was not run.
	seen *observe.Evidence
	// log is what the signatures found in Options.Log.
	log func() logbook
}

func newPatient(ctx context.Context, o Options) *Patient {
	p := &Patient{o: o}
	p.problems = sync.OnceValue(p.findProblems)
	p.processes = sync.OnceValue(func() census { return takeCensus(ctx, p) })
	p.examination = sync.OnceValue(func() *probe.Examination { return p.examine(ctx) })
	p.log = sync.OnceValue(func() logbook { return readLog(ctx, o.Log) })
	return p
}

// runs says whether a check is one of the run.
func (p *Patient) runs(id string) bool { return p.chosen == nil || p.chosen[id] }

// choose notes which checks run: what is asked of the network, and what a check
// has to tell itself, depends on it.
func (p *Patient) choose(chosen []Check) {
	p.chosen = make(map[string]bool, len(chosen))
	for _, c := range chosen {
		p.chosen[c.ID] = true
	}
}

// outcomeOf finds an item of a run; empty where it did not run.
func outcomeOf(items []check.Item, id string) check.Outcome {
	for _, item := range items {
		if item.ID == id {
			return item.Outcome
		}
	}
	return ""
}
