package setup

import (
	"context"

	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// Mend carries out changes of the .env file that another suite has found to be
// right, in the way of the wizard: it shows them, asks once where there is a
// Prompter, keeps a backup for Undo, and reads the file again. Nothing is
// asked beyond that, nothing is sent, and no other file is touched.
//
// The Result is of use also beside an error: it says what was written. The
// error is ErrDeclined where the person did not want it.
func Mend(ctx context.Context, o Options, changes []envfile.Change) (Result, error) {
	w := &wizard{o: o}
	w.result.Started = o.Now()
	err := w.mend(ctx, changes)
	w.result.Duration = o.Now().Sub(w.result.Started)
	return w.result, err
}

func (w *wizard) mend(ctx context.Context, changes []envfile.Change) error {
	if err := w.locate(ctx); err != nil {
		return err
	}
	file, err := durable.Read(w.place.path, envfile.MaxSize)
	if err == nil {
		err = file.Unwritable
	}
	if err != nil {
		return &UnwritableError{Shown: w.place.shown, Err: plainly(err)}
	}
	w.place.file = file
	env := &planned{
		path: w.place.path, shown: w.place.shown, env: true, mode: modeSecret, before: file,
		changes: changes, edit: editor(changes),
	}
	if env.after, env.applied, err = env.edit(file.Bytes); err != nil {
		return editError(env.shown, err)
	}
	p := &plan{files: []*planned{env}}
	w.result.take(p)
	if err := w.confirm(ctx, p); err != nil {
		return err
	}
	if err := w.write(ctx, p); err != nil {
		return err
	}
	return w.readAgain(ctx, &answers{}, p)
}
