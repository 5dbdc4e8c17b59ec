package doctor

import (
	"strings"
	"testing"
)

func TestEveryCheckSaysWhyItIsMade(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range AllChecks() {
		known[c.ID] = true
		why := Why(c.ID)
		if len(why) < 40 || !strings.HasSuffix(why, ".") || strings.Contains(why, "\n") {
			t.Errorf("%s: %q is no reason", c.ID, why)
		}
	}
	for id := range reasons() {
		if !known[id] {
			t.Errorf("there is a reason for %s, which is no check", id)
		}
	}
	if why := Why("no-such-check"); why != "" {
		t.Errorf("a check that is none has a reason: %q", why)
	}
}
