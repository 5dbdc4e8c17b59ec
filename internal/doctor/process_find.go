package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// scope is where the application lives.
type scope struct {
	roots []string // folders of the project, with links resolved
	// file is the folder of the .env file; empty: there is none.
	file string
	home string // of the user; empty: not known
}

func newScope(ctx context.Context, p *Patient) scope {
	s := scope{home: p.o.Home}
	if s.home != "" {
		s.home = resolved(s.home)
	}
	for _, folder := range p.folders(ctx) {
		if folder = resolved(folder); !slices.Contains(s.roots, folder) {
			s.roots = append(s.roots, folder)
		}
	}
	if path, ok := p.o.Config.EnvFile(); ok {
		s.file = resolved(filepath.Dir(path))
	}
	return s
}

// resolved is a folder as the system names it; as it was given, where it is
// not there.
func resolved(folder string) string {
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		return real
	}
	return filepath.Clean(folder)
}

// mayOwn says whether a process can be the application's, before its
// environment is read: that of a process is read only where its folder and its
// paths do not say already that it is another's.
func (s scope) mayOwn(p *process) bool {
	switch {
	case p.contained:
		return false
	case s.ownsPath(p), p.dir != "" && s.holds(p.dir):
		return true
	case p.dir == "":
		return false
	}
	return !foreign(p.dir)
}

// owns says whether a process is the application's: it runs in the project's
// folder, or from it. Other people's servers are none of ours.
func (s scope) owns(p *process) bool {
	if p.command.generic && !s.ownProgram(p) {
		return false
	}
	switch {
	case s.ownsPath(p):
		return true
	case p.dir != "" && s.holds(p.dir):
		return s.nearest(p.dir)
	case p.dir != "" && foreign(p.dir):
		return false
	}
	return s.holds(p.environ["VIRTUAL_ENV"]) || s.holds(p.environ["PWD"])
}

// ownsPath says whether the program, or a path of its command line, lies in
// the project.
func (s scope) ownsPath(p *process) bool {
	return slices.ContainsFunc(p.args, func(arg string) bool {
		return filepath.IsAbs(arg) && s.holds(arg)
	})
}

// holds says whether a path lies in the project. Of the root of the system and
// of a home, where all kinds of things lie, only the folder itself counts.
func (s scope) holds(path string) bool {
	if path == "" || !filepath.IsAbs(path) {
		return false
	}
	path = filepath.Clean(path)
	return slices.ContainsFunc(s.roots, func(root string) bool {
		return path == root || !s.broad(root) && strings.HasPrefix(path, root+string(filepath.Separator))
	})
}

func (s scope) broad(root string) bool {
	return filepath.Dir(root) == root || root == s.home
}

// nearest says whether the .env file, where there is one, is the nearest to a
// folder of the project: a folder of the same checkout with a file of its own
// is another application's.
func (s scope) nearest(dir string) bool {
	for at := dir; s.file != "" && at != s.file; at = filepath.Dir(at) {
		if info, err := os.Stat(filepath.Join(at, ".env")); err == nil && info.Mode().IsRegular() {
			return false
		}
		if slices.Contains(s.roots, at) || filepath.Dir(at) == at {
			break
		}
	}
	return true
}

// foreign says whether a folder outside the project belongs to another one.
func foreign(dir string) bool {
	for at := dir; ; at = filepath.Dir(at) {
		if exists(filepath.Join(at, ".env")) || exists(filepath.Join(at, ".git")) {
			return true
		}
		if filepath.Dir(at) == at {
			return false
		}
	}
}

// ownProgram says whether a Python file or module of any name lies in the
// project, and not among what was installed there.
func (s scope) ownProgram(p *process) bool {
	var places []string
	if script := p.command.script; script != "" {
		if !filepath.IsAbs(script) {
			script = filepath.Join(p.dir, script)
		}
		places = []string{script}
	} else {
		relative := strings.ReplaceAll(p.command.module, ".", "/")
		for _, folder := range append([]string{p.dir}, filepath.SplitList(p.environ["PYTHONPATH"])...) {
			if filepath.IsAbs(folder) {
				places = append(places, filepath.Join(folder, relative)+".py", filepath.Join(folder, relative, "__init__.py"), filepath.Join(folder, relative, "__main__.py"))
			}
		}
	}
	return slices.ContainsFunc(places, func(path string) bool {
		return s.holds(path) && !s.installed(path) && exists(path)
	})
}

// installed says whether a path leads, inside the project, through what a
// package manager or a tool has put there.
func (s scope) installed(path string) bool {
	for _, root := range s.roots {
		inside, ok := strings.CutPrefix(filepath.Clean(path), root+string(filepath.Separator))
		if ok && slices.ContainsFunc(strings.Split(filepath.ToSlash(filepath.Dir(inside)), "/"), foreignFolder) {
			return true
		}
	}
	return false
}

// foreignFolder says whether a folder of that name holds what is not the
// application's own source.
func foreignFolder(name string) bool {
	switch name {
	case "site-packages", "dist-packages", "node_modules", "venv", "env", "__pycache__", "build", "dist":
		return true
	}
	return len(name) > 1 && name[0] == '.'
}
