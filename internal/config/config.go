// Package config is the shared loader: it finds for every variable that
// matters all the values that are set, where each stands, which one wins and
// why, and what is wrong with them.
//
// The highest wins: flags, process environment, .env, .sentryclirc (for the
// web API alone), detection (for the release alone), the defaults of the
// team's table. A .env file is read as python-dotenv reads it, since the
// application does; where its other readers see something else, that is a
// Problem.
package config

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Options are what Load works on. It reads nothing of the process itself.
type Options struct {
	// Flags holds the variables that were given as flags.
	Flags map[string]string
	// Environ is the process environment in the form "KEY=value". Where a key
	// stands more than once the last one counts, as in a C library.
	Environ []string
	// EnvFile is the .env file to read. Empty: .env is looked for from Dir up
	// to the root of its checkout, or in Dir alone where there is none.
	EnvFile string
	// Forgiving makes a Problem of a file that EnvFile names, and that is there
	// and cannot be read. Without it that is an error of Load.
	Forgiving bool
	// Dir is the working directory.
	Dir string
	// Now is the clock; Load does not need it yet.
	Now func() time.Time
}

// Config is what Load has found. It can be used by several goroutines.
type Config struct {
	dir, home string
	flags     map[string]string
	environ   map[string]string
	names     []string // of environ, in their order
	file      *envFile // nil: there is none
	cli       []cliFile

	// What costs time is worked out when it is first asked for.
	detect   func() Found
	release  func() Release
	problems func() []Problem
	mistakes func() []mistake
}

// Load reads the configuration. Its error says that the file which EnvFile
// names cannot be used at all; all else that is wrong is a Problem. Nothing is
// executed: what needs git happens when Release or Problems is first called,
// and takes two seconds for each question at most.
func Load(ctx context.Context, o Options) (*Config, error) {
	c := &Config{dir: o.Dir, flags: o.Flags}
	c.environ, c.names = environment(o.Environ)
	c.home = c.environ["HOME"]
	if c.home == "" {
		c.home = c.environ["USERPROFILE"]
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	c.dir = dir
	if c.file, err = c.openEnvFile(ctx, o.EnvFile, o.Forgiving); err != nil {
		return nil, err
	}
	c.cli = c.openCLIFiles()

	// They are called after Load has returned, so its end must not end them.
	later := context.WithoutCancel(ctx)
	c.detect = sync.OnceValue(func() Found { return c.detectRelease(later) })
	c.release = sync.OnceValue(func() Release { return c.describeRelease(later) })
	c.problems = sync.OnceValue(func() []Problem { return c.findProblems(later) })
	c.mistakes = sync.OnceValue(c.findMistakes)
	return c, nil
}

// environment turns "KEY=value" lines into a map and the order of its keys.
func environment(lines []string) (map[string]string, []string) {
	values := make(map[string]string, len(lines))
	var names []string
	for _, line := range lines {
		key, value, ok := strings.Cut(line, "=")
		if !ok || key == "" { // Windows keeps its drives under "=C:"
			continue
		}
		if _, known := values[key]; !known {
			names = append(names, key)
		}
		values[key] = value
	}
	return values, names
}

// shownPath is how a file is named in texts: from the working directory, as
// long as that does not lead far up.
func (c *Config) shownPath(path string) string {
	relative, err := filepath.Rel(c.dir, path)
	if err != nil || strings.Count(relative, "..") > 4 {
		return path
	}
	return filepath.ToSlash(relative)
}
