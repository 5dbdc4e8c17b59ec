package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/project"
)

// ProjectFile is what became of bbctl.yaml.
type ProjectFile struct {
	File     string   // from the working directory; empty: there is nothing to write
	From     []string // the files by which the commands were recognised
	Commands []string // their names
	Content  string
	Written  bool
	Reason   string // why it was not written; empty: it was
	// Offer says that a person would be asked whether to write it, once the .env
	// file is proven.
	Offer bool
}

// ProjectError says that bbctl.yaml could not be written. The .env file was, or
// needed no change, and stays as it is.
type ProjectError struct {
	Shown string
	Err   error
}

func (e *ProjectError) Error() string { return "writing " + e.Shown + ": " + e.Err.Error() }
func (e *ProjectError) Unwrap() error { return e.Err }

// flagProject asks for the file.
const flagProject = "--project-file"

// exampleRun is how a command is named that is not recognised.
const exampleRun = "--run web='uvicorn main:app --port 8000' --url http://127.0.0.1:8000/"

// wantsProject says whether a flag asks for the file.
func (g Given) wantsProject() bool {
	return g.ProjectFile != nil && *g.ProjectFile || g.saysProject() != ""
}

// saysProject is the flag that says what stands in the file; empty: none does.
func (g Given) saysProject() string {
	switch {
	case len(g.Run) > 0:
		return "--run"
	case len(g.URLs) > 0:
		return "--url"
	}
	return ""
}

// lookAtProject finds out, before anything is asked, whether bbctl.yaml is to
// be written or offered. What no flag asks for is no reason to stop.
func (w *wizard) lookAtProject(ctx context.Context) error {
	w.project, w.result.Project = nil, ProjectFile{}
	given := w.o.Given
	if given.ProjectFile != nil && !*given.ProjectFile {
		w.result.Project.Reason = flagProject + "=false"
		return nil
	}
	err := w.planProject(ctx)
	if err != nil && !given.wantsProject() {
		var answer *AnswerError
		if errors.As(err, &answer) {
			err = answer.Err // no flag was given
		}
		w.project, w.result.Project = nil, ProjectFile{Reason: err.Error()}
		return nil
	}
	return err
}

func (w *wizard) planProject(ctx context.Context) error {
	there, err := project.Find(ctx, w.o.Dir)
	if err != nil {
		return err
	}
	if there != "" && w.o.Given.saysProject() == "" {
		return w.keepProject(there)
	}
	file, from, err := w.commands()
	if err != nil {
		return err
	}
	content, err := w.projectContent(file)
	if err != nil {
		return err
	}
	if there != "" {
		return w.sameProject(there, content)
	}
	path := filepath.Join(w.o.Dir, project.Name)
	before, err := durable.Read(path, envfile.MaxSize)
	if err == nil {
		err = before.Unwritable
	}
	if err != nil {
		return &UnwritableError{Shown: shown(w.o.Dir, path), Err: plainly(err), Without: flagProject + "=false"}
	}
	w.project = &planned{
		path: path, shown: shown(w.o.Dir, path), open: true, fresh: true, mode: modeShared, before: before,
		edit: func([]byte) ([]byte, []envfile.Applied, error) { return content, nil, nil },
	}
	w.project.after = content
	r := &w.result.Project
	r.File, r.From, r.Content = w.project.shown, from, string(content)
	for _, c := range file.Run {
		r.Commands = append(r.Commands, c.Name)
	}
	r.Offer = w.asking() && w.o.OfferProject && !w.o.Given.wantsProject()
	r.Reason = w.unwritten()
	return nil
}

// unwritten is why the file is not written, as long as nothing else is known.
func (w *wizard) unwritten() string {
	switch {
	case w.o.DryRun:
		return "--dry-run"
	case !w.o.Given.wantsProject() && !w.result.Project.Offer:
		return flagProject + " was not given"
	}
	return "the run ended before it"
}

// commands are what stands in the file: what was given, else what is
// recognised.
func (w *wizard) commands() (file project.File, from []string, err error) {
	given := w.o.Given
	if len(given.Run) > 0 {
		return project.Given(given.Run, given.URLs), nil, nil
	}
	found, err := project.Detect(w.o.Dir)
	if err != nil {
		return project.File{}, nil, err
	}
	if len(found.File.Run) == 0 {
		text := "no command of an application was recognised for certain here"
		if len(found.Left) > 0 {
			text += " (" + strings.Join(found.Left, "; ") + ")"
		}
		flag := flagProject
		if len(given.URLs) > 0 {
			flag = "--url"
		}
		return project.File{}, nil, &AnswerError{Flag: flag, Err: errors.New(text), Fix: "name the command: bbctl setup " + exampleRun}
	}
	if len(given.URLs) > 0 {
		found.File.URLs = given.URLs
	}
	if len(found.File.URLs) == 0 {
		return project.File{}, nil, &AnswerError{
			Flag: flagProject, Err: fmt.Errorf("no URL is known of the application (recognised by %s), and an idle one sends nothing", enumerated(found.From)),
			Fix: "name a URL of it: bbctl setup --url http://127.0.0.1:8000/, or all: bbctl setup " + exampleRun,
		}
	}
	return found.File, found.From, nil
}

// projectContent is what is written. The file is for the repository: what is
// secret has no place in it.
func (w *wizard) projectContent(file project.File) ([]byte, error) {
	flag := flagProject
	if given := w.o.Given.saysProject(); given != "" {
		flag = given
	}
	content, err := file.YAML()
	if err == nil {
		_, err = project.Parse(content, project.Rules{})
	}
	if err != nil {
		return nil, &AnswerError{Flag: flag, Err: err}
	}
	text := string(content)
	for _, variable := range w.o.Environ { // the redactor hides it, and it is no secret
		if home, ok := strings.CutPrefix(variable, "HOME="); ok && len(home) > 1 {
			text = strings.ReplaceAll(text, home, "~")
		}
	}
	if redact := w.show().Redact; redact != nil && redact(text) != text {
		return nil, &AnswerError{Flag: flag, Err: errors.New("the commands hold something secret, and " + project.Name + " is for the repository"), Fix: "let the command read it from .env"}
	}
	return content, nil
}

// keepProject leaves a file alone that is there already.
func (w *wizard) keepProject(path string) error {
	name := shown(w.o.Dir, path)
	if err := regular(path); err != nil {
		return &AnswerError{Flag: flagProject, Err: fmt.Errorf("%s %w: nothing is written in its place", name, err), Fix: "move it away first"}
	}
	w.result.Project.Reason = name + " is there already"
	if w.o.Given.wantsProject() {
		w.note(Notice{Text: name + " is there already, and is left alone"})
	}
	return nil
}

// sameProject refuses to write over a file that says something else than what
// was given.
func (w *wizard) sameProject(path string, content []byte) error {
	name := shown(w.o.Dir, path)
	err := regular(path)
	if err == nil {
		now, readErr := durable.Read(path, envfile.MaxSize)
		switch {
		case readErr != nil:
			err = plainly(readErr)
		case bytes.Equal(now.Bytes, content):
			return w.keepProject(path)
		default:
			err = errors.New("is there already, and says something else")
		}
	}
	return &AnswerError{Flag: w.o.Given.saysProject(), Err: fmt.Errorf("%s %w: nothing is written in its place", name, err), Fix: "edit it, or move it away first"}
}

// regular says what a file is where it is none.
func regular(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return fmt.Errorf("cannot be looked at: %w", plainly(err))
	case info.IsDir():
		return errors.New("is a folder")
	case info.Mode()&fs.ModeSymlink != 0:
		return errors.New("is a link")
	case !info.Mode().IsRegular():
		return errors.New("is no regular file")
	}
	return nil
}
