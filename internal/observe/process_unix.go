//go:build !windows

package observe

import (
	"os"
	"os/exec"
	"syscall"
)

// What processes are asked, and which of them.
const (
	interrupt = syscall.SIGINT
	terminate = syscall.SIGTERM
	kill      = syscall.SIGKILL

	toLeader = false
	toGroup  = true
)

// ownGroup starts a command in a process group of its own, so that its
// children can be ended with it, and Ctrl-C reaches bbctl alone.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endsWithUs(cmd.SysProcAttr)
}

// ask sends a signal. What has ended meanwhile needs none.
func (p *process) ask(all bool, signal syscall.Signal) {
	pid := p.cmd.Process.Pid
	if !all {
		_ = p.cmd.Process.Signal(signal)
		return
	}
	_ = syscall.Kill(-pid, signal)
	for _, escaped := range p.left() {
		_ = syscall.Kill(escaped, signal)
	}
}

// signalOf is the name of the signal that ended a process, empty for none.
func signalOf(state *os.ProcessState) string {
	status, _ := state.Sys().(syscall.WaitStatus)
	return signalIn(status)
}

func signalIn(status syscall.WaitStatus) string {
	if !status.Signaled() {
		return ""
	}
	names := map[syscall.Signal]string{
		syscall.SIGHUP: "SIGHUP", syscall.SIGINT: "SIGINT", syscall.SIGQUIT: "SIGQUIT", syscall.SIGILL: "SIGILL",
		syscall.SIGTRAP: "SIGTRAP", syscall.SIGABRT: "SIGABRT", syscall.SIGBUS: "SIGBUS", syscall.SIGFPE: "SIGFPE",
		syscall.SIGKILL: "SIGKILL", syscall.SIGUSR1: "SIGUSR1", syscall.SIGSEGV: "SIGSEGV", syscall.SIGUSR2: "SIGUSR2",
		syscall.SIGPIPE: "SIGPIPE", syscall.SIGALRM: "SIGALRM", syscall.SIGTERM: "SIGTERM",
	}
	if name, known := names[status.Signal()]; known {
		return name
	}
	return status.Signal().String()
}
