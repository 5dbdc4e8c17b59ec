package setup

import (
	"bytes"
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
)

// envName is the file that is made where none is named or found.
const envName = ".env"

// place is the file that is to be changed, and what is around it.
type place struct {
	path  string // absolute
	shown string // from the working directory where that is shorter
	file  *durable.File
	link  bool // it is a link to the file

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
	if info, err := os.Lstat(w.place.path); err == nil {
		w.place.link = info.Mode()&fs.ModeSymlink != 0
	}
	if file.Unwritable != nil {
		return &UnwritableError{Shown: w.place.shown, Err: plainly(file.Unwritable)}
	}
	if isUTF16(file.Bytes) {
		return &UnwritableError{Shown: w.place.shown, Err: errors.New("it is UTF-16, which no reader of .env reads: save it as UTF-8 first")}
	}
	if w.cfg == nil {
		if err := w.load(ctx); err != nil {
			return err
		}
	}
	w.lookAtGit(ctx)
	if err := w.lookAtCompanions(); err != nil {
		return err
	}
	w.others = findReaders(w.place)
	w.warnBefore()
	return w.lookAtProject(ctx)
}

// isUTF16 knows what PowerShell 5 writes: a byte-order mark, or a NUL in every
// other byte.
func isUTF16(b []byte) bool {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return true
	}
	const enough = 64 // bytes of it
	var nuls [2]int
	for i, c := range b[:min(len(b), enough)] {
		if c == 0 {
			nuls[i%2]++
		}
	}
	half := min(len(b), enough) / 2
	return half > 1 && (nuls[0] >= half || nuls[1] >= half)
}

// UnwritableError says that the file cannot be written, before anything was
// asked.
type UnwritableError struct {
	Shown   string
	Err     error
	Without string // the flag that leaves the file alone; empty: it is the .env file
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

// lookAtCompanions finds out whether the files beside .env could be written.
func (w *wizard) lookAtCompanions() error {
	if w.gitignoreDefault() {
		if _, err := w.ignoreFile(); err != nil {
			return err
		}
	}
	if !w.exampleDefault() {
		return nil
	}
	if w.examplePath() == w.place.path {
		return &AnswerError{Flag: "--example", Err: errors.New("the file to be written is " + exampleName + " itself")}
	}
	_, err := w.companion(w.examplePath(), "--no-example")
	return err
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
			Fix: "git rm --cached " + p.shown + " && bbctl setup --gitignore, and change the secrets: they stay in the history",
		})
	}
	if p.link {
		w.note(Notice{Text: fmt.Sprintf("%s is a link: what is written is %s", p.shown, shown(w.o.Dir, p.file.Target))})
	}
	for _, problem := range w.cfg.Problems() {
		if problem.Key == config.KeyEnvFile && problem.Cause != cause.EnvFileTracked {
			w.note(noticeOf(problem))
		}
	}
	for _, r := range w.others {
		w.note(Notice{Text: fmt.Sprintf("%s reads %s too (%s)", r.program, p.shown, r.place())})
	}
	var there []string
	for _, key := range append(managed(), services()...) {
		if _, ok := w.processValue(key); ok {
			there = append(there, key)
		}
	}
	if w.asking() && len(there) > 0 {
		w.show().say(fmt.Sprintf("The process environment here holds %s, which wins over %s.", strings.Join(there, ", "), p.shown))
	}
	switch filepath.Ext(p.path) {
	case ".example", ".sample", ".template", ".dist":
		w.note(Notice{Text: p.shown + " is a sample by its name, which belongs into the repository: the DSN would be in it"})
	}
}

// warnOfEnvironment names the variables of the process environment that win
// over what the file will hold.
func (w *wizard) warnOfEnvironment(a *answers) {
	var names []string
	for _, s := range a.all() {
		if value, ok := w.processValue(s.key); ok && value != s.value {
			names = append(names, s.key)
		}
	}
	if len(names) == 0 {
		return
	}
	w.note(Notice{
		Cause: cause.EnvShellShadows,
		Text: fmt.Sprintf("the process environment here holds another value of %s: in a process that inherits it, that wins over %s",
			strings.Join(names, ", "), w.place.shown),
		Fix: "unset " + strings.Join(names, " ") + ", unless it is meant to win",
	})
}

// noticeOf makes a notice of a problem. What is wrong elsewhere in the file
// fails nothing here, as long as the application can read it at all: that its
// settings arrive is found out by reading them again.
func noticeOf(p config.Problem) Notice {
	n := Notice{Severity: p.Severity, Cause: p.Cause, Text: p.Evidence, Fix: p.Fix}
	if p.Key == config.KeyEnvFile && p.Cause != cause.EnvFileUnreadable {
		n.Severity = cause.Warn
	}
	return n
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
	if p, ok := err.(*fs.PathError); ok { //nolint:errorlint // the outermost alone: what wraps one says more
		return p.Err
	}
	return err
}
