//go:build !linux

package servers

import "testing"

// NeedPtrace skips a test: what it needs is there on Linux alone.
func NeedPtrace(t testing.TB) {
	t.Helper()
	t.Skip("no process is followed on this system")
}
