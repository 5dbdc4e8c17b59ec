package observe

import (
	"os"
	"os/exec"
	"syscall"
)

// What processes are asked, and which of them: Windows has no signals for
// processes without a console, so that every request is the end.
const (
	interrupt = iota
	terminate
	kill

	toLeader = false
	toGroup  = true
)

type birth struct{}

func birthOf(int) birth { return birth{} }

// ownGroup keeps Ctrl-C away from the command: it reaches bbctl alone.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// ask ends the command's own process. Its children are not known.
func (p *process) ask(bool, int) { _ = p.cmd.Process.Kill() } // ended meanwhile: well

func (p *process) groupLeft() bool { return false }

func (p *process) left() []int { return nil }

func signalOf(*os.ProcessState) string { return "" }
