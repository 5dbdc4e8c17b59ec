package verify

import (
	"github.com/bookedbarber/bbctl/internal/check"
)

// serviceIntro says first what is judged, and what stands in.
func (l *Lab) serviceIntro() []string {
	v := l.service
	lines := []string{"the service's own function makes the clients, for DSNs of an embedded receiver on loopback; nothing is sent elsewhere"}
	for _, part := range []struct {
		real          bool
		name, instead string
	}{
		{v.Database != nil, "the database of the service", "SQLite for the database"},
		{v.Redis != nil, "the Redis of the service", "an in-process Redis"},
	} {
		if part.real {
			lines = append(lines, "real: "+part.name)
		} else {
			lines = append(lines, "stands in: "+part.instead)
		}
	}
	return lines
}

// serviceStages says that the service's own configuration ran, and nothing else.
func (l *Lab) serviceStages() []check.StageRun {
	services := check.StageRun{Stage: "services", Ran: true}
	if l.service.Database == nil && l.service.Redis == nil {
		services = check.StageRun{Stage: "services", Reason: "stand-ins are asked"}
	}
	return []check.StageRun{
		{Stage: "environment", Reason: "a test reads no settings: bbctl test does"},
		{Stage: "suite", Reason: "the service is tested in place of the Go library"},
		services,
		{Stage: "probe", Reason: "nothing is sent to a DSN from a test"},
		{Stage: "app", Ran: true},
		{Stage: "api", Reason: "the web API is not asked"},
	}
}

// serviceClosing says last what was proved of the service.
func (l *Lab) serviceClosing(items []check.Item) []string {
	lines := []string{"proved: no more than the checks above say"}
	if passed(items, configDSNCheck) {
		lines = []string{"proved: that the service's client sends what the checks above say"}
	}
	return append(lines, "not proved: your DSN, and what the process sends where it runs: bbctl test, and bbctl test -- COMMAND")
}
