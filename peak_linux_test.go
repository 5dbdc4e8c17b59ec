package main

import (
	"os"
	"syscall"
)

// peakOf is the largest resident size of a process that has ended, in bytes.
// Linux counts what the process was before it became another program too, so
// it is never less than this test's own size: too much, rather than too little.
func peakOf(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}
