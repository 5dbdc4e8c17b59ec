package setup_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildService compiles the code that is printed, as a package of this module
// that exists in an overlay alone.
func buildService(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string]string{}
	for name, code := range map[string]string{"main.go": initCall(t, "go").Code, "serve.go": initTestdata(t, "serve.go.txt")} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay[filepath.Join(root, "internal", "setup", "overlaid", name)] = path
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "service")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "./internal/setup/overlaid")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the code does not compile: %v\n%s", err, out)
	}
	return binary
}

// runService runs the service in the folder of an .env file, and returns what
// it wrote.
func runService(t *testing.T, binary, dir string) (out string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	text, err := cmd.CombinedOutput()
	return string(text), err
}

func TestGoInitTakesTheSettings(t *testing.T) {
	t.Parallel()
	binary := buildService(t)
	t.Run("an error arrives", func(t *testing.T) {
		t.Parallel()
		r, dsn := initReceiver(t)
		out, err := runService(t, binary, project(t, everything(dsn), nil))
		if err != nil || !strings.Contains(out, "1 events delivered, 0 rejected, 0 dropped") {
			t.Fatalf("%v\n%s", err, out)
		}
		got := whatArrived(t, r)
		if len(got.events) != 1 {
			t.Fatalf("saw %d events", len(got.events))
		}
		expectSettings(t, got.events[0], false)
		if thrown := got.events[0].Exceptions; len(thrown) == 0 || thrown[0].Value != "the shop is closed" {
			t.Errorf("saw the exceptions %+v", thrown)
		}
	})
	t.Run("a rate of 0.0 sends none", func(t *testing.T) {
		t.Parallel()
		r, dsn := initReceiver(t)
		out, err := runService(t, binary, project(t, everything(dsn).with("SENTRY_SAMPLE_RATE", "0.0"), nil))
		if got := whatArrived(t, r); err != nil || len(got.events) > 0 {
			t.Errorf("saw %d events: %v\n%s", len(got.events), err, out)
		}
	})
	t.Run("a wrong rate is named", func(t *testing.T) {
		t.Parallel()
		_, dsn := initReceiver(t)
		out, _ := runService(t, binary, project(t, everything(dsn).with("SENTRY_SAMPLE_RATE", "0,5"), nil))
		if !strings.Contains(out, "SENTRY_SAMPLE_RATE") || !strings.Contains(out, "decimal comma") {
			t.Errorf("saw %s", out)
		}
	})
	t.Run("a broken file is not quoted", func(t *testing.T) {
		t.Parallel()
		dir := project(t, nil, map[string]string{".env": "what is this\nSENTRY_DSN=secret-of-the-file\n"})
		out, err := runService(t, binary, dir)
		if err == nil || !strings.Contains(out, "reading .env") || strings.Contains(out, "secret-of-the-file") {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("without a file it is off", func(t *testing.T) {
		t.Parallel()
		out, err := runService(t, binary, t.TempDir())
		if err != nil || !strings.Contains(out, "0 events delivered") {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
