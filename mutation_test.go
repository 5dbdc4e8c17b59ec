package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/servers"
)

// TestMutationsTurnTheirChecksRed breaks the source row by row, builds the
// program, and expects exactly the named checks to fail: a check that cannot
// fail proves nothing, and neither does one that always fails along
// (docs/decisions/0003).
func TestMutationsTurnTheirChecksRed(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program once for every check")
	}
	t.Parallel()
	unbroken := build(t, nil)
	for _, rows := range bySettings(mutations(t)) {
		name := "as it is"
		if len(rows[0].env) > 0 {
			name = strings.Join(rows[0].env, " ")
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mutate(t, unbroken, rows)
		})
	}
}

// bySettings puts together the rows that have the same settings.
func bySettings(rows []mutation) [][]mutation {
	var groups [][]mutation
	for _, m := range rows {
		i := slices.IndexFunc(groups, func(group []mutation) bool { return slices.Equal(group[0].env, m.env) })
		if i < 0 {
			groups, i = append(groups, nil), len(groups)
		}
		groups[i] = append(groups[i], m)
	}
	return groups
}

// mutate plays the rows of one group of settings. With those the program as it
// is must be green, so that what turns red is the mutation's doing.
func mutate(t *testing.T, unbroken string, rows []mutation) {
	broker := ""
	if slices.ContainsFunc(rows[0].env, func(s string) bool { return strings.Contains(s, "${celery}") }) {
		servers.Need(t, "redis-server", "python3-celery")
		broker = servers.Redis(t, servers.RedisOptions{}).URL(0)
		servers.Celery(t, broker, servers.CeleryOptions{})
	}
	outcomes := runSuite(t, unbroken, settings(t, rows[0].env, broker))
	if red := failed(t, outcomes); len(red) > 0 {
		t.Fatalf("nothing is broken, and red are %q%s", red, details(outcomes))
	}
	for _, m := range rows {
		t.Run(m.check, func(t *testing.T) {
			t.Parallel()
			outcomes := runSuite(t, build(t, &m), settings(t, m.env, broker))
			if red := failed(t, outcomes); !slices.Equal(red, m.red) {
				t.Errorf("%s:%d: red are %q, expected %q%s", mutationsFile, m.line, red, m.red, details(outcomes))
			}
		})
	}
}
