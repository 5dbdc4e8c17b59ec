package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/prompt"
)

// offerProject asks whether to write the file, once the .env file is written
// and proven, which it stays whatever comes of this.
func (w *wizard) offerProject(ctx context.Context) error {
	r := &w.result.Project
	if w.project == nil || !r.Offer {
		return nil
	}
	if w.result.Proof.Accepted() {
		w.show().say(w.place.shown + " is right, and the test event was accepted.")
	}
	w.show().lines("\n")
	w.show().say(fmt.Sprintf("The application was recognised by %s. With this %s, plain bbctl test and bbctl doctor run it, with its real database and broker, and judge what it sends:",
		enumerated(r.From), r.File))
	w.show().lines("\n" + r.Content + "\n")
	sure, err := w.o.Prompter.Confirm(ctx, prompt.Confirm{Message: "Write " + r.File + "?", Default: true, Fresh: true})
	switch {
	case err != nil && w.result.Written:
		w.show().say(r.File + " was not written")
		return err
	case err != nil:
		return err
	case !sure:
		r.Reason = "it was declined"
		return nil
	}
	if err := w.writeProject(ctx); err != nil {
		r.Reason = err.Error()
		return &ProjectError{Shown: r.File, Err: plainly(err)}
	}
	r.Written, r.Reason = true, ""
	return nil
}

// writeProject writes the file as a part of this run: one undo is of both.
func (w *wizard) writeProject(ctx context.Context) error {
	p := &plan{files: []*planned{w.project}}
	b, err := w.openBackup(ctx, p)
	if err != nil {
		return err
	}
	defer b.close()
	if w.backup != nil {
		if b.path == "" || b.follows(w.backup) {
			b.Files, b.former = w.backup.Files, w.backup.former
		}
	}
	kept := len(b.Files)
	w.backup = b
	if err := w.writeFile(ctx, w.project); err != nil {
		b.Files = b.Files[:kept]
		undoing := context.WithoutCancel(ctx)
		if kept == 0 {
			return errors.Join(err, b.drop(undoing))
		}
		return errors.Join(err, b.save(undoing))
	}
	w.result.Files = append(w.result.Files, describe(w.project))
	w.result.Planned, w.result.Written, w.result.Backup = true, true, b.path
	return nil
}

// follows says whether a backup that was opened again is the one of this run,
// and no other run has put its own there in between.
func (b *backup) follows(own *backup) bool {
	text, err := own.encode()
	return err == nil && b.path == own.path && bytes.Equal(b.former, text)
}

// projectSteps are what remains to be done about the file.
func (w *wizard) projectSteps() []Step {
	r := w.result.Project
	if w.project == nil || r.Written || w.o.Given.wantsProject() || r.Offer {
		return nil
	}
	return []Step{{commandFor("bbctl setup --yes --no-proof "+flagProject, w.o.EnvFile), "writes " + r.File + ", so that plain bbctl test judges what " + enumerated(r.Commands) + " really sends"}}
}

// enumerated are names in words.
func enumerated(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(slices.Clone(names[:last]), ", ") + " and " + names[last]
}
