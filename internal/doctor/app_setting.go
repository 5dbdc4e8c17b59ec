package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// lookup is a variable as a process has it: by its own command, or else by the
// settings of all.
func (a application) lookup(p observe.Process, key string) (string, bool) {
	if text, set := byCommand(p, key); set {
		return text, true
	}
	return a.settings.Lookup(key)
}

// byCommand is a variable that the command of a process sets for itself.
func byCommand(p observe.Process, key string) (string, bool) {
	for _, entry := range slices.Backward(p.Environ) {
		if name, text, found := strings.Cut(entry, "="); found && name == key {
			return text, true
		}
	}
	return "", false
}

// rate is the sample rate that a process was given. What is no number is none:
// the settings have checks of their own.
func (a application) rate(p observe.Process, key string) (float64, bool) {
	text, set := a.lookup(p, key)
	rate, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if !set || err != nil || rate < 0 || rate > 1 {
		return 0, false
	}
	return rate, true
}

// shown is a setting of a process in words.
func (a application) shown(p observe.Process, key string) string {
	if text, set := byCommand(p, key); set {
		return fmt.Sprintf("%s=%s is set by its command", key, text)
	}
	if text, set := a.settings.Lookup(key); set {
		return fmt.Sprintf("%s=%s is set", key, text)
	}
	return key + " is not set"
}
