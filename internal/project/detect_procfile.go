package project

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const procfile = "Procfile"

var (
	procLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Za-z0-9_-]+):\s*(.+)$`) })
	portVar  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$PORT\b|\$\{PORT(?::?-[^}]*)?\}`) })
)

// procfile reads a Procfile, whose owner has said how the application runs. It
// returns false where there is none, or none of its commands is taken.
func (d *detector) procfile() bool {
	seen := map[string]bool{}
	for line := range strings.Lines(d.tree.read(procfile)) {
		m := procLine().FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		name, command := m[1], strings.TrimSpace(m[2])
		serves := slices.Contains([]string{"web", "api", "app", "server"}, strings.ToLower(name))
		switch {
		case seen[name]:
			d.leave("%s: %s stands there a second time", procfile, name)
			continue
		case !serves && !stays(name):
			d.leave("%s: %s may be for once, such as a migration", procfile, name)
			continue
		}
		seen[name] = true
		port := 0
		if serves {
			command, port = d.listening(command)
		}
		args, err := Words(command)
		if err != nil || len(args) == 0 {
			d.leave("%s: the command of %s cannot be read: %v", procfile, name, err)
			continue
		}
		d.add(name, d.ofVenv(args), procfile)
		if d.port == 0 && port > 0 {
			d.port, d.path = port, d.healthPath()
		}
	}
	return len(d.commands) > 0
}

// stays says of a command, by its name, whether it is one that keeps running.
// Others may change things: Heroku's release migrates the database.
func stays(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"worker", "beat", "celery", "scheduler", "clock", "consumer", "queue"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// listening fills in the port that a web command is told, and returns it. What
// is not told by its words is told by the variable PORT, as on Heroku.
func (d *detector) listening(command string) (string, int) {
	if filled := portVar().ReplaceAllString(command, strconv.Itoa(usualPort)); filled != command {
		return filled, usualPort
	}
	words, err := Words(command)
	if err != nil || len(words) == 0 {
		return command, 0
	}
	if port := portOf(words); port > 0 {
		return command, port
	}
	if words[0] == "/bin/sh" {
		return fmt.Sprintf("export PORT=%d; %s", usualPort, command), usualPort
	}
	return fmt.Sprintf("PORT=%d exec %s", usualPort, command), usualPort
}

// portOf is the port that a command's words name; 0: none.
func portOf(words []string) int {
	for i, word := range words {
		flag, value, joined := strings.Cut(word, "=")
		if !joined && i+1 < len(words) {
			value = words[i+1]
		}
		switch flag {
		case "--port", "-p", "-b", "--bind":
			if n, err := strconv.Atoi(value[strings.LastIndexByte(value, ':')+1:]); err == nil && n > 0 && n < 1<<16 {
				return n
			}
		}
	}
	return 0
}

// ofVenv runs a program of Python from the virtual environment, where that has
// it: who runs a Procfile has it in the PATH.
func (d *detector) ofVenv(args []string) []string {
	if path.Base(args[0]) != args[0] || args[0] == "/bin/sh" {
		return args
	}
	at, ok := d.tree.program(args[0])
	if !ok && args[0] == "python3" {
		at, ok = d.tree.program("python")
	}
	if !ok {
		return args
	}
	return append([]string{at}, args[1:]...)
}
