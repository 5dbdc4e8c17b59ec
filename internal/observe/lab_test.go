package observe_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// runTime bounds a run. It is generous: a machine may be busy.
const runTime = time.Minute

// bench is what a test runs commands on.
type bench struct {
	options  observe.Options
	out, err *output
	mu       sync.Mutex
	said     []string
}

// output is a writer that several may write to.
type output struct {
	mu      sync.Mutex
	content bytes.Buffer
	writes  int
	changed chan struct{}
}

func newOutput() *output { return &output{changed: make(chan struct{}, 1)} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writes++
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return o.content.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.content.String()
}

// await waits until the output holds a text.
func (o *output) await(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(runTime)
	for !strings.Contains(o.String(), text) {
		select {
		case <-o.changed:
		case <-deadline:
			t.Fatalf("waiting for %q in the output, saw %q", text, o.String())
		}
	}
}

func newBench(t *testing.T, commands ...observe.Command) *bench {
	t.Helper()
	b := &bench{out: newOutput(), err: newOutput()}
	b.options = observe.Hurried(observe.Options{
		Commands: commands, Environ: environ(t.TempDir()), Dir: t.TempDir(), Once: true,
		Drain: 5 * time.Second, Out: b.out, Err: b.err, Say: b.say,
	})
	return b
}

func (b *bench) say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, text)
}

func (b *bench) told() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.said, "\n")
}

func (b *bench) env(entries ...string) *bench {
	b.options.Environ = append(b.options.Environ, entries...)
	return b
}

func (b *bench) run(t *testing.T) observe.Evidence {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTime)
	defer cancel()
	e, err := observe.Run(ctx, b.options)
	if err != nil {
		t.Fatalf("Run: %v\n%s%s", err, b.out, b.err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("out:\n%s\nerr:\n%s\nsaid:\n%s", b.out, b.err, b.told())
		}
	})
	return e
}

func environ(home string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1"}
}

// shell is a command of the shell.
func shell(name, script string) observe.Command {
	return observe.Command{Name: name, Args: []string{"/bin/sh", "-c", script}}
}

const debianPython = "/usr/bin/python3"

// sdk is an installation of sentry_sdk for Python.
type sdk struct {
	version string
	env     []string
}

// sdks are those that tests run with: Debian's own, and the one that
// script/clients fetches.
func sdks(t *testing.T) []sdk {
	t.Helper()
	fetched, err := filepath.Abs(filepath.Join("..", "..", ".cache", "clients", "python-2.18", "usr", "lib", "python3", "dist-packages"))
	if err != nil {
		t.Fatal(err)
	}
	return []sdk{{version: "1.9."}, {version: "2.18.", env: []string{"PYTHONPATH=" + fetched}}}
}

// withSDKs runs a test with each SDK.
func withSDKs(t *testing.T, test func(*testing.T, sdk)) {
	t.Helper()
	for _, s := range sdks(t) {
		t.Run("sentry-sdk "+strings.Trim(s.version, "."), func(t *testing.T) {
			t.Parallel()
			s.needed(t)
			test(t, s)
		})
	}
}

func newest(t *testing.T) sdk {
	t.Helper()
	s := sdks(t)[1]
	s.needed(t)
	return s
}

func (s sdk) needed(t testing.TB) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), debianPython, "-c", "import sentry_sdk; print(sentry_sdk.VERSION)")
	cmd.Env = append(environ(t.TempDir()), s.env...)
	out, err := cmd.CombinedOutput()
	if err == nil && strings.HasPrefix(string(out), s.version) {
		return
	}
	what := fmt.Sprintf("integration: %s has no sentry-sdk %s (run script/deps, script/clients): %s", debianPython, s.version, out)
	if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// python is a command that runs a program of Python.
func python(name, program string) observe.Command {
	return observe.Command{Name: name, Args: []string{debianPython, "-c", program}}
}
