// Package project reads and writes bbctl.yaml: how the application is started,
// what is asked of it, and what must arrive then.
package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/git"
)

// Name is the file's name.
const Name = "bbctl.yaml"

// maxFile is how large the file may be, in bytes.
const maxFile = 1 << 20

// File is what a bbctl.yaml says. What it does not say is zero.
type File struct {
	Path   string // empty: it was not read from a file
	Run    []Command
	URLs   []URL
	For    time.Duration
	Until  []Count
	Expect []string
}

// Command is one command of the application. Its name is unique.
type Command struct {
	Name string
	Args []string // as Words takes a line apart
}

// URL is one that is asked once the application listens.
type URL struct {
	URL    string
	Method string // empty: GET
	Header []Header
}

// Header is a field of a request's header.
type Header struct{ Name, Value string }

// Count is how many of a category end the run, such as two errors.
type Count struct {
	Category string
	N        int
}

// Rules judge what only others can: an error of theirs is told with the line
// that it is about. nil: everything is well.
type Rules struct {
	Expect   func(expectation string) error
	Category func(name string) error // of Until
}

// Find looks for the file in a folder and above it, up to the root of the
// repository. The path is empty where there is none.
func Find(ctx context.Context, dir string) (path string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("looking for %s: %w", Name, err)
	}
	top, err := git.Root(ctx, dir)
	if err != nil {
		top = dir // no repository: nothing above belongs to the project
	}
	for at := dir; ; at = filepath.Dir(at) {
		path := filepath.Join(at, Name)
		if _, err := os.Lstat(path); err == nil {
			return path, nil
		}
		if at == top || filepath.Dir(at) == at {
			return "", nil
		}
	}
}

// Load reads a file. Errors name the line and what is known instead; none
// holds more of the file than the word that it is about.
func Load(path string, rules Rules) (File, error) {
	content, err := read(path)
	if err != nil {
		return File{}, fmt.Errorf("reading %s: %w", path, err)
	}
	f, err := Parse(content, rules)
	if err != nil {
		return File{}, fmt.Errorf("reading %s: %w", path, err)
	}
	f.Path = path
	return f, nil
}

func read(path string) ([]byte, error) {
	file, err := durable.Read(path, maxFile)
	var inner *fs.PathError
	switch {
	case errors.As(err, &inner):
		return nil, inner.Err // the path stands before it
	case err != nil:
		return nil, err
	case !file.Exists:
		return nil, fs.ErrNotExist
	}
	return file.Bytes, nil
}

// errExists keeps Write from a file that is there.
var errExists = errors.New("it is there already")

// Write makes a file that is not there yet.
func Write(ctx context.Context, path string, f File) error {
	content, err := f.YAML()
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = durable.Update(ctx, path, durable.Options{Limit: maxFile, Mode: 0o644}, func(old *durable.File) ([]byte, error) {
		if old.Exists {
			return nil, errExists
		}
		return content, nil
	})
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
