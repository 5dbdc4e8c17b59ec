package project

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// pythonCode is a text of Python in which comments and what stands in quotes
// are blanks. Lines and positions stay as they are.
func pythonCode(text string) string {
	code := []byte(text)
	for i := 0; i < len(code); {
		switch c := code[i]; c {
		case '#':
			for i < len(code) && code[i] != '\n' {
				code[i] = ' '
				i++
			}
		case '"', '\'':
			i = blankString(code, i)
		default:
			i++
		}
	}
	return string(code)
}

// blankString blanks the text that begins at a quote, and returns what is
// behind it. A text in single quotes ends with its line at the latest.
func blankString(code []byte, i int) int {
	quote := string(code[i])
	long := strings.Repeat(quote, 3)
	if strings.HasPrefix(string(code[i:min(i+3, len(code))]), long) {
		quote = long
	}
	blank := func(n int) {
		for ; n > 0 && i < len(code); n-- {
			if code[i] != '\n' {
				code[i] = ' '
			}
			i++
		}
	}
	for blank(len(quote)); i < len(code); {
		switch {
		case code[i] == '\\':
			blank(2)
		case strings.HasPrefix(string(code[i:min(i+len(quote), len(code))]), quote):
			blank(len(quote))
			return i
		case code[i] == '\n' && len(quote) == 1:
			return i
		default:
			blank(1)
		}
	}
	return i
}

var (
	// An instance at module level: app = FastAPI(, app: FastAPI = fastapi.FastAPI(.
	instance = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=[ \t]*(?:([A-Za-z_]\w*)\.)?(FastAPI|Starlette|Flask|Celery)[ \t]*\(`)
	})
	// An import at module level; of several modules only the first line counts.
	importing = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n;]*)|import[ \t]+([^\n;]*))`)
	})
)

// imported is what an import statement names.
type imported struct {
	dots   int // of a relative one
	module string
	names  map[string]string // of from … import: what it is called here, and there
}

// imports are those at module level.
func (s *source) imports() []imported {
	var all []imported
	for _, m := range importing().FindAllStringSubmatch(s.code, -1) {
		if m[4] != "" {
			for module := range strings.SplitSeq(m[4], ",") {
				if words := strings.Fields(module); len(words) > 0 {
					all = append(all, imported{module: words[0]})
				}
			}
			continue
		}
		names := map[string]string{}
		for name := range strings.SplitSeq(strings.Trim(m[3], "()"), ",") {
			switch words := strings.Fields(strings.ReplaceAll(name, `\`, " ")); {
			case len(words) == 1:
				names[words[0]] = words[0]
			case len(words) == 3 && words[1] == "as":
				names[words[2]] = words[0]
			}
		}
		all = append(all, imported{dots: len(m[1]), module: m[2], names: names})
	}
	return all
}

// from says whether a package is imported.
func (s *source) from(pkg string) bool {
	return slices.ContainsFunc(s.imports(), func(i imported) bool {
		top, _, _ := strings.Cut(i.module, ".")
		return i.dots == 0 && top == pkg
	})
}

// instances are the names at module level that are made by one of the classes.
func (s *source) instances(classes map[string]string) map[string]string {
	made := map[string]string{}
	for _, m := range instance().FindAllStringSubmatch(s.code, -1) {
		if pkg, wanted := classes[m[3]]; wanted && s.from(pkg) {
			made[m[1]] = m[3]
		}
	}
	return made
}

// exists says whether a module or package lies in a folder.
func (t *tree) exists(folder, name string) bool {
	at := path.Join(folder, name)
	return t.files[at+".py"] || slices.ContainsFunc(t.sources, func(s *source) bool { return strings.HasPrefix(s.path, at+"/") })
}

// root is the folder that a file's imports begin in, "." for the first one,
// and what the module is called from there. It is none where no folder has all
// that the file imports of the project.
func (t *tree) root(s *source) (root, module string, ok bool) {
	folder := path.Dir(s.path)
	chain := []string{"."}
	if folder != "." {
		at := ""
		for part := range strings.SplitSeq(folder, "/") {
			at = path.Join(at, part)
			chain = append(chain, at)
		}
	}
	for _, root := range chain {
		rest := strings.TrimPrefix(s.path, root+"/")
		if t.resolves(s, root, strings.Count(rest, "/"), chain) {
			module = strings.ReplaceAll(strings.TrimSuffix(rest, ".py"), "/", ".")
			return root, strings.TrimSuffix(module, ".__init__"), true
		}
	}
	return "", "", false
}

// resolves says whether all that a file imports of the project is found from a
// root. inside is how many packages the file lies in then.
func (t *tree) resolves(s *source, root string, inside int, chain []string) bool {
	for _, i := range s.imports() {
		if i.dots > inside {
			return false
		}
		top, _, _ := strings.Cut(i.module, ".")
		if i.dots > 0 || top == "" || common(top) || t.exists(root, top) {
			continue
		}
		if slices.ContainsFunc(chain, func(other string) bool { return t.exists(other, top) }) {
			return false
		}
	}
	return true
}

// common says whether a module is one of everybody's. Files of projects bear
// such names too, as Django's proj/celery.py, and are not meant.
func common(module string) bool {
	return slices.Contains([]string{
		"fastapi", "starlette", "flask", "celery", "django", "sentry_sdk", "redis", "uvicorn", "sqlalchemy", "pydantic",
		"os", "sys", "re", "io", "time", "json", "enum", "types", "typing", "uuid", "email", "queue", "token", "random",
		"string", "signal", "select", "secrets", "logging", "asyncio", "calendar", "datetime", "platform", "statistics",
		"contextlib", "dataclasses", "functools", "collections", "http", "inspect", "operator", "profile", "resource", "test",
	}, module)
}

// pointsAt says whether an import of a file is of a certain other file.
func (t *tree) pointsAt(s *source, i imported, other *source) bool {
	bases := []string{}
	if i.dots > 0 {
		folder := path.Dir(s.path)
		for range i.dots - 1 {
			folder = path.Dir(folder)
		}
		bases = append(bases, folder)
	} else if root, _, ok := t.root(s); ok {
		bases = append(bases, root)
	}
	at := strings.ReplaceAll(i.module, ".", "/")
	return slices.ContainsFunc(bases, func(base string) bool {
		return other.path == path.Join(base, at)+".py" || other.path == path.Join(base, at, "__init__.py")
	})
}
