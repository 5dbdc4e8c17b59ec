package doctor

import (
	"slices"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// Fix is what can be changed in the .env file for certain.
type Fix struct {
	Changes []envfile.Change
	// Mends are the problems that the changes are for, in their order.
	Mends []config.Problem
}

// Keys are the variables that would be changed, each once.
func (f Fix) Keys() []string {
	var keys []string
	for _, c := range f.Changes {
		keys = append(keys, c.Key)
	}
	return keys
}

// Fixes collects the certain changes for all that the loader finds wrong. Where
// two problems would change the same variable the graver one has its way, and
// the first of equal ones: the other is found again in the next run.
func Fixes(cfg *config.Config) Fix {
	problems := slices.Clone(cfg.Problems())
	slices.SortStableFunc(problems, func(a, b config.Problem) int { return grave(a) - grave(b) })
	var f Fix
	taken := make(map[string]bool)
	for _, p := range problems {
		if p.Follows != "" || slices.ContainsFunc(p.Changes, func(c envfile.Change) bool { return taken[c.Key] }) {
			continue
		}
		if len(p.Changes) > 0 {
			f.Mends = append(f.Mends, p)
		}
		for _, c := range p.Changes {
			taken[c.Key] = true
			f.Changes = append(f.Changes, c)
		}
	}
	return f
}
