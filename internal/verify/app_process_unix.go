//go:build !windows

package verify

import (
	"os/exec"
	"syscall"
)

// ownGroup starts a command in a process group of its own, so that all that
// the application starts can be ended with it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup ends a process and all of its group. What has ended needs nothing.
func endGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// venvPython is where a virtual environment has its interpreter.
const venvPython = "bin/python"
