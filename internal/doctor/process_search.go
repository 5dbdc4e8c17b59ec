package doctor

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// source is the application's own source, of which each file is read once.
type source struct {
	roots []string
	shown func(path string) string
	// search are the loaders of all files, and the files that it did not get to.
	search func() searched

	mu   sync.Mutex
	read map[string]facts
}

// searched is what the search of all files has come to.
type searched struct {
	loaders []loader
	files   int      // that were read
	unread  []string // that were not
	cut     bool     // not even all names were listed
}

func newSource(ctx context.Context, roots []string, from string) *source {
	s := &source{roots: roots, read: map[string]facts{}}
	s.shown = func(path string) string {
		if relative, err := filepath.Rel(from, path); err == nil && !strings.HasPrefix(relative, "../..") {
			return filepath.ToSlash(relative)
		}
		return path
	}
	s.search = sync.OnceValue(func() searched { return s.findAll(ctx) })
	return s
}

// look reads a file, once.
func (s *source) look(path string) facts {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.read[path]
	if !ok {
		known = factsOf(path, s.shown(path), readSource(path))
		s.read[path] = known
	}
	return known
}

// budget ends a search: it says whether one more file may be read.
type budget struct {
	ends time.Time
	read int
}

func newBudget() *budget { return &budget{ends: time.Now().Add(searchTime)} }

func (b *budget) more() bool {
	if b.read >= fewFiles && time.Now().After(b.ends) {
		return false
	}
	b.read++
	return true
}

// findAll reads the source of the project: first the files whose names promise
// settings, then the upper folders.
func (s *source) findAll(ctx context.Context) searched {
	b := newBudget()
	paths, cut := s.list(ctx)
	slices.SortStableFunc(paths, func(x, y string) int { return cmp.Compare(promise(x), promise(y)) })
	found := searched{cut: cut}
	for i, path := range paths {
		if !b.more() || ctx.Err() != nil {
			found.unread = paths[i:]
			break
		}
		found.files++
		if f := s.look(path); f.loads {
			found.loaders = append(found.loaders, f.loader)
		}
	}
	return found
}

// promise is how likely a file is to load the .env file, by its name: 0 is the
// likeliest.
func promise(path string) int {
	name := strings.ToLower(strings.TrimSuffix(filepath.Base(path), ".py"))
	for i, words := range [][]string{{"env", "setting", "conf"}, {"main", "app", "__init__", "wsgi", "asgi", "celery", "manage", "worker", "sentry"}} {
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(name, word) }) {
			return i
		}
	}
	return 2
}

// list names the files of the project's source, the upper folders first. cut
// says whether there are more.
func (s *source) list(ctx context.Context) (paths []string, cut bool) {
	seen := map[string]bool{}
	folders := slices.Clone(s.roots)
	for len(folders) > 0 {
		folder := folders[0]
		folders = folders[1:]
		if seen[folder] {
			continue
		}
		seen[folder] = true
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue // what may not be read here, the application may not either
		}
		if len(paths) > mostPaths || len(seen) > mostPaths || ctx.Err() != nil {
			return paths, true
		}
		for _, entry := range entries {
			path := filepath.Join(folder, entry.Name())
			switch {
			case entry.IsDir() && !skipped(entry, path):
				folders = append(folders, path)
			case isSource(entry):
				paths = append(paths, path)
			}
		}
	}
	return paths, false
}

// beside finds a loader in the folder of a file.
func (s *source) beside(path string, b *budget) (loader, bool) {
	folder := filepath.Dir(path)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return loader{}, false
	}
	for _, entry := range entries {
		if !isSource(entry) {
			continue
		}
		if !b.more() {
			break
		}
		if f := s.look(filepath.Join(folder, entry.Name())); f.loads {
			return f.loader, true
		}
	}
	return loader{}, false
}

func skipped(entry fs.DirEntry, path string) bool {
	name := entry.Name()
	return foreignFolder(name) || name == "tests" || name == "test" || exists(filepath.Join(path, "pyvenv.cfg"))
}

func isSource(entry fs.DirEntry) bool {
	name := entry.Name()
	if !entry.Type().IsRegular() || isTool(strings.TrimSuffix(name, ".py")) || strings.HasSuffix(name, "_test.go") {
		return false
	}
	return strings.HasSuffix(name, ".py") || strings.HasSuffix(name, ".go")
}
