//go:build unix

package verify_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/verify"
)

// first selects checks that show that an application was played at all.
func first(o *verify.Options) { o.Only = []string{"config-dsn", "user-fields", "booking-error"} }

// What an application prints may look like an answer of the driver.
func TestGarbageOnStdoutIsNoAnswer(t *testing.T) {
	t.Parallel()
	sdk := newSDK()
	sdk.need(t)
	dir := project(t, "testdata/app",
		change{sentryModule, "import re\n", "import re\nprint('{\"stage\": \"import\", \"error\": \"no\"}', flush=True)\nos.write(1, b'\\x00\\xff garbage\\n')\n"},
		change{sentryModule, `    capture("bookings", error, fields)`, `    print("{}"); os.write(1, b"{}\n"); capture("bookings", error, fields)`})
	rep := sdk.tested(t, dir, sdk.environ(t.TempDir()), first)
	outcomes(t, rep, check.Pass, "config-dsn", "user-fields", "booking-error")
}

// A process that is forked at import goes on with the driver's code: it must
// end there, and one that stays must end with the run.
func TestForkedProcessesAreEnded(t *testing.T) {
	t.Parallel()
	sdk := newSDK()
	sdk.need(t)
	dir := project(t, "testdata/app", change{
		sentryModule, "import re\n",
		"import re\nif os.fork() == 0:\n    if os.fork() == 0:\n        open('pid', 'w').write(str(os.getpid()))\n        import time\n        time.sleep(600)\n",
	})
	rep := sdk.tested(t, dir, sdk.environ(t.TempDir()), first)
	outcomes(t, rep, check.Pass, "config-dsn", "user-fields", "booking-error")
	written, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(written))
	if err != nil {
		t.Fatal(err)
	}
	gone(t, pid)
}

// gone waits until a process has ended.
func gone(t *testing.T, pid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for syscall.Kill(pid, 0) == nil {
		if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil && strings.Contains(string(stat), ") Z ") {
			return // nobody has waited for it: it runs no more
		}
		select {
		case <-ctx.Done():
			t.Fatalf("process %d is still there", pid)
		case <-look.C:
		}
	}
}

func TestOverridingEnvFileIsNamed(t *testing.T) {
	t.Parallel()
	sdk := newSDK()
	sdk.need(t)
	dir := project(t, "testdata/app",
		change{sentryModule, `load_dotenv(".env")`, `load_dotenv(".env", override=True)`},
		change{file: ".env", new: "SENTRY_DSN=https://" + receiver.Key() + "@sentry.invalid/7\n"})
	rep := sdk.tested(t, dir, sdk.environ(t.TempDir()), first, func(o *verify.Options) { o.Local = true })
	item := find(t, rep, "config-dsn")
	if item.Cause != cause.AppDSNHardcoded || !strings.Contains(item.Fix, "override=True") || !strings.Contains(item.Detail, "sentry.invalid/7") {
		t.Errorf("config-dsn: %s by %s: %s; fix %s", item.Outcome, item.Cause, item.Detail, item.Fix)
	}
	if strings.Contains(text(rep), receiver.Key()) {
		t.Error("the report holds the DSN's key")
	}
}

func TestWrongInterpreterIsNamed(t *testing.T) {
	t.Parallel()
	sdk := newSDK()
	sdk.need(t)
	bare := filepath.Join(t.TempDir(), "python")
	script := "#!/bin/sh\nexec " + debianPython + " -I -S \"$@\"\n"
	if err := os.WriteFile(bare, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		python string
		want   cause.ID
	}{
		"there is none":      {"/no/such/python", cause.AppModuleBroken},
		"without sentry_sdk": {bare, cause.AppSDKMissing},
		"no Python at all":   {"/bin/cat", cause.AppModuleBroken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rep := sdk.tested(t, project(t, "testdata/app"), sdk.environ(t.TempDir()), first, func(o *verify.Options) { o.Python = c.python })
			item := find(t, rep, "config-dsn")
			if item.Outcome != check.Fail || item.Cause != c.want || !strings.Contains(item.Detail, c.python) {
				t.Errorf("config-dsn: %s by %s: %s", item.Outcome, item.Cause, item.Detail)
			}
			outcomes(t, rep, check.Blocked, "user-fields", "booking-error")
		})
	}
}

// A function that is not there is a skip with its name.
func TestMissingFunctionIsSkipped(t *testing.T) {
	t.Parallel()
	sdk := newSDK()
	sdk.need(t)
	dir := project(t, "testdata/app", change{sentryModule, "def capture_booking_error", "def report_booking_error"},
		change{monitorModule, "redis_monitor = ", "cache_monitor = "})
	rep := sdk.tested(t, dir, sdk.environ(t.TempDir()), func(o *verify.Options) { o.Only = []string{"config-dsn", "booking-error", "redis-lost", "user-fields"} })
	outcomes(t, rep, check.Pass, "config-dsn", "user-fields")
	for id, name := range map[string]string{"booking-error": "capture_booking_error", "redis-lost": "redis_monitor.monitor_redis_operation"} {
		if item := find(t, rep, id); item.Outcome != check.Skip || !strings.Contains(item.Detail, name) {
			t.Errorf("%s: %s (%s), want a skip that names %s", id, item.Outcome, item.Detail, name)
		}
	}
}

// The interpreter of the project is found, and said.
func TestInterpreterOfTheProjectIsChosen(t *testing.T) {
	t.Parallel()
	sdk := newSDK()
	sdk.need(t)
	link := func(t *testing.T, venv string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(venv, "bin"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(debianPython, filepath.Join(venv, "bin", "python")); err != nil {
			t.Fatal(err)
		}
	}
	active := t.TempDir()
	link(t, active)
	for name, c := range map[string]struct {
		folder, want string
		environ      []string
	}{
		".venv":       {".venv", ".venv of the project", nil},
		"venv":        {"venv", "venv of the project", nil},
		"VIRTUAL_ENV": {".venv", "VIRTUAL_ENV", []string{"VIRTUAL_ENV=" + active}},
		"none":        {"", "there is no virtual environment", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, "testdata/app")
			if c.folder != "" {
				link(t, filepath.Join(dir, c.folder))
			}
			environ := append(sdk.environ(t.TempDir()), append(c.environ, "PYTHONPATH="+sdk.path+":/usr/lib/python3/dist-packages")...)
			rep := sdk.tested(t, dir, environ, func(o *verify.Options) { o.Only, o.Python = []string{"config-dsn"}, "" })
			if item := find(t, rep, "config-dsn"); !strings.Contains(item.Detail, "("+c.want+")") {
				t.Errorf("config-dsn: %s: %s, want it to say %q", item.Outcome, item.Detail, c.want)
			}
		})
	}
}

// Nothing is left in the project, not even compiled modules.
func TestProjectIsLeftAsItWas(t *testing.T) {
	t.Parallel()
	sdk := newSDK()
	sdk.need(t)
	dir := project(t, "testdata/app")
	before := files(t, dir)
	sdk.tested(t, dir, sdk.environ(t.TempDir()), first)
	if after := files(t, dir); after != before {
		t.Errorf("files: saw\n%s, expected\n%s", after, before)
	}
}

func files(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		all.WriteString(strings.TrimPrefix(path, dir) + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
