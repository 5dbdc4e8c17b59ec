package observe

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bookedbarber/bbctl/internal/nearest"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// judge counts what arrives, in the goroutine of each request: what waits to
// be judged would have to be kept somewhere, and a client that waits for its
// answer is the one bound that always holds.
type judge struct {
	names  map[string]string // of the commands, by project
	expect []Expectation
	until  map[string]int
	now    func() time.Time

	mu      sync.Mutex
	seen    map[string]*seen // by project; "" is Stray
	met     []int            // of each expectation
	counts  map[string]int   // of the categories of until
	reached chan struct{}    // closed once until holds
	last    time.Time        // of the last arrival
}

func newJudge(o Options, names map[string]string) *judge {
	j := &judge{
		names: names, expect: o.Expect, until: o.Until, now: o.Now,
		seen: map[string]*seen{"": newSeen()}, met: make([]int, len(o.Expect)),
		counts: map[string]int{}, reached: make(chan struct{}),
	}
	for project := range names {
		j.seen[project] = newSeen()
	}
	return j
}

// take judges a request. Several may be judged at the same time; only the
// counting is one at a time.
func (j *judge) take(r *receiver.Record) {
	if r.Kind == "" {
		return // a browser or a scanner: nothing of an SDK listens there
	}
	a := decode(r)
	project := owner(r)
	name, ours := j.names[project]
	if !ours {
		project = ""
	}
	met := j.matches(a, name)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last = j.now()
	j.seen[project].add(a)
	for i, n := range met {
		j.met[i] += n
	}
	if ours && r.Accepted {
		j.count(a)
	}
}

func (j *judge) matches(a *arrival, process string) []int {
	if len(j.expect) == 0 || !a.record.Accepted {
		return nil
	}
	all := subjects(a, process)
	met := make([]int, len(j.expect))
	for i, e := range j.expect {
		for _, s := range all {
			if e.matches(s) {
				met[i]++
			}
		}
	}
	return met
}

// count counts for --until.
func (j *judge) count(a *arrival) {
	j.counts["envelopes"]++
	j.counts["profiles"] += a.profiles
	j.counts["check-ins"] += a.checkIns
	for _, e := range a.events {
		switch {
		case e.Type == transactionType:
			j.counts["transactions"]++
		case isError(e):
			j.counts["errors"]++
		default:
			j.counts["messages"]++
		}
	}
	if len(j.until) == 0 {
		return
	}
	for category, n := range j.until {
		if j.counts[category] < n {
			return
		}
	}
	select {
	case <-j.reached:
	default:
		close(j.reached)
	}
}

// nothing says whether no request came.
func (j *judge) nothing() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.seen {
		if s.Requests > 0 {
			return false
		}
	}
	return true
}

// heard says whether anything came of a project.
func (j *judge) heard(project string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.seen[project].Requests > 0
}

// settled says whether something came of a project, and nothing more does.
func (j *judge) settled(project string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.seen[project]
	return s.Requests > 0 && j.now().Sub(s.Last) > settleTime
}

func (j *judge) of(project string, redact func(string) string) Seen {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.seen[project].shown(redact)
}

func (j *judge) expected() []Expected {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []Expected
	for i, e := range j.expect {
		all = append(all, Expected{Text: e.Text, Want: e.Want, None: e.None, Seen: j.met[i]})
	}
	return all
}

// UntilCategories are what Options.Until counts.
func UntilCategories() []string {
	return []string{"errors", "messages", "transactions", "profiles", "check-ins", "envelopes"}
}

// ParseUntil reads 'errors=1,transactions=2'. A category alone means one.
func ParseUntil(text string) (map[string]int, error) {
	until := map[string]int{}
	for part := range strings.SplitSeq(text, ",") {
		name, number, given := strings.Cut(strings.TrimSpace(part), "=")
		name, n := strings.TrimSpace(name), 1
		if given {
			var err error
			if n, err = strconv.Atoi(strings.TrimSpace(number)); err != nil || n < 1 {
				return nil, fmt.Errorf("%q is no number of %s: expected 1 or more", strings.TrimSpace(number), name)
			}
		}
		until[name] = n
	}
	return until, checkUntil(until)
}

func checkUntil(until map[string]int) error {
	for _, name := range slices.Sorted(maps.Keys(until)) {
		if !slices.Contains(UntilCategories(), name) {
			return unknown("category", name, UntilCategories())
		}
		if until[name] < 1 {
			return fmt.Errorf("%d is no number of %s: expected 1 or more", until[name], name)
		}
	}
	return nil
}

// unknown says that a word is not known, what it may have meant, and what is.
func unknown(what, word string, known []string) error {
	if near := nearest.To(strings.ToLower(word), known); len(near) > 0 {
		return fmt.Errorf("unknown %s %q: did you mean %s? known are %s", what, word, near[0], strings.Join(known, ", "))
	}
	return fmt.Errorf("unknown %s %q: known are %s", what, word, strings.Join(known, ", "))
}

// untilText is a condition as it is written.
func untilText(until map[string]int) string {
	var parts []string
	for _, name := range UntilCategories() {
		if n, ok := until[name]; ok {
			parts = append(parts, name+"="+strconv.Itoa(n))
		}
	}
	return strings.Join(parts, ",")
}
