package setup_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// refuse has the receiver answer as Sentry does to a key of another project.
func refuse(l *lab, times int) {
	for range times {
		l.receiver.Script(receiver.Answer{Status: http.StatusForbidden, Body: `{"detail":"event submission rejected with_reason: ProjectId"}`})
	}
}

func TestAfterAFailedProofTheFileIsInNoDoubt(t *testing.T) {
	t.Parallel()
	const old = "A=1\n"
	tests := []struct {
		name, choice string
		more         []string
		want         func(l *lab) string
		undone       bool
	}{
		{"put it back", "put it back", nil, func(*lab) string { return old }, true},
		{"keep it", "keep it", nil, func(l *lab) string { return old + development(l.dsn) }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.write(".env", old)
			refuse(l, 1)
			result, _, err := l.ask(append([]string{l.dsn, "", "", "", test.choice}, test.more...))
			l.well(result, err)
			if diff := cmp.Diff(test.want(l), l.read(".env")); diff != "" {
				t.Errorf("-expected +is\n%s", diff)
			}
			if result.Verdict() != check.VerdictFail || result.Proof.Cause != cause.KeyRejected || result.Undone != test.undone {
				t.Errorf("verdict %s, cause %s, undone %v", result.Verdict(), result.Proof.Cause, result.Undone)
			}
		})
	}
}

// TestGoingBackAsksAgain: the answers of the first round are offered, and the
// file that is edited is the one from before it.
func TestGoingBackAsksAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "A=1\n")
	refuse(l, 1)
	wrong := strings.Replace(l.dsn, receiver.Key(), strings.Repeat("9c31", 8), 1)
	result, script, err := l.ask([]string{wrong, "staging", "", "", "answer again", l.dsn, "", "", ""})
	l.well(result, err)
	if !strings.HasPrefix(script.Asked[5].Default, "keeps ") || script.Asked[6].Default != "staging" {
		t.Errorf("offered in the second round: %q and %q", script.Asked[5].Default, script.Asked[6].Default)
	}
	values := config.ReadSample([]byte(l.read(".env")))
	if values[config.KeyDSN] != l.dsn || values[config.KeyEnvironment] != "staging" || strings.Contains(l.read(".env"), wrong) {
		t.Errorf("values %v", values)
	}
	if !result.Proof.Accepted() || result.Verdict() != check.VerdictPass {
		t.Errorf("proof %+v", result.Proof)
	}
	l.well(setup.Undo(context.Background(), l.options()))
	if l.read(".env") != "A=1\n" {
		t.Errorf("undone to %q", l.read(".env"))
	}
}

func TestFailedProofWithoutAPersonKeepsTheFileAndFails(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	refuse(l, 1)
	result := l.well(l.run(withDSN(l.dsn)))
	if result.Verdict() != check.VerdictFail || l.read(".env") != development(l.dsn) {
		t.Errorf("verdict %s, file %q", result.Verdict(), l.read(".env"))
	}
	roots := result.RootCauses()
	if len(roots) != 1 || roots[0].Cause != cause.KeyRejected || roots[0].Fix == "" {
		t.Errorf("root causes %+v", roots)
	}
}

// TestLeavingAfterAFailedProofPutsTheFileBack, as at every other question.
func TestLeavingAfterAFailedProofPutsTheFileBack(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "A=1\n")
	refuse(l, 1)
	_, _, err := l.ask([]string{l.dsn, "", "", ""})
	if !errors.Is(err, prompt.ErrCanceled) || l.read(".env") != "A=1\n" {
		t.Errorf("error %v, file %q", err, l.read(".env"))
	}
	if said := l.talk.String(); strings.Contains(said, "nothing was written") || !strings.Contains(said, ".env is as it was before") {
		t.Errorf("it said\n%s", said)
	}
}

// TestFailedProofOfAnUntouchedFileOffersNoUndo: nothing was written in this run.
func TestFailedProofOfAnUntouchedFileOffersNoUndo(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.well(l.run(withDSN(l.dsn)))
	was := l.read(".env")
	refuse(l, 1)
	result, script, err := l.ask([]string{"", "", "", "leave it"})
	l.well(result, err)
	if offered := script.Asked[len(script.Asked)-1].Options; len(offered) != 2 || result.Undone || l.read(".env") != was {
		t.Errorf("offered %q, undone %v", offered, result.Undone)
	}
}

func TestNoticesOfTheFirstRoundAreForgotten(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	refuse(l, 1)
	result, _, err := l.ask([]string{l.dsn, "production", "", "", "answer again", "", "development", "", ""})
	l.well(result, err)
	if hasNotice(result, cause.DSNLocalReceiver) {
		t.Errorf("notices %+v", result.Notices)
	}
}
