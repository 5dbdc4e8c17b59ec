package check

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Options says which checks of a suite run, and how.
type Options struct {
	// Only and Skip name checks or groups. A check that a selected one needs
	// runs too.
	Only, Skip []string
	// Strict is for the report: warnings fail.
	Strict bool
	// Timeout bounds the whole run; 0 means no bound beyond the checks' own.
	Timeout time.Duration
	Now     func() time.Time
	// Observe is called as each check ends, in order. It may be nil.
	Observe func(Item)
}

// errRunTimeout is the cause of the context when Options.Timeout is over.
var errRunTimeout = errors.New("the time for the whole run was over")

// Run carries out the selected checks of a suite in the order of declaration
// and returns an item for each. A failing check is no error. The error is a
// *SelectionError, or the context's when it was cancelled: then the items are
// those of the checks that had ended.
func Run[T any](ctx context.Context, suite []Check[T], v T, o Options) ([]Item, error) {
	selected, err := Select(suite, o.Only, o.Skip)
	if err != nil {
		return nil, err
	}
	outer := ctx
	if o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.Timeout, errRunTimeout)
		defer cancel()
	}
	var items []Item
	past := history{ended: map[string]Item{}, skipped: map[string]string{}}
	for _, c := range selected {
		item := runOne(ctx, c, v, past)
		if outer.Err() != nil {
			return items, context.Cause(outer)
		}
		past.ended[c.ID] = item
		items = append(items, item)
		if o.Observe != nil {
			o.Observe(item)
		}
	}
	confirm(items)
	return items, nil
}

// history is what the checks of a run have come to so far.
type history struct {
	ended map[string]Item
	// skipped are the reasons of checks that were skipped only for what they
	// need: those of the check at the beginning of the chain.
	skipped map[string]string
}

func runOne[T any](ctx context.Context, c Check[T], v T, past history) Item {
	item := Item{ID: c.ID, Group: c.Group, Title: c.Title, Needs: c.Needs}
	if blocked, result := blockedBy(c, past); result.Outcome != "" {
		item.BlockedBy = blocked
		item.Outcome, item.Detail = result.Outcome, result.Detail
		return item
	}
	if ctx.Err() != nil { // too late to begin
		item.Outcome, item.Detail = Broken, context.Cause(ctx).Error()
		return item
	}
	started := time.Now()
	result := carryOut(ctx, c, v)
	item.Duration = time.Since(started)
	item.Outcome, item.Cause, item.Detail, item.Fix = result.Outcome, result.Cause, result.Detail, result.Fix
	item.BlockedBy = result.BlockedBy
	return item
}

// confirm breaks the items that say they are blocked by checks which have found
// nothing, or have not run: nobody would be told what is wrong.
func confirm(items []Item) {
	outcome := map[string]Outcome{}
	for _, item := range items {
		outcome[item.ID] = item.Outcome
	}
	for i, item := range items {
		if item.Outcome != Blocked {
			continue
		}
		for _, id := range item.BlockedBy {
			switch outcome[id] {
			case Fail, Warn, Broken, Blocked:
			case Pass, Skip, "":
				items[i].Outcome, items[i].BlockedBy = Broken, nil
				items[i].Detail = fmt.Sprintf("the check says that it is blocked by %s, which found nothing: %s", id, item.Detail)
			}
		}
	}
}

// blockedBy says whether a check cannot run because of what it needs. It
// names the roots: the checks that failed or broke, not those that were
// blocked by them in turn. A need that was skipped makes the check a skip,
// since nothing is wrong.
func blockedBy[T any](c Check[T], past history) ([]string, Result) {
	var roots, skipped []string
	for _, need := range c.Needs {
		item, ok := past.ended[need]
		if !ok {
			skipped = append(skipped, "needs "+need+", which was left out")
			continue
		}
		switch item.Outcome {
		case Fail, Broken:
			roots = append(roots, need)
		case Blocked:
			roots = append(roots, item.BlockedBy...)
		case Skip:
			reason, ok := past.skipped[need]
			if !ok {
				reason = "needs " + need + ", which was skipped: " + item.Detail
			}
			skipped = append(skipped, reason)
		case Pass, Warn:
		}
	}
	slices.Sort(roots)
	roots = slices.Compact(roots)
	switch {
	case len(roots) > 0:
		return roots, Result{Outcome: Blocked, Detail: "blocked by " + strings.Join(roots, ", ")}
	case len(skipped) > 0:
		reason := strings.Join(slices.Compact(skipped), "; ")
		past.skipped[c.ID] = reason
		return nil, Skipped("%s", reason)
	default:
		return nil, Result{}
	}
}

// carryOut runs a check within its time. A check that does not heed its
// context is left behind in its goroutine: the run goes on without it, and
// its result, if it ever comes, is dropped.
func carryOut[T any](ctx context.Context, c Check[T], v T) Result {
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	done := make(chan Result, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- Result{Outcome: Broken, Detail: fmt.Sprintf("the check panicked: %v, at %s", r, panicSite())}
			}
		}()
		done <- c.Run(ctx, v)
	}()
	select {
	case result := <-done:
		return checked(result)
	case <-ctx.Done():
	}
	// What ended in the same moment counts.
	select {
	case result := <-done:
		return checked(result)
	default:
	}
	if errors.Is(context.Cause(ctx), errRunTimeout) {
		return BrokenBy(errRunTimeout)
	}
	return Result{Outcome: Broken, Detail: fmt.Sprintf("the check did not end within %s", timeout)}
}

// checked refuses results that say nothing: a check that returns the zero
// value, or skips without a reason, is broken.
func checked(r Result) Result {
	switch r.Outcome {
	case Pass, Warn, Fail, Broken:
		return r
	case Blocked:
		if len(r.BlockedBy) > 0 {
			return r
		}
		return Result{Outcome: Broken, Detail: "the check was blocked, and does not say by which"}
	case Skip:
		if r.Detail != "" {
			return r
		}
		return Result{Outcome: Broken, Detail: "the check was skipped without a reason"}
	default:
		return Result{Outcome: Broken, Detail: fmt.Sprintf("the check returned the outcome %q", string(r.Outcome))}
	}
}

// panicSite is the function in which a recovered panic happened, without
// paths of the machine that built the program.
func panicSite() string {
	lines := strings.Split(string(debug.Stack()), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") && i+2 < len(lines) {
			name, _, _ := strings.Cut(lines[i+2], "(")
			return name
		}
	}
	return "an unknown place"
}
