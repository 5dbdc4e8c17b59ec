//go:build !windows

package infra

import "syscall"

// The errors of the system that a connection ends with, by what they mean.
func errnoRefused() []syscall.Errno { return []syscall.Errno{syscall.ECONNREFUSED} }

func errnoReset() []syscall.Errno {
	return []syscall.Errno{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED}
}

func errnoTimeout() []syscall.Errno { return []syscall.Errno{syscall.ETIMEDOUT} }
