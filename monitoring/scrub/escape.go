package scrub

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// plain is the text of what stands between the quotes of a JSON string. Where
// there is no escape it is raw itself, else it is made in dst.
func plain(dst, raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	return unescape(dst[:0], raw)
}

// unescape appends the text of a JSON string whose form was checked.
func unescape(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		r, size := char(raw[i:])
		if size == 1 {
			dst = append(dst, raw[i])
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		i += size
	}
	return dst
}

// rawIndex is where the byte n of a string's text stands in its raw form.
func rawIndex(raw []byte, n int) int {
	i := 0
	for i < len(raw) && n > 0 {
		r, size := char(raw[i:])
		i += size
		if size == 1 {
			n--
		} else {
			n -= utf8.RuneLen(r)
		}
	}
	return i
}

// char reads one byte as it stands (size 1), or one escape.
func char(raw []byte) (r rune, size int) {
	if raw[0] != '\\' || len(raw) < 2 {
		return rune(raw[0]), 1
	}
	switch raw[1] {
	case 'n':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'r':
		return '\r', 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'u':
		return unicodeEscape(raw)
	default:
		return rune(raw[1]), 2
	}
}

// unicodeEscape reads \uXXXX, and two of them where they are a pair.
func unicodeEscape(raw []byte) (r rune, size int) {
	r = hexRune(raw[2:])
	if !utf16.IsSurrogate(r) {
		return r, min(6, len(raw))
	}
	if len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
		if pair := utf16.DecodeRune(r, hexRune(raw[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, min(6, len(raw))
}

func hexRune(b []byte) rune {
	if len(b) < 4 {
		return utf8.RuneError
	}
	n, err := strconv.ParseUint(string(b[:4]), 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

// quote appends a text as the inside of a JSON string.
func quote(dst, text []byte) []byte {
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c < 0x20:
			dst = fmt.Appendf(dst, "\\u%04x", c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
