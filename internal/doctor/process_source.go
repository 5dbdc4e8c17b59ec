package doctor

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// The bounds of what is read of the application's source. A search ends when
// its time is over, but not before it has read what every small project has.
const (
	fewFiles   = 300
	searchTime = 30 * time.Millisecond
	mostSource = 512 << 10 // of one file
	mostPaths  = 20000     // listed
)

// loader is a place in the source that reads a .env file while the application
// runs: /proc shows nothing of that.
type loader struct {
	path string
	at   string // file and line, such as app/main.py:3
	call string // such as load_dotenv
	// exports is set where the values come into the process environment, where
	// the SDK finds them; else they are the application's to pass on.
	exports bool
	// overrides is set where the file wins over the process environment.
	overrides bool
}

func (l loader) String() string { return fmt.Sprintf("%s (%s)", l.at, l.call) }

// signature is how a loader looks in the source.
type signature struct {
	pattern          *regexp.Regexp
	call             string
	exports, insists bool
}

// signatures are the loaders of python-dotenv, django-environ and environs,
// pydantic, decouple, dynaconf, Starlette, gunicorn's own settings, and Go.
var signatures = sync.OnceValue(func() []signature {
	must := regexp.MustCompile
	return []signature{
		{must(`\bload_dotenv\s*\(`), "load_dotenv", true, false},
		{must(`\bread_env\s*\(`), "read_env", true, false},
		{must(`\bdynaconf\b|\bDynaconf\s*\(`), "dynaconf", true, false},
		{must(`^\s*raw_env\s*=`), "raw_env", true, true},
		{must(`\bgodotenv\.Load\s*\(`), "godotenv.Load", true, false},
		{must(`\bgodotenv\.Overload\s*\(`), "godotenv.Overload", true, true},
		{must(`\bdotenv_values\s*\(`), "dotenv_values", false, false},
		{must(`\b_?env_file["']?\s*[=:]\s*[^\sN]`), "env_file", false, false},
		{must(`^\s*(?:from|import)\s+decouple\b`), "decouple", false, false},
		{must(`\bConfig\s*\(\s*(?:env_file\s*=\s*)?["'][^"']*env[^"']*["']`), "Config", false, false},
	}
})

var insistence = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(?:override|overwrite)\s*=\s*True\b`) })

// loaderIn finds the first loader in a source text, one that exports before
// one that does not.
func loaderIn(path, shown, text string) (loader, bool) {
	var best loader
	if !mayLoad(text) {
		return best, false
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if i := strings.Index(line, "#"); i >= 0 && !strings.ContainsAny(line[:i], `"'`) {
			line = line[:i]
		}
		if !mayLoad(line) || strings.HasPrefix(strings.TrimSpace(line), "def ") {
			continue
		}
		for _, s := range signatures() {
			if !s.pattern.MatchString(line) {
				continue
			}
			found := loader{path, fmt.Sprintf("%s:%d", shown, number), s.call, s.exports, s.insists || s.exports && insistence().MatchString(line)}
			if s.exports {
				return found, true
			}
			if best.at == "" {
				best = found
			}
			break
		}
	}
	return best, best.at != ""
}

// mayLoad keeps the patterns from most texts and lines, cheaply.
func mayLoad(text string) bool {
	for _, word := range [...]string{"dotenv", "read_env", "ynaconf", "raw_env", "env_file", "decouple", "Config"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// readSource is the beginning of a file; empty where it cannot be read.
func readSource(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	content := make([]byte, min(info.Size(), mostSource))
	n, err := io.ReadFull(file, content)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // shorter than it was is no fault
		return ""
	}
	return string(content[:n])
}
