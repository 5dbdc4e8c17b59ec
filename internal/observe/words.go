package observe

import (
	"path/filepath"
	"slices"
	"strings"
)

// beyondEnv splits a command into what env, or a line of a shell, is told to
// set and what it runs; of others, nothing is set.
func beyondEnv(args []string) (command, set []string) {
	switch {
	case len(args) == 3 && args[1] == "-c" && slices.Contains([]string{"sh", "bash", "dash"}, base(args[0])):
		return beyondAssignments(args)
	case len(args) == 0 || base(args[0]) != "env":
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

// beyondAssignments reads the variables that a line of a shell sets for the one
// command that it runs. What needs more of a shell is left to it.
func beyondAssignments(args []string) (command, set []string) {
	words := strings.Fields(args[2])
	for i, word := range words {
		name, value, assigned := strings.Cut(word, "=")
		switch {
		case strings.ContainsAny(word, "|&;<>()$`*?[]{}~#!'\"\\"):
			return args, set
		case assigned && strings.Trim(name, shellName) == "" && name != "":
			set = append(set, name+"="+value)
		case !strings.ContainsAny(args[2], "|&;<>()$`\n"):
			return words[i:], set
		default:
			return args, set
		}
	}
	return args, set
}

// shellName are the characters of a variable's name.
const shellName = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

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
