package monitoringtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/monitoring"
)

// listener writes down what a check is told to.
type listener struct{ errors, logs, skips []string }

func (*listener) Helper() {}

func (l *listener) Errorf(format string, args ...any) {
	l.errors = append(l.errors, fmt.Sprintf(format, args...))
}

func (l *listener) Logf(format string, args ...any) {
	l.logs = append(l.logs, fmt.Sprintf(format, args...))
}

func (l *listener) Skipf(format string, args ...any) {
	l.skips = append(l.skips, fmt.Sprintf(format, args...))
}

func TestEachOutcomeEndsItsSubtest(t *testing.T) {
	t.Parallel()
	with := func(o check.Outcome) check.Item {
		return check.Item{
			ID: "user-email", Title: "no address is sent", Outcome: o, Cause: cause.AppPII, Detail: "saw one",
			Fix: "leave it out", BlockedBy: []string{"config-dsn"},
		}
	}
	full := "expected: no address is sent\nsaw: saw one\ncause: app-pii (bbctl explain app-pii)\nfix: leave it out"
	for name, c := range map[string]struct {
		item   check.Item
		strict bool
		want   listener
	}{
		"pass":             {with(check.Pass), true, listener{logs: []string{"no address is sent: saw one"}}},
		"warn":             {with(check.Warn), false, listener{logs: []string{"warning: " + full}}},
		"warn when strict": {with(check.Warn), true, listener{errors: []string{full}}},
		"fail":             {with(check.Fail), false, listener{errors: []string{full}}},
		"skip":             {with(check.Skip), true, listener{skips: []string{"saw one"}}},
		"blocked":          {with(check.Blocked), true, listener{skips: []string{"blocked by config-dsn: saw one"}}},
		"broken":           {with(check.Broken), false, listener{errors: []string{"could not be completed: saw one"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got listener
			tell(&got, c.item, c.strict)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(listener{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A choice of checks brings what they need, and an unknown one is an error.
func TestSelection(t *testing.T) {
	t.Parallel()
	rep := examined(t, made(nil), Only("user-fields"))
	var ids []string
	for _, item := range rep.Checks {
		ids = append(ids, item.ID)
	}
	if diff := cmp.Diff([]string{"config-dsn", "config-sample-rate", "user-fields"}, ids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := examine(t.Context(), t.TempDir(), settle(subject(made(nil)), []Option{Only("user-field")})); err == nil {
		t.Error("an unknown check: got no error")
	}
	rep = examined(t, made(func(c *monitoring.Config) { c.TracesSampleRate = monitoring.Rate{Set: true} }), Skip("config-traces-rate", "database", "redis"))
	if rep.Verdict() != check.VerdictPass {
		t.Errorf("what is done on purpose and left out: got %s, %+v", rep.Verdict(), rep.RootCauses())
	}
}

// What is printed is pasted in public.
func TestReportIsRedacted(t *testing.T) {
	t.Parallel()
	address := "anna" + "@example.org"
	rep := examined(t, made(nil), Only("config-environment"), Environment(address))
	named(t, rep, "config-environment", check.Fail, cause.AppEnvironmentMissing)
	if strings.Contains(text(rep), address) {
		t.Errorf("the report holds an address: %s", text(rep))
	}
}
