package infra

import "syscall"

// The errors of the system that a connection ends with, by what they mean:
// Winsock's own numbers, since package syscall names few of them.
func errnoRefused() []syscall.Errno { return []syscall.Errno{10061} }
func errnoReset() []syscall.Errno   { return []syscall.Errno{10054, 10053, 10058} }
func errnoTimeout() []syscall.Errno { return []syscall.Errno{10060} }
