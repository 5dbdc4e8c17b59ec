package envfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// needs skips a test whose program is not there, or fails it where skipping is
// forbidden.
func needs(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
		t.Fatalf("integration: %s", what)
	}
	t.Skipf("integration: %s", what)
}

// composed returns texts put together from fragments, the same every time.
func composed(n int, fragments []string) []string {
	r := rand.New(rand.NewPCG(1, 2))
	texts := make([]string, n)
	for i := range texts {
		var b strings.Builder
		for range 1 + r.IntN(14) {
			b.WriteString(fragments[r.IntN(len(fragments))])
		}
		texts[i] = b.String()
	}
	return texts
}

// files writes texts to files of a folder and returns their paths.
func files(t *testing.T, texts []string) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprintf("%04d.env", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// TestPythonReaderIsPythonDotenv compares with every python-dotenv that an
// interpreter here has, values and lines.
func TestPythonReaderIsPythonDotenv(t *testing.T) {
	t.Parallel()
	interpreters := make(map[string]bool) // paths of dotenv, so that none is asked twice
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		where, err := exec.CommandContext(t.Context(), name, "-c", "import dotenv.version as v; print(v.__version__, v.__file__)").Output()
		if err != nil || interpreters[string(where)] {
			continue
		}
		interpreters[string(where)] = true
		version, _, _ := strings.Cut(string(where), " ")
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			compareWithPython(t, name)
		})
	}
	if len(interpreters) == 0 {
		needs(t, "no python3 has python-dotenv: apt-get install python3-dotenv")
	}
}

func compareWithPython(t *testing.T, interpreter string) {
	texts := composed(2000, []string{
		"A", "B", "BB_HOST", "export", "é", "'A'", "=", "=", "=", " ", "\t", "\u00a0", "\x1c", "\u2028", "\n", "\n", "\n", "\r\n", "\r", "#", " # c",
		`"`, `"`, "'", "'", `\`, `\n`, `\"`, `\'`, "${", "}", "${B}", "${A:-d}", "${BB_HOST}", ":-", ":", "$", "x", "\ufeff", "\x00", "\x85", "\xff",
	})
	for _, f := range corpus(t) {
		texts = append(texts, string(f.Text))
	}
	cmd := exec.CommandContext(t.Context(), interpreter, filepath.Join("testdata", "read.py"))
	cmd.Env = []string{"BB_HOST=from-env", "HOME=/root", "PYTHONUTF8=1"}
	cmd.Stdin = strings.NewReader(strings.Join(files(t, texts), "\x00"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	type python struct {
		Refused bool
		Values  map[string]string
		Alone   []string
		Keys    [][2]any
		Faults  []int
	}
	decoder := json.NewDecoder(bytes.NewReader(out))
	for _, text := range texts {
		var want, got python
		if err := decoder.Decode(&want); err != nil {
			t.Fatal(err)
		}
		result := Parse(PythonDotenv, []byte(text), Options{Environ: func(key string) (string, bool) {
			value, found := map[string]string{"BB_HOST": "from-env", "HOME": "/root", "PYTHONUTF8": "1"}[key]
			return value, found
		}})
		s := seenBy(result)
		got.Refused, got.Values, got.Alone = s.Refused, s.Values, s.Alone
		for _, e := range result.Entries {
			got.Keys = append(got.Keys, [2]any{e.Key, float64(e.Line)})
		}
		for _, p := range result.Problems {
			if !p.Fatal {
				got.Faults = append(got.Faults, p.Line)
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("%q (-real +ours)\n%s", text, diff)
		}
	}
}

// TestShellReaderIsAShell compares with real shells, on texts in which nothing
// can be run: there is no PATH.
func TestShellReaderIsAShell(t *testing.T) {
	t.Parallel()
	texts := composed(100, []string{
		"A", "B", "X", "=", "=", "=", "A=", "\nB=", "\nexport C=", "\n", "\n", "\r\n", " ", "\t", "#", " # c", `"`, `"`, "'", "'",
		`\`, `\n`, "\\\n", `\"`, "$", "$X", "$A", "${X}", "${A:-d}", "${U-'d e'}", "${X:+a b}", "${#X}", "~/", ":~", ":", ";", "x", "é", "\xff", "\x00", "{", "}", "*", "1",
	})
	for _, f := range corpus(t) {
		texts = append(texts, string(f.Text))
	}
	paths := files(t, texts)
	for _, name := range []string{"dash", "bash"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shell, err := exec.LookPath(name)
			if err != nil {
				needs(t, name+" is not there")
			}
			real := readByShell(t, shell, paths)
			compared := 0
			for i, text := range texts {
				ours := Parse(Shell, []byte(text), Options{Environ: shellEnviron})
				if !comparable(ours, text, name) {
					continue
				}
				compared++
				got := seenBy(ours)
				for key, value := range shellEnvironment() {
					if _, known := got.Values[key]; !known && !got.Refused {
						got.Values[key] = value
					}
				}
				if diff := cmp.Diff(real[i], got, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%q (-real +ours)\n%s", text, diff)
				}
			}
			if compared < 170 {
				t.Errorf("only %d texts were compared", compared)
			}
		})
	}
}

func shellEnvironment() map[string]string {
	return map[string]string{"X": "from env", "BB_HOST": "from-env", "HOME": "/root", "PATH": "/nonexistent"}
}

func shellEnviron(key string) (string, bool) {
	value, found := shellEnvironment()[key]
	return value, found
}

// comparable leaves out what is not known without running something, and where
// bash goes beyond POSIX: arrays, +=, and going on after an error.
func comparable(r Result, text, shell string) bool {
	for _, p := range r.Problems {
		if p.Fatal && shell == "bash" || !p.Fatal && p.Message != commandSkipped {
			return false
		}
	}
	for _, own := range []string{"(", "+=", "$\"", "$'"} {
		if shell == "bash" && strings.Contains(text, own) {
			return false
		}
	}
	return true
}

// readByShell returns what a real shell exports after it has read each file.
func readByShell(t *testing.T, shell string, paths []string) []seen {
	t.Helper()
	// Without a trap bash puts the last command of a file in the subshell's place.
	const script = `for file do (trap : USR1; set -a; . "$file"; exec /usr/bin/env -0); printf '%s\0\0' "$?"; done`
	cmd := exec.CommandContext(t.Context(), shell, append([]string{"-c", script, "sh"}, paths...)...)

	for key, value := range shellEnvironment() {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	cmd.Dir = t.TempDir()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []seen
	for read := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00\x00"), "\x00\x00") {
		lines := strings.Split(read, "\x00")
		status := lines[len(lines)-1]
		s := seen{Refused: status != "0", Values: make(map[string]string)}
		for _, assignment := range lines[:len(lines)-1] {
			key, value, _ := strings.Cut(assignment, "=")
			if !slices.Contains([]string{"PWD", "OLDPWD", "SHLVL", "_"}, key) {
				s.Values[key] = value
			}
		}
		all = append(all, s)
	}
	if len(all) != len(paths) {
		t.Fatalf("%d files read, want %d", len(all), len(paths))
	}
	return all
}
