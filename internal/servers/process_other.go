//go:build !linux

package servers

import (
	"os/exec"
	"syscall"
	"testing"
)

func ownGroup(*exec.Cmd) {}

// end and kill are never reached: launch is not, since Need finds nothing.
func end(int)  {}
func kill(int) {}

// Freeze is for Linux alone.
func (*Process) Freeze(t testing.TB) (thaw func()) {
	t.Helper()
	unavailable(t, "processes are frozen on Linux alone")
	return nil
}

func unprivileged(t testing.TB, _ string) *syscall.SysProcAttr {
	t.Helper()
	unavailable(t, "servers are started on Linux alone")
	return nil
}
