package verify

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
)

func TestSuiteIsValid(t *testing.T) {
	t.Parallel()
	if err := check.Validate(Checks(), Groups()); err != nil {
		t.Error(err)
	}
}

// The ids of groups are arguments of --only and --skip: they stay.
func TestTenGroupsWithThreeChecksEach(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, group := range Groups() {
		ids = append(ids, group.ID)
	}
	want := []string{
		"configuration", "user-context", "business-context", "error-capture", "performance",
		"database", "celery", "redis", "event-filtering", "delivery",
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	held := map[string]int{}
	for _, c := range Checks() {
		held[c.Group]++
	}
	for _, id := range ids {
		if held[id] < 3 {
			t.Errorf("group %s: got %d checks, want at least 3", id, held[id])
		}
	}
	if n := len(Checks()); n < 44 {
		t.Errorf("checks: got %d, want at least 44", n)
	}
}

// Checks stand in the order of their groups, since that is how they are read.
func TestChecksStandInTheOrderOfTheirGroups(t *testing.T) {
	t.Parallel()
	order := map[string]int{}
	for i, group := range Groups() {
		order[group.ID] = i
	}
	before := 0
	for _, c := range Checks() {
		if order[c.Group] < before {
			t.Errorf("check %s: its group %s has ended before it", c.ID, c.Group)
		}
		before = order[c.Group]
	}
}

func TestEveryCheckHasABoundAndAReason(t *testing.T) {
	t.Parallel()
	unused := reasons()
	for _, c := range Checks() {
		if c.Timeout <= 0 {
			t.Errorf("check %s: it has no bound", c.ID)
		}
		if Why(c.ID) == "" {
			t.Errorf("check %s: nothing says why it is worth making", c.ID)
		}
		delete(unused, c.ID)
	}
	for id := range unused {
		t.Errorf("reason for %s: there is no such check", id)
	}
	if Why("no-such-check") != "" {
		t.Error("a reason for what is no check")
	}
}

// bbctl explain takes the id of a check, of a group or of a cause: none may be
// two of them.
func TestIDsOfChecksAreNoCauses(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, group := range Groups() {
		ids = append(ids, group.ID)
	}
	for _, c := range Checks() {
		ids = append(ids, c.ID)
	}
	for _, id := range ids {
		if _, found := cause.Get(cause.ID(id)); found {
			t.Errorf("%s is the id of a cause as well", id)
		}
	}
}
