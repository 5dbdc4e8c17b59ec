package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// readOp is the operation that errors of reading name.
const readOp = "read"

// state is a file as it was read, with what identifies it.
type state struct {
	*File
	info fs.FileInfo // nil: it does not exist
}

func read(path string, limit int64) (state, error) {
	target, err := resolve(path)
	s := state{File: &File{Path: path, Target: target}}
	switch {
	case errors.Is(err, ErrDangling):
		s.Unwritable = ErrDangling
		return s, nil
	case errors.Is(err, fs.ErrNotExist):
		s.Unwritable = folderWritable(target)
		return s, nil
	case err != nil:
		return state{}, err
	}
	b, info, err := readRegular(path, target, limit)
	if errors.Is(err, fs.ErrNotExist) { // gone since
		s.Unwritable = folderWritable(target)
		return s, nil
	}
	if err != nil {
		return state{}, err
	}
	s.Exists, s.Bytes, s.Mode, s.info = true, b, info.Mode().Perm(), info
	if s.Unwritable = unwritable(target, info); s.Unwritable == nil {
		s.InPlace = hindrance(target, info)
	}
	return s, nil
}

// resolve follows links. Where there is no file it returns the place where it
// would be, with fs.ErrNotExist, or with ErrDangling where a link leads there.
func resolve(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if err == nil {
		return absolute(target)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		// Stat names the error of the system, which EvalSymlinks has only as text.
		if _, statErr := os.Stat(path); statErr != nil && !errors.Is(statErr, fs.ErrNotExist) {
			err = statErr
		}
		return "", pathError(readOp, path, err)
	}
	info, lerr := os.Lstat(path)
	if lerr == nil && info.Mode()&fs.ModeSymlink != 0 {
		link, err := os.Readlink(path)
		if err != nil {
			return "", pathError(readOp, path, err)
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		if target, err = absolute(link); err != nil {
			return "", err
		}
		return target, ErrDangling
	}
	dir, dirErr := filepath.EvalSymlinks(filepath.Dir(path))
	if dirErr != nil {
		dir = filepath.Dir(path)
	}
	if target, err = absolute(filepath.Join(dir, filepath.Base(path))); err != nil {
		return "", err
	}
	return target, fs.ErrNotExist
}

func absolute(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", pathError(readOp, path, err)
	}
	return abs, nil
}

// readRegular reads a file of at most limit bytes. Errors name path.
func readRegular(path, target string, limit int64) ([]byte, fs.FileInfo, error) {
	// Asked before opening, since opening a device may do something, and
	// after, since another file may have taken its place.
	info, err := os.Lstat(target)
	if err != nil {
		return nil, nil, pathError(readOp, path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, pathError(readOp, path, ErrNotRegular)
	}
	// Without O_NONBLOCK opening a pipe waits for its writer.
	f, err := os.OpenFile(target, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, pathError(readOp, path, err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	b, info, err := readOpen(f, limit)
	if err != nil {
		return nil, nil, pathError(readOp, path, err)
	}
	return b, info, nil
}

// readOpen reads an open file from its start.
func readOpen(f *os.File, limit int64) ([]byte, fs.FileInfo, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, ErrNotRegular
	}
	if info.Size() > limit {
		return nil, nil, ErrTooLarge
	}
	b, err := io.ReadAll(io.NewSectionReader(f, 0, limit+1))
	if err != nil {
		return nil, nil, err
	}
	if int64(len(b)) > limit { // it has grown since
		return nil, nil, ErrTooLarge
	}
	return b, info, nil
}

// unwritable says why a file that exists must not be written, by a rename
// either: who took the right to write it away meant its contents.
func unwritable(target string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o200 == 0 {
		return ErrReadOnly // root too, whom the system would let
	}
	return writable(target)
}

// pathError names a file, and what was to be done with it, once.
func pathError(op, path string, err error) error {
	return &fs.PathError{Op: op, Path: path, Err: bare(err)}
}

// bare is an error of the system without the name of the file that it was
// about, which may be one that the user has never heard of.
func bare(err error) error {
	switch e := err.(type) { //nolint:errorlint // what wraps it says something
	case *fs.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	case *os.SyscallError:
		return e.Err
	}
	return err
}
