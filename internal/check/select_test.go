package check

import (
	"errors"
	"strings"
	"testing"
)

// shop is a suite with needs across groups.
func shop() []Check[*log] {
	in := func(group string, c Check[*log]) Check[*log] {
		c.Group = group
		return c
	}
	return []Check[*log]{
		in("configuration", returns("config-dsn", good)), in("configuration", returns("config-release", good)),
		in("database", returns("database-connection", good, "config-dsn")), in("database", returns("query-slow", good, "database-connection")),
		in("redis", returns("redis-slow", good)),
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		only, skip []string
		ran        string
	}{
		{"everything", nil, nil, "config-dsn config-release database-connection query-slow redis-slow"},
		{"a check and what it needs", []string{"query-slow"}, nil, "config-dsn database-connection query-slow"},
		{"a group", []string{"redis"}, nil, "redis-slow"},
		{"a group and what it needs", []string{"database"}, nil, "config-dsn database-connection query-slow"},
		{"in order of declaration, once", []string{"redis-slow", "redis", "config-release"}, nil, "config-release redis-slow"},
		{"without a check", nil, []string{"redis-slow"}, "config-dsn config-release database-connection query-slow"},
		{"without a group", nil, []string{"configuration", "redis"}, ""},
		{"skip wins over only", []string{"configuration"}, []string{"config-dsn"}, "config-release"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, ran := run(t, Options{Only: c.only, Skip: c.skip}, shop()...)
			if got := strings.Join(ran, " "); got != c.ran {
				t.Errorf("ran %q, want %q", got, c.ran)
			}
		})
	}
}

// TestWhatNeedsASkippedCheckSaysSo: with --skip nobody knows whether the need
// would have passed.
func TestWhatNeedsASkippedCheckSaysSo(t *testing.T) {
	t.Parallel()
	items, ran := run(t, Options{Skip: []string{"config-dsn"}}, shop()...)
	if got, want := outcomes(items), "config-release pass, database-connection skip, query-slow skip, redis-slow pass"; got != want {
		t.Errorf("saw %s, want %s", got, want)
	}
	if want := "needs config-dsn, which was left out"; items[1].Detail != want {
		t.Errorf("the reason is %q, want %q", items[1].Detail, want)
	}
	if len(ran) != 2 {
		t.Errorf("ran %v", ran)
	}
}

func TestMisspeltSelectionRunsNothing(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Only: []string{"redis", "redsi-slow"}}, {Skip: []string{"redsi-slow"}}} {
		var l log
		items, err := Run(t.Context(), shop(), &l, o)
		var selection *SelectionError
		if !errors.As(err, &selection) || selection.Name != "redsi-slow" {
			t.Fatalf("the error is %v", err)
		}
		if want := `there is no check or group "redsi-slow": did you mean redis-slow?`; err.Error() != want {
			t.Errorf("the error is %q, want %q", err, want)
		}
		if len(items)+len(l.ran) > 0 {
			t.Errorf("ran %v", l.ran)
		}
		if _, err := Select(shop(), o.Only, o.Skip); !errors.As(err, &selection) {
			t.Errorf("Select: %v", err)
		}
	}
	if _, err := Select(shop(), []string{"redis"}, []string{"config-dsn"}); err != nil {
		t.Errorf("a good selection: %v", err)
	}
	if _, err := Select(shop(), []string{"zzzzzzzzzzzzzzzz"}, nil); err == nil || strings.Contains(err.Error(), "mean") {
		t.Errorf("nothing is near: %v", err)
	}
}

func TestNearestNamesChecksAndGroups(t *testing.T) {
	t.Parallel()
	if got := Nearest("databse", shop()); len(got) == 0 || got[0] != "database" {
		t.Errorf("Nearest = %v", got)
	}
}

func TestValidateNamesTheFault(t *testing.T) {
	t.Parallel()
	groups := []Group{{ID: "g", Title: "G"}}
	fine := func(id string, needs ...string) Check[*log] { return returns(id, good, needs...) }
	change := func(c Check[*log], f func(*Check[*log])) Check[*log] {
		f(&c)
		return c
	}
	for _, c := range []struct {
		name  string
		suite []Check[*log]
		want  string
	}{
		{"good", []Check[*log]{fine("a"), fine("b2-c", "a")}, ""},
		{"nothing", nil, ""},
		{"twice", []Check[*log]{fine("a"), fine("a")}, "check a: the id stands twice"},
		{"a need declared later", []Check[*log]{fine("a", "b"), fine("b")}, "check a: it needs b, which is not declared before it"},
		{"a need of itself", []Check[*log]{fine("a", "a")}, "check a: it needs a, which is not declared before it"},
		{"no title", []Check[*log]{change(fine("a"), func(c *Check[*log]) { c.Title = "" })}, "check a: it has no title"},
		{"nothing to run", []Check[*log]{change(fine("a"), func(c *Check[*log]) { c.Run = nil })}, "check a: it has nothing to run"},
		{"an unknown group", []Check[*log]{change(fine("a"), func(c *Check[*log]) { c.Group = "h" })}, `check a: its group "h" is unknown`},
	} {
		if got := textOf(Validate(c.suite, groups)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, id := range []string{"", "A", "a_b", "-a", "a-", "a--b", "a b", "é", "a.b"} {
		if got := textOf(Validate([]Check[*log]{fine(id)}, groups)); !strings.Contains(got, "no lower-kebab-case word") {
			t.Errorf("id %q: %q", id, got)
		}
	}
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestSelectionOfNothingIsWrongUse(t *testing.T) {
	t.Parallel()
	_, err := Select(shop(), []string{"redis"}, []string{"redis-slow"})
	var selection *SelectionError
	if !errors.As(err, &selection) || err.Error() != "the selection leaves no check to run" {
		t.Errorf("got %v", err)
	}
}
