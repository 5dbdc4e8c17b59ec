package config

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// divergence is a variable in which the readers of the file see different
// values.
type divergence struct {
	key   string
	line  int
	value string // python-dotenv's
	lost  bool   // python-dotenv sees none
	text  string // who sees what
	// unseen names a character of the line that nobody sees; empty: none.
	unseen string
}

// unseenIn names the first character of a line that looks like a blank, or like
// nothing, and is neither to every reader.
func unseenIn(line string) string {
	for _, r := range line {
		if r > unicode.MaxASCII {
			if name := dsn.Unseen(r); name != "" {
				return name
			}
		}
	}
	return ""
}

// divergences compares the readers on the variables of the table. A variable
// that the application's reader does not see is a failure, another reading
// elsewhere a warning; each is one Problem that tells the first in full and
// names the others. A reader that refuses the file for a line that is none of
// ours is left out, and so is one that refuses it for a faulty line: it sees
// none of the values. A value with a defect of its own is told under that.
func (c *Config) divergences(readings []reading, refusing []refusal) []Problem {
	f := c.file
	readings = slices.DeleteFunc(readings, func(r reading) bool {
		return slices.ContainsFunc(refusing, func(one refusal) bool { return one.reader == r.reader && r.reader != envfile.Docker })
	})
	var lost, other []divergence
	for _, row := range Variables() {
		if applications(row.Key) {
			continue
		}
		d, ok := f.compare(row.Key, readings)
		switch {
		case !ok, c.isReference(row.Key), c.malformed(row.Key): // the latter two are problems of their own
		case d.lost:
			lost = append(lost, d)
		default:
			other = append(other, d)
		}
	}
	var found []Problem
	if len(lost) > 0 {
		found = append(found, fail(cause.EnvReaderDivergence, f.at(lost[0].line),
			fmt.Sprintf("write line %d of %s as %s=value", lost[0].line, f.shown, lost[0].key), "%s", tell(lost))...)
	}
	if len(other) > 0 {
		found = append(found, warn(cause.EnvReaderDivergence, f.at(other[0].line), f.alike(other[0]), "%s", tell(other))...)
	}
	if len(found) == 0 && len(refusing) > 0 {
		found = refusing[0].differing(f)
	}
	return found
}

// malformed says whether the value of a variable in the file has a defect as a
// text, which explains why its readers differ.
func (c *Config) malformed(key string) bool {
	v := c.Value(key)
	if v.Origin.Kind != KindFile {
		return false
	}
	if key == KeyDSN {
		_, err := dsn.Parse(v.Value)
		return err != nil || strings.Contains(v.Value, "?")
	}
	return slices.ContainsFunc(c.valueProblems(key), func(p Problem) bool {
		switch p.Cause {
		case cause.RateNotANumber, cause.RateDecimalComma, cause.RateOutOfRange, cause.BooleanMalformed,
			cause.EnvironmentInvalid, cause.ReleaseInvalid, cause.ProxyMalformed:
			return true
		}
		return false
	})
}

// tell says what is seen of the first variable, and which others there are.
func tell(all []divergence) string {
	text := all[0].text
	var names []string
	for _, d := range all[1:] {
		names = append(names, fmt.Sprintf("%s (line %d)", d.key, d.line))
	}
	if len(names) > 0 {
		text += "; also " + strings.Join(names, ", ")
	}
	return text
}

// What stands for a value that is none; no value holds a NUL.
const (
	unseen  = "\x00"
	refused = "\x00refused"
)

// compare puts the readings of one variable side by side.
func (f *envFile) compare(key string, readings []reading) (divergence, bool) {
	var order []string // of the values, python-dotenv's first
	seenBy := make(map[string][]string)
	for _, r := range readings {
		value, ok := r.values[key]
		switch value = strings.TrimSuffix(value, "\r"); { // CR LF is a problem of its own
		case r.refused && r.refusedAt == f.line(key) || r.refusedFor[key]:
			value = refused
		case r.refused && r.reader != envfile.PythonDotenv:
			continue
		case !ok:
			value = unseen
		}
		if seenBy[value] == nil {
			order = append(order, value)
		}
		seenBy[value] = append(seenBy[value], readerName(r.reader))
	}
	if len(order) < 2 {
		return divergence{}, false
	}
	d := divergence{key: key, line: f.line(key), value: order[0], lost: order[0] == unseen}
	d.text = key + " is " + strings.Join(sights(key, order, seenBy), ", ")
	if d.unseen = unseenIn(f.text(d.line)); d.unseen != "" {
		d.text += "; there is " + d.unseen + " in the line"
	}
	return d, true
}

// sights are the values of a variable with those who see them.
func sights(key string, order []string, seenBy map[string][]string) []string {
	var parts []string
	shown := make(map[string]bool)
	for _, value := range order {
		what := "not set"
		switch value {
		case unseen:
		case refused:
			what = "a reason to refuse the file"
		default:
			what = strconv.Quote(Mask(key, value))
			if shown[what] { // two secrets that look alike when masked
				what += fmt.Sprintf(" of %d characters", len([]rune(value)))
			}
			shown[what] = true
		}
		parts = append(parts, what+" for "+listed(seenBy[value]))
	}
	return parts
}

func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// line is where a key stands, also where python-dotenv does not see it.
func (f *envFile) line(key string) int {
	if n := f.origin(key).Line; n > 0 {
		return n
	}
	if !bytes.Contains(f.content, []byte(key)) {
		return 0
	}
	named := regexp.MustCompile(`^\s*(?:export\s+)?["']?` + regexp.QuoteMeta(key) + `["']?\s*(?:[=:]|$)`)
	number := 0
	for line := range strings.Lines(string(f.content)) {
		number++
		if named.MatchString(strings.TrimRight(line, "\r\n")) {
			return number
		}
	}
	return 0
}

// portable is a value that every reader takes as it stands, without quotes.
var portable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=?!*^\[\]{}-]*$`) })

// alike is the fix that makes the readers agree.
func (f *envFile) alike(d divergence) string {
	row, _ := variable(d.key)
	switch {
	case d.unseen != "":
		return fmt.Sprintf("remove %s from line %d of %s (type the blanks anew)", strings.Replace(strings.Replace(d.unseen, "an ", "the ", 1), "a ", "the ", 1), d.line, f.shown)
	case !portable().MatchString(d.value):
		return fmt.Sprintf("percent-encode the value of %s in line %d of %s, or give it in the process environment: it needs quotes, which not every reader removes", d.key, d.line, f.shown)
	case row.Secret:
		return fmt.Sprintf("write line %d of %s as %s=value: no quotes, no blanks around the =, no export, no comment behind", d.line, f.shown, d.key)
	default:
		return fmt.Sprintf("write %s=%s in line %d of %s: no quotes, no blanks around the =, no export, no comment behind", d.key, d.value, d.line, f.shown)
	}
}
