package observe

import (
	"path/filepath"
	"strings"
)

// beyondEnv splits a command into what env is told to set and what it runs;
// of one without env, nothing is set.
func beyondEnv(args []string) (command, set []string) {
	if len(args) == 0 || base(args[0]) != "env" {
		return args, nil
	}
	for i := 1; i < len(args); i++ {
		switch word := args[i]; {
		case word == "-u" || word == "-C" || word == "--unset" || word == "--chdir":
			i++ // its value
		case strings.HasPrefix(word, "-"):
		case strings.Contains(word, "="):
			set = append(set, word)
		default:
			return args[i:], set
		}
	}
	return args, set
}

// programOf is what a command runs: of python3 -m NAME the module.
func programOf(args []string) string {
	if len(args) == 0 {
		return ""
	}
	program := base(args[0])
	if !strings.HasPrefix(program, "python") {
		return program
	}
	for i, word := range args[1:] {
		switch {
		case word == "-m" && i+2 < len(args):
			module, _, _ := strings.Cut(args[i+2], ".")
			return module
		case !strings.HasPrefix(word, "-") || word == "-c":
			return program
		}
	}
	return program
}

func base(path string) string { return filepath.Base(path) }
