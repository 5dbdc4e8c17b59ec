package config

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// concealment is why the application does not see a variable that a person sees
// in the file.
type concealment struct {
	cause  cause.ID // under which the reason is told
	origin Origin
	why    string
	fix    string // empty: that of the cause is not ours to give
}

// concealed looks for a variable that is set nowhere. Its cause is empty where
// the file has no line of it either.
func (c *Config) concealed(key string) concealment {
	f := c.file
	if _, set := c.Lookup(key); set || f == nil {
		return concealment{}
	}
	if f.mayHoldAnything() {
		return concealment{cause.EnvFileUnreadable, Origin{Kind: KindFile, File: f.shown}, f.unreadable, ""}
	}
	number := 0
	for line := range strings.Lines(string(f.content)) {
		number++
		m := sentryLine().FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil || m[1] != key {
			continue
		}
		at := concealment{origin: Origin{Kind: KindFile, File: f.shown, Line: number}}
		switch {
		case f.unreadable != "":
			at.cause, at.why = cause.EnvFileUnreadable, f.unreadable
		case number == 1 && f.bom:
			at.cause, at.why, at.fix = cause.EnvFileBOM, "a byte-order mark before it is taken for a part of its name", f.withoutBOM()
		case m[2] == ":" && f.godotenvRefuses(): // so that nobody is left who reads it
			at.cause, at.why = cause.EnvFileSyntax, "there is a colon where the = belongs"
		case m[2] == ":":
			at.cause, at.why = cause.EnvReaderDivergence, "there is a colon where the = belongs"
		case m[2] != "=":
			at.cause, at.why = cause.EnvFileSyntax, "there is no ="
		default:
			at.cause, at.why = cause.EnvFileSyntax, "the line, or a quote that is opened above it, is not closed"
		}
		return at
	}
	if alone := nameless(f.python); key == KeyDSN && len(alone) > 0 {
		return concealment{
			cause.EnvFileSyntax,
			Origin{Kind: KindFile, File: f.shown, Line: alone[0].line},
			"there is no SENTRY_DSN= before it",
			fmt.Sprintf("write SENTRY_DSN= before the DSN in line %d of %s", alone[0].line, f.shown),
		}
	}
	if line := f.dropped(key); line > 0 {
		return concealment{cause.EnvFileSyntax, Origin{Kind: KindFile, File: f.shown, Line: line}, "the line is not KEY=value", ""}
	}
	return concealment{}
}

// follows is the cause that a variable's absence comes of, where another
// Problem tells it; empty: none.
func (c *Config) follows(key string) cause.ID {
	if v := c.Value(key); v.Set {
		if blankValue(v.Value) && len(c.shadows(key)) > 0 {
			return cause.EnvShellEmptyShadows
		}
		return ""
	}
	if hidden := c.concealed(key); hidden.cause != "" {
		return hidden.cause
	}
	if len(c.misspelt(key)) > 0 {
		return cause.EnvNameMisspelt
	}
	return ""
}

// following marks problems as what comes of another cause.
func following(id cause.ID, problems []Problem) []Problem {
	for i := range problems {
		problems[i].Follows = id
	}
	return problems
}

// runsOn says whether the value of a variable goes on in the next lines because
// the quote that it begins with is not closed in its own.
func (f *envFile) runsOn(key string) bool {
	all := f.entries[key]
	if len(all) == 0 || !strings.Contains(all[len(all)-1].Value, "\n") {
		return false
	}
	line := f.text(all[len(all)-1].Line)
	return strings.Count(line, `"`)%2 == 1 || strings.Count(line, `'`)%2 == 1
}

// reference is a variable that python-dotenv fills in; one with :- has a value
// of its own to fall back on.
var reference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{([^}:]*)(:-[^}]*)?\}`) })

// unfilled is the first reference of a variable's line that names one which is
// set nowhere, as it is written there: the application reads it as nothing,
// docker and systemd take it as it stands.
func (f *envFile) unfilled(key string) string {
	all := f.entries[key]
	if len(all) == 0 {
		return ""
	}
	at := all[len(all)-1].Line
	for _, m := range reference().FindAllStringSubmatch(f.text(at), -1) {
		_, set := f.environ(m[1])
		before := false
		for _, e := range f.entries[m[1]] {
			before = before || e.Line < at
		}
		if !set && !before && m[2] == "" {
			return m[0]
		}
	}
	return ""
}

// text is a line of the file, without a comment behind it.
func (f *envFile) text(number int) string {
	n := 0
	for line := range strings.Lines(string(f.content)) {
		if n++; n == number {
			text, _, _ := strings.Cut(line, " #")
			return text
		}
	}
	return ""
}
