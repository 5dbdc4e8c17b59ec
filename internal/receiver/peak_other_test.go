//go:build !linux

package receiver_test

import "testing"

// peak is what Go has taken from the system: the resident size is read on Linux
// only.
func peak(t testing.TB) uint64 {
	t.Helper()
	return mapped()
}
