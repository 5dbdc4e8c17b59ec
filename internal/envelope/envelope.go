// Package envelope is Sentry's wire format: it splits the bytes of an envelope
// into a header and items, builds them, and decodes items when asked.
//
// Splitting touches no payload, because a receiver must take thousands of
// envelopes a second of which few are ever looked at.
package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Envelope is a split envelope. Its slices point into the bytes it was split
// from.
type Envelope struct {
	RawHeader []byte
	Items     []Item
}

// Header is what an envelope says about itself. Every field may be missing.
type Header struct {
	EventID string            `json:"event_id"`
	DSN     string            `json:"dsn"`
	SentAt  Time              `json:"sent_at"`
	SDK     *SDK              `json:"sdk"`
	Trace   map[string]string `json:"-"` // values as text, whatever their type
}

// Item is one item. Unknown types are kept like all others.
type Item struct {
	Type      string
	RawHeader []byte
	Payload   []byte
}

// ItemHeader is what an item says about itself besides its type and length.
type ItemHeader struct {
	Type           string `json:"type"`
	Length         *int   `json:"length"` // bytes; nil where the payload ends with its line
	ContentType    string `json:"content_type"`
	Filename       string `json:"filename"`
	AttachmentType string `json:"attachment_type"`
	ItemCount      int    `json:"item_count"` // of a container
}

// Errors of Split. All of them mean that the bytes are no envelope; the texts
// are Relay's (relay-server, envelope/mod.rs).
var (
	ErrEmpty      = errors.New("missing envelope header")
	ErrHeader     = errors.New("invalid envelope header")
	ErrItemHeader = errors.New("invalid item header")
	ErrEnd        = errors.New("unexpected end of file")
	ErrNewline    = errors.New("missing newline after header or payload")
)

// Split splits an envelope. Items with a length end there, and must be followed
// by a newline or the end; items without one end at the next newline. A last
// newline and blank lines between items may be missing or there.
//
// An error is one of the errors above, wrapped with the item it is about; the
// envelope then holds the items before it.
func Split(b []byte) (Envelope, error) {
	header, rest := cutLine(b)
	if len(bytes.TrimSpace(header)) == 0 {
		return Envelope{}, ErrEmpty
	}
	if !object(header) {
		return Envelope{}, ErrHeader
	}
	e := Envelope{RawHeader: header}
	for len(rest) > 0 {
		var line []byte
		line, rest = cutLine(rest)
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		item, length, err := readItemHeader(line)
		if err != nil {
			return e, fmt.Errorf("%w: item %d", err, len(e.Items))
		}
		if item.Payload, rest, err = cutPayload(rest, length); err != nil {
			return e, fmt.Errorf("%w: item %d (%s)", err, len(e.Items), item.Type)
		}
		e.Items = append(e.Items, item)
	}
	return e, nil
}

// cutPayload cuts a payload of a length, or one line where it is negative.
func cutPayload(b []byte, length int) (payload, rest []byte, err error) {
	if length < 0 {
		payload, rest = cutLine(b)
		return payload, rest, nil
	}
	if length > len(b) {
		return nil, nil, ErrEnd
	}
	payload, rest = b[:length:length], b[length:]
	if len(rest) == 0 {
		return payload, nil, nil
	}
	if rest[0] != '\n' {
		return nil, nil, ErrNewline
	}
	return payload, rest[1:], nil
}

// cutLine cuts at the first newline. A carriage return before it is not
// stripped: payloads are bytes, and headers are JSON, which ignores it.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i:i], b[i+1:]
	}
	return b, nil
}

// Header decodes the envelope's header.
func (e Envelope) Header() (Header, error) {
	var raw struct {
		Header
		Trace map[string]any `json:"trace"`
	}
	if err := json.Unmarshal(e.RawHeader, &raw); err != nil && !partial(err) {
		return Header{}, fmt.Errorf("decoding the envelope header: %w", ErrHeader)
	}
	if raw.Trace != nil {
		raw.Header.Trace = make(map[string]string, len(raw.Trace))
		for key, value := range raw.Trace {
			raw.Header.Trace[key] = text(value)
		}
	}
	return raw.Header, nil
}

// Header decodes the item's header.
func (i Item) Header() (ItemHeader, error) {
	var header ItemHeader
	if err := json.Unmarshal(i.RawHeader, &header); err != nil && !partial(err) {
		return ItemHeader{}, fmt.Errorf("decoding an item header: %w", ErrItemHeader)
	}
	return header, nil
}

// Append builds an envelope at the end of dst: header, then each item with a
// length. An item's other header fields are kept; its type and payload are
// those of the Item.
func Append(dst []byte, header any, items ...Item) ([]byte, error) {
	raw, err := json.Marshal(header)
	if err != nil {
		return dst, fmt.Errorf("encoding the envelope header: %w", err)
	}
	dst = append(append(dst, raw...), '\n')
	for _, item := range items {
		if dst, err = appendItem(dst, item); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func appendItem(dst []byte, item Item) ([]byte, error) {
	fields := map[string]json.RawMessage{}
	if len(item.RawHeader) > 0 {
		if err := json.Unmarshal(item.RawHeader, &fields); err != nil {
			return dst, fmt.Errorf("encoding the header of a %s: %w", item.Type, err)
		}
	}
	name, err := json.Marshal(item.Type)
	if err != nil {
		return dst, fmt.Errorf("encoding the header of a %s: %w", item.Type, err)
	}
	fields["type"] = name
	fields["length"] = strconv.AppendInt(nil, int64(len(item.Payload)), 10)
	raw, err := json.Marshal(fields)
	if err != nil {
		return dst, fmt.Errorf("encoding the header of a %s: %w", item.Type, err)
	}
	dst = append(append(dst, raw...), '\n')
	return append(append(dst, item.Payload...), '\n'), nil
}
