//go:build linux || darwin

package durable

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// accessList is the attribute that holds the POSIX access list of a file.
const accessList = "system.posix_acl_access"

// keepAttributes gives a new file the extended attributes of the old one,
// access lists among them.
func keepAttributes(f *os.File, target string) error {
	old, err := os.OpenFile(target, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrChanged
	}
	if err != nil {
		return err
	}
	defer old.Close() //nolint:errcheck // nothing was written
	from, to := int(old.Fd()), int(f.Fd())
	names, err := attributes(from)
	if err != nil {
		return &keepError{"its extended attributes", err}
	}
	for _, name := range names {
		value, err := attribute(from, name)
		if err == nil {
			err = unix.Fsetxattr(to, name, value, 0)
		}
		if err != nil && !ofTheSystem(name) {
			return &keepError{"its extended attributes", err}
		}
	}
	return dropInherited(to, names)
}

// ofTheSystem says whether an attribute is kept where that can be: the system
// gives every file one of its own, and lets few programs set it.
func ofTheSystem(name string) bool {
	for _, prefix := range []string{"security.", "trusted.", "com.apple."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// dropInherited takes the access list away that a folder gives to its new
// files, where the old file had none.
func dropInherited(fd int, old []string) error {
	names, err := attributes(fd)
	if err == nil && slices.Contains(names, accessList) && !slices.Contains(old, accessList) {
		err = unix.Fremovexattr(fd, accessList)
	}
	if err != nil {
		return &keepError{"its access list", err}
	}
	return nil
}

// attributes lists the names of a file's extended attributes; none where the
// file system has no such thing.
func attributes(fd int) ([]string, error) {
	b, err := sized(func(b []byte) (int, error) { return unix.Flistxattr(fd, b) })
	if err != nil && !errors.Is(err, unix.ENOTSUP) {
		return nil, err
	}
	if len(b) == 0 {
		return nil, nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00"), nil
}

func attribute(fd int, name string) ([]byte, error) {
	return sized(func(b []byte) (int, error) { return unix.Fgetxattr(fd, name, b) })
}

// sized calls what first tells the size of its answer and then gives it. The
// size may have grown in between.
func sized(call func([]byte) (int, error)) ([]byte, error) {
	for {
		n, err := call(nil)
		if err != nil || n == 0 {
			return nil, err
		}
		b := make([]byte, n)
		n, err = call(b)
		if errors.Is(err, unix.ERANGE) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return b[:n], nil
	}
}
