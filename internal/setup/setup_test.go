package setup_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// development is what a new file holds after the shortest way through.
func development(dsn string) string {
	return "SENTRY_DSN=" + dsn + `
SENTRY_ENVIRONMENT=development
SENTRY_SAMPLE_RATE=1.0
SENTRY_TRACES_SAMPLE_RATE=1.0
SENTRY_PROFILES_SAMPLE_RATE=1.0
SENTRY_DEBUG=true
SENTRY_SEND_DEFAULT_PII=false
`
}

// TestDSNAndThreeEntersMakeAProvenFile is the way of most people.
func TestDSNAndThreeEntersMakeAProvenFile(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	result, script, err := l.ask([]string{l.dsn, "", "", ""})
	l.well(result, err)
	if diff := cmp.Diff(development(l.dsn), l.read(".env")); diff != "" {
		t.Errorf("-expected +written\n%s", diff)
	}
	var asked []string
	for _, q := range script.Asked {
		asked = append(asked, q.Message)
	}
	if diff := cmp.Diff([]string{"Sentry DSN", "Environment", "Change any of these?", "Write .env?"}, asked); diff != "" {
		t.Errorf("questions: -expected +asked\n%s", diff)
	}
	if info, err := os.Stat(l.path(".env")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, expected 0600 (%v)", info.Mode(), err)
	}
	if !result.Proof.Accepted() || result.Verdict() != check.VerdictPass {
		t.Errorf("proof %+v", result.Proof)
	}
}

// TestTestEventAlarmsNobody holds what a test event must be.
func TestTestEventAlarmsNobody(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	result := l.well(l.run(withDSN(l.dsn), given(func(g *setup.Given) { g.Environment, g.Release = "staging", "bookedbarber@2.1.0" })))
	got := whatArrived(t, l.receiver)
	if len(got.events) != 1 || len(got.transactions) != 0 {
		t.Fatalf("%d events and %d transactions arrived, expected one event", len(got.events), len(got.transactions))
	}
	event := got.events[0]
	if event.Level != "info" || event.EventID != result.Proof.EventID || event.Environment != "staging" || event.Release != "bookedbarber@2.1.0" {
		t.Errorf("level %q, id %q, environment %q, release %q", event.Level, event.EventID, event.Environment, event.Release)
	}
	if diff := cmp.Diff([]string{"bbctl-test"}, event.Fingerprint); diff != "" {
		t.Error(diff)
	}
	if event.Tags["bbctl_test"] != "true" || event.Tags["business_area"] != "bbctl-test" || event.Tags["bbctl_run"] == "" {
		t.Errorf("tags %v", event.Tags)
	}
}

func TestSameAnswersAgainTouchNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.well(l.run(withDSN(l.dsn)))
	before, err := os.Stat(l.path(".env"))
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func() (setup.Result, error){
		"without a person": func() (setup.Result, error) { return l.run() },
		"with one": func() (setup.Result, error) {
			result, _, err := l.ask([]string{"", "", ""})
			return result, err
		},
	} {
		result := l.well(run())
		after, err := os.Stat(l.path(".env"))
		if err != nil {
			t.Fatal(err)
		}
		if result.Planned || result.Written || !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
			t.Errorf("%s: planned %v, written %v, the same file %v", name, result.Planned, result.Written, os.SameFile(before, after))
		}
	}
}

// TestLeavingAtAnyQuestionWritesNothing ends the answers after each question
// in turn.
func TestLeavingAtAnyQuestionWritesNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const old = "# mine\nSENTRY_ENVIRONMENT=production\nOTHER=1\n"
	answers := []string{
		l.dsn, "", "yes", "errors sent", "0.5", "release", "fixed", "web@1", "personal data sent", "yes",
		"service URLs", "", "redis://localhost/0", "", "", "nothing more", "yes", "",
	}
	l.write(".env", old)
	for n := range answers {
		_, script, err := l.ask(answers[:n])
		if !errors.Is(err, prompt.ErrCanceled) {
			t.Fatalf("after %d answers: %v", n, err)
		}
		if got := l.read(".env"); got != old {
			t.Fatalf("after %d answers, at %q, the file is\n%s", n, script.Asked[len(script.Asked)-1].Message, got)
		}
		if !strings.Contains(l.talk.String(), "nothing was written") {
			t.Errorf("after %d answers it is not said that nothing was written", n)
		}
	}
	if len(l.receiver.Records()) != 0 {
		t.Error("something was sent")
	}
	result, _, err := l.ask(answers)
	l.well(result, err)
	want := "# mine\nSENTRY_ENVIRONMENT=production\nSENTRY_DSN=" + l.dsn +
		"\nSENTRY_RELEASE=web@1\nSENTRY_SAMPLE_RATE=0.5\nSENTRY_TRACES_SAMPLE_RATE=0.05\nSENTRY_PROFILES_SAMPLE_RATE=0.05\nSENTRY_DEBUG=false\nSENTRY_SEND_DEFAULT_PII=true\nOTHER=1\nREDIS_URL=redis://localhost/0\n"
	if diff := cmp.Diff(want, l.read(".env")); diff != "" {
		t.Errorf("-expected +written\n%s", diff)
	}
}

func TestDecliningTheChangeWritesNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	_, _, err := l.ask([]string{l.dsn, "", "", "no"})
	if !errors.Is(err, setup.ErrDeclined) || !errors.Is(err, prompt.ErrCanceled) || l.read(".env") != "" {
		t.Errorf("error %v, file %q", err, l.read(".env"))
	}
}

// TestNobodyIsAskedFromAnyState: a nil Prompter would panic if it were.
func TestNobodyIsAskedFromAnyState(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]string{
		"no file":            "",
		"an empty file":      "\n",
		"all there":          development(sentryDSN("4b7a")),
		"a placeholder":      "SENTRY_DSN=https://your-key@sentry.io/your-project-id\n",
		"malformed values":   "SENTRY_SAMPLE_RATE=10%\nSENTRY_DEBUG=maybe\nSENTRY_ENVIRONMENT=a/b\n",
		"personal data":      "SENTRY_ENVIRONMENT=production\nSENTRY_SEND_DEFAULT_PII=true\nSENTRY_DEBUG=1\n",
		"a release":          "SENTRY_RELEASE=web@1\n",
		"duplicates":         "SENTRY_DEBUG=true\nSENTRY_DEBUG=false\n",
		"Windows line ends":  "A=1\r\nSENTRY_ENVIRONMENT=qa\r\n",
		"a byte-order mark":  "\ufeffSENTRY_ENVIRONMENT=qa\n",
		"export and comment": "export SENTRY_ENVIRONMENT=qa # ours\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			if old != "" {
				l.write(".env", old)
			}
			result := l.well(l.run(withDSN(l.dsn)))
			if !result.Proof.Accepted() || len(result.Unread) > 0 {
				t.Errorf("proof %+v, unread %v\n%s", result.Proof, result.Unread, l.talk.String())
			}
			if result = l.well(l.run()); result.Planned {
				t.Errorf("the second run would change\n%s", result.Diff())
			}
		})
	}
}

func hasNotice(r setup.Result, id cause.ID) bool {
	for _, n := range r.Notices {
		if n.Cause == id {
			return true
		}
	}
	return false
}

func TestDryRunWritesAndSendsNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	dry := func(o *setup.Options) { o.DryRun = true }
	result := l.well(l.run(withDSN(l.dsn), dry))
	if l.read(".env") != "" || len(l.receiver.Records()) != 0 || result.Written || !result.Planned || result.Verdict() != check.VerdictFail {
		t.Errorf("written %v, planned %v, verdict %s", result.Written, result.Planned, result.Verdict())
	}
	if _, err := os.Stat(l.state); !os.IsNotExist(err) {
		t.Error("a backup was made")
	}
	l.well(l.run(withDSN(l.dsn)))
	if result = l.well(l.run(dry)); result.Planned || result.Verdict() != check.VerdictPass {
		t.Errorf("nothing would change, and it is planned %v", result.Planned)
	}
}

// onConfirm does something behind the wizard's back while the person reads.
type onConfirm struct {
	*prompt.Scripted
	act func()
}

// Confirm acts when the change is to be confirmed, which is asked last.
func (c onConfirm) Confirm(ctx context.Context, q prompt.Confirm) (bool, error) {
	if strings.HasPrefix(q.Message, "Write") {
		c.act()
	}
	return c.Scripted.Confirm(ctx, q)
}

func TestAFileThatChangedMeanwhileIsNotWritten(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "A=1\n")
	script := &prompt.Scripted{Answers: []string{l.dsn, "", "", ""}}
	_, err := l.run(func(o *setup.Options) { o.Prompter = onConfirm{script, func() { l.write(".env", "A=2\n") }} })
	if !errors.Is(err, durable.ErrChanged) || l.read(".env") != "A=2\n" {
		t.Errorf("error %v, file %q", err, l.read(".env"))
	}
}
