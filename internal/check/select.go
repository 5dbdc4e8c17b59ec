package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/nearest"
)

// SelectionError says that a name given to Only or Skip is no check and no
// group of the suite, or, without a Name, that nothing is left to run. It is
// wrong use, not a failure.
type SelectionError struct {
	Name string
	Near []string // ids and groups that are spelt much like it
}

func (e *SelectionError) Error() string {
	if e.Name == "" {
		return "the selection leaves no check to run"
	}
	text := fmt.Sprintf("there is no check or group %q", e.Name)
	if len(e.Near) > 0 {
		text += ": did you mean " + strings.Join(e.Near, " or ") + "?"
	}
	return text
}

// Select returns the checks to run, in the order of declaration: those of only
// (all where it is empty) with what they need, without those of skip. The error
// is a *SelectionError for the first name that the suite does not know, and
// where nothing is left.
func Select[T any](suite []Check[T], only, skip []string) ([]Check[T], error) {
	byID := map[string]Check[T]{}
	known := map[string]bool{}
	for _, c := range suite {
		byID[c.ID] = c
		known[c.ID], known[c.Group] = true, true
	}
	for _, name := range slices.Concat(only, skip) {
		if !known[name] {
			return nil, &SelectionError{Name: name, Near: Nearest(name, suite)}
		}
	}
	wanted := map[string]bool{}
	var want func(Check[T])
	want = func(c Check[T]) {
		if wanted[c.ID] {
			return
		}
		wanted[c.ID] = true
		for _, need := range c.Needs {
			want(byID[need])
		}
	}
	for _, c := range suite {
		if len(only) == 0 || slices.Contains(only, c.ID) || slices.Contains(only, c.Group) {
			want(c)
		}
	}
	var chosen []Check[T]
	for _, c := range suite {
		if wanted[c.ID] && !slices.Contains(skip, c.ID) && !slices.Contains(skip, c.Group) {
			chosen = append(chosen, c)
		}
	}
	if len(chosen) == 0 {
		return nil, &SelectionError{}
	}
	return chosen, nil
}

// Nearest returns up to three ids or groups of the suite that are spelt much
// like name, the nearest first.
func Nearest[T any](name string, suite []Check[T]) []string {
	var known []string
	for _, c := range suite {
		known = append(known, c.Group, c.ID)
	}
	return nearest.To(name, known)
}

// Validate says what is wrong with a suite: ids that are no lower-kebab-case
// or stand twice, needs that are not declared earlier, unknown groups.
func Validate[T any](suite []Check[T], groups []Group) error {
	seen := map[string]bool{}
	for _, c := range suite {
		switch {
		case !kebab(c.ID):
			return fmt.Errorf("check %q: the id is no lower-kebab-case word", c.ID)
		case seen[c.ID]:
			return fmt.Errorf("check %s: the id stands twice", c.ID)
		case c.Title == "":
			return fmt.Errorf("check %s: it has no title", c.ID)
		case c.Run == nil:
			return fmt.Errorf("check %s: it has nothing to run", c.ID)
		case !slices.ContainsFunc(groups, func(g Group) bool { return g.ID == c.Group }):
			return fmt.Errorf("check %s: its group %q is unknown", c.ID, c.Group)
		}
		for _, need := range c.Needs {
			if !seen[need] {
				return fmt.Errorf("check %s: it needs %s, which is not declared before it", c.ID, need)
			}
		}
		seen[c.ID] = true
	}
	return nil
}

func kebab(id string) bool {
	if id == "" || strings.HasPrefix(id, "-") || strings.HasSuffix(id, "-") || strings.Contains(id, "--") {
		return false
	}
	return strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
