package doctor

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
)

// comparedKeys are the variables that are compared: those that a process
// needs, and one that it is better without.
func comparedKeys() []string { return append(judgedKeys(), config.KeySpotlight) }

// alone says whether a process has a value that stands nowhere else: neither
// in the settings nor in what every program of this machine is given.
func (p *Patient) alone(q *process, key string) bool {
	value, _, _ := q.value(key)
	if strings.TrimSpace(value) == "" || needless(key, value) {
		return false
	}
	for _, name := range []string{key, otherCase(key)} {
		if known := p.o.Config.Value(name); known.Set && sameValue(key, known.Value, value) {
			return false
		}
	}
	switch key {
	case config.KeyNoProxy, config.KeyNoProxyLower: // without a proxy it says nothing
		return q.has(config.KeyHTTPSProxy) || q.has(config.KeyHTTPProxy)
	case config.KeyDSN:
		return p.o.Config.DSNState() != config.DSNAbsent
	case config.KeySpotlight:
		on, ok := config.ParseBool(value)
		return on || !ok
	}
	return true
}

// aloneIn is the difference of a value that a process alone has.
func aloneIn(q *process, key, value, where, file string, fault config.Problem) difference {
	d := difference{
		process: q,
		text:    fmt.Sprintf("%s=%s %s, which %s does not set", key, config.Mask(key, value), where, cmp.Or(file, "the environment of bbctl")),
		fix:     func(k keeper, who string) string { return fixAlone(k, who, key, q.givenBy(key)) },
	}
	d.blame(fault)
	return d
}

// givenBy is the part of the command line that gives a process a variable;
// empty: its environment does.
func (p *process) givenBy(key string) string {
	if _, ok := p.loads.given[key]; ok {
		return "its option -e"
	}
	if _, ok := p.environ[key]; ok {
		return ""
	}
	if _, ok := p.loads.values[key]; ok {
		return filepath.Base(p.loads.file)
	}
	return ""
}

// blame adds what is wrong with the value itself.
func (d *difference) blame(fault config.Problem) {
	if fault.Cause == "" {
		return
	}
	known, _ := cause.Get(fault.Cause)
	d.text += fmt.Sprintf(": %s (%s)", known.Title, fault.Cause)
	d.grave = fault.Severity == cause.Fail
}

// faultsOf tells what the rules of the settings find wrong with a value that a
// process has; of none they find nothing. They are asked once, when it is
// needed.
func (p *Patient) faultsOf(ctx context.Context, q *process) func(key string) config.Problem {
	view := sync.OnceValue(func() []config.Problem { return p.viewOf(ctx, q) })
	return func(key string) config.Problem {
		for _, problem := range view() {
			if problem.Key == key {
				return problem
			}
		}
		return config.Problem{}
	}
}

// viewOf are the problems of the values that a process has, the gravest first.
func (p *Patient) viewOf(ctx context.Context, q *process) []config.Problem {
	o := config.Options{Dir: p.o.Dir, Now: p.o.Now, Forgiving: true}
	o.EnvFile, _ = p.o.Config.EnvFile()
	for _, key := range p.o.Config.Keys() {
		if value, _, present := q.value(key); present {
			o.Environ = append(o.Environ, key+"="+value)
		}
	}
	cfg, err := config.Load(ctx, o)
	if err != nil {
		return nil // the file cannot be read, which the checks of the file say
	}
	found := slices.DeleteFunc(cfg.SettingProblems(), func(problem config.Problem) bool {
		return problem.Origin.Kind != config.KindProcess || slices.Contains(elsewhere(), problem.Cause) && problem.Cause != cause.ValueUnexpanded ||
			q.contained && problem.Cause == cause.CAFileMissing // its paths are others
	})
	slices.SortStableFunc(found, func(a, b config.Problem) int { return grave(a) - grave(b) })
	return found
}
