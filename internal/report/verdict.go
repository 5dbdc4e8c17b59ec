package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
)

// summary is the verdict in a line: what it is, why, and how long it took.
func summary(rep check.Report) string {
	count := rep.Count()
	var parts []string
	for _, outcome := range []struct {
		check.Outcome
		word string
	}{
		{check.Fail, "failed"},
		{check.Broken, "broken"},
		{check.Blocked, "blocked"},
		{check.Warn, "warned"},
		{check.Skip, "skipped"},
		{check.Pass, "passed"},
	} {
		n := count[outcome.Outcome]
		if n == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", n, outcome.word)
		if outcome.Outcome == check.Warn && rep.Strict {
			part += " (--strict)"
		}
		parts = append(parts, part)
	}
	counts := strings.Join(parts, ", ")
	switch {
	case len(rep.Checks) == 0:
		counts = "no check ran"
	case nothingProved(rep):
		counts = "no check passed, " + counts
	}
	return fmt.Sprintf("%s: %s in %s", rep.Verdict(), counts, duration(rep.Duration))
}

// duration is a time as people read it: 412 ms, 3.1 s, 2m4s.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds())
	default:
		return d.Truncate(time.Second).String()
	}
}
