//go:build unix && !linux && !darwin

package durable

import "os"

// keepAttributes does nothing: there are no extended attributes here that
// bbctl knows.
func keepAttributes(*os.File, string) error { return nil }
