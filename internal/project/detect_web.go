package project

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// pythonWeb looks for an instance of FastAPI, Starlette or Flask.
func (d *detector) pythonWeb() []web {
	classes := map[string]string{"FastAPI": "fastapi", "Starlette": "starlette", "Flask": "flask"}
	e, seen, ok := d.entry(classes, []string{"main", "app", "asgi", "wsgi", "server", "api", "application"}, []string{"main", "asgi", "wsgi", "server"})
	if !ok {
		if len(seen) > 0 {
			d.leave("%s: which of them is the application is not certain", spots(seen))
		}
		return nil
	}
	w := web{what: e.class + " in " + e.file.path, file: e.file.path, port: usualPort, path: d.healthPath()}
	if e.class == "Flask" {
		w.args = []string{d.tree.python(), "-m", "flask", "--app", e.file.path + ":" + e.name, "run", "--port", strconv.Itoa(usualPort)}
		return []web{w}
	}
	root, module, ok := d.tree.root(e.file)
	if !ok {
		d.leave("%s: which folder its imports begin in is not certain", w.what)
		return nil
	}
	w.args = []string{d.tree.python(), "-m", "uvicorn"}
	if root != "." {
		w.args = append(w.args, "--app-dir", root)
	}
	w.args = append(w.args, module+":"+e.name, "--port", strconv.Itoa(usualPort))
	return []web{w}
}

// djangoWeb looks for the manage.py of Django. Its server reloads itself where
// it is not told otherwise, in a process of its own.
func (d *detector) djangoWeb() []web {
	var found []string
	for _, s := range d.tree.sources {
		if path.Base(s.path) == "manage.py" && strings.Contains(s.code, "django") && strings.Contains(s.text, "DJANGO_SETTINGS_MODULE") {
			found = append(found, s.path)
		}
	}
	if len(found) > 1 {
		d.leave("Django in %s: which of them is the application is not certain", strings.Join(found, " and "))
	}
	if len(found) != 1 {
		return nil
	}
	return []web{{
		what: "Django in " + found[0], file: found[0], port: usualPort, path: d.healthPath(),
		args: []string{d.tree.python(), found[0], "runserver", "--noreload", strconv.Itoa(usualPort)},
	}}
}

// celery looks for an instance of Celery: a worker, and beat where there is a
// schedule.
func (d *detector) celery() {
	starters := []string{"worker", "celery_worker", "celery_app", "celeryapp", "celery"}
	e, seen, ok := d.entry(map[string]string{"Celery": "celery"}, append(slices.Clone(starters), "tasks"), starters)
	if !ok {
		if len(seen) > 0 {
			d.leave("%s: which of them the worker runs is not certain", spots(seen))
		}
		return
	}
	root, module, ok := d.tree.root(e.file)
	if !ok {
		d.leave("Celery in %s: which folder its imports begin in is not certain", e.file.path)
		return
	}
	args := []string{d.tree.python(), "-m", "celery", "-A", module}
	if e.name != "app" { // the name that celery looks for first
		args[len(args)-1] += ":" + e.name
	}
	if root != "." {
		args = append(args, "--workdir", root)
	}
	d.add(workerName, append(slices.Clone(args), "worker"), e.file.path)
	for _, s := range d.tree.sources {
		if schedule().MatchString(s.code) {
			d.add(beatName, append(args, "beat"), s.path)
			break
		}
	}
}

var schedule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bbeat_schedule[ \t]*=|\bbeat_schedule\.|\.add_periodic_task[ \t]*\(`)
})

// A route at module level, such as @app.get("/health"), and what it is told to.
var (
	route = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^@([A-Za-z_]\w*)\.(?:get|route|api_route)[ \t]*\(`)
	})
	router = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=[ \t]*(?:[A-Za-z_]\w*\.)?(FastAPI|Flask|APIRouter)[ \t]*\(`)
	})
	prefixed = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\bprefix[ \t]*=|\burl_prefix[ \t]*=|\.mount[ \t]*\(`)
	})
)

// healthPaths are the pages that say how an application is, the most usual
// first.
func healthPaths() []string {
	return []string{"/health", "/healthz", "/health/", "/healthcheck", "/ping", "/livez", "/live", "/readyz", "/ready", "/status"}
}

// healthPath is a page of the application that is there for being asked how it
// is; empty where none is known for certain. A router's pages lie elsewhere
// where any file gives routers a prefix, and so do those of one application in
// another.
func (d *detector) healthPath() string {
	var pages []string
	for _, class := range []string{"FastAPI", "Flask", "APIRouter"} {
		of, owners := d.pagesOf(class)
		if class == "APIRouter" && d.tree.prefixes() || class != "APIRouter" && owners > 1 {
			continue
		}
		pages = append(pages, of...)
	}
	return firstOf(pages)
}

// prefixes says whether any file moves pages elsewhere.
func (t *tree) prefixes() bool {
	return slices.ContainsFunc(t.sources, func(s *source) bool { return prefixed().MatchString(s.code) })
}

// pagesOf are the pages of instances of a class, and how many instances it has.
func (d *detector) pagesOf(class string) (pages []string, owners int) {
	for _, s := range d.tree.sources {
		makes := map[string]bool{}
		for _, m := range router().FindAllStringSubmatch(s.code, -1) {
			makes[m[1]] = m[2] == class
		}
		for _, of := range makes {
			if of {
				owners++
			}
		}
		for _, m := range route().FindAllStringSubmatchIndex(s.code, -1) {
			if makes[s.code[m[2]:m[3]]] {
				pages = append(pages, quotedAt(strings.TrimSpace(s.text[m[1]:])))
			}
		}
	}
	return pages, owners
}

// quotedAt is the text in quotes that another begins with; empty: there is none.
func quotedAt(text string) string {
	if text == "" || text[0] != '"' && text[0] != '\'' {
		return ""
	}
	value, _, ended := strings.Cut(text[1:], text[:1])
	if !ended || strings.ContainsAny(value, "\n\\") {
		return ""
	}
	return value
}
