package setup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/project"
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

// planUndo compares the files with the backup. Where one beside .env was
// changed since it is left alone: it holds nothing secret, and .env is what
// counts.
func (w *wizard) planUndo(b *backup) (*plan, error) {
	p := &plan{}
	for i, kept := range slices.Backward(b.Files) {
		path := string(kept.Path)
		now, err := durable.Read(path, envfile.MaxSize)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", shown(w.o.Dir, path), plainly(err))
		}
		env := now.Target == string(b.EnvFile)
		switch {
		case kept.ours(now):
		case env:
			return nil, &ChangedSinceError{Shown: shown(w.o.Dir, path), Backup: b.path}
		default:
			w.note(Notice{Text: shown(w.o.Dir, path) + " was changed since, and is left alone"})
			b.Files = slices.Delete(b.Files, i, i+1)
			continue
		}
		p.files = append(p.files, &planned{
			path: path, shown: shown(w.o.Dir, path), env: env, open: slices.Contains([]string{ignoreName, project.Name}, filepath.Base(path)),
			before: now, after: kept.Before, removed: !kept.Existed,
		})
	}
	return p, nil
}

// putBack writes what the backup holds, the last file first, and drops it.
func (w *wizard) putBack(ctx context.Context, b *backup) error {
	for _, kept := range slices.Backward(b.Files) {
		if err := w.putBackFile(ctx, kept); err != nil {
			return &RestoreError{Shown: shown(w.o.Dir, string(kept.Path)), Backup: b.path, Err: plainly(err)}
		}
	}
	return b.drop(ctx)
}

func (w *wizard) putBackFile(ctx context.Context, kept backedUp) error {
	path := string(kept.Path)
	if !kept.Existed {
		now, err := durable.Read(path, envfile.MaxSize)
		if err != nil || !now.Exists {
			return err
		}
		if !kept.ours(now) {
			return durable.ErrChanged
		}
		return durable.Remove(ctx, path, now.Bytes)
	}
	o := durable.Options{Limit: envfile.MaxSize, Mode: modeSecret, InPlace: func(why string) error {
		w.show().say(fmt.Sprintf("%s is overwritten in place: %s", shown(w.o.Dir, path), why))
		return nil
	}}
	_, err := durable.Update(ctx, path, o, func(now *durable.File) ([]byte, error) {
		if !kept.ours(now) {
			return nil, durable.ErrChanged
		}
		return kept.Before, nil
	})
	return err
}
