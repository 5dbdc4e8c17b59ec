package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/prompt"
)

// NoBackupError says that there is no place for the backup of a file that is
// there already, so that nothing was written.
type NoBackupError struct{ Err error }

func (e *NoBackupError) Error() string { return e.Err.Error() }
func (e *NoBackupError) Unwrap() error { return e.Err }

// TornError says that an earlier run was cut off while it overwrote a file in
// place: it is to be undone first, since its backup is the only one.
type TornError struct{ Shown string }

func (e *TornError) Error() string { return "writing " + e.Shown + ": " + errTorn.Error() }

// confirm shows the change and asks once.
func (w *wizard) confirm(ctx context.Context, p *plan) error {
	if !w.asking() || !p.changed() {
		return nil
	}
	w.show().lines("\n" + w.result.Diff() + "\n")
	what := "Write " + w.place.shown + "?"
	if len(w.result.Files) > 1 || !p.env().changed() {
		what = "Write " + w.result.names() + "?"
	}
	sure, err := w.o.Prompter.Confirm(ctx, prompt.Confirm{Message: what, Default: true, Fresh: true})
	if err == nil && !sure {
		err = ErrDeclined
	}
	return err
}

// write carries a plan out. Where one file cannot be written, those before it
// are put back.
func (w *wizard) write(ctx context.Context, p *plan) error {
	w.expected = p.env().before.Bytes
	if !p.changed() {
		return nil
	}
	b, err := w.openBackup(ctx, p)
	if err != nil {
		return err
	}
	w.backup = b
	defer b.close()
	for _, f := range p.files {
		if !f.changed() {
			continue
		}
		if err := w.writeFile(ctx, f); err != nil {
			err = fmt.Errorf("writing %s: %w", f.shown, plainly(err))
			// What was done is undone also where the run is interrupted.
			if restored := w.restore(context.WithoutCancel(ctx)); restored != nil {
				return fmt.Errorf("%w (after %w)", restored, err)
			}
			return err
		}
	}
	w.result.take(p) // where a file had changed meanwhile, it was edited anew
	w.result.Written, w.result.Backup = true, b.path
	return nil
}

// openBackup is the backup of a plan. New files need none: there is nothing
// yet that could be lost.
func (w *wizard) openBackup(ctx context.Context, p *plan) (*backup, error) {
	b, err := openBackup(ctx, w.o.StateDirs, w.place.file.Target)
	var homeless *NoBackupError
	switch {
	case errors.Is(err, errTorn):
		return nil, &TornError{Shown: w.place.shown}
	case errors.As(err, &homeless) && p.onlyNew():
		w.note(Notice{Text: "bbctl setup --undo will not be possible: " + err.Error(), Fix: "set HOME or XDG_STATE_HOME"})
		return &backup{}, nil
	}
	return b, err
}

// writeFile replaces one file. What is edited is the file as it is now.
func (w *wizard) writeFile(ctx context.Context, f *planned) error {
	inPlace := false
	o := durable.Options{Limit: envfile.MaxSize, Mode: f.mode, InPlace: func(why string) error {
		if f.before.InPlace == "" { // it was not foreseen, and so not told
			w.note(Notice{Text: fmt.Sprintf("%s is overwritten in place: %s", f.shown, why)})
		}
		inPlace = true
		return w.backup.tearing(ctx, true)
	}}
	_, err := durable.Update(ctx, f.path, o, func(now *durable.File) ([]byte, error) {
		changed := now.Exists != f.before.Exists || !bytes.Equal(now.Bytes, f.before.Bytes)
		if changed && w.asking() {
			return nil, durable.ErrChanged // a person has agreed to the change that was shown
		}
		if changed {
			if err := f.reEdit(now); err != nil {
				return nil, err
			}
		}
		if f.env {
			w.expected = f.after
		}
		if !f.changed() {
			return now.Bytes, nil
		}
		return f.after, w.backup.add(ctx, now, f.after)
	})
	if err == nil && inPlace {
		err = w.backup.tearing(context.WithoutCancel(ctx), false)
	}
	return err
}

// restore puts back what this run has written.
func (w *wizard) restore(ctx context.Context) error {
	if w.backup == nil {
		return nil
	}
	b := w.backup
	w.backup = nil
	if b.unlock == nil && b.path != "" {
		unlock, err := lockBackup(ctx, filepath.Dir(b.path))
		if err != nil {
			return &RestoreError{Shown: w.place.shown, Backup: b.path, Err: plainly(err)}
		}
		defer unlock()
	}
	if len(b.Files) > 0 {
		if err := w.putBack(ctx, b); err != nil {
			return err
		}
	}
	w.result.Written, w.result.Backup = false, ""
	return nil
}

// noteProblems tells what the shared loader finds wrong with the settings as
// they are now, as far as it was not told before. Those of the file itself
// were told before the questions; what an edit adds to them is in Applied.
func (w *wizard) noteProblems() {
	for _, problem := range w.cfg.SettingProblems() {
		switch problem.Cause {
		case cause.EnvShellShadows, cause.ReleaseMissing:
			continue // judged with the answers, or no matter of this file
		}
		if !hasCause(w.result.Notices, problem.Cause) && slices.Contains(managed(), problem.Key) {
			w.note(noticeOf(problem))
		}
	}
}

// readAgain reads the file as the application will, and says of every variable
// that it would not see as it was written.
func (w *wizard) readAgain(ctx context.Context, a *answers, p *plan) error {
	if err := w.load(ctx); err != nil {
		return fmt.Errorf("reading %s again: %w", w.place.shown, err)
	}
	now, err := durable.Read(w.place.path, envfile.MaxSize)
	if err != nil {
		return fmt.Errorf("reading %s again: %w", w.place.shown, plainly(err))
	}
	w.result.Unread = nil
	if !bytes.Equal(now.Bytes, w.expected) {
		w.note(Notice{Text: "another program has changed " + w.place.shown + " since: what it holds now was not checked"})
		return nil
	}
	// What was right before needs no look, and another bbctl may have changed it
	// in between, on purpose.
	for _, c := range p.env().changes {
		found, ok := w.fileValue(c.Key)
		if ok == c.Remove || found.Value != c.Value {
			w.result.Unread = append(w.result.Unread, c.Key)
		}
	}
	w.noteProblems()
	if a.gitignore {
		w.lookAtGit(ctx)
		if !w.place.ignored {
			w.note(Notice{
				Cause: cause.EnvFileTracked, Text: "git still does not ignore " + w.place.shown,
				Fix: "git check-ignore -v " + w.place.shown + " tells which rule says so; a tracked file needs git rm --cached first",
			})
		}
	}
	return nil
}
