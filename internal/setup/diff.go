package setup

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// diffContext is how many lines are looked at on both sides of a change: one
// more than a unified diff shows.
const diffContext = 4

// diffOf is the change of a file as people read it, without a secret: of .env
// only the names of the variables are shown, and the values that are none.
func diffOf(f *planned) string {
	if !f.changed() {
		return ""
	}
	const nothing = "/dev/null" // as in every unified diff
	from, to := f.shown, f.shown
	if !f.before.Exists {
		from = nothing
	}
	if f.removed {
		to = nothing
	}
	before, after := newPage(f.before.Bytes), newPage(f.after)
	first, end := before.apart(after)
	if !f.open {
		before.mask(first, len(before.lines)-end, f.read(), nil)
		after.mask(first, len(after.lines)-end, entriesOf(f.after), f.alike())
	}
	text := diff.Diff(from, before.part(first, end), to, after.part(first, end))
	_, text, _ = bytes.Cut(text, []byte("\n")) // "diff OLD NEW"
	return shifted(string(text), first)
}

// page is a text in the lines that python-dotenv counts.
type page struct {
	lines []string // without their ends
}

func newPage(text []byte) page {
	normal := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text))
	if normal = strings.TrimSuffix(normal, "\n"); normal == "" && len(text) == 0 {
		return page{}
	}
	return page{strings.Split(normal, "\n")}
}

// apart returns how many lines at the beginning, and how many at the end, are
// of no interest for the difference of two pages.
func (p page) apart(other page) (first, end int) {
	least := min(len(p.lines), len(other.lines))
	for first < least && p.lines[first] == other.lines[first] {
		first++
	}
	for end < least-first && p.lines[len(p.lines)-1-end] == other.lines[len(other.lines)-1-end] {
		end++
	}
	return max(0, first-diffContext), max(0, end-diffContext)
}

// part is the text without its beginning and its end.
func (p page) part(first, end int) []byte {
	var b bytes.Buffer
	for _, line := range p.lines[first : len(p.lines)-end] {
		b.WriteString(line + "\n")
	}
	return b.Bytes()
}

var hunk = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^@@ -(\d+)(,\d+) \+(\d+)(,\d+) @@`) })

// shifted moves the line numbers of a diff by the lines that were left out.
func shifted(text string, by int) string {
	move := func(number, count string) string {
		n, _ := strconv.Atoi(number)
		return strconv.Itoa(n+by) + count
	}
	return hunk().ReplaceAllStringFunc(text, func(head string) string {
		m := hunk().FindStringSubmatch(head)
		return "@@ -" + move(m[1], m[2]) + " +" + move(m[3], m[4]) + " @@"
	})
}

// entriesOf are the assignments that python-dotenv sees in a text, also in one
// that it refuses for a byte that is no UTF-8.
func entriesOf(text []byte) []envfile.Entry {
	return envfile.Parse(envfile.PythonDotenv, bytes.ToValidUTF8(text, []byte("?")), envfile.Options{}).Entries
}

// alike are the replaced variables whose old and new values look the same once
// they are masked.
func (f *planned) alike() map[string]bool {
	same := make(map[string]bool)
	for _, c := range f.changes {
		if old, ok := f.old(c.Key); ok && !c.Remove {
			same[c.Key] = old.Value != c.Value && config.Mask(c.Key, old.Value) == config.Mask(c.Key, c.Value)
		}
	}
	return same
}

// old is the assignment that decided about a variable before.
func (f *planned) old(key string) (envfile.Entry, bool) {
	for _, e := range slices.Backward(f.read()) {
		if e.Key == key {
			return e, true
		}
	}
	return envfile.Entry{}, false
}

// mask hides what may be secret in the lines from first to before end, counted
// from 0. Comments and what is no assignment may hold anything, and are shown
// by their first character alone.
func (p page) mask(first, end int, entries []envfile.Entry, alike map[string]bool) {
	assigned := make(map[int]envfile.Entry)
	for _, e := range entries {
		if first < e.Line && e.Line <= end {
			assigned[e.Line-1] = e
		}
	}
	for i := first; i < end; i++ {
		line := p.lines[i]
		e, ok := assigned[i]
		switch trimmed := strings.TrimSpace(line); {
		case ok:
			p.lines[i] = maskedLine(line, e, alike[e.Key])
		case trimmed == "":
			p.lines[i] = ""
		case trimmed[0] == '#':
			p.lines[i] = "# …"
		default:
			p.lines[i] = "…"
		}
	}
}

// variableName is what names of variables look like. What looks otherwise may
// be a secret that somebody left on a line of its own.
var variableName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z_][A-Z0-9_]{0,63}$`) })

// maskedLine is one assignment. What stands before the = is shown as it is.
func maskedLine(line string, e envfile.Entry, alike bool) string {
	head, rest, _ := strings.Cut(line, "=")
	if !variableName().MatchString(e.Key) {
		return "…"
	}
	if !e.HasValue {
		return e.Key
	}
	value := "****"
	switch {
	case e.Value == "":
		value = ""
	case known(e.Key):
		value = config.Mask(e.Key, e.Value)
	}
	if rest = strings.TrimSpace(rest); rest != "" && strings.ContainsRune(`'"`, rune(rest[0])) {
		value = rest[:1] + value + rest[:1]
	}
	if alike {
		value += "  (other characters than before)"
	}
	return config.Mask("", head) + "=" + value
}

// known says whether a variable is one of the table, whose values can be
// masked by what they are.
func known(key string) bool {
	for _, row := range config.Variables() {
		if row.Key == key {
			return true
		}
	}
	return false
}

// summary says in words what became of a file.
func summary(f *planned) string {
	count := make(map[envfile.Action]int)
	for _, c := range f.applied {
		count[c.Action]++
	}
	var parts []string
	for _, action := range []envfile.Action{envfile.ActionAdded, envfile.ActionReplaced, envfile.ActionRemoved} {
		if n := count[action]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, action))
		}
	}
	return strings.Join(parts, ", ")
}
