package doctor

import (
	"cmp"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// imports follows what a process imports of the application's own source, from
// the module that its command line names.
type imports struct {
	entry   string   // the first file; empty: none
	places  []string // where modules are looked for
	reached map[string]bool
	queue   []string // files
	// open is set where something is imported by a name that only the running
	// program knows: then what was not reached may be imported all the same.
	open bool
	// missing are the first parts of modules that were not found: installed
	// ones, or the application's own in a place that is not known.
	missing map[string]bool
}

var appName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Za-z_][\w.]*):[A-Za-z_][\w.]*(?:\(.*\))?$`) })

// graphOf is where a process begins; its queue is empty where the command line
// names no file.
func (s *source) graphOf(p *process) *imports {
	g := &imports{reached: map[string]bool{}, missing: map[string]bool{}, places: s.places(p)}
	if script := p.command.script; strings.HasSuffix(script, ".py") {
		if !filepath.IsAbs(script) {
			script = filepath.Join(p.dir, script)
		}
		g.places = append([]string{filepath.Dir(script)}, g.places...)
		g.add(script)
	}
	for _, module := range entryModules(p.command) {
		g.module(module)
	}
	return g
}

// walk visits the files that are imported, until visit has seen enough, or the
// time is over: then the graph stays open.
func (s *source) walk(g *imports, visit func(facts) (enough bool)) {
	b := newBudget()
	for len(g.queue) > 0 {
		if !b.more() {
			g.open = true
			return
		}
		path := g.queue[0]
		g.queue = g.queue[1:]
		f := s.look(path)
		if visit(f) {
			return
		}
		g.read(path, f)
	}
}

// reachedBy finds the first loader that a process imports. It returns the
// graph as well, which is nil where the command line names no file.
func (s *source) reachedBy(p *process) (found loader, ok bool, graph *imports) {
	g := s.graphOf(p)
	if len(g.queue) == 0 {
		return loader{}, false, nil
	}
	s.walk(g, func(f facts) bool {
		if f.loads && (!ok || f.loader.exports) {
			found, ok = f.loader, true
		}
		return f.loads && f.loader.exports
	})
	return found, ok, g
}

// mayReach says whether a file that was not reached may be imported all the
// same.
func (g *imports) mayReach(path string) bool {
	if g == nil || g.open {
		return true
	}
	for part := range strings.SplitSeq(filepath.ToSlash(path), "/") {
		if g.missing[strings.TrimSuffix(part, ".py")] {
			return true
		}
	}
	return false
}

// places are the folders in which the process looks for modules, the
// installed ones left out.
func (s *source) places(p *process) []string {
	places := []string{p.dir}
	for i, arg := range p.command.rest {
		name, value, ok := strings.Cut(arg, "=")
		if !slices.Contains([]string{"--app-dir", "--chdir", "--pythonpath", "--workdir"}, name) {
			continue
		}
		if !ok && i+1 < len(p.command.rest) {
			value = p.command.rest[i+1]
		}
		if !filepath.IsAbs(value) {
			value = filepath.Join(p.dir, value)
		}
		places = append(places, value)
	}
	places = append(places, filepath.SplitList(p.environ["PYTHONPATH"])...)
	for _, root := range append([]string{p.dir}, s.roots...) {
		places = append(places, root, filepath.Join(root, "src"))
	}
	return slices.DeleteFunc(places, func(place string) bool { return !filepath.IsAbs(place) })
}

// entryModules are those that a command line names.
func entryModules(c command) []string {
	var modules []string
	if c.generic && c.module != "" {
		modules = append(modules, c.module, c.module+".__main__")
	}
	for i, arg := range c.rest {
		if m := appName().FindStringSubmatch(arg); m != nil {
			modules = append(modules, m[1])
		}
		var value string
		switch {
		case (arg == "-A" || arg == "--app") && i+1 < len(c.rest):
			value = c.rest[i+1]
		case strings.HasPrefix(arg, "--app="):
			value = arg[len("--app="):]
		case strings.HasPrefix(arg, "-A"):
			value = strings.TrimPrefix(arg[len("-A"):], "=")
		}
		if module, _, _ := strings.Cut(value, ":"); module != "" {
			modules = append(modules, module, module+".celery") // where Celery looks for an app in a package
			if at := strings.LastIndexByte(module, '.'); at > 0 {
				modules = append(modules, module[:at]) // proj.app: the name may be one inside a module
			}
		}
	}
	return modules
}

// add queues a file that is there, once.
func (g *imports) add(path string) bool {
	if g.reached[path] {
		return true
	}
	if !exists(path) {
		return false
	}
	g.reached[path] = true
	g.entry = cmp.Or(g.entry, path)
	g.queue = append(g.queue, path)
	return true
}

// module queues the files of a module, those of the packages above it too: all
// of them run when it is imported.
func (g *imports) module(name string) {
	parts := strings.Split(name, ".")
	for _, place := range g.places {
		found := false
		for n := range parts {
			path := filepath.Join(append([]string{place}, parts[:n+1]...)...)
			found = g.add(filepath.Join(path, "__init__.py")) || found
			found = g.add(path+".py") || found
		}
		if found {
			return
		}
	}
	g.missing[parts[0]] = true
}

// read queues what a file imports.
func (g *imports) read(path string, f facts) {
	g.open = g.open || f.byName
	for _, i := range f.imports {
		base := strings.TrimLeft(i.base, ".")
		if ups := len(i.base) - len(base); ups > 0 {
			g.relative(path, ups, base, i.names)
			continue
		}
		g.module(base)
		for _, name := range i.names {
			g.module(base + "." + name)
		}
	}
}

// relative queues what is imported from the package of a file.
func (g *imports) relative(path string, ups int, base string, names []string) {
	folder := filepath.Dir(path)
	for range ups - 1 {
		folder = filepath.Dir(folder)
	}
	at := filepath.Join(folder, filepath.FromSlash(strings.ReplaceAll(base, ".", "/")))
	g.add(filepath.Join(at, "__init__.py"))
	g.add(at + ".py")
	for _, name := range names {
		g.add(filepath.Join(at, name+".py"))
		g.add(filepath.Join(at, name, "__init__.py"))
	}
}
