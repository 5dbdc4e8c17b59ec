package durable

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"syscall"
)

// overwrite writes the new bytes over the old ones, in the same file.
func (u unfinished) overwrite(ctx context.Context) error {
	f, err := os.OpenFile(u.Target, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // synced before it counts
	// Another bbctl may hold the lock of another folder in which the file has a
	// name.
	if err := lockOpen(ctx, f, u.o.Wait); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(info, u.info) {
		return ErrChanged
	}
	if err := u.same(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return rewrite(f, u.Bytes, u.made)
}

// rewrite makes a file hold made instead of old. What goes beyond the old end
// is written first: a full disk is met there, while no old byte is lost. After
// an error the file holds the old bytes, or the error says that it does not.
func rewrite(f *os.File, old, made []byte) error {
	err := func() error {
		if len(made) > len(old) {
			if _, err := f.WriteAt(made[len(old):], int64(len(old))); err != nil {
				return err
			}
			if err := f.Sync(); err != nil { // some find out only now
				return err
			}
		}
		both := min(len(old), len(made))
		first := commonPrefix(old[:both], made[:both])
		if _, err := f.WriteAt(made[first:both], int64(first)); err != nil {
			return err
		}
		if err := f.Truncate(int64(len(made))); err != nil {
			return err
		}
		return f.Sync()
	}()
	if err == nil {
		return nil
	}
	if back := putBack(f, old); back != nil {
		return fmt.Errorf("%w, and the file is damaged: putting the old bytes back: %w", bare(err), bare(back))
	}
	return err
}

// putBack makes a file hold the old bytes again, as far as the system lets it:
// what counts is what can be read afterwards.
func putBack(f *os.File, old []byte) error {
	_, err := f.WriteAt(old, 0)
	for _, next := range []error{f.Truncate(int64(len(old))), f.Sync()} {
		if err == nil {
			err = next
		}
	}
	if err == nil {
		return nil
	}
	if b, _, readErr := readOpen(f, int64(len(old))); readErr == nil && bytes.Equal(b, old) {
		return nil
	}
	return err
}

func commonPrefix(a, b []byte) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return len(a)
}
