package check

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// log is the value that the checks of these tests are given: it notes which
// of them ran.
type log struct{ ran []string }

// returns makes a check that notes that it ran.
func returns(id string, result Result, needs ...string) Check[*log] {
	return Check[*log]{ID: id, Group: "g", Title: id, Needs: needs, Run: func(_ context.Context, l *log) Result {
		l.ran = append(l.ran, id)
		return result
	}}
}

func run(t *testing.T, o Options, suite ...Check[*log]) ([]Item, []string) {
	t.Helper()
	var l log
	items, err := Run(t.Context(), suite, &l, o)
	if err != nil {
		t.Fatal(err)
	}
	return items, l.ran
}

func outcomes(items []Item) string {
	var words []string
	for _, item := range items {
		words = append(words, item.ID+" "+string(item.Outcome))
	}
	return strings.Join(words, ", ")
}

var (
	good   = Passed("fine")
	bad    = Failed(cause.RedisUnreachable, "start Redis", "saw %d, expected %d", 1, 2)
	absent = Skipped("there is none")
)

func TestResultBecomesItem(t *testing.T) {
	t.Parallel()
	items, _ := run(t, Options{}, returns("a", good), Check[*log]{
		ID: "b", Group: "other", Title: "B is so", Needs: []string{"a"},
		Run: func(context.Context, *log) Result { return bad },
	})
	items[0].Duration, items[1].Duration = 0, 0
	want := []Item{
		{ID: "a", Group: "g", Title: "a", Outcome: Pass, Detail: "fine"},
		{
			ID: "b", Group: "other", Title: "B is so", Outcome: Fail, Cause: cause.RedisUnreachable,
			Detail: "saw 1, expected 2", Fix: "start Redis", Needs: []string{"a"},
		},
	}
	if diff := cmp.Diff(want, items); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestCheckIsTimed(t *testing.T) {
	t.Parallel()
	items, _ := run(t, Options{}, Check[*log]{ID: "a", Timeout: time.Minute, Run: func(context.Context, *log) Result {
		for begun := time.Now(); time.Since(begun) == 0; {
			continue
		}
		return good
	}})
	if items[0].Duration <= 0 {
		t.Errorf("took %s", items[0].Duration)
	}
}

func TestBlockedNamesTheRoots(t *testing.T) {
	t.Parallel()
	items, ran := run(t, Options{},
		returns("root", bad), returns("broken", BrokenBy(errors.New("cut"))), returns("fine", good),
		returns("child", good, "root", "fine"), returns("grandchild", good, "child", "broken", "root"),
	)
	if got, want := strings.Join(ran, " "), "root broken fine"; got != want {
		t.Errorf("ran %s, want %s", got, want)
	}
	for i, want := range map[int][]string{3: {"root"}, 4: {"broken", "root"}} {
		item := items[i]
		if item.Outcome != Blocked || item.Detail != "blocked by "+strings.Join(want, ", ") {
			t.Errorf("%s: %s %q", item.ID, item.Outcome, item.Detail)
		}
		if diff := cmp.Diff(want, item.BlockedBy); diff != "" {
			t.Errorf("%s is blocked by (-want +got)\n%s", item.ID, diff)
		}
	}
}

// TestACheckMayFindThatItFollows: what only its run could tell blocks it as a
// need does, and what needs it is blocked by the same root.
func TestACheckMayFindThatItFollows(t *testing.T) {
	t.Parallel()
	items, _ := run(t, Options{},
		returns("root", bad), returns("follows", BlockedBy("root", "the line is not read")), returns("child", good, "follows"),
		returns("mute", Result{Outcome: Blocked, Detail: "by something"}), returns("fine", good),
		returns("wrong", BlockedBy("fine", "the line is not read")), returns("stray", BlockedBy("unknown", "the line is not read")),
	)
	if got, want := outcomes(items), "root fail, follows blocked, child blocked, mute broken, fine pass, wrong broken, stray broken"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	for _, item := range items[1:3] {
		if diff := cmp.Diff([]string{"root"}, item.BlockedBy); diff != "" {
			t.Errorf("%s is blocked by (-want +got)\n%s", item.ID, diff)
		}
	}
	if items[1].Detail != "the line is not read" {
		t.Errorf("detail %q", items[1].Detail)
	}
}

// TestASkippedNeedIsNoFault holds that what needs a skipped check is skipped
// with its reason, not blocked: nothing is wrong.
func TestASkippedNeedIsNoFault(t *testing.T) {
	t.Parallel()
	items, ran := run(t, Options{}, returns("a", absent), returns("b", good, "a"), returns("c", good, "b"))
	if got, want := outcomes(items), "a skip, b skip, c skip"; got != want {
		t.Errorf("saw %s, want %s", got, want)
	}
	if len(ran) != 1 {
		t.Errorf("ran %v", ran)
	}
	if want := "needs a, which was skipped: there is none"; items[1].Detail != want || items[1].BlockedBy != nil {
		t.Errorf("b: %q, blocked by %v, want %q", items[1].Detail, items[1].BlockedBy, want)
	}
}

func TestAFailedNeedCountsMoreThanASkippedOne(t *testing.T) {
	t.Parallel()
	items, _ := run(t, Options{}, returns("a", absent), returns("b", bad), returns("c", good, "a", "b"))
	if got, want := outcomes(items), "a skip, b fail, c blocked"; got != want {
		t.Errorf("saw %s, want %s", got, want)
	}
}

func TestAWarningBlocksNothing(t *testing.T) {
	t.Parallel()
	items, _ := run(t, Options{}, returns("a", Warned(cause.ReleaseMissing, "fix", "odd")), returns("b", good, "a"))
	if got, want := outcomes(items), "a warn, b pass"; got != want {
		t.Errorf("saw %s, want %s", got, want)
	}
}

func TestPanicBreaksTheCheckAlone(t *testing.T) {
	t.Parallel()
	items, _ := run(t, Options{}, Check[*log]{ID: "a", Run: panics}, returns("b", good))
	if got, want := outcomes(items), "a broken, b pass"; got != want {
		t.Errorf("saw %s, want %s", got, want)
	}
	if want := "the check panicked: index out of reach, at github.com/bookedbarber/bbctl/internal/check.panics"; items[0].Detail != want {
		t.Errorf("the detail is %q, want %q", items[0].Detail, want)
	}
}

func panics(context.Context, *log) Result { panic("index out of reach") }

// TestDeafCheckIsLeftBehind has a check that does not heed its context: the
// run goes on without it.
func TestDeafCheckIsLeftBehind(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	items, _ := run(t, Options{}, Check[*log]{ID: "deaf", Timeout: time.Millisecond, Run: func(context.Context, *log) Result {
		<-release
		return good
	}}, returns("b", good))
	if got, want := outcomes(items), "deaf broken, b pass"; got != want {
		t.Errorf("saw %s, want %s", got, want)
	}
	if want := "the check did not end within 1ms"; items[0].Detail != want {
		t.Errorf("the detail is %q, want %q", items[0].Detail, want)
	}
}

func TestCheckHasADeadline(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ own, most time.Duration }{
		"its own": {time.Minute, time.Minute}, "none of its own": {0, DefaultTimeout},
	} {
		items, _ := run(t, Options{}, Check[*log]{ID: "a", Timeout: c.own, Run: func(ctx context.Context, _ *log) Result {
			deadline, ok := ctx.Deadline()
			if left := time.Until(deadline); !ok || left > c.most || left < c.most/2 {
				return Failed("", "", "%s is left", left)
			}
			return good
		}})
		if items[0].Outcome != Pass {
			t.Errorf("%s: %s", name, items[0].Detail)
		}
	}
}

// TestWholeRunIsBounded has a first check that waits until its context is
// over: it and all after it are broken, and the reason is told. It is no
// error, so that the report is printed.
func TestWholeRunIsBounded(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	items, _ := run(t, Options{Timeout: time.Millisecond}, Check[*log]{ID: "a", Run: func(ctx context.Context, _ *log) Result {
		<-ctx.Done()
		<-release // what it would say now must not count
		return good
	}}, returns("b", good, "a"), Check[*log]{ID: "c", Run: func(context.Context, *log) Result {
		<-release
		return good
	}})
	if got, want := outcomes(items), "a broken, b blocked, c broken"; got != want {
		t.Errorf("saw %s, want %s", got, want)
	}
	for _, i := range []int{0, 2} {
		if want := "the time for the whole run was over"; items[i].Detail != want {
			t.Errorf("%s: %q, want %q", items[i].ID, items[i].Detail, want)
		}
	}
}

// TestCancelledRunReturnsWhatHadEnded is how an interrupt ends a suite.
func TestCancelledRunReturnsWhatHadEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var l log
	items, err := Run(ctx, []Check[*log]{returns("a", good), {ID: "b", Run: func(ctx context.Context, _ *log) Result {
		cancel()
		<-ctx.Done()
		return BrokenBy(ctx.Err())
	}}, returns("c", good)}, &l, Options{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if got, want := outcomes(items), "a pass"; got != want {
		t.Errorf("saw %s, want %s", got, want)
	}
	if got := strings.Join(l.ran, " "); got != "a" {
		t.Errorf("ran %s", got)
	}
}

func TestResultThatSaysNothingIsBroken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result Result
		want   string
	}{
		"the zero value":      {Result{}, `the check returned the outcome ""`},
		"an unknown outcome":  {Result{Outcome: "ok", Detail: "x"}, `the check returned the outcome "ok"`},
		"a skip of no reason": {Skipped(""), "the check was skipped without a reason"},
	} {
		items, _ := run(t, Options{}, returns("a", c.result))
		if items[0].Outcome != Broken || items[0].Detail != c.want {
			t.Errorf("%s: %s %q, want broken %q", name, items[0].Outcome, items[0].Detail, c.want)
		}
	}
}

func TestObserverSeesEveryItemInOrder(t *testing.T) {
	t.Parallel()
	var seen []Item
	items, _ := run(t, Options{Observe: func(item Item) { seen = append(seen, item) }},
		returns("a", bad), returns("b", good, "a"), returns("c", absent))
	if diff := cmp.Diff(items, seen); diff != "" || len(items) != 3 {
		t.Errorf("the observer saw others (-returned +seen)\n%s", diff)
	}
}
