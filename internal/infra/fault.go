// Package infra holds what the looks at services beside the application have
// in common: faults, and telling the layer at which a connection ended.
package infra

import (
	"net/url"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// Fault is why a service cannot be used. No field but Err can hold a secret.
type Fault struct {
	Cause  cause.ID
	Detail string // what was seen and what was expected, at which layer
	Fix    string // the one action that helps
	Err    error  // the client's own; may be nil. Its text is not fit for showing
}

// Error returns the detail.
func (f *Fault) Error() string { return f.Detail }

// Unwrap returns the client's own error.
func (f *Fault) Unwrap() error { return f.Err }

// Unescape decodes %XX as Python's unquote does: what is no escape stays as
// it is.
func Unescape(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	var b strings.Builder
	for len(s) > 0 {
		if len(s) >= 3 && s[0] == '%' {
			if decoded, err := url.PathUnescape(s[:3]); err == nil {
				b.WriteString(decoded)
				s = s[3:]
				continue
			}
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}

// Query decodes the options of a URL as Python's parse_qsl does: an option
// that cannot be decoded is left as it is, and one without a value is dropped.
func Query(raw string) url.Values {
	values := url.Values{}
	for pair := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if value != "" {
			plain := strings.NewReplacer("+", " ")
			key, value = Unescape(plain.Replace(key)), Unescape(plain.Replace(value))
			values[key] = append(values[key], value)
		}
	}
	return values
}

// Excerpt makes what a server said fit for a line: printable characters, at
// most n of them.
func Excerpt(s string, n int) string {
	line, _, _ := strings.Cut(strings.TrimLeft(s, "\r\n"), "\n")
	var b strings.Builder
	for _, r := range strings.TrimSpace(line) {
		if n--; n < 0 {
			return b.String() + "…"
		}
		if r < ' ' || r == 0x7f || r == '\ufffd' {
			r = '·'
		}
		b.WriteRune(r)
	}
	return b.String()
}
