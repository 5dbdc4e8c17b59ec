package config

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// The bits of a file's mode that concern every other user of the machine.
const (
	othersRead  = 0o004
	othersWrite = 0o002
)

// exposedProblems finds a file that others may change, or may read although
// what stands in it is not for them. Samples are for everybody.
func (c *Config) exposedProblems() []Problem {
	f := c.file
	info, err := os.Stat(f.path)
	if err != nil || runtime.GOOS == "windows" || f.isSample() {
		return nil
	}
	mode := info.Mode().Perm()
	seen := func(what string) []Problem {
		return warn(cause.EnvFileExposed, f.at(0), "chmod 600 "+f.shown, "its mode is %04o: %s", mode, what)
	}
	switch key := f.tokenKey(); {
	case mode&othersWrite != 0:
		return seen("every user of this machine can change it, and with it where events go")
	case mode&othersRead == 0:
		return nil
	case key != "":
		return seen("every user of this machine can read it, and " + key + " stands in it")
	case Production(c.Environment()):
		return seen("every user of this machine can read it, and the environment is " + c.Environment())
	}
	return nil
}

// tokenKey is the first variable of the file that holds a token for an API.
func (f *envFile) tokenKey() string {
	for _, name := range f.keys() {
		if name != KeyAuthToken && !strings.HasSuffix(name, "_AUTH_TOKEN") && !f.holdsToken(name) {
			continue
		}
		if found := f.values(name); len(found) > 0 && found[0].Value != "" {
			return name
		}
	}
	return ""
}

// holdsToken says whether a variable of any name holds a token of Sentry's.
func (f *envFile) holdsToken(name string) bool {
	return slices.ContainsFunc(f.entries[name], func(e envfile.Entry) bool { return token().MatchString(e.Value) })
}

// isSample says whether the file is one to be copied, by its name.
func (f *envFile) isSample() bool {
	return slices.Contains([]string{".example", ".sample", ".template", ".dist"}, filepath.Ext(f.path))
}
