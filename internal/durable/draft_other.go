//go:build unix && !linux && !darwin

package durable

import "golang.org/x/sys/unix"

func newDraft(target string) (*draft, error) { return namedDraft(target) }

// rename puts a file in the place of another.
func rename(from, to string) error { return unix.Rename(from, to) }

// renameNew renames a file to a name that is not taken.
func renameNew(from, to string) error { return linkNew(from, to) }
