package doctor

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// language is that of an SDK, which a fix is written in.
type language string

const (
	python       language = "python"
	golang       language = "go"
	node         language = "node"
	someLanguage language = ""
)

// client is an SDK as it names itself.
type client struct {
	name     string
	language language
	version  string
	major    int
	minor    int
}

// clientsOf are the SDKs that a process's requests and events name; of one
// that sent nothing, what is linked into it.
func clientsOf(p observe.Process) []client {
	names := slices.Sorted(maps.Keys(p.Seen.SDKs))
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(p.Seen.Clients))
	}
	if len(names) == 0 && p.Linked != "" {
		names = []string{p.Linked}
	}
	var clients []client
	for _, name := range names {
		clients = append(clients, clientNamed(name))
	}
	return clients
}

// clientNamed reads "sentry.python.fastapi/2.18.0", with a slash or a blank.
func clientNamed(text string) client {
	name, version, _ := strings.Cut(strings.Replace(text, " ", "/", 1), "/")
	c := client{name: name, version: version}
	switch {
	case strings.HasPrefix(name, "sentry.python"):
		c.language = python
	case strings.HasPrefix(name, "sentry.go"):
		c.language = golang
	case strings.HasPrefix(name, "sentry.javascript"):
		c.language = node
	}
	numbers := strings.SplitN(version, ".", 3)
	c.major, _ = strconv.Atoi(numbers[0])
	if len(numbers) > 1 {
		c.minor, _ = strconv.Atoi(numbers[1])
	}
	return c
}

// before says whether an SDK is older than a version.
func (c client) before(major, minor int) bool {
	return c.version != "" && (c.major < major || c.major == major && c.minor < minor)
}

// languageOf is the language of a process: its SDK's, where one was seen; else
// that of the SDK's own log; else what its program's name says.
func languageOf(p observe.Process) language {
	for _, c := range clientsOf(p) {
		if c.language != someLanguage {
			return c.language
		}
	}
	for _, line := range p.Debug.Lines {
		switch {
		case strings.HasPrefix(line, "[sentry]"):
			return python
		case strings.HasPrefix(line, "[Sentry]"):
			return golang
		case strings.HasPrefix(line, "Sentry Logger"):
			return node
		}
	}
	switch program := strings.TrimSuffix(p.Program, ".exe"); {
	case strings.HasPrefix(program, "python"), slices.Contains([]string{"celery", "uvicorn", "gunicorn", "hypercorn", "uwsgi", "flask", "fastapi", "pytest"}, program):
		return python
	case slices.Contains([]string{"node", "npm", "npx", "yarn", "pnpm"}, program):
		return node
	case program == "go":
		return golang
	}
	return someLanguage
}

// inWords is a fix as the SDK of a process says it; where the language is not
// known, as that of Python says it, which most of this house is written in.
func inWords(p observe.Process, ofPython, ofGo, ofNode string) string {
	switch languageOf(p) {
	case golang:
		return ofGo
	case node:
		return ofNode
	case python, someLanguage:
	}
	return ofPython
}
