package doctor

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// beginning is how Python begins a traceback.
const beginning = "Traceback (most recent call last):"

// unannounced is the last error that a process wrote a traceback of, unless
// each stands in a record below ERROR: what is logged so was handled on
// purpose, as Celery logs what a task announces. Programs print tracebacks on
// stdout only where they mean to.
func (a application) unannounced(p observe.Process) string {
	found, open, before := "", false, ""
	for _, line := range p.Stderr {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasSuffix(text, beginning):
			// A stream that is logged line by line has the level of the stream.
			open = len(text) > len(beginning) || !mild(before) && !strings.Contains(before, "above exception")
		case open && namesError(p, text):
			found, open = text, false
		}
		if text != "" {
			before = text
		}
	}
	return found
}

// namesError says whether a line is one that names an error, with or without what a
// log puts before it.
func namesError(p observe.Process, text string) bool {
	return slices.ContainsFunc(p.Tracebacks, func(name string) bool { return strings.HasSuffix(text, strings.TrimSpace(name)) })
}

// mild says whether a line is a record of a log below ERROR, by the first level
// that it names.
func mild(line string) bool {
	level := logLevel().FindStringSubmatch(line)
	return level != nil && !slices.Contains([]string{"error", "critical", "fatal"}, strings.ToLower(level[1]))
}

var logLevel = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[\s\[\]:|"(=-])(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL|trace|debug|info|notice|warn(?:ing)?|error|critical|fatal)(?:[\s\]:/|",)-]|$)`)
})
