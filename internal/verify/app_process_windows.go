package verify

import (
	"os/exec"
	"strconv"
	"syscall"
)

// ownGroup starts a command in a process group of its own.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// endGroup ends a process and its children.
func endGroup(cmd *exec.Cmd) {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run() // gone already: well
	_ = cmd.Process.Kill()
}

// venvPython is where a virtual environment has its interpreter.
const venvPython = "Scripts/python.exe"
