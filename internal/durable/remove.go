package durable

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
)

func remove(ctx context.Context, path string, expected []byte) error {
	s, unlock, err := locked(ctx, path, Options{Limit: int64(len(expected))})
	if errors.Is(err, ErrDangling) || errors.Is(err, ErrTooLarge) {
		return pathError(removeOp, path, ErrChanged)
	}
	if err != nil {
		return err
	}
	defer unlock()
	switch {
	case !s.Exists || !bytes.Equal(s.Bytes, expected):
		err = ErrChanged
	case s.Unwritable != nil:
		err = s.Unwritable
	default:
		if err = os.Remove(s.Target); err == nil {
			err = syncFolder(filepath.Dir(s.Target))
		}
	}
	if err != nil {
		return pathError(removeOp, path, err)
	}
	return nil
}
