package servers

import (
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// NeedPtrace skips a test where the system lets no process follow another one
// that it has started, as some sandboxes do: nothing can be installed there
// that would change it.
func NeedPtrace(t testing.TB) {
	t.Helper()
	if err := traceOne(); err != nil {
		t.Skipf("no process may be followed here: %v", err)
	}
}

func traceOne() error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the one who starts is the one who follows
		cmd := exec.Command("/bin/true")
		cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
		if err := cmd.Start(); err != nil {
			done <- err
			return
		}
		var status unix.WaitStatus
		_, err := unix.Wait4(cmd.Process.Pid, &status, unix.WALL, nil)
		if err == nil {
			err = unix.PtraceSetOptions(cmd.Process.Pid, unix.PTRACE_O_EXITKILL|unix.PTRACE_O_TRACESYSGOOD)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		done <- err
	}()
	return <-done
}
