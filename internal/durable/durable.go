// Package durable replaces a file whole or not at all: a program that is
// killed, a full disk or a second writer leave the old file or the new one.
//
// An update locks the folder of the file, writes the new file under no name
// (on Linux) or under a temporary one, gives it the mode, the owner and the
// extended attributes of the old one, compares the old one once more with what
// was read, and renames. Where that cannot be (a mount point, a folder that
// cannot be written, further hard links), the file is overwritten in place,
// which a kill can tear: the caller is asked first.
//
// What is left open. A writer that does not take our lock, and writes between
// the comparison and the rename two system calls later, is overwritten. A kill
// between these two leaves the whole new file under a temporary name beside
// the target (NAME.bbctl-….tmp, with the mode of the target), which the next
// update removes. On a file system without unnamed files the temporary name is
// there, with mode 0600, from the first byte on. On Windows a replaced file
// has the permissions that its folder passes on.
package durable

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"
)

// What keeps a file from being read or replaced; errors wrap one of them in an
// *fs.PathError.
var (
	ErrNotRegular = errors.New("it is not a regular file")
	ErrTooLarge   = errors.New("it is too large")
	ErrReadOnly   = errors.New("it is read-only")
	ErrDangling   = errors.New("it is a link that leads nowhere")
	// ErrChanged: another program has changed the file in the meantime.
	ErrChanged = errors.New("another program has changed it in the meantime")
	// ErrLocked: another bbctl holds the lock, and did not let go in time.
	ErrLocked = errors.New("another bbctl is writing it")
	// ErrInPlace: it could only be overwritten in place, and Options.InPlace is
	// nil.
	ErrInPlace = errors.New("it can only be overwritten in place")
)

// File is a file as it was read, or the place where one may be made.
type File struct {
	Path   string // as it was asked for
	Target string // where links lead to; absolute
	Exists bool
	Bytes  []byte
	Mode   fs.FileMode // permission bits; of a file that does not exist: 0
	// InPlace says why the file can only be overwritten in place, such as "it
	// is a mount point"; empty where it can be replaced atomically.
	InPlace string
	// Unwritable says why it cannot be written at all; nil where it can. It is
	// ErrReadOnly, ErrDangling or an error of the system.
	Unwritable error
}

// Options are how a file is replaced.
type Options struct {
	// Limit is the size in bytes up to which a file is read, and written.
	Limit int64
	// Mode is that of a file that does not exist yet, whatever the umask; an
	// existing one keeps its own. 0: 0600.
	Mode fs.FileMode
	// Wait is how long another bbctl may hold the lock; 0: 10 s.
	Wait time.Duration
	// InPlace is asked before a file is overwritten in place, with the reason.
	// An error ends the update with nothing written. nil: it is never done.
	InPlace func(why string) error
}

// Outcome is what an update did.
type Outcome struct {
	Created bool
	Changed bool   // false: the bytes were the same, and nothing was touched
	InPlace string // why it was overwritten in place; empty: it was replaced by a rename
}

// Read reads a file of at most limit bytes and finds out, changing nothing,
// how it could be written. Links are followed. A pipe or a device is refused
// without waiting for it. Errors are of type *fs.PathError.
func Read(path string, limit int64) (*File, error) {
	s, err := read(path, limit)
	if err != nil {
		return nil, err
	}
	return s.File, nil
}

// Update locks the file, reads it, and replaces it by what change makes of it.
//
// Where change returns the bytes that are there, nothing is touched, so a file
// is not made of no bytes. An error of change is returned as it is. All other
// errors are of type *fs.PathError, hold no part of the file, and leave it as
// it was, except where the Outcome has Changed set: then the new bytes are
// there and only their flushing to the disk failed. The end of ctx is obeyed up
// to the first change of the file, and from there on no longer.
func Update(ctx context.Context, path string, o Options, change func(f *File) ([]byte, error)) (Outcome, error) {
	return update(ctx, path, o, change, newDraft)
}

// Lock locks a folder for as long as a caller needs several updates to be of
// one piece. It must be another folder than those of the files: their updates
// wait for the lock of theirs. wait is how long another may hold it; 0: 10 s.
func Lock(ctx context.Context, folder string, wait time.Duration) (unlock func(), err error) {
	unlock, err = lock(ctx, filepath.Join(folder, "lock"), wait)
	if err != nil {
		return nil, pathError(lockOp, folder, err)
	}
	return unlock, nil
}

// Remove takes a file away that holds exactly the bytes expected, else it is
// ErrChanged. Where the path is a link, the file it leads to is taken away.
func Remove(ctx context.Context, path string, expected []byte) error {
	return remove(ctx, path, expected)
}
