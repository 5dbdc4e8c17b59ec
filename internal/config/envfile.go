package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/git"
)

// envFile is the .env file, as python-dotenv reads it.
type envFile struct {
	path, shown string
	content     []byte // without a byte-order mark
	bom         bool
	unreadable  string // why it cannot be read; it holds nothing then
	environ     func(string) (string, bool)
	python      envfile.Result             // what python-dotenv sees, byte-order mark included
	names       []string                   // its variables, each once, in the order in which they first stand
	entries     map[string][]envfile.Entry // of each, in their order
	// inGo and inShell are what godotenv and a shell make of the file as it is.
	inGo, inShell func() reading
}

// take keeps what a reader found. A file may hold very many variables, so that
// nothing may look through all of them for each.
func (f *envFile) take(entries []envfile.Entry) {
	f.names, f.entries = nil, make(map[string][]envfile.Entry)
	for _, e := range entries {
		if f.entries[e.Key] == nil {
			f.names = append(f.names, e.Key)
		}
		f.entries[e.Key] = append(f.entries[e.Key], e)
	}
}

// envName is what is looked for.
const envName = ".env"

// openEnvFile finds and reads the .env file. Only a file that was asked for by
// name must be there.
func (c *Config) openEnvFile(ctx context.Context, name string, forgiving bool) (*envFile, error) {
	if name != "" {
		if name == os.DevNull {
			return nil, nil
		}
		path := c.absolute(name)
		if _, err := os.Lstat(path); err == nil && forgiving {
			return c.readEnvFile(path), nil
		}
		if err := usable(path); err != nil {
			return nil, fmt.Errorf("reading the .env file %s: %w", name, err)
		}
		f := c.readEnvFile(path)
		if f.content == nil && f.unreadable != "" {
			return nil, fmt.Errorf("reading the .env file %s: %s", name, f.unreadable)
		}
		return f, nil
	}
	top, err := git.Root(ctx, c.dir)
	if err != nil {
		top = c.dir
	}
	for at := c.dir; ; at = filepath.Dir(at) {
		path := filepath.Join(at, envName)
		if _, err := os.Lstat(path); err == nil && !virtualenv(path) {
			return c.readEnvFile(path), nil
		}
		if at == top || filepath.Dir(at) == at {
			return nil, nil
		}
	}
}

// virtualenv says whether a folder is one of Python's, which some name .env.
func virtualenv(path string) bool {
	_, err := os.Stat(filepath.Join(path, "pyvenv.cfg"))
	return err == nil
}

// usable says in plain words why a path cannot be read as a file. It asks
// before anything is opened: opening a pipe waits.
func usable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(path); err == nil {
			return errors.New("it is a link that leads nowhere")
		}
		return errors.New("there is no such file")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("permission denied")
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a folder, not a file")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	}
	return nil
}

func (c *Config) readEnvFile(path string) *envFile {
	f := &envFile{path: path, shown: c.shownPath(path)}
	f.environ = func(key string) (string, bool) {
		value, ok := c.environ[key]
		return value, ok
	}
	if err := usable(path); err != nil {
		f.unreadable = err.Error()
		return f
	}
	file, err := envfile.ReadFile(path)
	if err != nil {
		f.unreadable = plain(err)
		return f
	}
	f.content, f.bom = bytes.CutPrefix(file.Bytes, []byte("\ufeff"))
	if f.content == nil {
		f.content = []byte{}
	}
	if f.unreadable = undecodable(file.Bytes); f.unreadable != "" {
		return f
	}
	f.inGo = sync.OnceValue(func() reading { return readingOf(envfile.Godotenv, f.parse(envfile.Godotenv, f.content)) })
	f.inShell = sync.OnceValue(func() reading { return readingOf(envfile.Shell, f.parse(envfile.Shell, f.content)) })
	f.python = envfile.Parse(envfile.PythonDotenv, file.Bytes, envfile.Options{Environ: f.environ})
	f.take(f.python.Entries)
	return f
}

// plain drops the path from an error about a file: the evidence names it.
func plain(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// undecodable says why Python would refuse the whole file.
func undecodable(b []byte) string {
	line := func(at int) int { return 1 + bytes.Count(b[:at], []byte("\n")) }
	if at := bytes.IndexByte(b, 0); at >= 0 {
		if isUTF16(b) {
			return fmt.Sprintf("line %d holds a NUL character: the file is in UTF-16, expected UTF-8", line(at))
		}
		return fmt.Sprintf("line %d holds a NUL character", line(at))
	}
	if at := invalid(b); at < len(b) {
		return fmt.Sprintf("line %d is not UTF-8", line(at))
	}
	return ""
}

// values returns what the file sets a key to: the last line first, since it
// wins. A key without = that stands last takes the value away.
func (f *envFile) values(key string) []Found {
	var found []Found
	for _, e := range slices.Backward(f.entries[key]) {
		if !e.HasValue && len(found) == 0 {
			return nil
		}
		if e.HasValue {
			found = append(found, Found{e.Value, Origin{Kind: KindFile, File: f.shown, Line: e.Line}})
		}
	}
	return found
}

// keys are the file's variables, each once.
func (f *envFile) keys() []string { return f.names }

// origin is where a key stands that the file sets.
func (f *envFile) origin(key string) Origin {
	o := Origin{Kind: KindFile, File: f.shown}
	if all := f.entries[key]; len(all) > 0 {
		o.Line = all[len(all)-1].Line
	}
	return o
}

// sentryLine is a line that sets a SENTRY_ variable in the eyes of a person,
// whatever a reader makes of it.
var sentryLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(?:export\s+)?["']?(SENTRY_[A-Z0-9_]*)["']?\s*(=|:|$|\S)`)
})

// mayHoldAnything says whether the file cannot be looked through at all: it
// could not be read, or is of another encoding, such as UTF-16.
func (f *envFile) mayHoldAnything() bool {
	return f.unreadable != "" && (f.content == nil || bytes.IndexByte(f.content, 0) >= 0)
}

// mentionsSentry says whether somebody has written a SENTRY_ variable there.
func (f *envFile) mentionsSentry() bool {
	for line := range bytes.Lines(f.content) {
		if sentryLine().Match(bytes.TrimRight(line, "\r\n")) {
			return true
		}
	}
	return f.dropped(KeyDSN) > 0 || len(nameless(f.python)) > 0
}

// dropped is the line in which a variable is named and that python-dotenv
// drops, be it JSON or a command of another shell; 0: none.
func (f *envFile) dropped(key string) int {
	for _, p := range f.python.Problems {
		if at := strings.Index(f.text(p.Line), key); at >= 0 {
			return p.Line
		}
	}
	return 0
}

// ReadSample returns what python-dotenv reads in a text, with nothing in the
// environment.
func ReadSample(b []byte) map[string]string {
	nothing := func(string) (string, bool) { return "", false }
	f := &envFile{}
	f.take(envfile.Parse(envfile.PythonDotenv, b, envfile.Options{Environ: nothing}).Entries)
	values := make(map[string]string)
	for _, key := range f.keys() {
		if found := f.values(key); len(found) > 0 {
			values[key] = found[0].Value
		}
	}
	return values
}
