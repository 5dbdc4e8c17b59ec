package doctor

import (
	"context"
	"fmt"
	"os"
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
	text    string
	fix     string
	grave   bool // no event can come from the process
}

// processesAgree: their values are those of the settings.
func processesAgree(_ context.Context, p *Patient) check.Result {
	c := p.processes()
	if reason := c.nothing(); reason != "" {
		return check.Skipped("%s", reason)
	}
	var differ []difference
	var same, notes []string
	for _, q := range c.readable() {
		found, compared, note := p.differencesOf(q)
		differ = append(differ, found...)
		if note != "" {
			notes = append(notes, note)
		}
		if len(found) == 0 && compared {
			same = append(same, q.String())
		}
	}
	switch {
	case len(differ) > 0:
		return differing(differ)
	case len(same) == 0:
		return check.Skipped("no process has a value that could be compared with the settings")
	}
	return check.Passed("%s", strings.Join(append([]string{"compared: " + strings.Join(same, ", ")}, notes...), "; "))
}

// differencesOf compares one process with what counts now. compared says
// whether there was anything to compare.
func (p *Patient) differencesOf(q *process) (found []difference, compared bool, note string) {
	var loaded []string // what the process can have from the file alone
	for _, key := range judgedKeys() {
		from, ok := p.referenceOf(key)
		if !ok {
			continue
		}
		value, where, present := q.value(key)
		switch {
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
			found = append(found, p.difference(q, key, value, where, from))
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

func (p *Patient) difference(q *process, key, value, where string, from reference) difference {
	seen, expected := config.Mask(key, value), config.Mask(key, from.value)
	if seen == expected {
		expected += ", which differs in the part that is not shown"
	}
	d := difference{
		process: q, fix: p.fixDiffer(q, key, from),
		text: fmt.Sprintf("%s has %s=%s %s, and %s says %s", q, key, seen, where, from.origin, expected),
	}
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
		process: q, fix: fixRestart(q),
		text: fmt.Sprintf("%s was started at %s and loads the .env file by itself (%s), which was changed at %s: it still has the values of before",
			q, clock(q.alive()), a.how, clock(info.ModTime())),
	}, true
}

func clock(t time.Time) string { return t.Format("2006-01-02 15:04:05") }

// differing makes one result of all differences, the gravest first.
func differing(all []difference) check.Result {
	first := all[0]
	var texts []string
	for _, d := range all {
		if d.grave && !first.grave {
			first = d
		}
		texts = append(texts, d.text)
	}
	result := check.Warned(cause.EnvProcessDiffers, first.fix, "%s", strings.Join(texts, "; "))
	if first.grave {
		result.Outcome = check.Fail
	}
	return result
}
