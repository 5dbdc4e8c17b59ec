package doctor

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/dsn"
)

// clockMargin is how exactly the start of a process is known: in ticks of the
// system, against a clock of another.
const clockMargin = 50 * time.Millisecond

// difference is where a process has something else than what counts now.
type difference struct {
	process *process
	text    string // what it has, without its name
	grave   bool   // it is a fault that loses events
	fix     func(k keeper, who string) string
}

// processesAgree: their values are those of the settings.
func processesAgree(ctx context.Context, p *Patient) check.Result {
	c := p.processes()
	if reason := c.nothing(); reason != "" {
		return check.Skipped("%s", reason)
	}
	var differ []difference
	var same []*process
	var notes []string
	for _, q := range c.readable() {
		found, compared, note := p.differencesOf(ctx, q)
		differ = append(differ, found...)
		if note != "" {
			notes = append(notes, note)
		}
		if len(found) == 0 && compared {
			same = append(same, q)
		}
	}
	switch {
	case len(differ) > 0:
		return differing(differ)
	case len(same) == 0:
		return check.Skipped("no process has a value that could be compared with the settings")
	}
	return check.Passed("%s", strings.Join(append([]string{"compared: " + crowd(same)}, notes...), "; "))
}

// differencesOf compares one process with what counts now. compared says
// whether there was anything to compare.
func (p *Patient) differencesOf(ctx context.Context, q *process) (found []difference, compared bool, note string) {
	var loaded []string // what the process can have from the file alone
	faults := p.faultsOf(ctx, q)
	for _, key := range comparedKeys() {
		value, where, present := q.value(key)
		from, ok := p.referenceOf(key)
		switch {
		case !ok:
			// A release is the image's own, and is no difference while it is right.
			if p.alone(q, key) && (key != config.KeyRelease || faults(key).Cause != "") {
				found = append(found, aloneIn(q, key, value, where, p.file(), faults(key)))
			}
			continue
		case !present && from.file:
			loaded = append(loaded, key)
			continue
		case strings.TrimSpace(value) == "":
			continue // it lacks it, which is said there
		}
		compared = true
		switch {
		case sameValue(key, value, from.value):
		case from.file && q.access().insists:
		case sameValue(key, value, from.now):
			note = q.String() + " has " + key + " as the process environment has it here, which wins over " + from.origin
		default:
			found = append(found, differs(q, key, value, where, from, faults(key)))
		}
	}
	if len(loaded) == 0 && !q.loadsValues() {
		return found, compared, note
	}
	if stale, ok := p.stale(q, q.access()); ok {
		return append(found, stale), true, note
	}
	return found, compared || q.access().how != "", note
}

// loadsValues says whether a file on the command line gave it what it has.
func (p *process) loadsValues() bool { return len(p.loads.values) > 0 }

func differs(q *process, key, value, where string, from reference, fault config.Problem) difference {
	seen, expected := config.Mask(key, value), config.Mask(key, from.value)
	if seen == expected {
		expected += ", which differs in the part that is not shown"
	}
	d := difference{
		process: q, text: fmt.Sprintf("%s=%s %s, and %s says %s", key, seen, where, from.origin, expected),
		fix: func(k keeper, who string) string { return fixDiffer(k, who, key, from.origin) },
	}
	d.blame(fault)
	if key == config.KeyDSN {
		_, err := dsn.Parse(value)
		_, errRight := dsn.Parse(from.value)
		if err != nil && errRight == nil {
			d.grave = true
			d.text += ": the first is no DSN that an SDK takes"
		}
	}
	return d
}

// stale says whether a process has loaded a .env file that was changed since.
func (p *Patient) stale(q *process, a access) (difference, bool) {
	path, ok := p.o.Config.EnvFile()
	if !ok || a.how == "" || q.alive().IsZero() {
		return difference{}, false
	}
	info, err := os.Stat(path)
	if err != nil || !info.ModTime().After(q.alive().Add(clockMargin)) {
		return difference{}, false
	}
	return difference{
		process: q, fix: fixRestart,
		text: fmt.Sprintf("the values of before: started at %s, loads the .env file by itself (%s), which was changed at %s",
			clock(q.alive()), a.how, clock(info.ModTime())),
	}, true
}

func clock(t time.Time) string { return t.Format("2006-01-02 15:04:05") }

// differing makes one result of all differences, the gravest first: processes
// that have the same are named, and mended, together.
func differing(all []difference) check.Result {
	slices.SortStableFunc(all, func(a, b difference) int { return weigh(a) - weigh(b) })
	var said gathered
	for _, d := range all {
		said.add(d.text, d.process)
	}
	var texts, fixes []string
	for _, clause := range said.clauses {
		who, verb := said.of[clause], "has"
		if len(who) > 1 {
			verb = "have"
		}
		texts = append(texts, fmt.Sprintf("%s %s %s", crowd(who), verb, plural(clause, len(who))))
	}
	first := all[0]
	for _, k := range keepersOf(said.of[first.text]) {
		fixes = append(fixes, first.fix(k.keeper, crowd(k.processes)))
	}
	result := check.Warned(cause.EnvProcessDiffers, strings.Join(fixes, "; and "), "%s", strings.Join(texts, "; "))
	if first.grave && first.process.counts() {
		result.Outcome = check.Fail
	}
	return result
}

func weigh(d difference) int {
	if d.grave && d.process.counts() {
		return 0
	}
	return 1
}

// household are the processes of one keeper.
type household struct {
	keeper    keeper
	processes []*process
}

func keepersOf(all []*process) []household {
	var groups []household
	for _, p := range all {
		at := slices.IndexFunc(groups, func(k household) bool { return k.keeper == p.keeper() })
		if at < 0 {
			groups = append(groups, household{keeper: p.keeper()})
			at = len(groups) - 1
		}
		groups[at].processes = append(groups[at].processes, p)
	}
	return groups
}
