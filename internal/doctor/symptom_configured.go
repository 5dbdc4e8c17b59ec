package doctor

import (
	"fmt"
	"strings"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// explainConfiguration answers an application that says it has no DSN: what the
// settings have, and what its running processes do.
func (p *Patient) explainConfiguration(items []check.Item) []string {
	v := p.o.Config.Value(config.KeyDSN)
	line := "not-configured: SENTRY_DSN is set nowhere that bbctl looks: not in the process environment" + p.orInFile()
	if v.Set && v.Value != "" {
		line = fmt.Sprintf("not-configured: SENTRY_DSN is %s, from %s", v.Shown(), v.Origin)
	} else if v.Set {
		line = fmt.Sprintf("not-configured: SENTRY_DSN is empty, from %s", v.Origin) + hidden(v)
	}
	lines := append([]string{line}, p.runningConfiguration(v)...)
	if len(lines) == 1 && outcomeOf(items, "dsn") == check.Pass {
		lines = append(lines, "the settings are there, so the application does not get them: it has its own environment, reads the .env file after init, or from another folder (bbctl doctor --pid PID looks into a running process)")
	}
	return append(lines,
		"bbctl config shows every value, where it comes from and what it shadows; bbctl setup writes the .env file; bbctl explain init shows the init call",
		"python-dotenv fills os.environ only where load_dotenv() is called before init; pydantic's Settings read the .env file without filling it: pass dsn=settings.sentry_dsn")
}

// hidden names the value that an empty one wins over.
func hidden(v config.Value) string {
	for _, found := range v.Shadowed() {
		if strings.TrimSpace(found.Value) != "" {
			return fmt.Sprintf(", which hides %s of %s", config.Mask(v.Key, found.Value), found.Origin)
		}
	}
	return ""
}

// runningConfiguration says which of the running processes have the DSN, which
// have it empty, and which not at all; nothing where none can be looked at.
func (p *Patient) runningConfiguration(v config.Value) []string {
	var having, emptied, without []*process
	for _, q := range p.processes().readable() {
		switch value, _, present := q.value(config.KeyDSN); {
		case strings.TrimSpace(value) != "":
			having = append(having, q)
		case present && !q.access().insists:
			emptied = append(emptied, q)
		case q.access().how == "":
			without = append(without, q)
		}
	}
	var lines []string
	if len(having) > 0 {
		verb := "has"
		if len(having) > 1 {
			verb = "have"
		}
		lines = append(lines, fmt.Sprintf("%s %s SENTRY_DSN, so that it is no matter of settings: init is not called there, is given another dsn (dsn=\"\" or a variable of another name), or runs after what says so; bbctl explain init shows the call, bbctl doctor -- COMMAND sees what it sends", crowd(having), verb))
	}
	if len(emptied) > 0 {
		line := plural(crowd(emptied)+": SENTRY_DSN is empty in its environment", len(emptied))
		for _, found := range v.All {
			if strings.TrimSpace(found.Value) != "" {
				line += fmt.Sprintf(", which hides %s of %s", config.Mask(v.Key, found.Value), found.Origin)
				break
			}
		}
		lines = append(lines, line)
	}
	if len(without) > 0 {
		lines = append(lines, crowd(without)+": no SENTRY_DSN in the environment, and nothing that loads a .env file was found")
	}
	return lines
}
