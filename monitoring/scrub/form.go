package scrub

import "bytes"

// This file is JSON's grammar: what moves over a value and checks its form,
// without looking into it.

// pass moves over a value.
func (w *walker) pass(depth int) error {
	if w.i >= len(w.src) || depth > maxDepth {
		return ErrMalformed
	}
	switch c := w.src[w.i]; {
	case c == '"':
		return w.skipString()
	case c == '{':
		return w.passAll('}', depth)
	case c == '[':
		return w.passAll(']', depth)
	case c == '-' || digit(c):
		return w.digits()
	default:
		return w.literal()
	}
}

// passAll moves over an object or a list.
func (w *walker) passAll(closing byte, depth int) error {
	w.i++
	w.blank()
	if w.i < len(w.src) && w.src[w.i] == closing {
		w.i++
		return nil
	}
	for {
		w.blank()
		if closing == '}' {
			if err := w.passKey(); err != nil {
				return err
			}
		}
		if err := w.pass(depth + 1); err != nil {
			return err
		}
		if end, err := w.next(closing); end || err != nil {
			return err
		}
	}
}

func (w *walker) passKey() error {
	if err := w.skipString(); err != nil {
		return err
	}
	return w.colon()
}

func (w *walker) colon() error {
	w.blank()
	if w.i >= len(w.src) || w.src[w.i] != ':' {
		return ErrMalformed
	}
	w.i++
	w.blank()
	return nil
}

// literal moves over true, false and null.
func (w *walker) literal() error {
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(w.src[w.i:], []byte(word)) {
			w.i += len(word)
			return nil
		}
	}
	return ErrMalformed
}

// skipString moves behind a string, and refuses what JSON does.
func (w *walker) skipString() error {
	if w.i >= len(w.src) || w.src[w.i] != '"' {
		return ErrMalformed
	}
	for w.i++; w.i < len(w.src); w.i++ {
		switch c := w.src[w.i]; {
		case c == '"':
			w.i++
			return nil
		case c == '\\':
			w.i++
			if w.i >= len(w.src) {
				return ErrMalformed
			}
			switch w.src[w.i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if w.i+4 >= len(w.src) || !allHex(w.src[w.i+1:w.i+5]) {
					return ErrMalformed
				}
				w.i += 4
			default:
				return ErrMalformed
			}
		case c < 0x20:
			return ErrMalformed
		}
	}
	return ErrMalformed
}

// digits moves behind a number in JSON's form.
func (w *walker) digits() error {
	run := func() bool {
		from := w.i
		for w.i < len(w.src) && digit(w.src[w.i]) {
			w.i++
		}
		return w.i > from
	}
	next := func(set string) bool {
		if w.i < len(w.src) && bytes.IndexByte([]byte(set), w.src[w.i]) >= 0 {
			w.i++
			return true
		}
		return false
	}
	next("-")
	first := w.i
	if !run() || w.src[first] == '0' && w.i > first+1 {
		return ErrMalformed
	}
	if next(".") && !run() {
		return ErrMalformed
	}
	if next("eE") {
		next("+-")
		if !run() {
			return ErrMalformed
		}
	}
	return nil
}
