package doctor

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// command is what a command line starts.
type command struct {
	name   string // of the program, such as uvicorn
	role   string
	script string   // the Python file that is run, where one is
	module string   // what python -m runs
	rest   []string // the program's own arguments
	// generic is set where only its place tells that it is the application's:
	// a Python file or module of any name.
	generic bool
	// guessed is set where not even its place does: it may be a script that runs
	// once. Its source may tell more.
	guessed bool
}

// interpreter is the name of a Python.
var interpreter = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:python|pypy)[\d.]*t?$`) })

// recognise says what a command line starts, where that is an application:
// a server, a worker, or a Python program of somebody's own.
func recognise(args []string) (command, bool) {
	args = untitled(args)
	if len(args) == 0 {
		return command{}, false
	}
	if name := baseName(args[0]); !interpreter().MatchString(name) {
		return server(name, args[1:])
	}
	script, module, rest := pythonLine(args[1:])
	if module == "debugpy" { // it runs the program that follows its own options
		if at := slices.Index(rest, "-m"); at >= 0 {
			script, module, rest = pythonLine(rest[at:])
		}
	}
	c, ok := command{}, false
	switch {
	case module != "":
		name, _, _ := strings.Cut(module, ".")
		if c, ok = server(name, rest); !ok && !isServer(name) {
			c, ok = ownModule(module, rest)
		}
	case script != "":
		name := strings.TrimSuffix(baseName(script), ".py")
		if c, ok = server(name, rest); !ok && !isServer(name) {
			c, ok = ownScript(script, rest)
		}
	}
	c.script, c.module = script, module
	return c, ok
}

// plainCommand is what is known of a command line that is no application's.
func plainCommand(args []string) command {
	return command{name: baseName(untitled(args)[0]), role: roleApp, rest: args[1:], generic: true, guessed: true}
}

// untitled undoes what a program has made of its own command line for ps:
// "gunicorn: master [app]", "[celeryd: celery@host:MainProcess]".
func untitled(args []string) []string {
	if len(args) == 0 || !strings.ContainsRune(args[0], ' ') || strings.HasPrefix(args[0], "/") && len(args) > 1 {
		return args
	}
	fields := strings.Fields(args[0])
	if len(fields) == 0 {
		return args
	}
	fields[0] = strings.Trim(fields[0], "[]:")
	return append(fields, args[1:]...)
}

func baseName(path string) string { return strings.TrimSuffix(filepath.Base(path), ".exe") }

// pythonLine reads the command line of the interpreter, its own name left out.
func pythonLine(args []string) (script, module string, rest []string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "-X", arg == "-W", arg == "--check-hash-based-pycs":
			i++
		case arg == "-c", arg == "-":
			return "", "", nil
		case strings.HasPrefix(arg, "--"):
		case !strings.HasPrefix(arg, "-"):
			return arg, "", args[i+1:]
		case strings.HasPrefix(arg, "-X"), strings.HasPrefix(arg, "-W"):
		case strings.HasSuffix(arg, "m"): // -m, and what was put together with it: -um
			if i+1 < len(args) {
				return "", args[i+1], args[i+2:]
			}
		case strings.HasPrefix(arg, "-m"):
			return "", arg[2:], args[i+1:]
		case strings.ContainsRune(arg, 'c'):
			return "", "", nil
		}
	}
	return "", "", nil
}

// server recognises the programs that run applications.
func server(name string, rest []string) (command, bool) {
	c := command{name: name, rest: rest}
	if slices.ContainsFunc(rest, func(arg string) bool { return arg == "--help" || arg == "--version" }) {
		return c, false
	}
	has := func(sub ...string) bool {
		return slices.ContainsFunc(rest, func(arg string) bool { return slices.Contains(sub, arg) })
	}
	switch name {
	case "uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "uwsgi", "waitress-serve":
		c.role = roleWeb
	case "flask":
		c.role = given(has("run"), roleWeb)
	case "fastapi":
		c.role = given(has("run", "dev"), roleWeb)
	case "celery":
		c.role = celeryRole(rest)
	case "celeryd": // what Celery calls its workers for ps
		c.name, c.role = "celery", roleWorker
	case "rq", "taskiq":
		c.role = given(has("worker", "worker-pool"), roleWorker)
	case "rqworker", "dramatiq", "arq", "huey_consumer":
		c.role = roleWorker
	case "rqscheduler", "celerybeat":
		c.role = roleBeat
	case "flower":
		c.role = roleMonitor
	}
	return c, c.role != ""
}

// isServer says whether a program is one of them, used for something else:
// celery inspect is no process of the application.
func isServer(name string) bool {
	return slices.Contains([]string{"flask", "fastapi", "celery", "rq", "taskiq"}, name)
}

// celeryRole is the role by the subcommand, which stands behind options that
// have a value of any name.
func celeryRole(rest []string) string {
	for i := 0; i < len(rest); i++ {
		switch arg := strings.TrimSuffix(rest[i], "]"); arg {
		case "-A", "--app", "-b", "--broker", "--result-backend", "--loader", "--config", "--workdir":
			i++
		case "worker":
			return roleWorker
		case "beat":
			return roleBeat
		case "flower":
			return roleMonitor
		default:
			if !strings.HasPrefix(arg, "-") {
				return ""
			}
		}
	}
	return ""
}

func given(yes bool, role string) string {
	if yes {
		return role
	}
	return ""
}

// ownModule is python -m with a module that is no server's. Whether it is the
// application's is told by where it lies.
func ownModule(module string, rest []string) (command, bool) {
	last := module[strings.LastIndexByte(module, '.')+1:]
	name, _, _ := strings.Cut(module, ".")
	return command{name: "python -m " + module, role: roleOf(last, module), rest: rest, generic: true, guessed: true}, !isTool(module) && !isTool(name)
}

// ownScript is python with a file.
func ownScript(script string, rest []string) (command, bool) {
	base := filepath.Base(script)
	if base == "manage.py" {
		return django(rest)
	}
	name := strings.TrimSuffix(base, ".py")
	return command{name: base, role: roleOf(name, ""), rest: rest, generic: true, guessed: true}, !isTool(name)
}

// isTool says whether a program works on the application, and is none of it.
func isTool(name string) bool {
	switch name {
	case "pytest", "pip", "setup", "conftest", "noxfile", "http.server", "unittest", "venv", "pdb", "IPython", "ipython", "timeit", "build",
		"alembic", "flower", "black", "ruff", "mypy", "isort", "flake8", "pylint", "coverage", "tox", "nox", "pre_commit", "invoke", "doit", "poetry", "twine", "jupyter", "ipykernel":
		return true
	}
	return strings.HasPrefix(name, "test_") || strings.HasSuffix(name, "_test") || strings.HasPrefix(name, "pip.") || strings.HasPrefix(name, "tests.")
}

// django is manage.py: of its commands those that run on.
func django(rest []string) (command, bool) {
	c := command{name: "manage.py", rest: rest, role: roleApp, generic: true}
	if len(rest) == 0 {
		return c, false
	}
	switch sub := rest[0]; {
	case sub == "runserver", sub == "runserver_plus":
		c.role = roleWeb
	case strings.Contains(sub, "worker"), sub == "qcluster", sub == "run_huey":
		c.role = roleWorker
	case strings.Contains(sub, "beat"), strings.Contains(sub, "scheduler"):
		c.role = roleBeat
	case strings.HasPrefix(sub, "run"):
		c.guessed = true
	default: // migrate, shell, test and the like end by themselves
		return c, false
	}
	return c, true
}

// roleOf guesses the role from the name of a program. That main.py is a server
// its source must tell.
func roleOf(name, module string) string {
	name = strings.ToLower(name)
	if name == "__main__" {
		name = strings.ToLower(module)
	}
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' }) {
		switch word {
		case "worker", "workers", "consumer":
			return roleWorker
		case "beat", "scheduler":
			return roleBeat
		}
	}
	return roleApp
}
