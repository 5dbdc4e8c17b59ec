package setup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// mended is a file with something of everything, and the changes made in it.
const (
	unmended = "# mine\r\nDATABASE_URL='a b'\r\nSENTRY_SAMPLE_RATE=0,5 # half\r\nSENTRY_ENV=production\r\n"
	mended   = "# mine\r\nDATABASE_URL='a b'\r\nSENTRY_SAMPLE_RATE=0.5 # half\r\nSENTRY_ENVIRONMENT=production\r\n"
)

func mendings() []envfile.Change {
	return []envfile.Change{
		{Key: "SENTRY_SAMPLE_RATE", Value: "0.5"},
		{Key: "SENTRY_ENV", Remove: true},
		{Key: "SENTRY_ENVIRONMENT", Value: "production"},
	}
}

func TestMendChangesWhatIsWrongAndUndoPutsItBack(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", unmended)
	result := l.well(setup.Mend(context.Background(), l.options(), mendings()))
	if got := l.read(".env"); got != mended {
		t.Errorf("got %q, want %q", got, mended)
	}
	if !result.Written || !strings.Contains(result.Diff(), "+SENTRY_ENVIRONMENT=production") || strings.Contains(result.Diff(), "a b") {
		t.Errorf("written %t, diff\n%s", result.Written, result.Diff())
	}
	if n := len(l.receiver.Records()); n != 0 {
		t.Errorf("%d envelopes were sent", n)
	}
	l.well(setup.Undo(context.Background(), l.options()))
	if got := l.read(".env"); got != unmended {
		t.Errorf("after the undo: %q", got)
	}
}

// TestMendAsksOnce, and leaves everything as it is where the answer is no.
func TestMendAsksOnce(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{"yes": mended, "no": unmended} {
		l := newLab(t)
		l.write(".env", unmended)
		script := &prompt.Scripted{Answers: []string{answer}}
		_, err := setup.Mend(context.Background(), l.options(func(o *setup.Options) { o.Prompter = script }), mendings())
		if (answer == "no") != errors.Is(err, setup.ErrDeclined) || l.read(".env") != want {
			t.Errorf("%s: error %v, file %q", answer, err, l.read(".env"))
		}
		if !strings.Contains(l.talk.String(), "-SENTRY_SAMPLE_RATE=0,5") {
			t.Errorf("%s: the change was not shown: %q", answer, l.talk.String())
		}
	}
}

// TestMendRefusesAFileThatCannotBeEdited without touching it.
func TestMendRefusesAFileThatCannotBeEdited(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const spoiled = "A=\"never closed\nSENTRY_SAMPLE_RATE=0,5\n"
	l.write(".env", spoiled)
	_, err := setup.Mend(context.Background(), l.options(), []envfile.Change{{Key: "SENTRY_DEBUG", Value: "x y\x00"}})
	if err == nil || l.read(".env") != spoiled {
		t.Errorf("error %v, file %q", err, l.read(".env"))
	}
}
