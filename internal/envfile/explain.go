package envfile

import (
	"bytes"
	"slices"
	"strings"
)

// explain says what a reader stumbles over, and where: of what it complained
// about before, the last thing above the change; else a line that it joins with
// the next; else what it complains about now.
func (d *draft) explain(r Reader, before, after []Problem) *EditError {
	at := d.place()
	here := lineAt(d.before.bytes, at.to)
	e := &EditError{Line: lineAt(d.before.bytes, at.from), Why: "the line sets more than one variable, or is joined with another"}
	fatal := slices.IndexFunc(after, func(p Problem) bool { return p.Fatal })
	found := false
	for _, p := range before {
		if p.Line <= here && (strings.HasPrefix(p.Message, unclosed) || strings.Contains(p.Message, "backslash")) {
			e.Line, e.Why, found = p.Line, p.Message, true
		}
	}
	if line := d.joined(at); !found && line > 0 {
		e.Line, e.Why, found = line, "it ends in a backslash", true
	}
	if !found && fatal >= 0 {
		e.Line, e.Why = min(after[fatal].Line, here), after[fatal].Message
	}
	e.Why, _, _ = strings.Cut(e.Why, ":")
	e.Why += ", so that the change would spoil what " + string(r) + " reads: repair that first"
	return e
}

// place is where the last change is made.
func (d *draft) place() span {
	end := len(bytes.TrimRight(d.before.bytes, "\r\n"))
	place := span{end, end}
	for i, c := range d.changes {
		s := d.before.last(c.Key)
		switch d.actions[i] {
		case ActionReplaced, ActionRemoved:
			place = s.lines
		case ActionAdded:
			place = span{end, end}
		case ActionKept:
		}
	}
	place.to = min(place.to, end)
	return place
}

// joined is the line at a place, or the one above it, that ends in a backslash;
// 0 where there is none.
func (d *draft) joined(at span) int {
	for _, end := range []int{at.to, at.from} {
		text := bytes.TrimRight(d.before.bytes[:end], "\r\n")
		if bytes.HasSuffix(text, []byte(`\`)) {
			return lineAt(d.before.bytes, len(text))
		}
	}
	return 0
}
