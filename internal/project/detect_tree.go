package project

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/durable"
)

// What is looked at, at most. The nearest folders come first, so that what is
// beyond is rather not the application's entrance.
const (
	mostDepth   = 4 // folders below the first
	mostFolders = 500
	mostEntries = 20_000
	mostSources = 2_000
	mostSource  = 256 << 10 // bytes of one file
	mostBytes   = 16 << 20  // of all
)

// tree is what was read of a folder. Paths have slashes and begin in it.
type tree struct {
	dir     string
	folders []string
	files   map[string]bool // all regular files that were seen
	sources []*source       // of Python, the nearest first
}

// source is a file of Python.
type source struct {
	path string
	text string
	code string // of the same length: without comments and texts
}

// readTree walks a folder, the nearest folders first. What cannot be read
// below the first folder is left out.
func readTree(dir string) (*tree, error) {
	t := &tree{dir: dir, files: map[string]bool{}}
	entries, bytes := 0, 0
	queue := []string{"."}
	for len(queue) > 0 && len(t.folders) < mostFolders && entries < mostEntries {
		folder := queue[0]
		queue = queue[1:]
		found, err := readFolder(filepath.Join(dir, filepath.FromSlash(folder)), mostEntries-entries)
		if err != nil && folder == "." {
			return nil, err
		}
		if folder != "." && foreign(found) {
			continue
		}
		t.folders = append(t.folders, folder)
		entries += len(found)
		for _, entry := range found {
			at := path.Join(folder, entry.Name())
			switch {
			case entry.IsDir():
				if looksInto(entry.Name()) && strings.Count(at, "/") < mostDepth {
					queue = append(queue, at)
				}
			case entry.Type().IsRegular():
				t.files[at] = true
				if isSource(entry.Name()) && len(t.sources) < mostSources && bytes < mostBytes {
					bytes += t.readSource(at)
				}
			}
		}
	}
	return t, nil
}

// readFolder lists a folder in the order of names, of a huge one a part.
func readFolder(path string, most int) ([]fs.DirEntry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	found, err := f.ReadDir(most)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	slices.SortFunc(found, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return found, nil
}

// foreign says whether a folder is a project of its own, or an environment.
func foreign(entries []fs.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ".git" || e.Name() == "pyvenv.cfg" })
}

// looksInto says whether a folder may hold the application, by its name.
func looksInto(name string) bool {
	switch strings.ToLower(name) {
	case "node_modules", "vendor", "venv", "env", "site-packages", "dist-packages", "__pycache__", "__tests__",
		"test", "tests", "testing", "testdata", "fixtures", "spec", "example", "examples", "sample", "samples",
		"snippet", "snippets", "template", "templates", "internal",
		"build", "dist", "target", "doc", "docs", "migrations", "alembic":
		return false
	}
	return !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".egg-info")
}

// isSource says whether a file is one of Python, and no test.
func isSource(name string) bool {
	stem, python := strings.CutSuffix(name, ".py")
	return python && !strings.HasPrefix(stem, "test_") && !strings.HasSuffix(stem, "_test") && stem != "conftest" && stem != "setup"
}

func (t *tree) readSource(at string) int {
	text := t.read(at)
	if text != "" {
		t.sources = append(t.sources, &source{path: at, text: text, code: pythonCode(text)})
	}
	return len(text)
}

// read is a file's content; empty where it cannot be read, or is too large.
func (t *tree) read(at string) string {
	if !t.files[at] {
		return ""
	}
	file, err := durable.Read(filepath.Join(t.dir, filepath.FromSlash(at)), mostSource)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(string(file.Bytes), "\ufeff")
}

// program is one of the project's virtual environment. It is a link most often.
func (t *tree) program(name string) (string, bool) {
	for _, folder := range []string{".venv", "venv"} {
		for _, at := range []string{folder + "/bin/" + name, folder + "/Scripts/" + name + ".exe"} {
			info, err := os.Stat(filepath.Join(t.dir, filepath.FromSlash(at)))
			if err == nil && info.Mode().IsRegular() {
				return at, true
			}
		}
	}
	return "", false
}

// python is the interpreter: that of the virtual environment where there is
// one, since python3 of the PATH may not have the application's packages.
func (t *tree) python() string {
	if at, ok := t.program("python"); ok {
		return at
	}
	return "python3"
}
