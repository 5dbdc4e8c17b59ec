package scrub

// keeps says whether the value of a key stays, whatever it looks like: what
// addresses the envelope, and what the protocol itself puts there.
func (w *walker) keeps(key []byte, all bool) bool {
	depth := len(w.path)
	parent := ""
	if depth > 1 {
		parent = string(w.path[depth-2].key)
	}
	switch string(key) {
	case "_meta":
		return depth == 1 // of the server's own scrubbing: lengths and rules, no values
	case "dsn":
		return w.place == envelopeHeader && depth == 1
	case "public_key":
		return w.place == envelopeHeader && depth == 2 && parent == "trace"
	case "email":
		return w.s.policy.KeepUserEmail && depth == 2 && parent == "user"
	case "release":
		return !all && (depth == 1 || depth == 2 && (parent == "trace" || parent == "attrs"))
	case "event_id", "trace_id", "span_id", "parent_span_id", "segment_id", "check_in_id", "replay_id", "profile_id", "profiler_id":
		return !all && w.nextIs(identity)
	case "timestamp", "start_timestamp", "end_timestamp", "sent_at", "started", "received":
		return !all && w.nextIs(moment)
	}
	return false
}

// typeName says whether a key's value is the type of an attribute, as
// containers of logs have it beside a value that is removed:
// "password": {"value": …, "type": "string"}.
func (w *walker) typeName(key []byte) bool {
	return string(key) == "type" && w.nextIs(func(b []byte) bool {
		switch string(b) {
		case "string", "integer", "double", "boolean", "array":
			return true
		}
		return false
	})
}

// nextIs asks for the string that comes next, as it is written.
func (w *walker) nextIs(is func([]byte) bool) bool {
	from := w.i
	defer func() { w.i = from }()
	return w.skipString() == nil && is(w.src[from+1:w.i-1])
}

// identity says whether a text is an id of the protocol: 16 or 32 hexadecimal
// digits, or a UUID.
func identity(b []byte) bool {
	switch len(b) {
	case 16, 32:
		return allHex(b)
	case 36:
		return count(b, hexDigit) == 32 && b[8] == '-' && b[13] == '-' && b[18] == '-' && b[23] == '-'
	}
	return false
}

// moment says whether a text is a time in RFC 3339.
func moment(b []byte) bool {
	return len(b) >= len("2006-01-02T15:04:05") && len(b) <= 40 && b[4] == '-' && b[7] == '-' && b[10] == 'T' && b[13] == ':' && b[16] == ':' &&
		count(b, func(c byte) bool {
			return digit(c) || c == '-' || c == ':' || c == '.' || c == '+' || c == 'T' || c == 'Z'
		}) == len(b)
}
