package scrub

import (
	"bytes"
	"net/netip"
)

// scanner finds spans in one text. They are in order and do not overlap.
type scanner struct {
	s     *Scrubber
	b     []byte
	class keyClass // of the field whose value the text is
	spans []span
	from  int // everything before it is decided
}

func (t *scanner) add(start, end int, kind Kind) {
	if start < t.from || end <= start {
		return
	}
	t.spans = append(t.spans, span{start, end, kind})
	t.from = end
}

func (t *scanner) at(i int) byte {
	if i >= 0 && i < len(t.b) {
		return t.b[i]
	}
	return 0
}

// interesting are the bytes at which something can be found; most of a text
// is passed over by this table alone.
var interesting = func() (table [256]bool) {
	for _, c := range []byte("@=:+%(") {
		table[c] = true
	}
	for c := byte('0'); c <= '9'; c++ {
		table[c] = true
	}
	return table
}()

// scan fills the spans.
func (t *scanner) scan() {
	for i := 0; i < len(t.b); i++ {
		c := t.b[i]
		switch {
		case interesting[c]:
			i = t.symbol(i, c)
		case letter(c) && t.boundary(i):
			i = t.word(i)
		case c == '-' && bytes.HasPrefix(t.b[i:], pemBegin):
			i = t.pem(i)
		case c == '/':
			i = t.path(i)
		case c == '\\' && bytes.HasPrefix(t.b[i:], []byte(`\Users\`)):
			i = t.home(i, len(`\Users\`), '\\')
		}
		if t.from > i+1 {
			i = t.from - 1
		}
	}
}

// boundary says whether a word or a number may begin here: not inside another,
// but behind an escape of a URL such as %20.
func (t *scanner) boundary(i int) bool {
	return i == 0 || !wordByte(t.b[i-1]) || i >= 3 && t.b[i-3] == '%' && hexDigit(t.b[i-2]) && hexDigit(t.b[i-1])
}

// symbol handles a byte of the table and returns the last byte that it has
// dealt with.
func (t *scanner) symbol(i int, c byte) int {
	switch c {
	case '@':
		t.email(i, i+1)
	case '%':
		switch {
		case t.at(i+1) == '4' && t.at(i+2) == '0':
			t.email(i, i+3)
			return i + 2
		case t.at(i+1) == '2' && t.at(i+2)|0x20 == 'b':
			if end := t.international(i, i+3); end > 0 {
				return end - 1
			}
			return i + 2
		case hexDigit(t.at(i+1)) && hexDigit(t.at(i+2)):
			return i + 2
		}
	case ':':
		if t.at(i+1) == '/' && t.at(i+2) == '/' {
			t.url(i + 3)
			return i + 2
		}
		if t.at(i+1) == ':' || hexDigit(t.at(i-1)) && hexDigit(t.at(i+1)) {
			t.ipv6(i)
		}
		t.keyed(i)
	case '=':
		t.keyed(i)
	case '+':
		if end := t.international(i, i+1); end > 0 {
			return end - 1
		}
	case '(':
		t.american(i)
	default:
		return t.number(i)
	}
	return i
}

// How far is looked for what has a length of its own, in bytes: a text of
// separators alone must not be read over and over again.
const (
	maxLocal = 256 // before an @; 64 characters, which may be escaped
	maxIPv6  = 45
	maxPhone = 64      // in a field of its own, with the words around it
	maxHead  = 4 << 10 // of a JWT
)

// email finds an address around an @, which ends at after.
func (t *scanner) email(at, after int) {
	end := after
	for end < len(t.b) && (wordByte(t.b[end]) && t.b[end] != '_' || t.b[end] == '-' || t.b[end] == '.') {
		end++
	}
	for end > after && (t.b[end-1] == '.' || t.b[end-1] == '-') {
		end--
	}
	if !domain(t.b[after:end]) {
		return
	}
	start, least := at, max(t.from, at-maxLocal)
	for start > least && localByte(t.b[start-1]) {
		start--
	}
	start = t.behindEscape(start, at)
	for start < at && (t.b[start] == '.' || t.b[start] == '\'' || t.b[start] == '-' || t.b[start] == '%') {
		start++
	}
	if start == at || string(t.b[start:at]) == "git" && (t.at(end) == ':' || t.at(end) == '/') {
		return
	}
	if t.userOfServer(start, end) {
		return
	}
	t.add(start, end, Email)
}

// userOfServer says whether what looks like an address is the user and the host
// of a server's URL, such as postgres://app@db.internal:5432/shop. On the web
// nobody writes a user there who is not a person.
func (t *scanner) userOfServer(start, end int) bool {
	before := t.b[:start]
	if !bytes.HasSuffix(before, []byte("://")) || bytes.HasSuffix(before, []byte("http://")) || bytes.HasSuffix(before, []byte("https://")) {
		return false
	}
	return t.at(end) == '/' || t.at(end) == ':' && digit(t.at(end+1))
}

// domain says whether a name ends as domains of e-mail addresses do.
func domain(name []byte) bool {
	dot := bytes.LastIndexByte(name, '.')
	if dot <= 0 || len(name)-dot-1 < 2 {
		return false
	}
	top := name[dot+1:]
	return count(top, digit) == 0 || bytes.HasPrefix(top, []byte("xn"))
}

// behindEscape leaves what stands before the escape of a separator, such as
// the %3D of q%3Dkim%40example.org, out of an address.
func (t *scanner) behindEscape(start, at int) int {
	for i := start; i+2 < at; i++ {
		if t.b[i] != '%' || !hexDigit(t.b[i+1]) || !hexDigit(t.b[i+2]) {
			continue
		}
		// Those of + ' - . _ and % may stand in an address.
		switch string(bytes.ToLower(t.b[i+1 : i+3])) {
		case "2b", "27", "2d", "2e", "5f", "25":
		default:
			start = i + 3
		}
	}
	return start
}

func localByte(c byte) bool {
	return wordByte(c) || c == '.' || c == '+' || c == '-' || c == '\'' || c == '%'
}

// url finds a password or a DSN's key before the @ of a URL's authority, and
// the secrets that some services keep in the path.
func (t *scanner) url(start int) {
	end, at := start, -1
	for end < len(t.b) {
		c := t.b[end]
		if c == '@' {
			at = end
		}
		if c == '/' || c == '?' || c == '#' || c <= ' ' || c == '"' || c == '<' || c == '>' || c == '\'' && at >= 0 || c == ')' && at >= 0 {
			break
		}
		end++
	}
	if at > start {
		user := t.b[start:at]
		if colon := bytes.IndexByte(user, ':'); colon >= 0 {
			if !marked(user[colon+1:]) {
				if colon >= 16 && allHex(user[:colon]) { // the key of a DSN with its secret
					t.add(start, start+colon, Token)
				}
				t.add(start+colon+1, at, URLPassword)
			}
		} else if len(user) >= 16 && allHex(user) || bytes.HasPrefix(user, []byte("sntry")) {
			t.add(start, at, Token)
		}
	}
	rest := t.b[start:]
	if bytes.HasPrefix(rest, []byte("hooks.slack.com/services/")) {
		from := start + len("hooks.slack.com/services/")
		if markLength(t.b[from:]) == 0 {
			t.add(from, t.until(from, " \t\n\"'<>)"), Token)
		}
	}
}

func allHex(b []byte) bool {
	for _, c := range b {
		if !hexDigit(c) {
			return false
		}
	}
	return true
}

// until is the index of the first of some bytes, or the end.
func (t *scanner) until(i int, stops string) int {
	if j := bytes.IndexAny(t.b[i:], stops); j >= 0 {
		return i + j
	}
	return len(t.b)
}

// path finds the name of a user in a home directory, and Telegram's bots.
func (t *scanner) path(i int) int {
	rest := t.b[i:]
	switch {
	case bytes.HasPrefix(rest, []byte("/Users/")):
		return t.home(i, len("/Users/"), '/')
	case bytes.HasPrefix(rest, []byte("/home/")):
		return t.home(i, len("/home/"), '/')
	case bytes.HasPrefix(rest, []byte("/bot")):
		j := i + 4
		for digit(t.at(j)) {
			j++
		}
		if j-i-4 >= 6 && t.at(j) == ':' {
			t.add(i+4, t.until(j, "/?# \"'"), Token)
		}
	}
	return i
}

func (t *scanner) home(i, prefix int, separator byte) int {
	if i > 0 && (wordByte(t.b[i-1]) && separator == '/' || t.b[i-1] == '.') {
		return i
	}
	end := i + prefix
	for end < len(t.b) && (wordByte(t.b[end]) || t.b[end] == '.' || t.b[end] == '-') {
		end++
	}
	if end < len(t.b) && t.b[end] == separator {
		t.add(i+prefix, end, UserName)
	}
	return i + prefix - 1
}

var (
	pemBegin = []byte("-----BEGIN ")
	pemEnd   = []byte("-----END ")
)

func (t *scanner) pem(i int) int {
	rest := t.b[i:]
	line := rest[:min(len(rest), 80)]
	if !bytes.Contains(line, []byte("PRIVATE KEY")) {
		return i
	}
	end := len(t.b)
	if j := bytes.Index(rest, pemEnd); j >= 0 {
		end = i + j + len(pemEnd)
		if k := bytes.Index(t.b[end:], []byte("-----")); k >= 0 {
			end += k + 5
		}
	}
	t.add(i, end, PrivateKey)
	return end - 1
}

// ipv6 finds an address around a colon.
func (t *scanner) ipv6(i int) {
	start, least := i, max(t.from, i-maxIPv6)
	for start > least && (hexDigit(t.b[start-1]) || t.b[start-1] == ':') {
		start--
	}
	end, most := i, min(len(t.b), i+maxIPv6)
	for end < most && (hexDigit(t.b[end]) || t.b[end] == ':' || t.b[end] == '.') {
		end++
	}
	for end > start && (t.b[end-1] == '.' || t.b[end-1] == ':' && (end < 2 || t.b[end-2] != ':')) {
		end--
	}
	if end-start < 6 || end-start > maxIPv6 || wordByte(t.at(start-1)) || wordByte(t.at(end)) {
		return
	}
	digits := 0
	for _, c := range t.b[start:end] {
		if digit(c) {
			digits++
		}
	}
	if digits < 3 {
		return // face::bed and the like
	}
	t.address(start, end)
}

// address adds a public address.
func (t *scanner) address(start, end int) bool {
	if t.s.policy.KeepIPs {
		return false
	}
	addr, err := netip.ParseAddr(string(t.b[start:end]))
	if err != nil || addr.IsPrivate() || addr.IsLoopback() || addr.IsUnspecified() || addr.IsMulticast() || addr.IsLinkLocalUnicast() {
		return false
	}
	t.add(start, end, IP)
	return true
}
