package scrub

import "strconv"

// text reads a string that is a value.
func (w *walker) text(class keyClass, all bool) error {
	start := w.i
	if err := w.skipString(); err != nil {
		return err
	}
	raw := w.src[start+1 : w.i-1]
	switch {
	case len(raw) == 0:
	case all || class == secretKey || class == cookieKey:
		if marked(raw) || harmless(raw) {
			return nil
		}
		kind := Password
		if class == cookieKey {
			kind = Cookie
		}
		w.found(start+1, kind)
		w.put(start, w.i, `"[Filtered]"`)
	case string(raw) == "{{auto}}" && !w.s.policy.KeepIPs:
		// It asks the server to write down where the event came from.
		w.found(start+1, IP)
		w.put(start, w.i, "null")
	default:
		w.scan(start, w.i, class)
	}
	return nil
}

// scan looks into the string between two quotes, and replaces what was found
// there.
func (w *walker) scan(start, end int, class keyClass) {
	raw := w.src[start+1 : end-1]
	text := plain(w.scratch, raw)
	escaped := len(text) != len(raw)
	if escaped {
		w.scratch = text
	}
	t := scanner{s: w.s, b: text, class: class, spans: w.spans[:0]}
	t.scan()
	w.spans = t.spans
	if len(t.spans) == 0 {
		return
	}
	if w.audit {
		for _, span := range t.spans {
			offset := span.start
			if escaped {
				offset = rawIndex(raw, offset)
			}
			w.found(start+1+offset, span.kind)
		}
		return
	}
	w.dst = append(append(w.dst, w.src[w.copied:start]...), '"')
	if escaped {
		w.dst = quote(w.dst, t.replace(nil))
	} else {
		w.dst = t.replace(w.dst)
	}
	w.dst = append(w.dst, '"')
	w.copied = end
}

// put replaces src[start:end].
func (w *walker) put(start, end int, text string) {
	if w.audit {
		return
	}
	w.dst = append(append(w.dst, w.src[w.copied:start]...), text...)
	w.copied = end
}

// number reads a number. One that is long enough may be a card's.
func (w *walker) number(class keyClass, all bool) error {
	start := w.i
	if err := w.digits(); err != nil {
		return err
	}
	raw := w.src[start:w.i]
	n := len(raw)
	if count(raw, digit) != n {
		n = 0 // a fraction, or negative
	}
	switch {
	case all || class == secretKey || class == cookieKey:
		w.found(start, Password)
		w.put(start, w.i, `"[Filtered]"`)
	case class == phoneKey && n >= 7 && n <= 15:
		w.found(start, Phone)
		w.put(start, w.i, `"[phone]"`)
	case n >= 13 && n <= 19 && isCard(raw), class == cardKey && n >= 12 && n <= 19:
		w.found(start, Card)
		w.put(start, w.i, `"[card]"`)
	}
	return nil
}

// found notes a finding with its path.
func (w *walker) found(offset int, kind Kind) {
	if w.audit {
		w.findings = append(w.findings, Finding{Path: w.here(), Kind: kind, Offset: offset})
	}
}

// here is the path to the current value. A secret that is a key is not in it.
func (w *walker) here() string {
	path := []byte(w.prefix)
	for _, s := range w.path {
		if s.key == nil {
			path = append(strconv.AppendInt(append(path, '['), int64(s.index), 10), ']')
			continue
		}
		if len(path) > 0 {
			path = append(path, '.')
		}
		path = append(path, w.s.String(string(s.key))...)
	}
	return string(path)
}
