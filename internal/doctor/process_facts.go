package doctor

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// facts are what matters here of a file of source.
type facts struct {
	loader loader
	loads  bool
	// imports are what it imports, in its order.
	imports []imported
	// byName is set where it imports something by a name that only the running
	// program knows.
	byName bool
	// sentry is set where it imports the SDK, or a module of that name.
	sentry bool
	// runs is the role of what it starts when it is run itself; empty: none.
	runs string
}

// imported is one statement: import base, or from base import names.
type imported struct {
	base  string // with the dots of a relative one in front
	names []string
}

// factsOf reads a text of Python; of Go only the loader matters.
func factsOf(path, shown, text string) facts {
	var f facts
	f.loader, f.loads = loaderIn(path, shown, text)
	if !strings.HasSuffix(path, ".py") {
		return f
	}
	f.imports = importsIn(text)
	f.byName = importsByName(text)
	for _, i := range f.imports {
		if strings.Contains(strings.ToLower(i.base+" "+strings.Join(i.names, " ")), "sentry") {
			f.sentry = true
		}
	}
	f.runs = startedBy(f.imports, text)
	return f
}

// importsIn finds the import statements of a text.
func importsIn(text string) []imported {
	var found []imported
	open := false // a list of names in brackets goes on
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		if open {
			last := &found[len(found)-1]
			last.names = append(last.names, namesIn(line)...)
			open = !strings.Contains(line, ")")
			continue
		}
		if rest, ok := strings.CutPrefix(line, "import "); ok {
			for _, name := range namesIn(rest) {
				found = append(found, imported{base: name})
			}
			continue
		}
		rest, ok := strings.CutPrefix(line, "from ")
		base, names, isImport := strings.Cut(rest, " import")
		if ok && isImport && !strings.ContainsAny(strings.TrimSpace(base), " \"'") {
			found = append(found, imported{strings.TrimSpace(base), namesIn(names)})
			open = strings.Contains(names, "(") && !strings.Contains(names, ")")
		}
	}
	return found
}

// namesIn are the names of an import: (a, b as c).
func namesIn(text string) []string {
	var names []string
	for name := range strings.SplitSeq(strings.Trim(strings.TrimSpace(text), "();\\"), ",") {
		if fields := strings.Fields(strings.Trim(name, "()")); len(fields) > 0 {
			names = append(names, strings.TrimSuffix(fields[0], ";"))
		}
	}
	return names
}

var byOption = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(?:include|imports)\s*=|\bexec\s*\(`) })

func importsByName(text string) bool {
	for _, word := range [...]string{"import_module", "__import__", "importlib", "autodiscover_tasks", "config_from_object", "DJANGO_SETTINGS_MODULE", "runpy"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	for _, word := range [...]string{"include", "imports", "exec"} {
		if strings.Contains(text, word) {
			return byOption().MatchString(text)
		}
	}
	return false
}

// starts are the calls by which a program of its own becomes a server or a
// worker, and of what one of them has to be imported.
var (
	startsServer = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\buvicorn\.(?:run|Server)\s*\(|\bserve\s*\(|\b\w*app\w*\.(?:run|listen)\s*\(|\brun_(?:app|simple)\s*\(|\bGranian\s*\(|\bWSGIServer\s*\(|\bserve_forever\s*\(`)
	})
	startsWorker = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\bworker_main\s*\(|\b\w*app\w*\.start\s*\(|\.work\s*\(|\brun_worker\s*\(|\bWorker\s*\(`)
	})
)

func startedBy(imports []imported, text string) string {
	uses := func(libraries ...string) bool {
		return slices.ContainsFunc(imports, func(i imported) bool {
			top, _, _ := strings.Cut(i.base, ".")
			return slices.Contains(libraries, top)
		})
	}
	switch {
	case uses("uvicorn", "fastapi", "starlette", "flask", "hypercorn", "granian", "waitress", "aiohttp", "gevent", "wsgiref", "werkzeug", "tornado", "sanic", "quart") && startsServer().MatchString(text):
		return roleWeb
	case uses("celery", "rq", "arq", "dramatiq", "huey", "taskiq") && startsWorker().MatchString(text):
		return roleWorker
	}
	return ""
}
