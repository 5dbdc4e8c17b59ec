//go:build !windows

package probe

import "syscall"

// The errors of the system that a connection ends with, by what they mean.
// EPERM and EACCES are what a local firewall or a sandbox answers.
func errnoRefused() []syscall.Errno { return []syscall.Errno{syscall.ECONNREFUSED} }

func errnoReset() []syscall.Errno {
	return []syscall.Errno{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED}
}
func errnoTimeout() []syscall.Errno { return []syscall.Errno{syscall.ETIMEDOUT} }
func errnoUnreachable() []syscall.Errno {
	return []syscall.Errno{
		syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN,
		syscall.EADDRNOTAVAIL, syscall.EPERM, syscall.EACCES,
	}
}
