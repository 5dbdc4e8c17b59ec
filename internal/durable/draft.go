package durable

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A temporary file stands beside its target, under its name and these. A rule
// that has git ignore ".env*" covers it.
const (
	tempMark = ".bbctl-"
	tempEnd  = ".tmp"
)

// errNoName: the file system makes files without a name and will not name one.
var errNoName = errors.New("the new file cannot be given a name")

// drafter makes the file that is to take the place of target, in its folder.
type drafter func(target string) (*draft, error)

// draft is a new file that has not taken its place yet.
type draft struct {
	file *os.File
	temp string // its temporary name, or the one it will have for a moment
	// named: it stands under its temporary name now.
	named bool
	// place gives the file its place: that of the file that is there, or, where
	// none exists, its own, with fs.ErrExist where one does by now.
	place func(target string, exists bool) error
}

// namedDraft makes a file under a temporary name, for its user's eyes only.
func namedDraft(target string) (*draft, error) {
	temp := tempName(target)
	f, err := os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	d := &draft{file: f, temp: temp, named: true}
	d.place = d.placeNamed
	return d, nil
}

func (d *draft) placeNamed(target string, exists bool) error {
	// Windows does not rename an open file.
	if err := d.file.Close(); err != nil {
		return err
	}
	move := renameNew
	if exists {
		move = rename
	}
	if err := move(d.temp, target); err != nil {
		return err
	}
	d.named = false
	return nil
}

// discard ends a draft; what has taken its place stays.
func (d *draft) discard() {
	_ = d.file.Close() // synced before it counts; closed already, maybe
	if d.named {
		_ = os.Remove(d.temp) // the next update tries again
	}
}

func tempName(target string) string {
	var random [8]byte
	rand.Read(random[:]) // it never returns an error
	return target + tempMark + hex.EncodeToString(random[:]) + tempEnd
}

// clearLeftOvers removes the temporary files of updates that were killed. Under
// the lock no other update is under way. What cannot be removed is no reason
// to leave the file as it is.
func clearLeftOvers(target string) {
	folder, base := filepath.Split(target)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, base+tempMark) || !strings.HasSuffix(name, tempEnd) {
			continue
		}
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() && ours(info) {
			_ = os.Remove(filepath.Join(folder, name))
		}
	}
}

// keepError says what of a file could not be given to a new one.
type keepError struct {
	what string
	err  error
}

func (e *keepError) Error() string { return e.what + ": " + bare(e.err).Error() }
func (e *keepError) Unwrap() error { return e.err }

// unreplaceable says why a file cannot be replaced by another, while it may
// well be overwritten; empty where the error is of another kind.
func unreplaceable(err error) string {
	var kept *keepError
	switch {
	case errors.As(err, &kept):
		return kept.what + " cannot be given to a new file"
	case errors.Is(err, syscall.EBUSY):
		return "it is a mount point"
	case errors.Is(err, syscall.EXDEV):
		return "it lies on another file system than its folder"
	case errors.Is(err, syscall.EROFS):
		return "its folder is on a read-only file system"
	case errors.Is(err, fs.ErrPermission):
		return "its folder cannot be written"
	}
	return ""
}
