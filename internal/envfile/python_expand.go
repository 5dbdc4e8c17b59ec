package envfile

import "strings"

// pythonScope is where ${X} is looked up: in the process environment, then in
// the lines above, as load_dotenv(override=False) does.
type pythonScope struct {
	environ func(string) (string, bool)
	file    map[string]Entry
	left    int // of maxExpanded
}

func (s *pythonScope) lookup(name, otherwise string) string {
	if value, found := s.environ(name); found {
		return value
	}
	if e, found := s.file[name]; found {
		return e.Value // "" for a KEY without =
	}
	return otherwise
}

// expand replaces what \$\{([^\}:]*)(?::-([^\}]*))?\} matches, inside single
// quotes too: python-dotenv has forgotten the quotes by then. It is false when
// the file as a whole expands too far.
func (s *pythonScope) expand(value string) (string, bool) {
	var b strings.Builder
	add := func(part string) bool {
		b.WriteString(part)
		s.left -= len(part)
		return s.left >= 0
	}
	stop := -1 // the first : or } behind the last ${, so that no byte is searched twice
	for at := 0; ; {
		open := strings.Index(value[at:], "${")
		if open < 0 {
			return b.String() + value[at:], add(value[at:])
		}
		open += at
		name := open + len("${")
		if stop < name {
			if stop = strings.IndexAny(value[name:], ":}"); stop < 0 {
				return b.String() + value[at:], add(value[at:])
			}
			stop += name
		}
		end, otherwise := stop, ""
		if value[stop] == ':' {
			var ok bool
			if otherwise, ok = strings.CutPrefix(value[stop:], ":-"); !ok {
				if !add(value[at:name]) {
					return "", false
				}
				at = name
				continue
			}
			length := strings.IndexByte(otherwise, '}')
			if length < 0 {
				return b.String() + value[at:], add(value[at:])
			}
			otherwise = otherwise[:length]
			end = stop + len(":-") + length
		}
		if !add(value[at:open]) || !add(s.lookup(value[name:stop], otherwise)) {
			return "", false
		}
		at = end + 1
	}
}
