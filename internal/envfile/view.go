package envfile

import (
	"bytes"
	"slices"
	"strings"
	"sync"
)

// byteOrderMark is a part of the first name for python-dotenv.
const byteOrderMark = "\ufeff"

// view is a text and what is seen in it.
type view struct {
	bytes      []byte
	statements []statement // as python-dotenv sees them, in a file that is not UTF-8 too
	problems   []Problem   // of the same
	sights     map[Reader]sight
}

// sight is what one of the other readers sees in the end.
type sight struct {
	result  Result
	refused bool
	values  map[string]string
}

// others are the readers beside python-dotenv.
func others() []Reader { return []Reader{Godotenv, Shell, Docker, Systemd} }

func look(b []byte) *view {
	v := &view{bytes: b, sights: make(map[Reader]sight)}
	v.statements, v.problems = readPython(b)
	return v
}

// by returns what a reader sees; it is asked once.
func (v *view) by(r Reader) sight {
	s, known := v.sights[r]
	if !known {
		s = sightOf(Parse(r, v.bytes, Options{}))
		v.sights[r] = s
	}
	return s
}

// askAll has all readers look at texts, at the same time: a file of some
// megabytes takes each of them a good part of a second.
func askAll(views ...*view) {
	var asked sync.WaitGroup
	var mu sync.Mutex // of all maps
	for _, v := range views {
		for _, r := range others() {
			asked.Go(func() {
				mu.Lock()
				_, known := v.sights[r]
				mu.Unlock()
				if known {
					return
				}
				s := sightOf(Parse(r, v.bytes, Options{}))
				mu.Lock()
				defer mu.Unlock()
				v.sights[r] = s
			})
		}
	}
	asked.Wait()
}

func sightOf(r Result) sight {
	s := sight{result: r, values: make(map[string]string, len(r.Entries))}
	for _, p := range r.Problems {
		s.refused = s.refused || p.Fatal
	}
	for _, e := range r.Entries {
		if e.HasValue {
			s.values[e.Key] = e.Value
		}
	}
	return s
}

// last is the statement that decides about a key, or nil.
func (v *view) last(key string) *statement {
	for i := len(v.statements) - 1; i >= 0; i-- {
		if v.statements[i].Key == key {
			return &v.statements[i]
		}
	}
	return nil
}

// kin is the last assignment of a key that begins as another does, up to the
// first _; nil where there is none.
func (v *view) kin(key string) *statement {
	prefix, _, ok := strings.Cut(key, "_")
	if !ok {
		return nil
	}
	for i := len(v.statements) - 1; i >= 0; i-- {
		s := &v.statements[i]
		if s.HasValue && strings.HasPrefix(strings.TrimPrefix(s.Key, byteOrderMark), prefix+"_") {
			return s
		}
	}
	return nil
}

// reads says whether python-dotenv reads a value in a statement that is the
// last of its key.
func (v *view) reads(s *statement, value string) bool {
	if !s.HasValue || !strings.Contains(s.Value, "${") {
		return s.HasValue && s.Value == value
	}
	entries := Parse(PythonDotenv, v.bytes, Options{}).Entries
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i].Key == s.Key {
			return entries[i].Value == value
		}
	}
	return false
}

// applied says what became of each change.
func (d *draft) applied() []Applied {
	all := make([]Applied, len(d.changes))
	for i, c := range d.changes {
		a := Applied{Key: c.Key, Action: d.actions[i]}
		last := d.after.last(c.Key)
		if a.Action == ActionRemoved {
			last = d.before.last(c.Key)
		}
		if last != nil {
			a.Line = last.Line
		}
		for _, s := range d.after.statements {
			if s.Line != a.Line && strings.TrimPrefix(s.Key, byteOrderMark) == c.Key {
				a.Others = append(a.Others, s.Line)
			}
		}
		a.Differ = d.differ(c)
		all[i] = a
	}
	return all
}

// differ returns the readers that take the new text and do not see the change
// in it.
func (d *draft) differ(c Change) []Reader {
	var readers []Reader
	for _, r := range others() {
		s := d.after.by(r)
		value, set := s.values[c.Key]
		if !s.refused && (set == c.Remove || set && value != c.Value) {
			readers = append(readers, r)
		}
	}
	return readers
}

// astray counts the readers that do not see a new line as it is, less those
// that never would: docker knows no quotes, and for a shell \r is a part of
// the value.
func (d *draft) astray() int {
	n := 0
	for i, c := range d.changes {
		if d.actions[i] != ActionAdded {
			continue
		}
		s := d.after.last(c.Key)
		if s == nil {
			continue // and check says so
		}
		crlf := bytes.HasSuffix(d.after.bytes[s.lines.from:s.lines.to], []byte("\r\n"))
		n += len(slices.DeleteFunc(d.differ(c), func(r Reader) bool {
			return r == Docker && s.quoted || r == Shell && crlf
		}))
	}
	return n
}
