package git

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Sizes of the index file, from git's Documentation/gitformat-index.txt.
const (
	indexHeader   = 12 // "DIRC", version, number of entries
	entryFixed    = 62 // of an entry with a SHA-1, before its name
	entryFixed256 = 74 // the same with a SHA-256
	flagExtended  = 0x4000
	indexMost     = 256 << 20
)

// indexed looks a file up in the index. It serves where git cannot be asked.
func (r *repository) indexed(name string) (bool, error) {
	path := filepath.Join(r.dir, "index")
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if info.Size() > indexMost {
		return false, fmt.Errorf("%w: the index is too large to be read without it", ErrUnavailable)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	fixed := entryFixed
	if r.sha256() {
		fixed = entryFixed256
	}
	return inIndex(b, name, fixed)
}

// sha256 says whether object names have 64 digits here.
func (r *repository) sha256() bool {
	text, err := readSmall(filepath.Join(r.common, "config"))
	if err != nil {
		return false
	}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, "=")
		if ok && strings.EqualFold(strings.TrimSpace(key), "objectformat") {
			return strings.EqualFold(strings.TrimSpace(value), "sha256")
		}
	}
	return false
}

// inIndex says whether a file of versions 2 and 3 lists a name. Version 4
// compresses names and is rare; it is left to git.
func inIndex(b []byte, name string, fixed int) (bool, error) {
	if len(b) < indexHeader || string(b[:4]) != "DIRC" {
		return false, fmt.Errorf("%w: the index is not one", ErrUnavailable)
	}
	if v := binary.BigEndian.Uint32(b[4:]); v != 2 && v != 3 {
		return false, fmt.Errorf("%w: the index has version %d", ErrUnavailable, v)
	}
	rest := b[indexHeader:]
	for range binary.BigEndian.Uint32(b[8:]) {
		if len(rest) < fixed {
			return false, fmt.Errorf("%w: the index is cut short", ErrUnavailable)
		}
		start := fixed
		if binary.BigEndian.Uint16(rest[fixed-2:])&flagExtended != 0 {
			start += 2
		}
		end := -1
		if start <= len(rest) {
			end = bytes.IndexByte(rest[start:], 0)
		}
		if end < 0 {
			return false, fmt.Errorf("%w: the index is cut short", ErrUnavailable)
		}
		if string(rest[start:start+end]) == name {
			return true, nil
		}
		// Entries are padded with one to eight NULs to a multiple of eight.
		next := (start + end + 8) &^ 7
		if next > len(rest) {
			return false, fmt.Errorf("%w: the index is cut short", ErrUnavailable)
		}
		rest = rest[next:]
	}
	return false, nil
}
