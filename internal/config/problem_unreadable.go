package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unicode/utf8"

	"github.com/bookedbarber/bbctl/internal/envfile"
)

// readableFix is the one action that makes an unreadable file readable, by what
// keeps it from being so.
func (f *envFile) readableFix() string {
	if f.content != nil {
		return f.decodableFix()
	}
	name := shellWord(f.shown)
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "rm " + name + " && bbctl setup (or let the link lead to a file that is there: ln -sfn FILE " + name + ")"
	case errors.Is(err, fs.ErrPermission):
		return "let the application's user into the folder of " + f.shown + ": chmod u+x, or chown, on each folder above it"
	case err != nil:
		return "make " + f.shown + " a file that the application's user can read"
	case info.IsDir():
		if entries, err := os.ReadDir(f.path); err == nil && len(entries) == 0 {
			return "rmdir " + name + " && bbctl setup (docker makes a folder of a file that it is to mount and does not find)"
		}
		return "mv " + name + " " + shellWord(f.shown+".d") + " && bbctl setup"
	case !info.Mode().IsRegular():
		return "give --env-file a regular file that holds the same"
	case info.Size() > envfile.MaxSize:
		return fmt.Sprintf("keep only settings in %s, and what else it holds in a file of its own: it has %d MiB, and %d are read", f.shown, info.Size()>>20, envfile.MaxSize>>20)
	}
	if owner, mine := ownerOf(info); !mine {
		return fmt.Sprintf(`sudo chown "$(id -un)" %s (it belongs to %s)`, name, owner)
	}
	return "chmod u+r " + name
}

// decodableFix turns the text into UTF-8 where it is known what it is. The file
// is written into, so that it keeps its owner and mode.
func (f *envFile) decodableFix() string {
	name := shellWord(f.shown)
	through := func(command string) string {
		return fmt.Sprintf(`text=$(%s) && printf '%%s\n' "$text" > %s`, command, name)
	}
	b := f.content
	at := invalid(b)
	switch {
	case isUTF16(b):
		return through("iconv -f " + utf16Name(b) + " -t UTF-8 " + name)
	case bytes.IndexByte(b, 0) >= 0:
		return through(`tr -d '\000' < ` + name)
	case hasWideRunes(b): // to convert it would spoil these
		return fmt.Sprintf("type line %d of %s anew, in UTF-8", 1+bytes.Count(b[:at], []byte("\n")), f.shown)
	case windows(b):
		return through("iconv -f CP1252 -t UTF-8 " + name)
	}
	return through("iconv -f latin1 -t UTF-8 " + name)
}

// invalid is where the first byte stands that is not UTF-8, or the end.
func invalid(b []byte) int {
	for at := 0; at < len(b); {
		r, size := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return len(b)
}

// hasWideRunes says whether a text that is not all UTF-8 holds some of it.
func hasWideRunes(b []byte) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r > utf8.RuneSelf && size > 1 {
			return true
		}
		b = b[size:]
	}
	return false
}

// windows says whether there are bytes that are letters in Windows' encoding,
// and controls in latin1.
func windows(b []byte) bool {
	for _, c := range b {
		if 0x80 <= c && c < 0xa0 {
			return true
		}
	}
	return false
}

// isUTF16 knows it by its mark, or by a NUL at every other place.
func isUTF16(b []byte) bool {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return true
	}
	return len(b) > 3 && bytes.Count(b, []byte{0}) > len(b)/3
}

func utf16Name(b []byte) string {
	switch {
	case b[0] == 0xff && b[1] == 0xfe, b[0] == 0xfe && b[1] == 0xff:
		return "UTF-16" // the mark says which
	case b[0] == 0:
		return "UTF-16BE"
	}
	return "UTF-16LE"
}
