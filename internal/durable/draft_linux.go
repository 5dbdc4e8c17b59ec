package durable

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// newDraft makes a file without a name, which is gone when the process is; on
// a file system that has none, a named one.
func newDraft(target string) (*draft, error) {
	fd, err := unix.Open(filepath.Dir(target), unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return namedDraft(target)
	}
	d := &draft{file: os.NewFile(uintptr(fd), target), temp: tempName(target)}
	d.place = d.placeUnnamed
	return d, nil
}

// placeUnnamed gives a file its first name. No call of Linux puts it over a
// name that is taken, so that a replacement has a temporary one, from the one
// system call to the next.
func (d *draft) placeUnnamed(target string, exists bool) error {
	fd := int(d.file.Fd())
	if !exists {
		return linkOpen(fd, target)
	}
	if err := linkOpen(fd, d.temp); err != nil {
		return err
	}
	err := unix.Rename(d.temp, target) // os.Rename asks first what is there
	d.named = err != nil
	return err
}

// linkOpen gives an open file a name, with unix.EEXIST where it is taken.
func linkOpen(fd int, name string) error {
	err := unix.Linkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(fd), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW)
	if errors.Is(err, unix.ENOENT) { // no /proc here; this way needs a newer kernel, or root
		err = unix.Linkat(fd, "", unix.AT_FDCWD, name, unix.AT_EMPTY_PATH)
	}
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return errNoName
	}
	return err
}

// rename puts a file in the place of another.
func rename(from, to string) error { return unix.Rename(from, to) }

// renameNew renames a file to a name that is not taken.
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return linkNew(from, to)
	}
	return err
}
