// Package check is the engine of the suites: a check is a value, a run turns
// a list of them into items, and a report says what the items mean.
package check

import (
	"context"
	"fmt"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// Outcome is how a check ended.
type Outcome string

// The outcomes. Skip is never pass.
const (
	Pass    Outcome = "pass"
	Warn    Outcome = "warn"
	Fail    Outcome = "fail"
	Skip    Outcome = "skip"    // always with a reason
	Blocked Outcome = "blocked" // by checks that did not pass
	Broken  Outcome = "broken"  // could not be completed: a panic, a timeout
)

// Result is what a check returns.
type Result struct {
	Outcome Outcome
	Cause   cause.ID // why it failed or warns; empty otherwise
	Detail  string   // what was seen and what was expected, or the reason
	Fix     string   // the one action that helps
	// BlockedBy names the checks that a Blocked result follows from, where only
	// the run of the check could tell that it does.
	BlockedBy []string
}

// Passed is the result of a check whose title is true.
func Passed(detail string, args ...any) Result {
	return Result{Outcome: Pass, Detail: fmt.Sprintf(detail, args...)}
}

// Failed is the result of a check whose title is not true.
func Failed(id cause.ID, fix, detail string, args ...any) Result {
	return Result{Outcome: Fail, Cause: id, Fix: fix, Detail: fmt.Sprintf(detail, args...)}
}

// Warned is the result of a check that found something to know.
func Warned(id cause.ID, fix, detail string, args ...any) Result {
	return Result{Outcome: Warn, Cause: id, Fix: fix, Detail: fmt.Sprintf(detail, args...)}
}

// Skipped is the result of a check that could not say anything, and why.
func Skipped(reason string, args ...any) Result {
	return Result{Outcome: Skip, Detail: fmt.Sprintf(reason, args...)}
}

// BlockedBy is the result of a check whose fault follows from what another
// check has found.
func BlockedBy(id, detail string, args ...any) Result {
	return Result{Outcome: Blocked, BlockedBy: []string{id}, Detail: fmt.Sprintf(detail, args...)}
}

// BrokenBy is the result of a check that could not be completed.
func BrokenBy(err error) Result {
	return Result{Outcome: Broken, Detail: err.Error()}
}

// Check is one check of a suite over values of type T. Checks print nothing,
// change nothing outside, and share nothing but T.
type Check[T any] struct {
	ID    string // lower-kebab-case noun, for ever
	Group string
	Title string // a sentence that is true when the check passes
	Needs []string
	// Timeout bounds Run; 0 means DefaultTimeout.
	Timeout time.Duration
	Run     func(ctx context.Context, v T) Result
}

// DefaultTimeout bounds a check that names no timeout of its own.
const DefaultTimeout = 10 * time.Second

// Group is a group of checks with a stated purpose.
type Group struct{ ID, Title string }

// Item is a check after its run.
type Item struct {
	ID, Group, Title string
	Outcome          Outcome
	Cause            cause.ID
	Detail, Fix      string
	Needs, BlockedBy []string
	Duration         time.Duration
}
