package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
)

// expectation collects what a check saw and where that differs from what it
// expected, so that a failure names every difference and not only the first.
type expectation struct {
	seen   []string
	misses []string
}

// saw adds a line to what is reported when all is as expected.
func (e *expectation) saw(format string, args ...any) {
	e.seen = append(e.seen, fmt.Sprintf(format, args...))
}

// missed adds a difference.
func (e *expectation) missed(format string, args ...any) {
	e.misses = append(e.misses, fmt.Sprintf(format, args...))
}

// equal expects a value that was decoded from the wire.
func (e *expectation) equal(what, got, want string) {
	if got != want {
		e.missed("%s: saw %q, expected %q", what, got, want)
		return
	}
	e.saw("%s %q", what, got)
}

// number expects a count or another number.
func (e *expectation) number(what string, got, want int) {
	if got != want {
		e.missed("%s: saw %d, expected %d", what, got, want)
		return
	}
	e.saw("%s %d", what, got)
}

// absent expects that a field is not on the wire.
func (e *expectation) absent(what, got string) {
	if got != "" {
		// The value may be a secret: only its length is told.
		e.missed("%s: saw a value of %d bytes, expected none", what, len(got))
		return
	}
	e.saw("no %s", what)
}

// contains expects an element in a list.
func (e *expectation) contains(what string, list []string, want string) {
	if !slices.Contains(list, want) {
		e.missed("%s: saw %q, expected %q among them", what, list, want)
		return
	}
	e.saw("%s has %q", what, want)
}

// that expects a condition; the text says what was seen and what was expected.
func (e *expectation) that(ok bool, format string, args ...any) {
	if !ok {
		e.missed(format, args...)
	}
}

// result is pass with what was seen, or fail with every difference.
func (e *expectation) result() check.Result {
	if len(e.misses) > 0 {
		return check.Failed(cause.LibraryBroken, fixLibrary, "%s", strings.Join(e.misses, "; "))
	}
	return check.Passed("%s", strings.Join(e.seen, ", "))
}

// fixLibrary is the one action where a behaviour of bbctl itself is broken.
const fixLibrary = "this is a fault in bbctl, not in your application: report it with the output of bbctl test --local --format json"
