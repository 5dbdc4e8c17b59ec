package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	b, err := loadBackup(ctx, w.o.StateDirs, w.place.path)
	if errors.Is(err, errNoBackup) {
		return &NothingToUndoError{Shown: w.place.shown}
	}
	if err != nil {
		return err
	}
	p, err := w.planUndo(b)
	if err != nil {
		return err
	}
	w.result.take(p)
	w.result.Backup = b.path
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
	return w.putBack(ctx, b)
}

// planUndo compares the files with the backup.
func (w *wizard) planUndo(b *backup) (*plan, error) {
	p := &plan{}
	for _, kept := range slices.Backward(b.Files) {
		now, err := durable.Read(kept.Path, envfile.MaxSize)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", shown(w.o.Dir, kept.Path), plainly(err))
		}
		if !kept.same(now) && digest(now.Bytes) != kept.After {
			return nil, &ChangedSinceError{Shown: shown(w.o.Dir, kept.Path), Backup: b.path}
		}
		p.files = append(p.files, &planned{path: kept.Path, shown: shown(w.o.Dir, kept.Path), env: kept.Path == b.EnvFile, before: now, after: kept.Before, removed: !kept.Existed})
	}
	return p, nil
}

// same says whether a file is as it was before the run.
func (k backedUp) same(now *durable.File) bool {
	return now.Exists == k.Existed && bytes.Equal(now.Bytes, k.Before)
}

// putBack writes what the backup holds, the last file first.
func (w *wizard) putBack(ctx context.Context, b *backup) error {
	for _, kept := range slices.Backward(b.Files) {
		if err := w.putBackFile(ctx, kept); err != nil {
			return fmt.Errorf("putting %s back (its backup is in %s): %w", shown(w.o.Dir, kept.Path), b.path, plainly(err))
		}
	}
	w.result.Undone = true
	w.result.Written = true
	return b.drop(ctx)
}

func (w *wizard) putBackFile(ctx context.Context, kept backedUp) error {
	if !kept.Existed {
		now, err := durable.Read(kept.Path, envfile.MaxSize)
		if err != nil || !now.Exists {
			return err
		}
		if digest(now.Bytes) != kept.After {
			return durable.ErrChanged
		}
		return durable.Remove(ctx, kept.Path, now.Bytes)
	}
	o := durable.Options{Limit: envfile.MaxSize, Mode: modeSecret, InPlace: func(string) error { return nil }}
	_, err := durable.Update(ctx, kept.Path, o, func(now *durable.File) ([]byte, error) {
		if !kept.same(now) && digest(now.Bytes) != kept.After {
			return nil, durable.ErrChanged
		}
		return kept.Before, nil
	})
	return err
}
