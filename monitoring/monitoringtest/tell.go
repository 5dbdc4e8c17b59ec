package monitoringtest

import (
	"os"
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/report"
)

// teller is what a check is told to: a *testing.T, or what a test of this
// package listens with.
type teller interface {
	Helper()
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Skipf(format string, args ...any)
}

// tell ends a subtest as its check has ended.
func tell(t teller, item check.Item, strict bool) {
	t.Helper()
	switch item.Outcome {
	case check.Pass:
		t.Logf("%s: %s", item.Title, item.Detail)
	case check.Warn:
		if strict {
			t.Errorf("%s", finding(item))
			return
		}
		t.Logf("warning: %s", finding(item))
	case check.Fail:
		t.Errorf("%s", finding(item))
	case check.Skip:
		t.Skipf("%s", item.Detail)
	case check.Blocked:
		t.Skipf("blocked by %s: %s", strings.Join(item.BlockedBy, ", "), item.Detail)
	case check.Broken:
		t.Errorf("could not be completed: %s", item.Detail)
	}
}

// finding says what was seen, why, and what helps.
func finding(item check.Item) string {
	lines := []string{"expected: " + item.Title, "saw: " + item.Detail}
	if item.Cause != "" {
		lines = append(lines, "cause: "+string(item.Cause)+" (bbctl explain "+string(item.Cause)+")")
	}
	if item.Fix != "" {
		lines = append(lines, "fix: "+item.Fix)
	}
	return strings.Join(lines, "\n")
}

// redactor removes secrets and personal data from what is printed.
func redactor() func(string) string {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // there is none to be hidden
	}
	return report.NewRedactor(home)
}
