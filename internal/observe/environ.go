package observe

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// environ is a process's environment, as exec takes it: of a name that stands
// in it twice, the last one counts.
type environ []string

// lookup returns a variable's value.
func (e environ) lookup(name string) (string, bool) {
	for i := len(e) - 1; i >= 0; i-- {
		if key, value, ok := strings.Cut(e[i], "="); ok && sameName(key, name) {
			return value, true
		}
	}
	return "", false
}

// first is the first of some variables that is not empty.
func (e environ) first(names ...string) string {
	for _, name := range names {
		if value, _ := e.lookup(name); value != "" {
			return value
		}
	}
	return ""
}

// with returns a copy in which a variable has a value.
func (e environ) with(name, value string) environ {
	return append(e.without(name), name+"="+value)
}

// without returns a copy without a variable.
func (e environ) without(name string) environ {
	kept := make(environ, 0, len(e)+1)
	for _, entry := range e {
		if key, _, _ := strings.Cut(entry, "="); !sameName(key, name) {
			kept = append(kept, entry)
		}
	}
	return kept
}

func sameName(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}

const spotlight = "SENTRY_SPOTLIGHT"

// Pointed is an environment as a command gets it in the first run: with its
// envelopes sent to a DSN of this machine, and all else as the application has
// it. The given one is not changed.
func Pointed(environment []string, dsn string) []string { return environ(environment).pointed(dsn) }

// pointed is the environment of the first run: that of the application, with
// its envelopes sent to the receiver.
//
// PYTHONUNBUFFERED changes nothing of what a Python program does. Without it
// what it prints into a pipe comes in blocks, and what is in the last one is
// lost where it is killed: the very lines that tell why.
func (e environ) pointed(dsn string) environ {
	e = e.with("SENTRY_DSN", dsn).without(spotlight).reachingLoopback()
	if _, set := e.lookup("PYTHONUNBUFFERED"); !set {
		e = e.with("PYTHONUNBUFFERED", "1")
	}
	return e
}

// proxyVariables name proxies, in the order in which clients look at them.
func proxyVariables() []string {
	return []string{"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}
}

// reachingLoopback lets clients go to the receiver directly where a proxy is
// set: sentry-python makes no exception for loopback, and would send the
// receiver's envelopes to the proxy.
func (e environ) reachingLoopback() environ {
	if e.first(proxyVariables()...) == "" {
		return e
	}
	for _, name := range []string{"no_proxy", "NO_PROXY"} {
		value := e.excepted(name)
		if strings.TrimSpace(value) == "*" {
			return e.withoutProxies()
		}
		for _, host := range []string{"127.0.0.1", "localhost"} {
			if slices.Contains(strings.Split(value, ","), host) {
				continue
			}
			if value != "" {
				value += ","
			}
			value += host
		}
		e = e.with(name, value)
	}
	return e
}

// excepted is what one spelling of NO_PROXY says; where it is not set, what the
// other does: clients that know both prefer the lower-case one, and it must
// not hide what the other excepts once it is there.
func (e environ) excepted(name string) string {
	if value, set := e.lookup(name); set {
		return value
	}
	return e.first("no_proxy", "NO_PROXY")
}

// withoutProxies takes the proxies away where NO_PROXY=* says that nobody is
// to use them: "*" means that only while it stands alone, so that nothing can
// be added to it, and sentry-python does not understand it.
func (e environ) withoutProxies() environ {
	for _, name := range proxyVariables() {
		e = e.without(name)
	}
	return e
}

// find is the file of a program, looked for in the PATH that the command
// itself gets.
func (e environ) find(program, dir string) (string, error) {
	if strings.ContainsRune(program, '/') || strings.ContainsRune(program, filepath.Separator) {
		if filepath.IsAbs(program) {
			return program, nil
		}
		return filepath.Join(absolute(dir), program), nil
	}
	path, _ := e.lookup("PATH")
	found := ""
	for _, folder := range filepath.SplitList(path) {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(absolute(dir), folder)
		}
		for _, suffix := range suffixes() {
			name := filepath.Join(folder, program+suffix)
			info, err := os.Stat(name)
			if err != nil || info.IsDir() {
				continue
			}
			if runtime.GOOS == "windows" || info.Mode()&0o111 != 0 {
				return name, nil
			}
			found = name
		}
	}
	if found != "" {
		return "", &startError{program, "is not executable"}
	}
	return "", &startError{program, "is not in PATH"}
}

func suffixes() []string {
	if runtime.GOOS == "windows" {
		return []string{".exe", ".com", ".bat", ".cmd"}
	}
	return []string{""}
}

// absolute is a folder as the process itself sees it: exec would look for a
// relative program from the command's folder, which is relative as well.
func absolute(dir string) string {
	if path, err := filepath.Abs(dir); err == nil {
		return path
	}
	return dir
}

// startError is a program that cannot be started.
type startError struct{ program, why string }

func (e *startError) Error() string { return e.program + " " + e.why }
