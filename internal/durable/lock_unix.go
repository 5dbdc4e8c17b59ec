//go:build unix

package durable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lockEnd makes the name of a lock file, which stands in for the lock of a
// folder that cannot be locked.
const lockEnd = tempMark + "lock"

// tryLock locks the folder of a file. The system lets go of the lock when the
// process ends, however it does.
func tryLock(target string) (unlock func(), err error) {
	folder, err := os.OpenFile(filepath.Dir(target), os.O_RDONLY|unix.O_DIRECTORY, 0)
	if errors.Is(err, fs.ErrPermission) {
		return tryLockFile(target) // it may be written and not read
	}
	if err != nil {
		return nil, err
	}
	err = flock(folder)
	if err == nil {
		return func() { _ = folder.Close() }, nil
	}
	_ = folder.Close() // nothing was written
	if errors.Is(err, ErrLocked) {
		return nil, err
	}
	return tryLockFile(target) // network file systems: no locks, or none of folders
}

// tryLockFile locks by a file that must not be there yet, which holds across
// machines too. After a kill it stays: whether its owner lives cannot be known
// from another machine, so that it is named and not broken.
func tryLockFile(target string) (unlock func(), err error) {
	name := target + lockEnd
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w, or one was killed and left %s", ErrLocked, name)
	}
	if err != nil {
		return nil, err
	}
	_ = f.Close()                              // nothing was written
	return func() { _ = os.Remove(name) }, nil // the next one names it
}

// flock takes the lock of an open file, or fails with ErrLocked at once.
func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return ErrLocked
		default:
			return err
		}
	}
}

// lockOpen locks a file that is to be overwritten, until it is closed. Where
// its file system has no locks, the comparison alone must do.
func lockOpen(ctx context.Context, f *os.File, wait time.Duration) error {
	return poll(ctx, wait, func() error {
		if err := flock(f); errors.Is(err, ErrLocked) {
			return err
		}
		return nil
	})
}
