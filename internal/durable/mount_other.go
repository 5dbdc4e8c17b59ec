//go:build unix && !linux

package durable

// mountPoint says nothing: only Linux mounts on single files, and elsewhere
// the device tells.
func mountPoint(string) bool { return false }
