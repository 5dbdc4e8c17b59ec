package envelope

import (
	"bytes"
	"encoding/json"
)

// EventID is the event_id of the envelope's header as it stands there, or ""
// where there is none. It is cheaper than Header by far.
func (e Envelope) EventID() string {
	var f fieldsOf
	if scanObject(e.RawHeader, &f) {
		return string(f.eventID)
	}
	return e.field("event_id")
}

// DSN is the dsn of the envelope's header, or "" where there is none. It holds
// a key: for deciding, never for showing.
func (e Envelope) DSN() string {
	var f fieldsOf
	if scanObject(e.RawHeader, &f) {
		return string(f.dsn)
	}
	return e.field("dsn")
}

func (e Envelope) field(name string) string {
	var raw map[string]json.RawMessage
	lenient(e.RawHeader, &raw)
	return stringOf(raw[name])
}

// object says whether a line is a JSON object.
func object(line []byte) bool {
	var f fieldsOf
	if scanObject(line, &f) {
		return true
	}
	line = bytes.TrimSpace(line)
	return len(line) > 1 && line[0] == '{' && json.Valid(line)
}

// readItemHeader reads type and length; the length is -1 where there is none.
// The headers that SDKs write are read by hand, which is several times faster;
// everything else by encoding/json.
func readItemHeader(line []byte) (Item, int, error) {
	f := fieldsOf{length: -1}
	if scanObject(line, &f) && len(f.name) > 0 {
		return Item{Type: itemType(f.name), RawHeader: line}, f.length, nil
	}
	var raw map[string]json.RawMessage
	if json.Unmarshal(line, &raw) != nil {
		return Item{}, 0, ErrItemHeader
	}
	var name string
	if json.Unmarshal(raw["type"], &name) != nil || name == "" {
		return Item{}, 0, ErrItemHeader
	}
	var length *int
	if text, ok := raw["length"]; ok && json.Unmarshal(text, &length) != nil {
		return Item{}, 0, ErrItemHeader
	}
	if length == nil {
		return Item{Type: name, RawHeader: line}, -1, nil
	}
	if *length < 0 {
		return Item{}, 0, ErrItemHeader
	}
	return Item{Type: name, RawHeader: line}, *length, nil
}

// itemType saves the allocation of the common names.
func itemType(b []byte) string {
	switch string(b) {
	case "event":
		return "event"
	case "transaction":
		return "transaction"
	case "client_report":
		return "client_report"
	case "session":
		return "session"
	case "sessions":
		return "sessions"
	case "attachment":
		return "attachment"
	case "check_in":
		return "check_in"
	case "profile":
		return "profile"
	case "profile_chunk":
		return "profile_chunk"
	case "log":
		return "log"
	case "span":
		return "span"
	case "trace_metric":
		return "trace_metric"
	default:
		return string(b)
	}
}

// fieldsOf are the fields of a header that are read by hand.
type fieldsOf struct {
	eventID, dsn, name []byte // event_id, dsn, type; without their quotes
	length             int
}

// scanObject checks that a line is a JSON object and takes out the fields. It
// gives up (false) on whatever is not plain: escapes, deep nesting, a field of
// an unexpected type. That says nothing about validity: encoding/json decides
// then. It never takes a line that encoding/json refuses.
func scanObject(line []byte, f *fieldsOf) bool {
	s := scanner{b: line}
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return s.peek() == 0 && s.i == len(s.b)
	}
	for {
		key, ok := s.text()
		if !ok || !s.take(':') || !s.field(key, f) {
			return false
		}
		if s.take(',') {
			continue
		}
		return s.take('}') && s.peek() == 0 && s.i == len(s.b)
	}
}

// field reads a value, and keeps it where it is one of the fields.
func (s *scanner) field(key []byte, f *fieldsOf) bool {
	var into *[]byte
	switch string(key) {
	case "event_id":
		into = &f.eventID
	case "dsn":
		into = &f.dsn
	case "type":
		into = &f.name
	case "length":
		n, ok := s.size()
		f.length = n
		return ok
	default:
		return s.value(0)
	}
	value, ok := s.text()
	*into = value
	return ok && ascii(value) // encoding/json replaces what is no UTF-8
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// scanner reads plain JSON.
type scanner struct {
	b []byte
	i int
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\r', '\n':
			s.i++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.i++
	return true
}

// text reads a string without escapes.
func (s *scanner) text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	for start := s.i; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return s.b[start : s.i-1], true
		case c == '\\' || c < 0x20:
			return nil, false
		}
	}
	return nil, false
}

// size reads a whole number of at most nine digits: no item is larger.
func (s *scanner) size() (int, bool) {
	s.peek()
	n, start := 0, s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		n = n*10 + int(s.b[s.i]-'0')
		if s.i++; s.i-start > 9 {
			return 0, false
		}
	}
	digits := s.i - start
	return n, digits > 0 && (digits == 1 || s.b[start] != '0')
}

// nesting is how deep a header is read by hand: trace contexts are one deep.
const nesting = 8

// value skips a value.
func (s *scanner) value(depth int) bool {
	if depth > nesting {
		return false
	}
	switch s.peek() {
	case '"':
		_, ok := s.text()
		return ok
	case '{':
		return s.list('}', func() bool {
			_, ok := s.text()
			return ok && s.take(':') && s.value(depth+1)
		})
	case '[':
		return s.list(']', func() bool { return s.value(depth + 1) })
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

// list skips the elements of an object or array, up to its end.
func (s *scanner) list(end byte, element func() bool) bool {
	s.i++
	if s.take(end) {
		return true
	}
	for element() {
		if !s.take(',') {
			return s.take(end)
		}
	}
	return false
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return true
}

// number skips a number without an exponent.
func (s *scanner) number() bool {
	if s.i < len(s.b) && s.b[s.i] == '-' {
		s.i++
	}
	start := s.i
	if s.digits() == 0 || s.i-start > 1 && s.b[start] == '0' {
		return false
	}
	if s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		return s.digits() > 0
	}
	return true
}

func (s *scanner) digits() int {
	start := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i - start
}
