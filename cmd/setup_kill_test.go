//go:build !windows

package cmd_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilledSetupLeavesOldOrNew kills bbctl setup at random moments. The file is
// the old one or the new one, whole, and what is beside it is covered by
// .gitignore; a run that is not killed leaves nothing behind.
func TestKilledSetupLeavesOldOrNew(t *testing.T) {
	t.Parallel()
	dir, home := t.TempDir(), t.TempDir()
	text := func(rate string) string {
		return "# ours\nOTHER='a b'\nSENTRY_DSN=http://" + strings.Repeat("4b7a", 8) + "@127.0.0.1:1/42\nSENTRY_ENVIRONMENT=qa\nSENTRY_SAMPLE_RATE=" + rate +
			"\nSENTRY_TRACES_SAMPLE_RATE=0.1\nSENTRY_PROFILES_SAMPLE_RATE=0.1\nSENTRY_DEBUG=false\nSENTRY_SEND_DEFAULT_PII=false\n"
	}
	path := filepath.Join(dir, ".env")
	if err := os.WriteFile(path, []byte(text("0.1")), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(rate string, life time.Duration) {
		command := bbctl(t, "setup", "--yes", "--no-proof", "--sample-rate", rate)
		command.Dir = dir
		command.Env = append(command.Env, "HOME="+home)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		if life > 0 {
			killing := time.AfterFunc(life, func() { _ = command.Process.Signal(syscall.SIGKILL) })
			defer killing.Stop()
		}
		_ = command.Wait()
	}
	begun := time.Now()
	run("0.2", 0)
	whole := time.Since(begun)
	r := rand.New(rand.NewPCG(1, 2))
	old := "0.2"
	for n := range 30 {
		rate := fmt.Sprintf("0.%d", 3+n%7)
		run(rate, time.Duration(r.Int64N(int64(whole)))+time.Millisecond)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		switch string(b) {
		case text(rate):
			old = rate
		case text(old):
		default:
			t.Fatalf("neither the old file nor the new one:\n%s", b)
		}
	}
	run("0.99", 0)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the file is left: %v (%v)", entries, err)
	}
}
