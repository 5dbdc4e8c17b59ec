package doctor

import (
	"path/filepath"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
)

// commandLoads is what a process puts into its own environment because its
// command line says so. /proc shows nothing of it.
type commandLoads struct {
	how    string            // such as "uvicorn --env-file"; empty: nothing
	file   string            // absolute; empty: none
	values map[string]string // of that file; the process environment wins over them
	given  map[string]string // of gunicorn -e, which wins over all
}

// loadsOf reads a command line for options that set variables.
func loadsOf(p *process) commandLoads {
	var l commandLoads
	rest := p.command.rest
	switch p.command.name {
	case "uvicorn":
		l.file = optionOf(rest, "--env-file")
		if l.file == "" {
			l.file = p.environ["UVICORN_ENV_FILE"]
		}
		l.how = "uvicorn --env-file"
	case "granian":
		l.file, l.how = optionOf(rest, "--env-files"), "granian --env-files"
	case "flask":
		l.how = "flask run, where python-dotenv is installed"
		if l.file = optionOf(rest, "--env-file", "-e"); l.file == "" && p.environ["FLASK_SKIP_DOTENV"] == "" {
			l.file = upwards(p.dir)
		}
	case "gunicorn":
		l.given = pairsOf(append(strings.Fields(p.environ["GUNICORN_CMD_ARGS"]), rest...))
	}
	if l.file == "" {
		l.how = ""
		return l
	}
	if !filepath.IsAbs(l.file) {
		l.file = filepath.Join(p.dir, l.file)
	}
	l.values = config.ReadSample([]byte(readSource(l.file)))
	return l
}

// optionOf is the value of the first of some options.
func optionOf(args []string, names ...string) string {
	for i, arg := range args {
		for _, name := range names {
			if arg == name && i+1 < len(args) {
				return args[i+1]
			}
			if value, ok := strings.CutPrefix(arg, name+"="); ok {
				return value
			}
		}
	}
	return ""
}

// pairsOf are the variables of gunicorn's -e and --env.
func pairsOf(args []string) map[string]string {
	pairs := map[string]string{}
	for i, arg := range args {
		text := ""
		switch {
		case (arg == "-e" || arg == "--env") && i+1 < len(args):
			text = args[i+1]
		case strings.HasPrefix(arg, "--env="):
			text = arg[len("--env="):]
		case strings.HasPrefix(arg, "-e") && !strings.HasPrefix(arg, "--"):
			text = arg[len("-e"):]
		}
		if key, value, ok := strings.Cut(text, "="); ok {
			pairs[key] = value
		}
	}
	return pairs
}

// upwards finds the .env file that flask loads: from the working directory up.
func upwards(dir string) string {
	for at := dir; filepath.IsAbs(at); at = filepath.Dir(at) {
		if path := filepath.Join(at, ".env"); exists(path) {
			return path
		}
		if filepath.Dir(at) == at {
			break
		}
	}
	return ""
}
