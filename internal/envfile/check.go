package envfile

import (
	"bytes"
	"maps"
)

// check compares what is seen after the changes with what was seen before:
// python-dotenv must see the changes, and no reader other values of other
// variables. A reader that refused the file before has nothing to lose.
func (d *draft) check() *EditError {
	if d.after == d.before {
		return nil
	}
	if fault := d.checkPython(); fault != nil {
		return fault
	}
	askAll(d.before, d.after)
	for _, r := range others() {
		before := d.before.by(r)
		if before.refused || d.alike(r, before, d.after.by(r)) {
			continue
		}
		// A variable that is made of a changed one may change with it.
		old, altered := d.withoutReferences(d.before.bytes), d.withoutReferences(d.after.bytes)
		if old != nil && d.alike(r, sightOf(Parse(r, old, Options{})), sightOf(Parse(r, altered, Options{}))) {
			continue
		}
		return d.explain(r, before.result.Problems, d.after.by(r).result.Problems)
	}
	return nil
}

// checkPython compares values as they are before ${X} is replaced.
func (d *draft) checkPython() *EditError {
	want, got := pythonValues(d.before.statements), pythonValues(d.after.statements)
	for i, c := range d.changes {
		switch {
		case d.actions[i] == ActionKept:
		case c.Remove:
			delete(want, c.Key)
		default:
			want[c.Key] = pythonValue{c.Value, true}
		}
	}
	if !maps.Equal(want, got) {
		return d.explain(PythonDotenv, d.before.problems, d.after.problems)
	}
	return nil
}

// pythonValue is a value, or a KEY without =.
type pythonValue struct {
	value    string
	hasValue bool
}

func pythonValues(statements []statement) map[string]pythonValue {
	values := make(map[string]pythonValue, len(statements))
	for _, s := range statements {
		values[s.Key] = pythonValue{s.Value, s.HasValue}
	}
	return values
}

// alike says whether a reader sees the same of all variables that are not
// changed.
func (d *draft) alike(r Reader, before, after sight) bool {
	if before.refused || after.refused {
		return before.refused && after.refused
	}
	mine := make(map[string]bool)
	for i, c := range d.changes {
		mine[c.Key] = d.actions[i] != ActionKept
	}
	if r == Docker {
		d.inside(before.result, mine)
	}
	return within(before.values, after.values, mine) && within(after.values, before.values, mine)
}

// within says whether all of one that is not mine stands in the other too.
func within(one, other map[string]string, mine map[string]bool) bool {
	for key, value := range one {
		if there, ok := other[key]; !mine[key] && (!ok || there != value) {
			return false
		}
	}
	return true
}

// inside adds what docker takes for variables in changed assignments: 'A' with
// its quotes, and lines within a value. They go with it.
func (d *draft) inside(r Result, mine map[string]bool) {
	lines := make(map[int]bool) // as docker counts
	line, at := 1, 0
	for _, s := range d.before.statements {
		if !mine[s.Key] {
			continue
		}
		line += bytes.Count(d.before.bytes[at:s.key.from], []byte("\n"))
		at = s.key.from
		mine["'"+s.Key+"'"] = true
		for i := range bytes.Count(d.before.bytes[s.key.from:s.value.to], []byte("\n")) {
			lines[line+1+i] = true
		}
	}
	for _, e := range r.Entries {
		if lines[e.Line] {
			mine[e.Key] = true
		}
	}
}

// withoutReferences returns a text in which all $X and ${X} of changed
// variables name one that is set nowhere; nil where there are none. What is
// seen of it does not depend on the changed values.
func (d *draft) withoutReferences(b []byte) []byte {
	var out []byte
	for _, c := range d.changes {
		nowhere := bytes.Repeat([]byte("Z"), len(c.Key))
		for at := 0; ; {
			next := bytes.IndexByte(b[at:], '$')
			if next < 0 {
				break
			}
			at += next + 1
			name := at + len(b[at:]) - len(bytes.TrimLeft(b[at:], "{#"))
			if n := nameLength(string(b[name:min(len(b), name+len(c.Key)+1)])); n != len(c.Key) || string(b[name:name+n]) != c.Key {
				continue
			}
			if out == nil {
				out = bytes.Clone(b)
			}
			copy(out[name:], nowhere)
		}
	}
	return out
}
