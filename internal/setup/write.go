package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/prompt"
)

// confirm shows the change and asks once.
func (w *wizard) confirm(ctx context.Context, p *plan) error {
	if !w.asking() || !p.changed() {
		return nil
	}
	w.show().lines("\n" + w.result.Diff() + "\n")
	what := "Write " + w.place.shown + "?"
	if len(w.result.Files) > 1 {
		what = fmt.Sprintf("Write these %d files?", len(w.result.Files))
	}
	sure, err := w.o.Prompter.Confirm(ctx, prompt.Confirm{Message: what, Default: true})
	if err == nil && !sure {
		err = ErrDeclined
	}
	return err
}

// write carries a plan out. Where one file cannot be written, those before it
// are put back.
func (w *wizard) write(ctx context.Context, p *plan) error {
	if !p.changed() {
		return nil
	}
	b, err := openBackup(ctx, w.o.StateDirs, w.place.path)
	if err != nil && !p.onlyNew() {
		return &NoBackupError{Err: err}
	}
	if err != nil { // there is nothing yet that could be lost
		w.note(Notice{Text: "bbctl setup --undo will not be possible: " + err.Error(), Fix: "set HOME or XDG_STATE_HOME"})
		b = &backup{}
	}
	w.backup = b
	for _, f := range p.files {
		if !f.changed() {
			continue
		}
		if err := w.writeFile(ctx, f); err != nil {
			// What was done is undone also where the run is interrupted.
			restored := w.restore(context.WithoutCancel(ctx))
			return errors.Join(fmt.Errorf("writing %s: %w", f.shown, plainly(err)), restored)
		}
	}
	w.result.Written, w.result.Backup = true, b.path
	return nil
}

// NoBackupError says that there is no place for the backup of a file that is
// there already, so that nothing was written.
type NoBackupError struct{ Err error }

func (e *NoBackupError) Error() string { return e.Err.Error() }
func (e *NoBackupError) Unwrap() error { return e.Err }

// writeFile replaces one file. What is in the way of a replacement was told
// before the answers; what is edited is the file as it is now.
func (w *wizard) writeFile(ctx context.Context, f *planned) error {
	o := durable.Options{Limit: envfile.MaxSize, Mode: f.mode, InPlace: func(why string) error {
		if f.before.InPlace == "" {
			w.note(Notice{Text: fmt.Sprintf("%s is overwritten in place: %s", f.shown, why)})
		}
		return nil
	}}
	_, err := durable.Update(ctx, f.path, o, func(now *durable.File) ([]byte, error) {
		// A person has agreed to the change of the file that was shown.
		if w.asking() && (now.Exists != f.before.Exists || !bytes.Equal(now.Bytes, f.before.Bytes)) {
			return nil, durable.ErrChanged
		}
		after, err := f.again(now)
		if f.env {
			w.expected = after
		}
		if err != nil || bytes.Equal(after, now.Bytes) {
			return after, err
		}
		return after, w.backup.add(ctx, now, after)
	})
	return err
}

// restore puts back what this run has written.
func (w *wizard) restore(ctx context.Context) error {
	if w.backup == nil {
		return nil
	}
	b := w.backup
	w.backup = nil
	if len(b.Files) == 0 {
		return nil
	}
	for _, kept := range slices.Backward(b.Files) {
		now, err := durable.Read(kept.Path, envfile.MaxSize)
		if err == nil && kept.same(now) {
			continue // the one that could not be written
		}
		if err := w.putBackFile(ctx, kept); err != nil {
			return fmt.Errorf("putting %s back (its backup is in %s): %w", shown(w.o.Dir, kept.Path), b.path, plainly(err))
		}
	}
	w.result.Written, w.result.Backup = false, ""
	return b.drop(ctx)
}

// noteProblems tells what the shared loader finds wrong with the settings as
// they are now, as far as it was not told before. Those of the file itself
// were told before the questions; what an edit adds to them is in Applied.
func (w *wizard) noteProblems() {
	for _, problem := range w.cfg.SettingProblems() {
		switch problem.Cause {
		case cause.EnvShellShadows, cause.ReleaseMissing:
			continue // told before the questions, or no matter of this file
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
	if w.result.Written && !bytes.Equal(now.Bytes, w.expected) {
		w.note(Notice{Text: "another program has changed " + w.place.shown + " since it was written: what it holds now was not checked"})
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
