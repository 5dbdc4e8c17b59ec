//go:build !linux && !windows

package observe

import "syscall"

// endsWithUs is nothing that all of these systems can do.
func endsWithUs(*syscall.SysProcAttr) {}

// birth is not known here.
type birth struct{}

func birthOf(int) birth { return birth{} }

// groupLeft says whether a process of the command's group is there.
func (p *process) groupLeft() bool { return syscall.Kill(-p.cmd.Process.Pid, 0) == nil }

// left are processes that have left the group: not to be found here.
func (p *process) left() []int { return nil }
