package setup

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// exampleName is the file with the names of the variables and no values.
const exampleName = ".env.example"

const ignoreName = ".gitignore"

const (
	modeSecret = 0o600
	modeShared = 0o644 // .gitignore and .env.example belong into the repository
)

// plan is what is to become of the files, in the order in which they are
// written: git ignores the secret before it is there.
type plan struct{ files []*planned }

// planned is one file of a plan.
type planned struct {
	path, shown string
	env         bool        // it is the .env file
	mode        fs.FileMode // where it is new
	before      *durable.File
	changes     []envfile.Change // of a .env file
	yields      map[string]bool  // changes to a default, which another run's answer wins over
	edit        func(before []byte) ([]byte, []envfile.Applied, error)
	open        bool // it holds no values, and is shown as it is
	removed     bool // the file is to be gone
	fresh       bool // it is written where there is no file, and over none

	after   []byte
	applied []envfile.Applied
	entries []envfile.Entry // of before, once they were asked for
}

// read returns what python-dotenv sees in the file as it was.
func (f *planned) read() []envfile.Entry {
	if f.entries == nil {
		f.entries = entriesOf(f.before.Bytes)
	}
	return f.entries
}

func (f *planned) changed() bool { return !bytes.Equal(f.before.Bytes, f.after) }

// reEdit plans the same for the file as it is now. A default gives way to what
// another run has written meanwhile: somebody may have asked for that.
func (f *planned) reEdit(now *durable.File) (err error) {
	if f.fresh && now.Exists && !bytes.Equal(now.Bytes, f.after) {
		return durable.ErrChanged
	}
	f.before, f.entries = now, nil
	if len(f.yields) > 0 {
		f.changes = slices.DeleteFunc(slices.Clone(f.changes), func(c envfile.Change) bool {
			old, there := f.old(c.Key)
			return there && old.Value != "" && f.yields[c.Key]
		})
		f.edit = editor(f.changes)
	}
	f.after, f.applied, err = f.edit(now.Bytes)
	return err
}

// changed says whether any file would change.
func (p *plan) changed() bool { return slices.ContainsFunc(p.files, (*planned).changed) }

// env is the .env file of a plan; there always is one.
func (p *plan) env() *planned {
	i := slices.IndexFunc(p.files, func(f *planned) bool { return f.env })
	return p.files[i]
}

// onlyNew says whether all files that would be written are new.
func (p *plan) onlyNew() bool {
	return !slices.ContainsFunc(p.files, func(f *planned) bool { return f.changed() && f.before.Exists })
}

// plan works out what the answers come to. It writes nothing.
func (w *wizard) plan(a *answers) (*plan, error) {
	p := &plan{}
	if a.gitignore && !w.place.ignored {
		if err := w.planIgnore(p); err != nil {
			return nil, err
		}
	}
	if err := w.planEnv(p, a); err != nil {
		return nil, err
	}
	if a.example {
		if err := w.planExample(p, a); err != nil {
			return nil, err
		}
	}
	if w.project != nil && w.o.Given.wantsProject() {
		p.files = append(p.files, w.project)
	}
	for _, f := range p.files {
		var err error
		if f.after, f.applied, err = f.edit(f.before.Bytes); err != nil {
			return nil, editError(f.shown, err)
		}
	}
	return p, nil
}

// editError says of which file an error of the editor is, and of which answer.
func editError(shown string, err error) error {
	var unportable *envfile.UnportableError
	if !errors.As(err, &unportable) {
		return fmt.Errorf("editing %s: %w", shown, err)
	}
	return &AnswerError{
		Flag: flagOf(unportable.Key),
		Err:  fmt.Errorf("%s cannot be written so that all readers of .env see the same: %s", unportable.Key, unportable.Error()),
		Fix:  "in a URL percent-encode what is not a letter or digit; elsewhere use letters, digits and . _ - @ + alone",
	}
}

// planEnv plans the .env file itself: only what is not so already.
func (w *wizard) planEnv(p *plan, a *answers) error {
	var changes []envfile.Change
	yields := make(map[string]bool)
	for _, s := range a.all() {
		if found, ok := w.fileValue(s.key); ok && found.Value == s.value {
			continue
		}
		if err := w.portable(s.value); err != nil {
			return &AnswerError{Flag: flagOf(s.key), Err: fmt.Errorf("%s: %w", s.key, err)}
		}
		changes = append(changes, envfile.Change{Key: s.key, Value: s.value})
		_, there := w.fileValue(s.key)
		yields[s.key] = !s.fixed && !there
	}
	if a.release.fixed && a.release.value == "" {
		if found, ok := w.fileValue(config.KeyRelease); ok && found.Value != "" {
			changes = append(changes, envfile.Change{Key: config.KeyRelease, Remove: true})
		}
	}
	p.files = append(p.files, &planned{
		path: w.place.path, shown: w.place.shown, env: true, mode: modeSecret, before: w.place.file,
		changes: changes, yields: yields, edit: editor(changes),
	})
	return nil
}

// editor makes of changes what a planned file needs.
func editor(changes []envfile.Change) func([]byte) ([]byte, []envfile.Applied, error) {
	return func(before []byte) ([]byte, []envfile.Applied, error) {
		if len(changes) == 0 {
			return before, nil, nil
		}
		edited, err := envfile.Edit(before, changes)
		return edited.Bytes, edited.Applied, err
	}
}

// portable refuses a value that would need quotes where a reader of this
// project keeps them.
func (w *wizard) portable(value string) error {
	_, misread, err := envfile.Quote(value)
	if err != nil {
		return err
	}
	for _, r := range w.others {
		if slices.Contains(misread, r.program) {
			return fmt.Errorf("it needs quotes, which %s (%s) takes for a part of the value", r.program, r.place())
		}
	}
	return nil
}

// planIgnore plans the lines of .gitignore: the file, and what bbctl leaves
// beside it when it is killed.
func (w *wizard) planIgnore(p *plan) error {
	file, err := w.ignoreFile()
	if err != nil {
		return err
	}
	lines := ignoreLines(filepath.Dir(file.Path), w.place.path)
	p.files = append(p.files, &planned{
		path: file.Path, shown: shown(w.o.Dir, file.Path), open: true, mode: modeShared, before: file,
		edit: func(before []byte) ([]byte, []envfile.Applied, error) { return appendLines(before, lines), nil, nil },
	})
	return nil
}

// ignoreFile is the .gitignore beside the file where there is one, else that
// of the checkout.
func (w *wizard) ignoreFile() (*durable.File, error) {
	file, err := w.companion(filepath.Join(w.place.dir(), ignoreName), "--no-gitignore")
	if err == nil && !file.Exists && w.place.dir() != w.place.root {
		file, err = w.companion(filepath.Join(w.place.root, ignoreName), "--no-gitignore")
	}
	return file, err
}

// companion reads a file that is written beside .env, and that a flag leaves
// alone.
func (w *wizard) companion(path, without string) (*durable.File, error) {
	file, err := durable.Read(path, envfile.MaxSize)
	if err == nil {
		err = file.Unwritable
	}
	if err != nil {
		return nil, &UnwritableError{Shown: shown(w.o.Dir, path), Err: plainly(err), Without: without}
	}
	return file, nil
}

// ignoreLines are the patterns for a file, seen from the folder of .gitignore.
func ignoreLines(folder, path string) []string {
	name := filepath.Base(path)
	if name == envName {
		return []string{envName, envName + ".bbctl-*"}
	}
	relative, err := filepath.Rel(folder, path)
	if err != nil {
		relative = name
	}
	pattern := "/" + escapePattern(filepath.ToSlash(relative))
	return []string{pattern, pattern + ".bbctl-*"}
}

// escapePattern keeps git from reading a path as a pattern.
func escapePattern(path string) string {
	path = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
	if bare := strings.TrimRight(path, " "); bare != path {
		path = bare + strings.Repeat(`\ `, len(path)-len(bare))
	}
	return path
}

// appendLines adds the lines that are missing at the end, with the line end of
// the file.
func appendLines(before []byte, lines []string) []byte {
	there := make(map[string]bool)
	for line := range bytes.Lines(before) {
		there[string(bytes.TrimSpace(line))] = true
	}
	lines = slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return there[line] })
	if len(lines) == 0 {
		return before
	}
	end := "\n"
	if bytes.Contains(before, []byte("\r\n")) {
		end = "\r\n"
	}
	after := slices.Clone(before)
	if len(after) > 0 && !bytes.HasSuffix(after, []byte("\n")) {
		after = append(after, end...)
	}
	return append(after, strings.Join(lines, end)+end...)
}

func (w *wizard) examplePath() string { return filepath.Join(w.place.dir(), exampleName) }

// planExample plans the names that .env.example lacks.
func (w *wizard) planExample(p *plan, a *answers) error {
	path := w.examplePath()
	file, err := w.companion(path, "--no-example")
	if err != nil {
		return err
	}
	known := make(map[string]bool)
	for _, e := range envfile.Parse(envfile.PythonDotenv, file.Bytes, envfile.Options{}).Entries {
		known[e.Key] = true
	}
	var changes []envfile.Change
	for _, s := range a.all() {
		if !known[s.key] {
			changes = append(changes, envfile.Change{Key: s.key})
		}
	}
	p.files = append(p.files, &planned{
		path: path, shown: shown(w.o.Dir, path), mode: modeShared, before: file, changes: changes, edit: editor(changes),
	})
	return nil
}
