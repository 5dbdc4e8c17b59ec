package durable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The operations that errors name, beside readOp.
const (
	lockOp    = "lock"
	replaceOp = "replace"
	removeOp  = "remove"
)

// unfinished is an update between its steps: the file as it was read under the
// lock, and what it is to hold.
type unfinished struct {
	state
	o    Options
	made []byte
}

func update(ctx context.Context, path string, o Options, change func(*File) ([]byte, error), draft drafter) (Outcome, error) {
	s, unlock, err := locked(ctx, path, o)
	if err != nil {
		return Outcome{}, err
	}
	defer unlock()
	made, err := change(s.File)
	if err != nil {
		return Outcome{}, err
	}
	if bytes.Equal(made, s.Bytes) {
		return Outcome{}, nil
	}
	u := unfinished{state: s, o: o, made: made}
	if err := u.refuse(); err != nil {
		return Outcome{}, pathError(replaceOp, path, err)
	}
	why := u.InPlace
	if why == "" {
		var out Outcome
		if out, why, err = u.replace(ctx, draft); err == nil {
			return out, nil
		}
		if why == "" {
			return out, pathError(replaceOp, path, err)
		}
	}
	if o.InPlace == nil {
		return Outcome{}, pathError(replaceOp, path, fmt.Errorf("%s: %w", why, ErrInPlace))
	}
	if err := o.InPlace(why); err != nil {
		return Outcome{}, err
	}
	if err := u.overwrite(ctx); err != nil {
		return Outcome{}, pathError(replaceOp, path, err)
	}
	return Outcome{Changed: true, InPlace: why}, nil
}

// locked takes the lock, clears what a killed update left, and reads the file.
func locked(ctx context.Context, path string, o Options) (state, func(), error) {
	target, err := resolve(path)
	switch {
	case errors.Is(err, ErrDangling):
		return state{}, nil, pathError(lockOp, path, ErrDangling)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return state{}, nil, err
	}
	unlock, err := lock(ctx, target, o.Wait)
	if err != nil {
		return state{}, nil, pathError(lockOp, path, err)
	}
	clearLeftOvers(target)
	s, err := read(path, o.Limit)
	if err == nil && s.Target != target { // the link was turned while we waited
		err = pathError(readOp, path, ErrChanged)
	}
	if err != nil {
		unlock()
		return state{}, nil, err
	}
	return s, unlock, nil
}

// refuse says why nothing is to be written.
func (u unfinished) refuse() error {
	if u.Unwritable != nil {
		return u.Unwritable
	}
	if int64(len(u.made)) > u.o.Limit {
		return ErrTooLarge // it could not be read again
	}
	return nil
}

// replace puts a new file in the place of the old one. Where that cannot be,
// it says why, and nothing has changed.
func (u unfinished) replace(ctx context.Context, draft drafter) (out Outcome, why string, err error) {
	published, err := u.publish(ctx, draft)
	if errors.Is(err, errNoName) {
		published, err = u.publish(ctx, namedDraft)
	}
	if published {
		return Outcome{Created: !u.Exists, Changed: true}, "", err
	}
	if u.Exists {
		why = unreplaceable(err)
	}
	return Outcome{}, why, err
}

// publish writes the new file and gives it its place.
func (u unfinished) publish(ctx context.Context, draft drafter) (published bool, err error) {
	d, err := draft(u.Target)
	if err != nil {
		return false, err
	}
	defer d.discard()
	if _, err := d.file.Write(u.made); err != nil {
		return false, err
	}
	if err := u.dress(d.file); err != nil {
		return false, err
	}
	if err := d.file.Sync(); err != nil {
		return false, err
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if err := u.same(); err != nil {
		return false, err
	}
	if err := d.place(u.Target, u.Exists); err != nil {
		if errors.Is(err, fs.ErrExist) { // another program made it
			err = ErrChanged
		}
		return false, err
	}
	return true, syncFolder(filepath.Dir(u.Target))
}

// dress gives a new file what the old one has beside its bytes.
func (u unfinished) dress(f *os.File) error {
	if u.Exists {
		return keep(f, u.Target, u.info)
	}
	if u.o.Mode == 0 {
		return f.Chmod(0o600)
	}
	return f.Chmod(u.o.Mode)
}

// same says whether the file is still the one that was read, at the same place.
func (u unfinished) same() error {
	target, err := resolve(u.Path)
	if !u.Exists {
		if errors.Is(err, fs.ErrNotExist) && target == u.Target {
			return nil
		}
		return ErrChanged
	}
	if err != nil || target != u.Target {
		return ErrChanged
	}
	b, info, err := readRegular(u.Path, target, int64(len(u.Bytes)))
	if err != nil || !u.is(b, info) {
		return ErrChanged
	}
	return nil
}

// is says whether what was read just now is what was read at the start.
func (s state) is(b []byte, info fs.FileInfo) bool {
	return os.SameFile(info, s.info) && sameOwner(info, s.info) &&
		info.Mode() == s.info.Mode() && bytes.Equal(b, s.Bytes)
}
