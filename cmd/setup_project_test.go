//go:build !windows

package cmd_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/servers"
)

// shopping starts the wizard in a folder with an application, and goes as far
// as the question about bbctl.yaml.
func shopping(t *testing.T, args ...string) *dialog {
	t.Helper()
	dsn := localSentry(t)
	d := talkAmong(t, pty.Winsize{Rows: 24, Cols: 80}, map[string]string{"main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"}, append([]string{"setup"}, args...)...)
	for _, question := range []string{"Sentry DSN", "Environment", "Change any of these?", "Write .env?"} {
		d.expect(question)
		answer := ""
		if question == "Sentry DSN" {
			answer = dsn
		}
		if question == "Write .env?" {
			answer = "\r\r\r" // pasted lines are no consent to what nobody has read
		}
		d.enter(answer)
	}
	d.expect("the test event was accepted")
	d.expect("web: python3 -m uvicorn main:app --port 8000")
	d.expect("Write bbctl.yaml?")
	return d
}

// talkAmong is talk in a folder with files.
func talkAmong(t *testing.T, size pty.Winsize, files map[string]string, args ...string) *dialog {
	t.Helper()
	return talkWith(t, size, false, func(dir string) {
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}, args...)
}

// TestWizardOffersTheProjectFile once the main thing is done: one Enter more.
func TestWizardOffersTheProjectFile(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"--plain"}} {
		d := shopping(t, args...)
		if _, err := os.Stat(filepath.Join(d.dir, "bbctl.yaml")); err == nil {
			t.Errorf("%v: it was written unasked", args)
		}
		d.enter("")
		d.expect("wrote bbctl.yaml (new)")
		d.expect("proven: ")
		d.expect("judges what web really sends")
		if code := d.end(); code != 0 {
			t.Errorf("%v: exit code %d\n%s", args, code, d.seen.String())
		}
		if text, err := os.ReadFile(filepath.Join(d.dir, "bbctl.yaml")); err != nil || !bytes.Contains(text, []byte("\n  web: python3 ")) {
			t.Errorf("%v: %v\n%s", args, err, text)
		}
		if strings.Contains(d.text(), receiver.Key()) {
			t.Errorf("%v: the key was shown:\n%s", args, d.seen.String())
		}
	}
}

// TestLeavingTheOffer in every way: .env stays as it was proven, and that it is
// there is said, with the way back. Nothing else is written.
func TestLeavingTheOffer(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(d *dialog){
		"Ctrl-C":  func(d *dialog) { _, _ = d.terminal.WriteString("\x03") },
		"Ctrl-D":  func(d *dialog) { _, _ = d.terminal.WriteString("\x04") },
		"SIGTERM": func(d *dialog) { _ = d.command.Process.Signal(syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := shopping(t)
			leave(d)
			if code := d.end(); code != 130 {
				t.Errorf("exit code %d, expected 130\n%s", code, d.seen.String())
			}
			if !strings.Contains(d.written(), "SENTRY_ENVIRONMENT=development\n") {
				t.Errorf(".env is %q", d.written())
			}
			if _, err := os.Stat(filepath.Join(d.dir, "bbctl.yaml")); err == nil {
				t.Error("bbctl.yaml was written")
			}
			text := d.text()
			if !strings.Contains(text, "bbctl.yaml was not written") || !strings.Contains(text, ".env is written; bbctl setup --undo puts it back") || strings.Contains(text, "nothing was written") {
				t.Errorf("what was written is not said:\n%s", d.seen.String())
			}
		})
	}
}

// TestWhatSetupWritesIsWhatTestRuns: the sample application, from an empty .env
// to a judgement, by two commands without an argument about it.
func TestWhatSetupWritesIsWhatTestRuns(t *testing.T) {
	t.Parallel()
	servers.Need(t, "redis-server", "python3-celery")
	const python = "/usr/bin/python3" // Debian's own
	look := exec.Command(python, "-c", "import fastapi, uvicorn, sqlalchemy, redis, dotenv, sentry_sdk")
	if out, err := look.CombinedOutput(); err != nil {
		if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
			t.Fatalf("the sample application does not run here (script/deps): %s", out)
		}
		t.Skipf("the sample application does not run here (script/deps): %s", out)
	}
	run := bbctl(t, "setup", "--yes", "--project-file", "--environment", "development", "--dsn-file", "dsn.txt")
	dir := run.Dir
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "testdata", "app", "python"))); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, ".venv", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(python, filepath.Join(dir, ".venv", "bin", "python")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "dsn.txt"), []byte(localSentry(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ownPlaces(t, filepath.Join(dir, "bbctl.yaml"), servers.Redis(t, servers.RedisOptions{}).URL(0))
	test := bbctl(t, "test")
	test.Dir = dir
	late := time.AfterFunc(5*time.Minute, func() { _ = test.Process.Kill() })
	defer late.Stop()
	var out, talk bytes.Buffer
	test.Stdout, test.Stderr = &out, &talk
	if err := test.Run(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out.String(), talk.String())
	}
	for _, want := range []string{"/health: 200", "app-expectations", "web: ", "worker: ", "the run ended: every URL was asked"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the report", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", out.String())
	}
}

// ownPlaces gives the application of a bbctl.yaml a port that is free, and its
// worker a broker: the usual ones may be anybody's while tests run.
func ownPlaces(t *testing.T, path, broker string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || bytes.Count(text, []byte("8000")) != 2 || !bytes.Contains(text, []byte("  worker: .venv/bin/python -m celery ")) {
		t.Fatalf("%v: neither a worker nor the port stands in\n%s", err, text)
	}
	moved := strings.NewReplacer("8000", port, "worker: .venv", "worker: env CELERY_BROKER_URL="+broker+" .venv").Replace(string(text))
	if err := os.WriteFile(path, []byte(moved), 0o600); err != nil {
		t.Fatal(err)
	}
}
