package envfile

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// draft is a text with changes, before anybody has agreed to them.
type draft struct {
	before, after *view
	changes       []Change
	actions       []Action // of each change
	placed        bool     // a new line stands elsewhere than at the end
}

// splice is new text in place of a span.
type splice struct {
	span
	text string
	line bool // the text is to be a line of its own
}

// newDraft writes changes into a text. A new line goes beside its kin where
// near says so.
func newDraft(before *view, changes []Change, near bool) (*draft, error) {
	d := &draft{before: before, after: before, changes: changes}
	var splices []splice
	for _, c := range changes {
		action, s, err := d.change(c, near)
		if err != nil {
			var unportable *UnportableError
			if errors.As(err, &unportable) {
				unportable.Key = c.Key
			}
			return nil, err
		}
		d.actions = append(d.actions, action)
		splices = append(splices, s...)
	}
	if len(splices) > 0 {
		d.after = look(spliced(before.bytes, splices))
	}
	return d, nil
}

func (d *draft) change(c Change, near bool) (Action, []splice, error) {
	b := d.before
	last := b.last(c.Key)
	switch {
	case c.Remove && last == nil:
		return ActionKept, nil, nil
	case c.Remove:
		var s []splice
		for _, old := range b.statements {
			if old.Key == c.Key {
				s = append(s, splice{span: old.lines})
			}
		}
		return ActionRemoved, s, nil
	case last == nil:
		form, err := quote(c.Value, isBare(c.Value))
		if err != nil {
			return "", nil, err
		}
		at := len(b.bytes)
		if kin := b.kin(c.Key); near && kin != nil && kin.lines.to < at {
			at = kin.lines.to
			d.placed = true
		}
		line := splice{span: span{at, at}, text: c.Key + "=" + form, line: true}
		return ActionAdded, []splice{line}, fits(len(line.text))
	case b.reads(last, c.Value):
		return ActionKept, nil, nil
	}
	s, err := b.replace(last, c.Value)
	return ActionReplaced, []splice{s}, err
}

// replace puts a value in the place of another. What stands around it may call
// for quotes: a comment, and export, behind which bash fills in {a,b}.
func (v *view) replace(old *statement, value string) (splice, error) {
	s := splice{span: old.value}
	behind := v.bytes[old.value.to:old.lines.to]
	comment := bytes.HasPrefix(bytes.TrimLeft(behind, " \t"), []byte("#"))
	bare := isBare(value) &&
		!(comment && (value == "" || behind[0] == '#')) &&
		!(old.exported && strings.Contains(value, "{"))
	form, err := quote(value, bare)
	if err != nil {
		return s, err
	}
	s.text = form
	if !old.HasValue {
		s.text = "=" + form
	}
	around := len(bytes.TrimRight(v.bytes[old.lines.from:old.value.from], "\r\n")) + len(bytes.TrimRight(behind, "\r\n"))
	return s, fits(around + len(s.text))
}

// fits refuses lines that make docker refuse the file.
func fits(length int) error {
	if length+len("\r\n") > maxLine {
		return &UnportableError{Why: tooLong, Readers: strings.Fields(tooLongFor)}
	}
	return nil
}

// spliced returns a text with all splices in it; those at one place stand in
// their order.
func spliced(b []byte, splices []splice) []byte {
	slices.SortStableFunc(splices, func(a, b splice) int { return a.from - b.from })
	out := make([]byte, 0, len(b)+1<<10)
	at := 0
	for _, s := range splices {
		out = append(out, b[at:s.from]...)
		if s.line {
			out = appendLine(out, s.text, b[s.from:])
		} else {
			out = append(out, s.text...)
		}
		at = s.to
	}
	return append(out, b[at:]...)
}

// appendLine adds a line behind what is there and before the rest, with the
// line end of its neighbours.
func appendLine(out []byte, line string, rest []byte) []byte {
	end := "\n"
	if at := bytes.LastIndexByte(out, '\n'); at > 0 && out[at-1] == '\r' {
		end = "\r\n"
	} else if at := bytes.IndexByte(rest, '\n'); len(out) == 0 && at > 0 && rest[at-1] == '\r' {
		end = "\r\n"
	}
	// A line that has no end gets \n in any case: a shell would take a \r for a
	// part of its value.
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	// Shells, systemd and make join a line that ends in a backslash with the
	// next one: that is to be an empty one.
	if before, ok := bytes.CutSuffix(out, []byte("\\\n")); ok {
		if slashes := len(before) - len(bytes.TrimRight(before, `\`)); slashes%2 == 0 {
			out = append(out, end...)
		}
	}
	return append(append(out, line...), end...)
}
