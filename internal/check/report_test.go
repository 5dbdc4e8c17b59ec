package check

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// of is a report with an item for each outcome.
func of(outcomes ...Outcome) Report {
	var rep Report
	for _, o := range outcomes {
		rep.Checks = append(rep.Checks, Item{ID: string(o), Outcome: o})
	}
	return rep
}

func TestVerdictAndExitCode(t *testing.T) {
	t.Parallel()
	strict := func(rep Report) Report {
		rep.Strict = true
		return rep
	}
	for _, c := range []struct {
		name string
		rep  Report
		want Verdict
		code int
	}{
		{"pass", of(Pass, Skip), VerdictPass, 0},
		{"a warning passes", of(Warn), VerdictPass, 0},
		{"a warning fails when strict", strict(of(Pass, Warn)), VerdictFail, 1},
		{"strict without a warning", strict(of(Pass)), VerdictPass, 0},
		{"fail", of(Pass, Fail), VerdictFail, 1},
		{"fail wins over broken", of(Broken, Fail), VerdictFail, 1},
		{"broken", of(Pass, Broken), VerdictIncomplete, 3},
		{"skip is not pass", of(Skip, Skip), VerdictIncomplete, 3},
		{"blocked is not pass", of(Blocked), VerdictIncomplete, 3},
		{"nothing is not pass", of(), VerdictIncomplete, 3},
	} {
		if got := c.rep.Verdict(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if got := c.rep.ExitCode(); got != c.code {
			t.Errorf("%s: exit code %d, want %d", c.name, got, c.code)
		}
	}
}

func TestCountIsByOutcome(t *testing.T) {
	t.Parallel()
	got := of(Pass, Fail, Pass, Skip).Count()
	if diff := cmp.Diff(map[Outcome]int{Pass: 2, Fail: 1, Skip: 1}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestRootCauses: failures first, then warnings, each in order of declaration,
// each cause once with its first evidence, and as a failure where it is both.
func TestRootCauses(t *testing.T) {
	t.Parallel()
	rep := Report{Checks: []Item{
		{ID: "a", Outcome: Warn, Cause: cause.ReleaseMissing, Detail: "warned"},
		{ID: "b", Outcome: Warn, Cause: cause.DSNMissing, Detail: "only warned"},
		{ID: "c", Outcome: Fail, Cause: cause.RedisUnreachable, Detail: "first", Fix: "start Redis"},
		{ID: "d", Outcome: Blocked, Cause: cause.CeleryNoWorker, Detail: "follows"},
		{ID: "e", Outcome: Fail, Cause: cause.RedisUnreachable, Detail: "second"},
		{ID: "f", Outcome: Fail, Cause: cause.DSNMissing, Detail: "failed"},
		{ID: "g", Outcome: Fail, Detail: "without a cause"},
		{ID: "h", Outcome: Pass, Cause: cause.KeyRejected},
		{ID: "i", Outcome: Fail, Cause: "of-no-catalogue"},
	}}
	var got []RootCause
	for _, r := range rep.RootCauses() {
		if known, ok := cause.Get(r.Cause); ok && r.Title != known.Title {
			t.Errorf("%s: the title is %q, want %q", r.Cause, r.Title, known.Title)
		}
		r.Title = ""
		got = append(got, r)
	}
	want := []RootCause{
		{Cause: cause.RedisUnreachable, Severity: cause.Fail, Check: "c", Evidence: "first", Fix: "start Redis", Doc: "docs/causes.md#redis-unreachable"},
		{Cause: cause.DSNMissing, Severity: cause.Fail, Check: "f", Evidence: "failed", Doc: "docs/causes.md#dsn-missing"},
		{Cause: "of-no-catalogue", Severity: cause.Fail, Check: "i", Doc: "docs/causes.md#of-no-catalogue"},
		{Cause: cause.ReleaseMissing, Severity: cause.Warn, Check: "a", Evidence: "warned", Doc: "docs/causes.md#release-missing"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestWhatWasAskedForComesFirst: among the failures, and among the warnings.
func TestWhatWasAskedForComesFirst(t *testing.T) {
	t.Parallel()
	rep := Report{
		First: []cause.ID{cause.RateLimited, cause.TracesRateLow, cause.DSNMissing},
		Checks: []Item{
			{ID: "a", Outcome: Warn, Cause: cause.ReleaseMissing},
			{ID: "b", Outcome: Warn, Cause: cause.TracesRateLow},
			{ID: "c", Outcome: Fail, Cause: cause.TLSExpired},
			{ID: "d", Outcome: Fail, Cause: cause.DSNMissing},
			{ID: "e", Outcome: Fail, Cause: cause.RateLimited},
			{ID: "f", Outcome: Fail, Cause: cause.ClockSkew},
		},
	}
	var got []cause.ID
	for _, root := range rep.RootCauses() {
		got = append(got, root.Cause)
	}
	want := []cause.ID{cause.RateLimited, cause.DSNMissing, cause.TLSExpired, cause.ClockSkew, cause.TracesRateLow, cause.ReleaseMissing}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestMapReachesEveryText fills every text of a report, and expects each to be
// mapped but for those that bbctl itself has written, which are listed.
func TestMapReachesEveryText(t *testing.T) {
	t.Parallel()
	ours := []string{
		"Tool", "Version", "Command", "Stages.Stage", "Groups.ID", "Groups.Title", "Checks.ID", "Checks.Group",
		"Checks.Title", "Checks.Outcome", "Checks.Cause", "Checks.Needs", "Checks.BlockedBy", "First",
	}
	var rep Report
	fill(reflect.ValueOf(&rep).Elem())
	before := Report{}
	fill(reflect.ValueOf(&before).Elem())
	mapped := rep.Map(strings.ToUpper)
	if diff := cmp.Diff(before, rep); diff != "" {
		t.Errorf("the report itself was changed\n%s", diff)
	}
	var left []string
	texts(reflect.ValueOf(mapped), "", func(path, text string) {
		if text == "text" {
			left = append(left, path)
		}
	})
	if diff := cmp.Diff(ours, left); diff != "" {
		t.Errorf("not mapped (-ours +left)\n%s", diff)
	}
	if mapped.Verdict() != rep.Verdict() || mapped.Strict != rep.Strict || mapped.Duration != rep.Duration || mapped.Started != rep.Started {
		t.Error("more than the texts has changed")
	}
}

// fill sets every text to "text", every list to one element, the rest to
// something.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}

// texts calls f with every text and its path, without places in lists.
func texts(v reflect.Value, path string, f func(path, text string)) {
	switch v.Kind() {
	case reflect.String:
		f(path, v.String())
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), path, f)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			texts(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), f)
		}
	}
}
