package scrub

import (
	"bytes"
	"errors"
	"strconv"
)

// ErrMalformed says that bytes are no JSON, or no envelope. They must not be
// sent: what cannot be read cannot be scrubbed.
var ErrMalformed = errors.New("scrub: malformed input")

// maxDepth bounds how deep a value may be nested.
const maxDepth = 200

// AppendJSON appends a JSON value to dst with what was found replaced. The
// output is valid JSON. The error is ErrMalformed; dst is then as it was.
func (s *Scrubber) AppendJSON(dst, src []byte) ([]byte, error) {
	w := walker{s: s, src: src, dst: dst}
	if err := w.document(); err != nil {
		return dst, err
	}
	return w.dst, nil
}

// walker goes through a JSON value once: it copies what is clean in large
// pieces and rewrites the strings that are not.
type walker struct {
	s        *Scrubber
	src      []byte
	i        int
	copied   int // src before it is in dst
	dst      []byte
	place    place
	length   int  // of the payload, for the item's header
	measured bool // the item's header has a length
	audit    bool
	prefix   string
	findings []Finding
	path     []step
	scratch  []byte // texts that had escapes
	names    []byte // keys that had escapes
	spans    []span
}

// place is what a JSON value is in an envelope: its headers have fields that
// address it, and must stay.
type place uint8

const (
	payload place = iota
	envelopeHeader
	itemHeader
)

// step is one part of the path to the current value: a key, or an index.
type step struct {
	key   []byte
	index int
}

func (w *walker) document() error {
	w.blank()
	if err := w.value(plainKey, false, 0); err != nil {
		return err
	}
	w.blank()
	if w.i != len(w.src) {
		return ErrMalformed
	}
	if !w.audit {
		w.dst = append(w.dst, w.src[w.copied:]...)
	}
	return nil
}

func (w *walker) blank() {
	for w.i < len(w.src) && (w.src[w.i] == ' ' || w.src[w.i] == '\n' || w.src[w.i] == '\t' || w.src[w.i] == '\r') {
		w.i++
	}
}

// value reads one value. The class is what its key says; all means that every
// text below is removed.
func (w *walker) value(class keyClass, all bool, depth int) error {
	if w.i >= len(w.src) || depth > maxDepth {
		return ErrMalformed
	}
	switch c := w.src[w.i]; {
	case c == '{':
		return w.object(class, all || class == secretKey || class == cookieKey, depth)
	case c == '[':
		return w.array(class, all, depth)
	case c == '"':
		return w.text(class, all)
	case c == '-' || digit(c):
		return w.number(class, all)
	default:
		return w.literal()
	}
}

func (w *walker) object(class keyClass, all bool, depth int) error {
	w.i++
	w.blank()
	if w.i < len(w.src) && w.src[w.i] == '}' {
		w.i++
		return nil
	}
	for {
		w.blank()
		raw, err := w.key()
		if err != nil {
			return err
		}
		if err := w.member(w.name(raw), class, all, depth); err != nil {
			return err
		}
		if end, err := w.next('}'); end || err != nil {
			return err
		}
	}
}

// key reads a key and the colon behind it.
func (w *walker) key() (raw []byte, err error) {
	start := w.i
	if err := w.skipString(); err != nil {
		return nil, err
	}
	end := w.i
	// A secret as a key (a cache keyed by address) is removed like any text.
	if raw = w.src[start+1 : end-1]; len(raw) > 5 {
		w.scan(start, end, plainKey)
	}
	return raw, w.colon()
}

// name is a key without escapes. Those with escapes are kept side by side,
// since the keys above them are still in the path.
func (w *walker) name(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	from := len(w.names)
	w.names = unescape(w.names, raw)
	return w.names[from:len(w.names):len(w.names)]
}

// next moves over a comma, or over what ends the object or the list.
func (w *walker) next(closing byte) (end bool, err error) {
	w.blank()
	if w.i >= len(w.src) {
		return false, ErrMalformed
	}
	w.i++
	switch w.src[w.i-1] {
	case ',':
		return false, nil
	case closing:
		return true, nil
	default:
		return false, ErrMalformed
	}
}

// member reads the value of a key.
func (w *walker) member(key []byte, class keyClass, all bool, depth int) error {
	w.path = append(w.path, step{key: key})
	defer func() { w.path = w.path[:len(w.path)-1] }()
	switch {
	case w.place == itemHeader && len(w.path) == 1 && string(key) == "length":
		return w.measure()
	case w.keeps(key, all), all && w.typeName(key):
		return w.pass(depth)
	}
	own := w.s.classify(key)
	if own == plainKey && (class == ipKey || class == phoneKey || class == cardKey) {
		own = class
	}
	return w.value(own, all, depth+1)
}

// measure puts the length of the scrubbed payload into its header.
func (w *walker) measure() error {
	start := w.i
	if err := w.pass(0); err != nil {
		return err
	}
	w.put(start, w.i, strconv.Itoa(w.length))
	w.measured = true
	return nil
}

func (w *walker) array(class keyClass, all bool, depth int) error {
	w.i++
	w.blank()
	if w.i < len(w.src) && w.src[w.i] == ']' {
		w.i++
		return nil
	}
	here := class
	for index := 0; ; index++ {
		w.blank()
		w.path = append(w.path, step{index: index})
		start := w.i
		err := w.value(here, all, depth+1)
		w.path = w.path[:len(w.path)-1]
		if err != nil {
			return err
		}
		end := w.i
		if done, err := w.next(']'); done || err != nil {
			return err
		}
		here = class
		if index == 0 && w.src[start] == '"' {
			here = w.pairClass(w.src[start+1:end-1], class)
		}
	}
}

// pairClass is the class of the second text of a list of two, such as
// ["authorization", "Bearer …"]: the first one is its key.
func (w *walker) pairClass(raw []byte, class keyClass) keyClass {
	own := w.s.classify(w.name(raw))
	if own != secretKey && own != cookieKey {
		return class
	}
	from := w.i
	defer func() { w.i = from }()
	w.blank()
	if w.skipString() != nil {
		return class
	}
	if end, err := w.next(']'); !end || err != nil {
		return class // a list of names
	}
	return own
}
