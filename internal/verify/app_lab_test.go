package verify_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/verify"
)

// The Python of Debian, which has sentry-sdk 1.9 and, where the path of the
// one that script/clients fetches stands first, 2.18.
const debianPython = "/usr/bin/python3"

type pythonSDK struct {
	version string // how it begins
	path    string // PYTHONPATH; empty: Debian's own
}

func newSDK() pythonSDK {
	fetched, err := filepath.Abs(filepath.Join("..", "..", ".cache", "clients", "python-2.18", "usr", "lib", "python3", "dist-packages"))
	if err != nil {
		panic(err) // there is no working directory
	}
	return pythonSDK{"2.18.", fetched}
}

func bothSDKs() []pythonSDK { return []pythonSDK{{version: "1.9."}, newSDK()} }

// onEach runs a test with each SDK that is there.
func onEach(t *testing.T, sdks []pythonSDK, name string, test func(*testing.T, pythonSDK)) {
	t.Helper()
	for _, sdk := range sdks {
		t.Run(name+" on sentry-sdk "+strings.Trim(sdk.version, "."), func(t *testing.T) {
			t.Parallel()
			sdk.need(t)
			test(t, sdk)
		})
	}
}

// need skips a test whose software is not there, or fails it where skipping is
// forbidden.
func (sdk pythonSDK) need(t *testing.T) {
	t.Helper()
	found := software()[sdk.path]
	if strings.HasPrefix(found, sdk.version) {
		return
	}
	what := fmt.Sprintf("%s has not all of celery, dotenv, fastapi, sqlalchemy and sentry-sdk %s (run script/deps, script/clients): %s", debianPython, sdk.version, found)
	if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
		t.Fatalf("integration: %s", what)
	}
	t.Skipf("integration: %s", what)
}

// software is the version of sentry-sdk by its path, or what is missing. It is
// asked for once: the imports take Python a second.
var software = sync.OnceValue(func() map[string]string {
	found := map[string]string{}
	for _, sdk := range bothSDKs() {
		cmd := exec.CommandContext(context.Background(), debianPython, "-c", "import celery, dotenv, fastapi, sentry_sdk, sqlalchemy; print(sentry_sdk.VERSION)")
		cmd.Env = sdk.environ(os.DevNull)
		out, err := cmd.CombinedOutput()
		if err != nil {
			out = append(out, err.Error()...)
		}
		found[sdk.path] = string(out)
	}
	return found
})

func (sdk pythonSDK) environ(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8", "PYTHONPATH=" + sdk.path,
		"SENTRY_ENVIRONMENT=staging", "SENTRY_RELEASE=bookedbarber@2.1.0",
		"SENTRY_SAMPLE_RATE=1.0", "SENTRY_TRACES_SAMPLE_RATE=0.1", "SENTRY_PROFILES_SAMPLE_RATE=0.1",
		"SENTRY_DEBUG=false", "SENTRY_SEND_DEFAULT_PII=false",
	}
}

// project copies a project into a folder of its own, and changes it.
func project(t *testing.T, from string, changes ...change) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		c.apply(t, dir)
	}
	return dir
}

// change replaces a text of a file, or writes the file where there is no text
// to be replaced.
type change struct{ file, old, new string }

func (c change) apply(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, c.file)
	text := c.new
	if c.old != "" {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(before), c.old) {
			t.Fatalf("%s does not hold %q", c.file, c.old)
		}
		text = strings.ReplaceAll(string(before), c.old, c.new)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tested runs the suite on a project.
func (sdk pythonSDK) tested(t *testing.T, dir string, environ []string, adjust ...func(*verify.Options)) check.Report {
	t.Helper()
	cfg, err := config.Load(t.Context(), config.Options{Environ: environ, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	o := verify.Options{Config: cfg, App: "config.sentry", Python: debianPython, Dir: dir, Environ: environ, Timeout: 5 * time.Minute}
	for _, f := range adjust {
		f(&o)
	}
	return suite(t, o)
}
