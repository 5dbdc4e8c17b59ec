// Package scrub finds personal and secret data in what is sent to Sentry, and
// removes it: card numbers, addresses, phone numbers, tokens, passwords. It
// works on text, on JSON and on whole envelopes as they are serialized, so
// that every kind of item passes it, and needs nothing but the standard
// library.
//
// It is a hand-written scanner: a set of regular expressions over the same
// text is a hundred times slower.
package scrub

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Policy says what is kept. The zero value removes everything that is known.
type Policy struct {
	// KeepUserEmail leaves the field email of an event's user.
	KeepUserEmail bool
	// KeepIPs leaves IP addresses. Private and loopback ones always stay: they
	// name machines, not people.
	KeepIPs bool
	// Keys are names of fields whose values are removed, beside the known
	// ones. Case, "-" and "_" do not matter.
	Keys []string
}

// Kind is what a finding is.
type Kind string

// The kinds of finding.
const (
	Card          Kind = "card"
	Email         Kind = "email"
	Phone         Kind = "phone"
	Token         Kind = "token"
	Authorization Kind = "authorization"
	Cookie        Kind = "cookie"
	Password      Kind = "password" // the value of a key that is known for secrets
	URLPassword   Kind = "url-password"
	PrivateKey    Kind = "private-key"
	IBAN          Kind = "iban"
	IP            Kind = "ip"
	SSN           Kind = "ssn"
	UserName      Kind = "user-name"  // in the path of a home directory
	Unreadable    Kind = "unreadable" // an item of an envelope that cannot be scrubbed
)

// Finding is one piece of data that is to be removed. It does not hold it.
type Finding struct {
	// Path is where it stands: "event.exception.values[0].value" in an
	// envelope, the same without the item's type in JSON, empty in a text.
	Path   string
	Kind   Kind
	Offset int // in the source, in bytes
}

// Scrubber removes data by a policy. It may be used from any goroutine.
type Scrubber struct {
	policy Policy
	keys   []string // normalized
}

// New makes a Scrubber. It refuses a name in Policy.Keys that has no letter or
// digit, since it would never match.
func New(p Policy) (*Scrubber, error) {
	s := &Scrubber{policy: p}
	for _, key := range p.Keys {
		name := string(normalize([]byte(key), nil))
		if name == "" {
			return nil, fmt.Errorf("scrub: %q is no name of a field", key)
		}
		s.keys = append(s.keys, name)
	}
	slices.Sort(s.keys)
	return s, nil
}

// Default is the Scrubber of the zero policy.
func Default() *Scrubber { return &Scrubber{} }

// String returns a text with what was found replaced by its kind in brackets.
// A text without findings is returned as it is.
func (s *Scrubber) String(text string) string {
	t := scanner{s: s, b: []byte(text)}
	t.scan()
	if len(t.spans) == 0 {
		return text
	}
	return string(t.replace(nil))
}

// Audit returns what is to be removed from an envelope, a JSON value or a
// text, in the order in which it stands there.
func (s *Scrubber) Audit(src []byte) []Finding {
	trimmed := bytes.TrimSpace(src)
	if len(trimmed) == 0 {
		return nil
	}
	if trimmed[0] == '{' && bytes.IndexByte(trimmed, '\n') > 0 {
		if findings, ok := s.auditEnvelope(src); ok {
			return findings
		}
	}
	if trimmed[0] == '{' || trimmed[0] == '[' || trimmed[0] == '"' {
		w := walker{s: s, src: src, audit: true}
		if w.document() == nil {
			return w.findings
		}
	}
	t := scanner{s: s, b: src}
	t.scan()
	var findings []Finding
	for _, span := range t.spans {
		findings = append(findings, Finding{Kind: span.kind, Offset: span.start})
	}
	return findings
}

// marked says whether a value is one that was put there before.
func marked(b []byte) bool {
	if len(b) < 3 || b[0] != '[' {
		return false
	}
	switch string(b) {
	case "[Filtered]", "[user]", "[password]", "[card]", "[email]", "[phone]", "[token]", "[private-key]", "[iban]", "[ip]", "[ssn]":
		return true
	}
	return false
}

// markLength is how long the mark is with which a text begins, 0 where it
// begins with none.
func markLength(b []byte) int {
	if j := bytes.IndexByte(b[:min(len(b), len("[private-key]"))], ']'); j > 0 && marked(b[:j+1]) {
		return j + 1
	}
	return 0
}

// span is a part of a text that is to be replaced.
type span struct {
	start, end int
	kind       Kind
}

// mark is what stands in its place.
func (k Kind) mark() string {
	switch k {
	case Password, Cookie, Authorization:
		return "[Filtered]"
	case UserName:
		return "[user]"
	case URLPassword:
		return "[password]"
	default:
		return "[" + string(k) + "]"
	}
}

// replace appends the text with its spans replaced.
func (t *scanner) replace(dst []byte) []byte {
	at := 0
	for _, span := range t.spans {
		dst = append(dst, t.b[at:span.start]...)
		dst = append(dst, span.kind.mark()...)
		at = span.end
	}
	return append(dst, t.b[at:]...)
}

// Bytes of words: letters, digits and _, and everything beyond ASCII.
func wordByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= utf8.RuneSelf
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func upper(c byte) bool  { return c >= 'A' && c <= 'Z' }

func hexDigit(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
