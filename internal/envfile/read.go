package envfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// MaxSize is the size in bytes up to which ReadFile reads a file.
const MaxSize = 8 << 20

// What ReadFile refuses; it wraps them in an *fs.PathError.
var (
	ErrNotRegular = errors.New("it is not a regular file")
	ErrTooLarge   = errors.New("it is larger than 8 MiB")
)

// File is a .env file as it lies on the disk.
type File struct {
	Bytes []byte
}

// ReadFile reads a file of at most MaxSize bytes. A named pipe or a device is
// refused without waiting for it. Errors are of type *fs.PathError.
func ReadFile(path string) (*File, error) {
	refuse := func(err error) (*File, error) {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	// Asked before opening, since opening a device may do something, and
	// after, since another file may have taken its place.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return refuse(ErrNotRegular)
	}
	// Without O_NONBLOCK opening a pipe waits for its writer.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return refuse(ErrNotRegular)
	}
	b, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxSize {
		return refuse(ErrTooLarge)
	}
	return &File{Bytes: b}, nil
}
