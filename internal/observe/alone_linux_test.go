package observe_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestCommandsEndWithUs: one that is killed cannot stop what it has started.
func TestCommandsEndWithUs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ready := filepath.Join(dir, "ready")
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(environ(dir), runs+"=cd "+dir+"; echo $$ > pid; echo > ready; while :; do sleep 0.1; done")
	if err := exec.CommandContext(t.Context(), "mkfifo", ready).Run(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(ready); err != nil { // it waits for the one who writes
		t.Fatal(err)
	}
	pid := pidIn(t, dir, "pid")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	dead(t, pid)
}
