package setup

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/git"
)

// lookAtGit asks whether the file may end up in a commit: under its own name,
// and where that is a link, under that of the file it leads to.
func (w *wizard) lookAtGit(ctx context.Context) {
	p := &w.place
	p.ignored = true
	if root, err := git.Root(ctx, p.dir()); err == nil {
		p.root = root
		p.tracked, _ = git.Tracked(ctx, p.path)
		ignored, err := git.Ignored(ctx, p.path)
		if p.ignored = ignored; err != nil {
			p.ignored = w.listedAsIgnored()
			w.note(Notice{
				Cause: cause.EnvFileTracked, Text: "git gives no answer here, so only .gitignore was read for " + p.shown,
				Fix: "git check-ignore -v " + p.shown + ", as the user to whom the checkout belongs",
			})
		}
	}
	if !p.link {
		return
	}
	real := shown(w.o.Dir, p.file.Target)
	tracked, _ := git.Tracked(ctx, p.file.Target)
	ignored, err := git.Ignored(ctx, p.file.Target)
	if tracked || err == nil && !ignored {
		w.note(Notice{
			Cause: cause.EnvFileTracked, Text: fmt.Sprintf("%s leads to %s, which git does not ignore", p.shown, real),
			Fix: "echo " + filepath.Base(p.file.Target) + " >> .gitignore in its folder; where git tracks it: git rm --cached " + real,
		})
	}
}

// listedAsIgnored looks for the file in .gitignore where git cannot be asked.
func (w *wizard) listedAsIgnored() bool {
	name := filepath.Base(w.place.path)
	for _, folder := range []string{w.place.dir(), w.place.root} {
		file, err := durable.Read(filepath.Join(folder, ignoreName), envfile.MaxSize)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(file.Bytes)) {
			switch strings.TrimPrefix(strings.TrimSpace(line), "/") {
			case name, name + "*", ".env*", "*.env":
				return true
			}
		}
	}
	return false
}
