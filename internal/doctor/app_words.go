package doctor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// mostNamed is how many of a kind a text names; the rest is counted.
const mostNamed = 5

// nameOf is how a process is called in texts.
func nameOf(p observe.Process) string { return cmp.Or(p.Name, p.Program, "the command") }

// received says what came from a process: requests, and items by type.
func received(p observe.Process) string {
	if p.Seen.Requests == 0 {
		return nameOf(p) + ": no request"
	}
	text := fmt.Sprintf("%s: %s", nameOf(p), numbered(p.Seen.Requests, "request"))
	if p.Seen.Rejected > 0 {
		text += fmt.Sprintf(" (%d refused)", p.Seen.Rejected)
	}
	if len(p.Seen.Items) > 0 {
		text += " with " + tally(p.Seen.Items)
	}
	return text
}

// receivedOfAll is received for every process.
func (a application) receivedOfAll() string {
	var parts []string
	for _, p := range a.seen.Processes {
		parts = append(parts, received(p))
	}
	return strings.Join(parts, "; ")
}

// ending says how a process ended, and what it wrote last.
func ending(p observe.Process) string {
	var text string
	switch {
	case p.Exit.Err != "":
		return fmt.Sprintf("%s could not be started: %s", nameOf(p), p.Exit.Err)
	case p.Exit.Running:
		text = nameOf(p) + " ran until it was stopped"
	case p.Exit.Signal != "":
		text = fmt.Sprintf("%s was ended by %s", nameOf(p), p.Exit.Signal)
	default:
		text = fmt.Sprintf("%s ended with status %d", nameOf(p), p.Exit.Code)
	}
	return text + lastWords(p)
}

// lastWords are what a process named as its error, or else wrote last.
func lastWords(p observe.Process) string {
	if n := len(p.Tracebacks); n > 0 {
		return fmt.Sprintf(", of %q", p.Tracebacks[n-1])
	}
	for _, line := range slices.Backward(p.Stderr) {
		if strings.TrimSpace(line) != "" {
			return fmt.Sprintf("; its stderr ends in %q", strings.TrimSpace(line))
		}
	}
	return ""
}

// tally is a count of things by name, such as "2 event, 1 transaction".
func tally(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[name], cmp.Or(name, "without")))
	}
	return strings.Join(atMost(parts), ", ")
}

// atMost shortens a list to what can be read.
func atMost(parts []string) []string {
	if len(parts) <= mostNamed {
		return parts
	}
	return append(slices.Clone(parts[:mostNamed]), fmt.Sprintf("and %d more", len(parts)-mostNamed))
}

// numbered is a number with its noun: "1 request", "2 requests".
func numbered(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// lost names the losses of a process that its client reports count, by reason
// and category.
func lost(p observe.Process, wanted func(observe.Discard) bool) (text string, sum int) {
	var parts []string
	for d, n := range p.Seen.Discards {
		if wanted(d) && n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s/%s", n, d.Reason, d.Category))
			sum += n
		}
	}
	slices.Sort(parts)
	return strings.Join(atMost(parts), ", "), sum
}

// last is the newest line that holds one of some texts.
func last(lines []string, signs ...string) string {
	for _, line := range slices.Backward(lines) {
		for _, sign := range signs {
			if strings.Contains(line, sign) {
				return line
			}
		}
	}
	return ""
}
