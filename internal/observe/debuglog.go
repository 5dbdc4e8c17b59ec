package observe

import (
	"strconv"
	"strings"
)

// logReader reads the SDK's own log, which it writes with SENTRY_DEBUG: that
// of Python begins with " [sentry] ", that of Go with "[Sentry] ", that of
// Node with "Sentry Logger ".
type logReader struct{ debug Debug }

// take says whether a line is one of the SDK's log.
func (l *logReader) take(line string) bool {
	trimmed := strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(trimmed, "Sentry is attempting to send "); ok {
		// Printed without SENTRY_DEBUG as well: it is the application's output too.
		count, _, _ := strings.Cut(rest, " ")
		if n, err := strconv.Atoi(count); err == nil {
			l.debug.Pending += n
		}
		return false
	}
	if !strings.HasPrefix(trimmed, "[sentry] ") && !strings.HasPrefix(trimmed, "[Sentry] ") && !strings.HasPrefix(trimmed, "Sentry Logger ") {
		return false
	}
	for _, sign := range []string{
		"Setting up integrations", "Enabling integration", // Python
		"Integration installed", // Go, Node
		"Initializing Sentry",   // Node
	} {
		l.debug.Initialised = l.debug.Initialised || strings.Contains(trimmed, sign)
	}
	if strings.Contains(trimmed, "Sending ") && strings.Contains(trimmed, " project:") {
		l.debug.Sent++
	}
	if len(l.debug.Lines) == keptLines {
		l.debug.Lines = append(l.debug.Lines[:0], l.debug.Lines[1:]...)
	}
	l.debug.Lines = append(l.debug.Lines, trimmed)
	return true
}

// plus joins what two streams of a process told.
func (d Debug) plus(other Debug) Debug {
	d.Initialised = d.Initialised || other.Initialised
	d.Sent += other.Sent
	d.Pending += other.Pending
	d.Lines = append(d.Lines, other.Lines...)
	return d
}
