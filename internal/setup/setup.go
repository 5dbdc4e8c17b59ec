// Package setup is `bbctl setup`: answers become a planned change of .env,
// which is shown, confirmed, written whole or not at all, read again as the
// application will, and proven by one test event.
//
// Every answer can be given beforehand, so that nobody need be asked.
package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/project"
	"github.com/bookedbarber/bbctl/internal/prompt"
)

// Options are what Run works on. It reads nothing of the process itself.
type Options struct {
	Dir     string   // working directory
	EnvFile string   // empty: .env, looked for as the shared loader does, else made in Dir
	Environ []string // "KEY=value"
	Given   Given

	// Prompter asks what was not given. nil: nobody is asked, and every answer
	// but the DSN has a default.
	Prompter prompt.Prompter
	DryRun   bool // plan and show, write and send nothing
	NoProof  bool // send no test event
	Local    bool // the DSN of the embedded receiver is wanted
	// ReceiverDSN is that of the embedded receiver where it usually listens.
	ReceiverDSN string
	// OfferProject allows to ask whether bbctl.yaml is to be written: a person is
	// there who did not know of that question before.
	OfferProject bool

	// StateDirs are folders in which the backup may lie, the best first; they
	// need not be there. A checkout's own .git is the last resort.
	StateDirs []string
	Show      Show
	Version   string
	Now       func() time.Time
}

// Given are the answers that were given beforehand; nil and empty: not given.
type Given struct {
	DSN              *string
	Environment      string
	Preset           string // development, staging or production: all of its values
	SampleRate       string
	TracesSampleRate string
	ProfilesRate     string
	Release          string // a name, or ReleaseDetected
	Debug, PII       *bool
	Gitignore        *bool
	Example          *bool
	Services         []Service
	ProjectFile      *bool             // bbctl.yaml is to be written
	Run              []project.Command // of bbctl.yaml; empty: they are recognised
	URLs             []project.URL     // likewise
}

// Service is the URL of something that runs beside the application.
type Service struct{ Key, URL string }

// ReleaseDetected is the answer that writes no release: it is detected where
// the application starts.
const ReleaseDetected = "detected"

// MissingError says which answers have no default and were not given.
type MissingError struct {
	Why     string // why nobody can be asked
	Missing []Missing
}

// Missing is one answer that nobody gave.
type Missing struct {
	Key  string // the variable
	Flag string // how it is given
	Why  string // what is wrong with what is there, such as a placeholder; may be empty
}

// Error names the variables and how each is given.
func (e *MissingError) Error() string {
	var parts []string
	for _, m := range e.Missing {
		part := m.Key + " has no default"
		if m.Why != "" {
			part = m.Key + ": " + m.Why
		}
		parts = append(parts, part+" (give "+m.Flag+")")
	}
	return strings.Join(parts, "; ")
}

// AnswerError says what is wrong with an answer that was given as a flag. It
// holds no secret.
type AnswerError struct {
	Flag  string
	Cause cause.ID // may be empty
	Err   error
	Fix   string // may be empty
}

func (e *AnswerError) Error() string { return e.Flag + ": " + e.Err.Error() }
func (e *AnswerError) Unwrap() error { return e.Err }

// ErrDeclined says that the person looked at the change and did not want it.
// It is a prompt.ErrCanceled.
var ErrDeclined = fmt.Errorf("the change was declined: %w", prompt.ErrCanceled)

// wizard is one run.
type wizard struct {
	o      Options
	place  place
	cfg    *config.Config
	others []otherReader
	backup *backup
	// expected is what the .env file holds once it is written.
	expected []byte
	project  *planned // bbctl.yaml; nil: none is to be written or offered
	round    int      // 0: the first; in later ones all is asked again
	restored bool     // what was written is put back
	result   Result
}

// Run goes through the answers, writes the change and proves it. The Result is
// of use also beside an error: it says what was written.
func Run(ctx context.Context, o Options) (Result, error) {
	w := &wizard{o: o}
	w.result.Started = o.Now()
	err := w.run(ctx)
	w.result.Duration = o.Now().Sub(w.result.Started)
	if errors.Is(err, prompt.ErrCanceled) && !w.result.Written && !w.restored {
		w.show().say("nothing was written")
	}
	return w.result, err
}

func (w *wizard) run(ctx context.Context) error {
	if err := w.look(ctx); err != nil {
		return err
	}
	from := w.firstAnswers()
	for {
		a, err := w.answer(ctx, from)
		if err != nil {
			return err
		}
		p, err := w.plan(a)
		if err != nil {
			return err
		}
		again, err := w.carryOut(ctx, a, p)
		if err != nil || !again {
			return err
		}
		from = a
		w.round, w.restored = w.round+1, false
		w.result = Result{Started: w.result.Started} // what was said of the first answers may not be true of the next
		if err := w.look(ctx); err != nil {
			return err
		}
	}
}

// carryOut shows a plan, writes it and proves it. again is true where the
// person wants to answer once more; the files are as they were then.
func (w *wizard) carryOut(ctx context.Context, a *answers, p *plan) (again bool, err error) {
	w.result.take(p)
	w.result.DryRun = w.o.DryRun
	if w.o.DryRun {
		return false, nil
	}
	if err := w.confirm(ctx, p); err != nil {
		return false, err
	}
	if err := w.write(ctx, p); err != nil {
		return false, err
	}
	if err := w.readAgain(ctx, a, p); err != nil {
		return false, err
	}
	if w.project != nil && w.o.Given.wantsProject() {
		w.result.Project.Written, w.result.Project.Reason = true, ""
	}
	w.result.Proof = w.prove(ctx, a)
	if ctx.Err() != nil {
		return false, fmt.Errorf("proving %s: %w", w.place.shown, ctx.Err())
	}
	again, err = w.afterProof(ctx)
	switch {
	case err != nil || again:
		return again, err
	case w.result.failed():
		if w.result.Project.Offer {
			w.result.Project.Reason = "the settings are not proven"
		}
	default:
		err = w.offerProject(ctx)
	}
	w.result.Next = w.next(a)
	return false, err
}

// asking says whether there is a person to ask.
func (w *wizard) asking() bool { return w.o.Prompter != nil }
