//go:build unix

package durable

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// killsInGate is how often a child is killed in each way that it writes; make
// soak does it for a minute.
const killsInGate = 20

// killed says whether a process ended by SIGKILL: one that ended otherwise saw
// a fault.
func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// strays lists what a killed process left beside a file. It must be of the
// temporary pattern, and for the eyes of the owner of the file only.
func strays(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() == filepath.Base(path) {
			continue
		}
		names = append(names, e.Name())
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(e.Name(), filepath.Base(path)+tempMark) || !strings.HasSuffix(e.Name(), tempEnd) || info.Mode() != 0o600 {
			t.Errorf("left over: %s, mode %v", e.Name(), info.Mode())
		}
	}
	return names
}

// whole checks that a file is one of two, or, where that may be, is not there.
func whole(t *testing.T, path string, mayMiss bool) {
	t.Helper()
	b, err := os.ReadFile(path)
	if mayMiss && errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil || (string(b) != textA() && string(b) != textB()) {
		t.Fatalf("the file is torn: %d bytes, %v", len(b), err)
	}
}

// killLoop kills a child that writes in a loop, at random moments, as long as
// more says. It returns how often, and how often a file was left over.
func killLoop(t *testing.T, program string, more func(n int) bool) (kills, left int) {
	t.Helper()
	creates := strings.HasSuffix(program, "make")
	path := filepath.Join(t.TempDir(), ".env")
	if !creates {
		write(t, path, textA())
	}
	for more(kills) {
		cmd := child(t, program, path)
		started(t, cmd)
		time.AfterFunc(time.Duration(rand.IntN(20_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		if err := cmd.Wait(); !killed(err) {
			t.Fatalf("the child ended by itself: %v", err)
		}
		kills++
		whole(t, path, creates)
		if names := strays(t, path); len(names) > 1 {
			t.Errorf("the next run does not remove what is left: %v", names)
		} else if len(names) == 1 {
			left++
		}
		if creates { // so that the child can make it
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	if _, err := Update(t.Context(), path, Options{Limit: limit}, to(textB())); err != nil {
		t.Error(err)
	}
	holds(t, path, textB())
	return kills, left
}

func TestAKillLeavesTheOldFileOrTheNewOne(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"flip", "named-flip", "make"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			killLoop(t, program, func(n int) bool { return n < killsInGate })
		})
	}
}
