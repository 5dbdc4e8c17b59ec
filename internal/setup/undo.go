package setup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/prompt"
)

// NothingToUndoError says that there is no backup for a file.
type NothingToUndoError struct{ Shown string }

func (e *NothingToUndoError) Error() string { return "undoing " + e.Shown + ": " + errNoBackup.Error() }

// ChangedSinceError says that a file is no longer as setup left it, so that
// putting it back would lose what somebody has written since.
type ChangedSinceError struct {
	Shown  string
	Backup string // where the backup lies
}

func (e *ChangedSinceError) Error() string {
	return "undoing: " + e.Shown + " was changed after bbctl setup had written it: nothing was put back"
}

// RestoreError says that a file could not be put back, and where it lies as it
// was.
type RestoreError struct {
	Shown  string
	Backup string
	Err    error
}

func (e *RestoreError) Error() string { return "putting " + e.Shown + " back: " + e.Err.Error() }
func (e *RestoreError) Unwrap() error { return e.Err }

// Undo puts the files back as they were before the last run: all of them, or
// none where one was changed since.
func Undo(ctx context.Context, o Options) (Result, error) {
	w := &wizard{o: o}
	w.result.Started = o.Now()
	err := w.undo(ctx)
	w.result.Duration = o.Now().Sub(w.result.Started)
	return w.result, err
}

func (w *wizard) undo(ctx context.Context) error {
	if err := w.locate(ctx); err != nil {
		return err
	}
	target, err := w.target()
	if err != nil {
		return err
	}
	b, err := loadBackup(ctx, w.o.StateDirs, target)
	if errors.Is(err, errNoBackup) {
		return &NothingToUndoError{Shown: w.place.shown}
	}
	if err != nil {
		return err
	}
	defer b.close()
	p, err := w.planUndo(b)
	if err != nil {
		return err
	}
	w.result.take(p)
	w.result.Backup, w.result.DryRun = b.path, w.o.DryRun
	if w.o.DryRun {
		return nil
	}
	if w.asking() && p.changed() {
		w.show().lines(w.result.Diff())
		sure, err := w.o.Prompter.Confirm(ctx, prompt.Confirm{Message: "Put it back like this?", Default: true})
		if err == nil && !sure {
			err = ErrDeclined
		}
		if err != nil {
			w.show().say("nothing was changed")
			return err
		}
	}
	// All of them or none: an interrupt does not leave half of it.
	if err := w.putBack(context.WithoutCancel(ctx), b); err != nil {
		return err
	}
	w.result.Undone, w.result.Written = true, true
	return nil
}

// target is the .env file with all links followed: the same file has one
// backup, whatever the way to it.
func (w *wizard) target() (string, error) {
	file, err := durable.Read(w.place.path, envfile.MaxSize)
	if err == nil {
		return file.Target, nil
	}
	folder, linkErr := filepath.EvalSymlinks(filepath.Dir(w.place.path))
	if linkErr != nil {
		return "", &UnwritableError{Shown: w.place.shown, Err: plainly(err)}
	}
	return filepath.Join(folder, filepath.Base(w.place.path)), nil
}

// planUndo compares the files with the backup.
func (w *wizard) planUndo(b *backup) (*plan, error) {
	p := &plan{}
	for _, kept := range slices.Backward(b.Files) {
		now, err := durable.Read(kept.Path, envfile.MaxSize)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", shown(w.o.Dir, kept.Path), plainly(err))
		}
		if !kept.ours(now) {
			return nil, &ChangedSinceError{Shown: shown(w.o.Dir, kept.Path), Backup: b.path}
		}
		p.files = append(p.files, &planned{
			path: kept.Path, shown: shown(w.o.Dir, kept.Path), open: filepath.Base(kept.Path) == ignoreName,
			before: now, after: kept.Before, removed: !kept.Existed,
		})
	}
	return p, nil
}

// putBack writes what the backup holds, the last file first, and drops it.
func (w *wizard) putBack(ctx context.Context, b *backup) error {
	for _, kept := range slices.Backward(b.Files) {
		if err := w.putBackFile(ctx, kept); err != nil {
			return &RestoreError{Shown: shown(w.o.Dir, kept.Path), Backup: b.path, Err: plainly(err)}
		}
	}
	return b.drop(ctx)
}

func (w *wizard) putBackFile(ctx context.Context, kept backedUp) error {
	if !kept.Existed {
		now, err := durable.Read(kept.Path, envfile.MaxSize)
		if err != nil || !now.Exists {
			return err
		}
		if !kept.ours(now) {
			return durable.ErrChanged
		}
		return durable.Remove(ctx, kept.Path, now.Bytes)
	}
	o := durable.Options{Limit: envfile.MaxSize, Mode: modeSecret, InPlace: func(why string) error {
		w.show().say(fmt.Sprintf("%s is overwritten in place: %s", shown(w.o.Dir, kept.Path), why))
		return nil
	}}
	_, err := durable.Update(ctx, kept.Path, o, func(now *durable.File) ([]byte, error) {
		if !kept.ours(now) {
			return nil, durable.ErrChanged
		}
		return kept.Before, nil
	})
	return err
}
