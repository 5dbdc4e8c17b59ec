package setup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/git"
)

// envName is the file that is made where none is named or found.
const envName = ".env"

// place is the file that is to be changed, and what is around it.
type place struct {
	path  string // absolute
	shown string // from the working directory where that is shorter
	file  *durable.File

	root    string // of the checkout; empty: there is none
	tracked bool
	ignored bool // or git gives no answer
}

// dir is the folder of the file.
func (p place) dir() string { return filepath.Dir(p.path) }

// look finds out, before anything is asked, whether the file can be written,
// what git makes of it, who else reads it, and what would win over it.
func (w *wizard) look(ctx context.Context) error {
	if err := w.locate(ctx); err != nil {
		return err
	}
	file, err := durable.Read(w.place.path, envfile.MaxSize)
	if err != nil {
		return &UnwritableError{Shown: w.place.shown, Err: plainly(err)}
	}
	w.place.file = file
	if file.Unwritable != nil {
		return &UnwritableError{Shown: w.place.shown, Err: plainly(file.Unwritable)}
	}
	if w.cfg == nil {
		if err := w.load(ctx); err != nil {
			return err
		}
	}
	w.lookAtGit(ctx)
	w.others = findReaders(w.place)
	w.warnBefore()
	return nil
}

// UnwritableError says that the file cannot be written, before anything was
// asked.
type UnwritableError struct {
	Shown string
	Err   error
}

func (e *UnwritableError) Error() string { return "writing " + e.Shown + ": " + e.Err.Error() }
func (e *UnwritableError) Unwrap() error { return e.Err }

// locate finds the file by the rule of the shared loader.
func (w *wizard) locate(ctx context.Context) error {
	w.place, w.cfg = place{}, nil
	path := w.o.EnvFile
	if path == "" {
		cfg, err := config.Load(ctx, config.Options{Environ: w.o.Environ, Dir: w.o.Dir, Now: w.o.Now})
		if err != nil {
			return err
		}
		w.cfg = cfg
		found := false
		if path, found = cfg.EnvFile(); !found {
			path = envName
		}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(w.o.Dir, path)
	}
	w.place.path = path
	w.place.shown = shown(w.o.Dir, path)
	w.result.File = w.place.shown
	return nil
}

// load reads the settings as the application will see them.
func (w *wizard) load(ctx context.Context) error {
	o := config.Options{Environ: w.o.Environ, EnvFile: w.place.path, Dir: w.o.Dir, Now: w.o.Now}
	if _, err := os.Stat(w.place.path); errors.Is(err, fs.ErrNotExist) {
		o.EnvFile = os.DevNull
	}
	cfg, err := config.Load(ctx, o)
	if err != nil {
		return err
	}
	w.cfg = cfg
	return nil
}

func (w *wizard) lookAtGit(ctx context.Context) {
	p := &w.place
	p.ignored = true
	root, err := git.Root(ctx, p.dir())
	if err != nil {
		return
	}
	p.root = root
	p.tracked, _ = git.Tracked(ctx, p.path)
	if ignored, err := git.Ignored(ctx, p.path); err == nil {
		p.ignored = ignored
	}
}

// warnBefore tells what a person should know before answering.
func (w *wizard) warnBefore() {
	p := w.place
	if p.file.InPlace != "" {
		w.note(Notice{Text: fmt.Sprintf("%s can only be overwritten in place, after a backup: %s", p.shown, p.file.InPlace)})
	}
	if p.tracked {
		w.note(Notice{
			Cause: cause.EnvFileTracked, Text: "git tracks " + p.shown + ", with all that is secret in it",
			Fix: "git rm --cached " + p.shown,
		})
	}
	for _, problem := range w.cfg.Problems() {
		if problem.Key == config.KeyEnvFile && problem.Cause != cause.EnvFileTracked {
			w.note(noticeOf(problem))
		}
	}
	for _, r := range w.others {
		w.note(Notice{Text: fmt.Sprintf("%s reads %s too (%s)", r.program, p.shown, r.place())})
	}
	if w.asking() {
		w.warnOfEnvironment(func(key, value string) bool {
			found, ok := w.fileValue(key)
			return !ok || found.Value != value
		})
	}
}

// warnOfEnvironment names the variables of the process environment that win
// over the file, as far as they differ from what it holds or will hold.
func (w *wizard) warnOfEnvironment(differs func(key, value string) bool) {
	var names []string
	for _, key := range managed() {
		if value, ok := w.processValue(key); ok && differs(key, value) {
			names = append(names, key)
		}
	}
	if len(names) == 0 {
		return
	}
	w.note(Notice{
		Cause: cause.EnvShellShadows,
		Text: fmt.Sprintf("the process environment here holds %s: in a process that inherits it, that wins over %s",
			strings.Join(names, ", "), w.place.shown),
		Fix: "unset " + strings.Join(names, " ") + ", unless it is meant to win",
	})
}

func noticeOf(p config.Problem) Notice {
	return Notice{Severity: p.Severity, Cause: p.Cause, Text: p.Evidence, Fix: p.Fix}
}

// managed are the variables that setup asks about, in the order of the table.
func managed() []string {
	return []string{
		config.KeyDSN, config.KeyEnvironment, config.KeyRelease, config.KeySampleRate, config.KeyTracesSampleRate,
		config.KeyProfilesSampleRate, config.KeyDebug, config.KeySendDefaultPII,
	}
}

// services are the URLs that setup can write.
func services() []string {
	return []string{config.KeyDatabaseURL, config.KeyRedisURL, config.KeyCeleryBrokerURL, config.KeyCeleryResultBackend}
}

func isService(key string) bool { return slices.Contains(services(), key) }

// shown is how a file is named in texts: from the working directory, as long
// as that does not lead far up.
func shown(dir, path string) string {
	relative, err := filepath.Rel(dir, path)
	if err != nil || strings.Count(relative, "..") > 4 {
		return path
	}
	return filepath.ToSlash(relative)
}

// plainly drops the path from an error about a file: the text names it.
func plainly(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
