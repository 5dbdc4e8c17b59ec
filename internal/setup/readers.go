package setup

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// otherReader is a program that reads the .env file too, as a file of the
// project says.
type otherReader struct {
	program string // as envfile.Quote names it, where it is one of those
	file    string // that says so, from the folder of .env or the checkout's root
	line    int    // 1 is the first
}

func (r otherReader) place() string { return fmt.Sprintf("%s:%d", r.file, r.line) }

// The bounds of the search: a checkout may hold a million files.
const (
	searchDepth   = 3         // folders below the root
	searchEntries = 4000      // files and folders
	searchSize    = 256 << 10 // bytes of one file
	searchMost    = 6         // readers that are worth telling
)

// findReaders looks through the project for what reads the .env file besides
// the application: Compose, docker run, systemd, make, shells.
func findReaders(p place) []otherReader {
	root := p.root
	if root == "" {
		root = p.dir()
	}
	name := filepath.Base(p.path)
	var found []otherReader
	programs := make(map[string]bool)
	left := searchEntries
	// An unreadable folder is no reason to leave out the others.
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if left--; left < 0 || len(found) >= searchMost {
			return filepath.SkipAll
		}
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		if d.IsDir() {
			relative, _ := filepath.Rel(root, path)
			if path != root && (skipped(d.Name()) || strings.Count(filepath.ToSlash(relative), "/") >= searchDepth) {
				return filepath.SkipDir
			}
			return nil
		}
		for _, r := range readersIn(path, d, name) {
			r.file = shown(root, path)
			if !programs[r.program] {
				programs[r.program] = true
				found = append(found, r)
			}
		}
		return nil
	})
	return found
}

// skipped says whether a folder holds nothing of the project's own.
func skipped(name string) bool {
	switch name {
	case "node_modules", "vendor", "venv", "env", "testdata", "__pycache__", "dist", "build", "docs":
		return true
	case ".github", ".docker", ".devcontainer":
		return false
	}
	return strings.HasPrefix(name, ".")
}

// habit is how a program is told to read a file.
type habit struct {
	program string
	file    func(name string) bool
	line    func() *regexp.Regexp
	// apart: the .env file may be named in one of the next lines, as in a list of
	// YAML.
	apart bool
}

func habits() []habit {
	return []habit{
		{"docker compose", isCompose, composeLine, true},
		{"systemd", func(n string) bool { return strings.HasSuffix(n, ".service") }, systemdLine, false},
		{"docker run --env-file", isScript, dockerLine, false},
		{"make", isMakefile, makeLine, false},
		{"a shell", isScript, shellLine, false},
	}
}

var (
	composeLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*-?\s*env_file\s*:`) })
	systemdLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*EnvironmentFile\s*=`) })
	dockerLine  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\b(?:docker|podman)\b.*\s--env-file[= ]|^\s*--env-file[= ]`)
	})
	makeLine  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*-?s?include\s`) })
	shellLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|[;&|@\s])(?:\.|source)\s+\S`) })
)

func isCompose(name string) bool {
	lower := strings.ToLower(name)
	yaml := strings.HasSuffix(lower, ".yml") || strings.HasSuffix(lower, ".yaml")
	return yaml && (strings.HasPrefix(lower, "compose") || strings.HasPrefix(lower, "docker-compose"))
}

func isMakefile(name string) bool {
	lower := strings.ToLower(name)
	return lower == "makefile" || lower == "gnumakefile" || strings.HasSuffix(lower, ".mk")
}

// isScript says whether a file holds commands of a shell.
func isScript(name string) bool {
	lower := strings.ToLower(name)
	switch filepath.Ext(lower) {
	case ".sh", ".bash", ".zsh", ".yml", ".yaml":
		return true
	}
	return isMakefile(name) || strings.HasPrefix(lower, "dockerfile") || lower == "procfile" || lower == "justfile" || lower == "entrypoint"
}

// readersIn finds the readers that one file names.
func readersIn(path string, d fs.DirEntry, name string) []otherReader {
	var asked []habit
	for _, h := range habits() {
		if h.file(d.Name()) {
			asked = append(asked, h)
		}
	}
	if len(asked) == 0 || !d.Type().IsRegular() {
		return nil
	}
	text, err := readBounded(path)
	if err != nil || !bytes.Contains(text, []byte(name)) {
		return nil
	}
	var found []otherReader
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, h := range asked {
			if !h.line().MatchString(line) {
				continue
			}
			if mentions(line, name) || h.apart && listed(lines[i+1:], name) {
				found = append(found, otherReader{program: h.program, line: i + 1})
			}
		}
	}
	return found
}

// listed says whether a list of YAML that begins here names the file.
func listed(lines []string, name string) bool {
	for _, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "", strings.HasPrefix(trimmed, "#"), strings.HasPrefix(trimmed, "required:"), strings.HasPrefix(trimmed, "format:"):
		case !strings.HasPrefix(trimmed, "-") && !strings.HasPrefix(trimmed, "path:"):
			return false
		case mentions(line, name):
			return true
		}
	}
	return false
}

// mentions says whether a line names the file itself, not .env.example.
func mentions(line, name string) bool {
	for {
		at := strings.Index(line, name)
		if at < 0 {
			return false
		}
		begins := at == 0 || !isNamePart(line[at-1])
		line = line[at+len(name):]
		if begins && (line == "" || !isNamePart(line[0])) {
			return true
		}
	}
}

func isNamePart(c byte) bool {
	return c == '.' || c == '-' || c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return io.ReadAll(io.LimitReader(f, searchSize))
}
