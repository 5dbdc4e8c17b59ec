package scrub

import "bytes"

// keyed looks at the word before a = or a : and removes what stands after it
// where the word is known for secrets: password=…, 'Authorization': 'Bearer …',
// Cookie: …
func (t *scanner) keyed(at int) {
	class := t.keyBefore(at)
	if class == plainKey || class == idKey || class == ipKey {
		return
	}
	i := at + 1
	for t.at(i) == ' ' || t.at(i) == '\t' {
		i++
	}
	if class == cookieKey && t.b[at] == ':' && t.at(i) != '"' && t.at(i) != '\'' && t.at(i) != '{' {
		end := t.until(i, "\n\r\"'")
		if end > i && !marked(t.b[i:end]) {
			t.add(i, end, Cookie)
		}
		return
	}
	switch class {
	case phoneKey:
		t.numbered(i, at, 7, 15, Phone)
	case cardKey:
		t.numbered(i, at, 12, 19, Card)
	case cookieKey:
		t.secret(i, at, Cookie)
	default:
		t.secret(i, at, Password)
	}
}

// secret removes the value at i, behind the separator.
func (t *scanner) secret(i, separator int, kind Kind) {
	start, end := t.value(i, separator)
	value := t.b[start:end]
	if len(value) == 0 || marked(value) || harmless(value) || t.b[separator] == ':' && start == i && prose(value) {
		return
	}
	t.add(start, end, kind)
}

// numbered removes the value at i where it has as many digits as its name
// promises.
func (t *scanner) numbered(i, separator, least, most int, kind Kind) {
	near := scanner{s: t.s, b: t.b[:min(len(t.b), i+maxPhone)]}
	start, end := near.value(i, separator)
	if end == len(near.b) && end < len(t.b) {
		return
	}
	if n := count(t.b[start:end], digit); n >= least && n <= most && n*3 >= end-start {
		t.add(start, end, kind)
	}
}

// keyBefore classifies the word before a separator; quotes around it and
// blanks behind it do not matter.
func (t *scanner) keyBefore(at int) keyClass {
	end := at
	for end > t.from && (t.b[end-1] == ' ' || t.b[end-1] == '\t') {
		end--
	}
	if end > t.from && t.b[end-1] == ')' { // PostgreSQL's Key (name)=(value)
		end--
	}
	for end > t.from && (t.b[end-1] == '"' || t.b[end-1] == '\'' || t.b[end-1] == '\\' || t.b[end-1] == '`') {
		end--
	}
	start := end
	for start > t.from && (wordByte(t.b[start-1]) || t.b[start-1] == '-' || t.b[start-1] == '.') {
		start--
	}
	if start == end {
		return plainKey
	}
	return t.s.classify(t.b[start:end])
}

// value is where a value begins and ends: inside its quotes, or up to what
// ends a word. A scheme such as Bearer belongs to it.
func (t *scanner) value(i, separator int) (start, end int) {
	escaped := 0
	for t.at(i) == '\\' {
		i++
		escaped++
	}
	if q := t.at(i); q == '"' || q == '\'' || q == '`' {
		start = i + 1
		for end = start; end < len(t.b) && t.b[end] != q; end++ {
			if t.b[end] == '\\' && escaped == 0 {
				end++
			}
		}
		end = min(end, len(t.b))
		for escaped > 0 && end > start && t.b[end-1] == '\\' {
			end--
		}
		return start, end
	}
	start = i
	stops := " \t\r\n&;,\"'<>)}]"
	if t.b[separator] == '=' && t.at(i) == '(' {
		start++
	}
	if n := markLength(t.b[min(start, len(t.b)):]); n > 0 {
		return start, t.until(start+n, stops)
	}
	if t.at(start) == '{' || t.at(start) == '$' && t.at(start+1) == '{' {
		stops = " \t\r\n&;,\"'<>)" // the braces of {password} belong to it
	}
	end = t.until(start, stops)
	switch word := t.b[start:end]; {
	case t.at(end) != ' ':
	case scheme(word):
		end = t.until(end+1, stops)
	case bytes.EqualFold(word, []byte("digest")) || bytes.HasPrefix(word, []byte("AWS4-HMAC")):
		end = t.until(end, "\r\n") // a list of parameters
	}
	return start, end
}

func scheme(b []byte) bool {
	return bytes.EqualFold(b, []byte("bearer")) || bytes.EqualFold(b, []byte("basic")) || bytes.EqualFold(b, []byte("token")) || bytes.EqualFold(b, []byte("apikey")) || bytes.EqualFold(b, []byte("negotiate"))
}

// harmless says whether a value holds nothing: a word for nothing, the
// beginning of something nested, asterisks, or a place that is still to be
// filled: {password}, ${DB_PASSWORD}, %s, $1.
func harmless(b []byte) bool {
	switch string(bytes.ToLower(b[:min(len(b), 10)])) {
	case "true", "false", "null", "none", "nil", "undefined", "{", "[", "(", "?", "%s", "%v":
		return true
	}
	if b[0] == '*' {
		return count(b, func(c byte) bool { return c == '*' }) == len(b)
	}
	if b[0] == '$' {
		if len(b) > 1 && len(b) < 4 && count(b[1:], digit) == len(b)-1 {
			return true
		}
		b = b[1:]
	}
	if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' {
		return false
	}
	name := bytes.Trim(b, "{}")
	return count(name, func(c byte) bool { return letter(c) || c == '_' || c == '.' || c == '!' || c == ':' }) == len(name)
}

// prose says whether what stands after "token:" is a word of a sentence, as
// error messages have them, and not a secret.
func prose(b []byte) bool {
	switch string(bytes.ToLower(bytes.TrimRight(b, ".!"))) {
	case "required", "missing", "invalid", "expired", "incorrect", "wrong", "unknown", "unexpected", "rejected", "revoked", "not",
		"is", "was", "has", "must", "cannot", "no", "the", "a", "an", "too", "does", "failed", "denied", "empty", "string", "str", "int":
		return true
	}
	return false
}

func count(b []byte, is func(byte) bool) int {
	n := 0
	for _, c := range b {
		if is(c) {
			n++
		}
	}
	return n
}
