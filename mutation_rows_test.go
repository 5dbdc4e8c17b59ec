package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/verify"
)

// mutationsFile holds one row for every check at least, its columns divided by
// tabs: check, file, old text, broken text, red checks, and the settings of
// the run where it needs any.
const mutationsFile = "testdata/mutations.tsv"

// mutation is one row: a behaviour of the product that is broken in the
// source, and the checks that must find it.
type mutation struct {
	line        int
	check       string
	file        string   // from the repository's root
	old, broken string   // what stands in the file once, and what takes its place
	red         []string // exactly the checks that must fail
	env         []string // settings of the run, KEY=value
}

// apply returns the source of the row's file with its behaviour broken.
func (m mutation) apply() ([]byte, error) {
	source, err := os.ReadFile(filepath.FromSlash(m.file))
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		return nil, fmt.Errorf("%s:%d: the old text of %s stands in %s %d times, expected once: bring the row up to date\n%s", mutationsFile, m.line, m.check, m.file, n, m.old)
	}
	return []byte(strings.Replace(string(source), m.old, m.broken, 1)), nil
}

// mutations reads the rows.
func mutations(t *testing.T) []mutation {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(mutationsFile))
	if err != nil {
		t.Fatal(err)
	}
	var rows []mutation
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m, err := parseMutation(line)
		if err != nil {
			t.Fatalf("%s:%d: %v", mutationsFile, number, err)
		}
		m.line = number
		rows = append(rows, m)
	}
	return rows
}

func parseMutation(line string) (mutation, error) {
	columns := strings.Split(line, "\t")
	if len(columns) < 5 || len(columns) > 6 {
		return mutation{}, fmt.Errorf("%d columns, expected check, file, old text, broken text, red checks and perhaps settings", len(columns))
	}
	// In texts \n is the end of a line, \t a tab and \\ a backslash.
	plain := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t")
	m := mutation{
		check: columns[0], file: columns[1],
		old: plain.Replace(columns[2]), broken: plain.Replace(columns[3]),
		red: strings.Split(columns[4], ","),
	}
	if len(columns) == 6 {
		m.env = strings.Fields(columns[5])
	}
	slices.Sort(m.red)
	return m, nil
}

// TestEveryCheckHasAMutation holds the table to the suite and to the source.
func TestEveryCheckHasAMutation(t *testing.T) {
	t.Parallel()
	missing := map[string]bool{}
	for _, c := range verify.Checks() {
		missing[c.ID] = true
	}
	known := func(id string) bool { _, ok := missing[id]; return ok }
	for _, m := range mutations(t) {
		at := fmt.Sprintf("%s:%d", mutationsFile, m.line)
		for _, id := range append([]string{m.check}, m.red...) {
			if !known(id) {
				t.Errorf("%s: there is no check %q", at, id)
			}
		}
		if !slices.Contains(m.red, m.check) {
			t.Errorf("%s: %s is not among the checks that turn red: %q", at, m.check, m.red)
		}
		if m.old == m.broken || m.old == "" {
			t.Errorf("%s: %s changes nothing", at, m.check)
		}
		if !strings.HasSuffix(m.file, ".go") || strings.HasSuffix(m.file, "_test.go") {
			t.Errorf("%s: %s is no source of the program", at, m.file)
		}
		for _, setting := range m.env {
			if !strings.Contains(setting, "=") {
				t.Errorf("%s: the setting %q has no =", at, setting)
			}
		}
		if _, err := m.apply(); err != nil {
			t.Error(err)
		}
		missing[m.check] = false
	}
	for _, c := range verify.Checks() {
		if missing[c.ID] {
			t.Errorf("%s: check %s has no row", mutationsFile, c.ID)
		}
	}
}
