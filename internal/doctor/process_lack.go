package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// lack is what a process does not have.
type lack struct {
	process *process
	keys    []string
	empty   bool // it has them, without a value
	from    reference
}

// grave says whether events are lost by it.
func (l lack) grave() bool {
	return slices.Contains(l.keys, config.KeyDSN) && l.process.counts()
}

// counts says whether it is certain that a process should report: a program
// whose name alone speaks for it is only warned of.
func (p *process) counts() bool {
	return p.command.role != roleMonitor && (p.asked || !p.command.guessed)
}

// processesHave: every process of the application has the variables.
func processesHave(_ context.Context, p *Patient) check.Result {
	c := p.processes()
	if reason := c.nothing(); reason != "" {
		return check.Skipped("%s", reason)
	}
	var lacks []lack
	var having gathered
	for _, q := range c.readable() {
		found, how := p.lacksOf(c, q)
		if lacks = append(lacks, found...); len(found) == 0 && how != "" {
			having.add(how, q)
		}
	}
	var seen []string
	for _, how := range having.clauses {
		seen = append(seen, crowd(having.of[how])+" "+plural(how, len(having.of[how])))
	}
	if len(lacks) > 0 {
		return p.lacking(lacks, seen)
	}
	if len(seen) == 0 {
		return check.Skipped("there is no SENTRY_DSN to compare with: neither the settings nor a process has one")
	}
	return check.Passed("%s", strings.Join(append(seen, c.absent...), "; "))
}

// nothing says why there is nothing to judge; empty where there is something.
func (c census) nothing() string {
	switch {
	case c.unavailable != "":
		return c.unavailable
	case len(c.processes) == 0:
		return c.text
	case len(c.readable()) == 0:
		why := c.processes[0].String() + ": " + c.processes[0].veiled
		return strings.Join(append([]string{why}, c.absent...), "; ")
	}
	return ""
}

func (c census) readable() []*process {
	var all []*process
	for _, q := range c.processes {
		if q.environ != nil {
			all = append(all, q)
		}
	}
	return all
}

// lacksOf are what one process lacks: first what it does not have, then what
// it has empty. how says where it has the DSN from, where it lacks nothing.
func (p *Patient) lacksOf(c census, q *process) (found []lack, how string) {
	absent, empty := lack{process: q}, lack{process: q, empty: true}
	for _, key := range judgedKeys() {
		if q.has(key) {
			if _, from, _ := q.value(key); key == config.KeyDSN {
				how = "has SENTRY_DSN " + from
			}
			continue
		}
		from, ok := p.expected(c, key)
		if !ok || needless(key, from.value) {
			continue
		}
		_, _, present := q.value(key)
		if from.file && q.access().how != "" && (!present || q.access().insists) {
			if key == config.KeyDSN {
				how = "loads it from " + from.origin + " by " + q.access().how
			}
			continue
		}
		if n := q.access().partly; from.file && n > 0 && !present {
			if key == config.KeyDSN {
				how = fmt.Sprintf("may load it from %s: of a large source %d files were read, and none of these loads that file", from.origin, n)
			}
			continue
		}
		into := &absent
		if present {
			into = &empty
		}
		if into.keys = append(into.keys, key); len(into.keys) == 1 {
			into.from = from
		}
	}
	for _, l := range []lack{absent, empty} {
		if len(l.keys) > 0 {
			found = append(found, l)
		}
	}
	return found, how
}

// expected is what a process should have: what the settings say, or what
// another process of the application was given.
func (p *Patient) expected(c census, key string) (reference, bool) {
	if from, ok := p.referenceOf(key); ok {
		return from, true
	}
	for _, other := range c.readable() {
		if value, _, _ := other.value(key); other.command.role != roleMonitor && strings.TrimSpace(value) != "" {
			return reference{value: value, origin: other.String(), now: value}, true
		}
	}
	return reference{}, false
}

// lacking makes one result of all that processes lack, the gravest first.
// Processes that lack the same for the same reason are named together.
func (p *Patient) lacking(lacks []lack, seen []string) check.Result {
	slices.SortStableFunc(lacks, func(a, b lack) int {
		switch {
		case a.grave() == b.grave():
			return 0
		case a.grave():
			return -1
		}
		return 1
	})
	var said gathered
	for _, l := range lacks {
		said.add(l.words(), l.process)
	}
	var clauses []string
	for _, clause := range said.clauses {
		clauses = append(clauses, crowd(said.of[clause])+": "+clause)
	}
	result := check.Warned(cause.EnvProcessLacks, p.fixLacks(lacks), "%s", strings.Join(append(clauses, seen...), "; "))
	if lacks[0].grave() {
		result.Outcome = check.Fail
	}
	return result
}

// words tell of a lack, all but whose it is.
func (l lack) words() string {
	keys := strings.Join(l.keys, ", ")
	if l.empty {
		return fmt.Sprintf("%s empty in the environment, which wins over what %s says", keys, l.from.origin)
	}
	text := fmt.Sprintf("no %s in the environment, which %s has", keys, l.from.origin)
	switch {
	case !l.from.file:
	case l.process.access().elsewhere != "":
		text += fmt.Sprintf(", and nothing that is imported there loads that file: %s does, which is not", l.process.access().elsewhere)
	default:
		text += ", and nothing in the source or on the command line loads that file"
	}
	return text
}
