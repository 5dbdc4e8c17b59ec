package durable

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// lockEnd makes the name of a lock file: Windows does not lock folders.
const lockEnd = tempMark + "lock"

// tryLock opens a lock file that nobody else may open, and that the system
// removes when it is closed, or when the process ends.
func tryLock(target string) (unlock func(), err error) {
	name, err := windows.UTF16PtrFromString(target + lockEnd)
	if err != nil {
		return nil, err
	}
	const exclusive = 0
	handle, err := windows.CreateFile(name, windows.GENERIC_WRITE|windows.DELETE, exclusive, nil,
		windows.OPEN_ALWAYS, windows.FILE_ATTRIBUTE_TEMPORARY|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	switch {
	case errors.Is(err, windows.ERROR_SHARING_VIOLATION), errors.Is(err, windows.ERROR_DELETE_PENDING):
		return nil, ErrLocked
	case err != nil:
		return nil, err
	}
	return func() { _ = windows.CloseHandle(handle) }, nil
}

// lockOpen does nothing: the lock file has the name that the links lead to.
func lockOpen(context.Context, *os.File, time.Duration) error { return nil }

func newDraft(target string) (*draft, error) { return namedDraft(target) }

// rename puts a file in the place of another, and returns when that is on the
// disk.
func rename(from, to string) error {
	return move(from, to, windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
}

// renameNew renames a file to a name that is not taken.
func renameNew(from, to string) error { return move(from, to, windows.MOVEFILE_WRITE_THROUGH) }

func move(from, to string, flags uint32) error {
	f, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	t, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	return windows.MoveFileEx(f, t, flags)
}

// syncFolder does nothing: MOVEFILE_WRITE_THROUGH has done it.
func syncFolder(string) error { return nil }

// keep does nothing: a new file has the permissions that its folder passes on,
// and an old one that is replaced is not read-only.
func keep(*os.File, string, fs.FileInfo) error { return nil }

// Windows tells only in the act what may be written, and by whom.
func writable(string) error                { return nil }
func folderWritable(string) error          { return nil }
func hindrance(string, fs.FileInfo) string { return "" }
func ours(fs.FileInfo) bool                { return true }
func sameOwner(_, _ fs.FileInfo) bool      { return true }
