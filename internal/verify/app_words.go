package verify

import (
	"fmt"
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// appIntro says first what runs, and with what.
func (l *Lab) appIntro() []string {
	a := l.app
	lines := []string{
		fmt.Sprintf("%s is imported in %s by %s (%s)", a.module, a.folder(), a.python.path, a.python.why),
		"its SENTRY_DSN is the embedded receiver's, its rates are 1.0 and 0.0; the rest of its environment is as it is, and it loads its own .env",
	}
	if url, ok := l.set(config.KeyDatabaseURL); ok && strings.HasPrefix(url, "postgres") {
		return append(lines, "real: the database of DATABASE_URL, read-only")
	}
	return append(lines, "stand-ins: SQLite for the database, tasks run in the process (eager)")
}

// appStages corrects the stages: the application ran, the suite of the library
// did not.
func (l *Lab) appStages(stages []check.StageRun) []check.StageRun {
	for i, s := range stages {
		switch s.Stage {
		case "app":
			stages[i] = check.StageRun{Stage: "app", Ran: true}
		case "suite":
			stages[i] = check.StageRun{Stage: "suite", Reason: "--app: the application is tested in place of the Go library"}
		}
	}
	return stages
}

// appClosing says last what was proved of the application.
func (l *Lab) appClosing(items []check.Item) []string {
	var missing []string
	for _, item := range items {
		if item.Outcome == check.Skip && strings.Contains(item.Detail, " has no ") || item.Outcome == check.Skip && strings.HasPrefix(item.Detail, "there is no ") && strings.Contains(item.Detail, "_monitor") {
			missing = append(missing, item.ID)
		}
	}
	lines := []string{"proved: no more than the checks above say"}
	if passed(items, configDSNCheck) {
		lines = []string{"proved: that " + l.app.module + " sends what the checks above say, in a process of its own"}
	}
	lines = append(lines, "not proved: the processes of your application themselves: bbctl test -- COMMAND runs one")
	if len(missing) > 0 {
		lines = append(lines, fmt.Sprintf("skipped for want of a function: %s", strings.Join(missing, ", ")))
	}
	return lines
}
