package verify

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// interpreter is the Python that runs the application, and why it was chosen.
type interpreter struct{ path, why string }

// choosePython takes what was asked for; else the virtual environment that is
// active, that of the project, or the first python3 of PATH.
func choosePython(asked, dir string, environ []string) interpreter {
	if asked != "" {
		return interpreter{resolved(asked, dir, environ), "--python"}
	}
	if venv := lookEnv(environ, "VIRTUAL_ENV"); venv != "" {
		return interpreter{filepath.Join(venv, filepath.FromSlash(venvPython)), "VIRTUAL_ENV"}
	}
	for _, folder := range []string{".venv", "venv"} {
		path := filepath.Join(dir, folder, filepath.FromSlash(venvPython))
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return interpreter{path, folder + " of the project"}
		}
	}
	return interpreter{resolved("python3", dir, environ), "there is no virtual environment"}
}

// resolved finds a program: by its path, relative to the project, or by its
// name along the PATH that the application would have.
func resolved(name, dir string, environ []string) string {
	if strings.ContainsRune(name, os.PathSeparator) || strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			return filepath.Join(dir, name)
		}
		return name
	}
	for _, folder := range filepath.SplitList(lookEnv(environ, "PATH")) {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path
		}
	}
	return name
}

// lookEnv is the last value of a variable, as a C library has it.
func lookEnv(environ []string, key string) string {
	for _, entry := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(entry, key+"="); ok {
			return value
		}
	}
	return ""
}

// variant is how one process of the application differs in its environment
// from the others: in the rates, the privacy and the DSN. All else is as the
// application would get it.
type variant struct {
	name string
	set  map[string]string
}

// certainly keeps everything and allows no personal data.
func certainly() variant { return variant{"certain", rates("1.0", "1.0")} }

// silent keeps nothing.
func silent() variant { return variant{"silent", rates("0.0", "0.0")} }

// generous allows personal data and keeps a quarter of the transactions: two
// questions for one process, since a start is what costs most.
func generous() variant {
	v := variant{"generous", rates("1.0", "0.25")}
	v.set[config.KeySendDefaultPII] = "true"
	return v
}

// without has an empty DSN.
func without() variant {
	v := variant{"no DSN", rates("1.0", "1.0")}
	v.set[config.KeyDSN] = ""
	return v
}

func rates(errors, traces string) map[string]string {
	return map[string]string{
		config.KeySampleRate: errors, config.KeyTracesSampleRate: traces, config.KeyProfilesSampleRate: "1.0",
		config.KeySendDefaultPII: "false",
	}
}

// environOf is the environment of a process of the application: as a command
// that is run against the receiver gets it, with the variant's variables set.
func environOf(environ []string, dsn string, v variant) []string {
	kept := slices.DeleteFunc(observe.Pointed(environ, dsn), func(entry string) bool {
		key, _, _ := strings.Cut(entry, "=")
		_, changed := v.set[key]
		return changed
	})
	for _, key := range slices.Sorted(maps.Keys(v.set)) {
		kept = append(kept, key+"="+v.set[key])
	}
	return kept
}
