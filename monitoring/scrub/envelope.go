package scrub

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// AppendEnvelope appends an envelope to dst with its header and all its items
// scrubbed and their lengths made right again. The header's dsn and public key
// stay: the server needs them, and nobody else sees them.
//
// Items that cannot be scrubbed are left out, since nothing can be said of
// them: what is neither JSON nor text (a minidump, a recording), and JSON that
// is none. Their types are in dropped, in the order in which they stood. The
// error is ErrMalformed where the envelope itself cannot be read; dst is then
// as it was.
func (s *Scrubber) AppendEnvelope(dst, src []byte) (out []byte, dropped []string, err error) {
	header, rest := cutLine(src)
	w := walker{s: s, src: header, dst: dst, place: envelopeHeader}
	if !isObject(header) || w.document() != nil {
		return dst, nil, ErrMalformed
	}
	out = w.dst
	out = append(out, '\n')
	err = eachItem(rest, func(item rawItem) {
		if whole, ok := s.appendItem(out, item); ok {
			out = whole
		} else {
			dropped = append(dropped, s.String(item.kind))
		}
	})
	if err != nil {
		return dst, nil, err
	}
	return out, dropped, nil
}

// appendItem appends an item. ok is false where it cannot be scrubbed.
func (s *Scrubber) appendItem(dst []byte, item rawItem) (out []byte, ok bool) {
	body, ok := s.payload(item)
	if !ok {
		return dst, false
	}
	w := walker{s: s, src: bytes.TrimSpace(item.header), dst: dst, place: itemHeader, length: len(body)}
	if w.document() != nil {
		return dst, false
	}
	out = w.dst
	if !w.measured { // the type is there, so that a comma is right
		out = strconv.AppendInt(append(out[:len(out)-1], `,"length":`...), int64(len(body)), 10)
		out = append(out, '}')
	}
	out = append(append(out, '\n'), body...)
	return append(out, '\n'), true
}

// payload scrubs an item's payload: JSON as JSON, text as text. ok is false
// where it is neither.
func (s *Scrubber) payload(item rawItem) (out []byte, ok bool) {
	out, err := s.AppendJSON(make([]byte, 0, len(item.payload)+256), item.payload)
	switch {
	case err == nil:
		return out, true
	case !item.readable():
		return nil, false
	default:
		return []byte(s.String(string(item.payload))), true
	}
}

// auditEnvelope audits an envelope. ok is false where it is none.
func (s *Scrubber) auditEnvelope(src []byte) (findings []Finding, ok bool) {
	header, rest := cutLine(src)
	if !isObject(header) {
		return nil, false
	}
	w := walker{s: s, src: header, audit: true, place: envelopeHeader, prefix: "header"}
	if w.document() != nil {
		return nil, false
	}
	findings = w.findings
	items := 0
	err := eachItem(rest, func(item rawItem) {
		items++
		at := len(src) - len(rest)
		findings = append(findings, s.auditItem(item, at)...)
	})
	return findings, err == nil && items > 0
}

// auditItem audits an item of an envelope whose items begin at a byte of the
// source.
func (s *Scrubber) auditItem(item rawItem, at int) []Finding {
	kind := s.String(item.kind)
	head := walker{s: s, src: item.header, audit: true, place: itemHeader, prefix: kind + ".header"}
	body := walker{s: s, src: item.payload, audit: true, prefix: kind}
	if head.document() != nil {
		return []Finding{{Path: head.prefix, Kind: Unreadable, Offset: at + item.headerAt}}
	}
	findings := moved(head.findings, at+item.headerAt)
	at += item.payloadAt
	switch {
	case body.document() == nil:
		return append(findings, moved(body.findings, at)...)
	case !item.readable():
		return append(findings, Finding{Path: kind, Kind: Unreadable, Offset: at})
	}
	t := scanner{s: s, b: item.payload}
	t.scan()
	for _, span := range t.spans {
		findings = append(findings, Finding{Path: kind, Kind: span.kind, Offset: at + span.start})
	}
	return findings
}

func moved(findings []Finding, by int) []Finding {
	for i := range findings {
		findings[i].Offset += by
	}
	return findings
}

// rawItem is an item as it stands in an envelope, with the places of its parts
// behind the envelope's header.
type rawItem struct {
	kind            string
	header, payload []byte
	headerAt        int
	payloadAt       int
}

// readable says whether a payload that is no JSON is a text. One that begins
// as JSON does is a broken one, except in an attachment, which may be a log of
// many lines.
func (item rawItem) readable() bool {
	trimmed := bytes.TrimSpace(item.payload)
	json := len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[' && markLength(trimmed) == 0)
	if json && item.kind != "attachment" {
		return false
	}
	return utf8.Valid(item.payload) && bytes.IndexByte(item.payload, 0) < 0
}

// eachItem splits the items of an envelope, with and without length.
func eachItem(b []byte, f func(rawItem)) error {
	whole := len(b)
	for len(b) > 0 {
		headerAt := whole - len(b)
		var line []byte
		line, b = cutLine(b)
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		kind, length, err := itemHead(line)
		if err != nil || length > len(b) {
			return ErrMalformed
		}
		item := rawItem{kind: kind, header: line, headerAt: headerAt, payloadAt: whole - len(b)}
		if length < 0 {
			item.payload, b = cutLine(b)
		} else {
			item.payload, b = b[:length], b[length:]
			if len(b) > 0 && b[0] != '\n' {
				return ErrMalformed
			}
		}
		f(item)
	}
	return nil
}

// itemHead reads the type and the length of an item, -1 where there is none.
// Names count as they are written: encoding/json would take "Length" too.
func itemHead(line []byte) (kind string, length int, err error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(line, &fields) != nil || json.Unmarshal(fields["type"], &kind) != nil || kind == "" {
		return "", 0, ErrMalformed
	}
	raw, ok := fields["length"]
	if !ok || string(raw) == "null" {
		return kind, -1, nil
	}
	if json.Unmarshal(raw, &length) != nil || length < 0 {
		return "", 0, ErrMalformed
	}
	return kind, length, nil
}

// isObject says whether a line is to be read as a JSON object.
func isObject(line []byte) bool {
	trimmed := bytes.TrimSpace(line)
	return len(trimmed) > 0 && trimmed[0] == '{'
}

func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}
