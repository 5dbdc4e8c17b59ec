package servers

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"testing"
)

// ownGroup starts a command in a process group of its own, so that its
// children can be ended with it. It dies with the test's process, also where
// that is killed and cleans nothing up.
func ownGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}

// end asks the processes of a group to end.
func end(pid int) { _ = syscall.Kill(-pid, syscall.SIGTERM) } // gone already: well

// kill ends the processes of a group.
func kill(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) } // gone already: well

// Freeze stops the process where it is, and thaws it when the test ends or
// thaw is called.
func (p *Process) Freeze(t testing.TB) (thaw func()) {
	t.Helper()
	if err := syscall.Kill(-p.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	thaw = func() { _ = syscall.Kill(-p.PID(), syscall.SIGCONT) } // gone already: well
	t.Cleanup(thaw)
	return thaw
}

// unprivileged makes a command run as a user other than root, which
// PostgreSQL refuses, and gives that user a folder.
func unprivileged(t testing.TB, folder string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		if err := os.Chown(folder, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	unavailable(t, "PostgreSQL refuses root, and there is no user postgres or nobody")
	return nil
}
