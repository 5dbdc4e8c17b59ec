package config

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// replacing are the changes that give a variable a value in the .env file;
// none where another place decides.
func replacing(v Value, value string) []envfile.Change {
	if _, _, err := envfile.Quote(value); v.Origin.Kind != KindFile || err != nil {
		return nil
	}
	return []envfile.Change{{Key: v.Key, Value: value}}
}

// removing are the changes that take a variable out of the .env file; none
// where another place decides.
func removing(v Value) []envfile.Change {
	if v.Origin.Kind != KindFile {
		return nil
	}
	return []envfile.Change{{Key: v.Key, Remove: true}}
}

// mending adds to a single problem the changes that mend it.
func mending(changes []envfile.Change, problems []Problem) []Problem {
	for i := range problems {
		problems[i].Changes = changes
	}
	return problems
}

// editable is a name that the editor takes.
var editable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

// renaming are the changes that give the value of a misspelt variable its right
// name.
func (c *Config) renaming(m mistake) []envfile.Change {
	if m.origin.Kind != KindFile || !editable().MatchString(m.name) {
		return nil
	}
	found := c.file.values(m.name)
	if len(found) == 0 || found[0].Value == "" {
		return nil
	}
	added := replacing(Value{Key: m.meant, Origin: m.origin}, found[0].Value)
	if added == nil {
		return nil
	}
	return append(added, envfile.Change{Key: m.name, Remove: true})
}

// pasted is what stands before a DSN where a whole line was taken for it.
var pasted = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(?i:export|set|env|-e)\s+)?(?:(?i:[A-Z_]*DSN[A-Z_]*)["']?\s*(?:=|:\s))?`)
})

// innerDSN returns the DSN in a value in which only what stands around it is
// wrong: blanks, quotes, punctuation, a comment, the rest of a line.
func innerDSN(value string) (string, bool) {
	const around = "\"'`“”„‘’«»,;<>()[]{}"
	trim := func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(around, r) || strings.ContainsRune("\u200b\u200c\u200d\u2060\ufeff\u00ad", r)
	}
	for range 4 { // quotes within a line within quotes
		value = strings.TrimFunc(value, trim)
		value = strings.TrimFunc(value[len(pasted().FindString(value)):], trim)
	}
	if at := strings.IndexFunc(value, unicode.IsSpace); at >= 0 && strings.HasPrefix(strings.TrimSpace(value[at:]), "#") {
		value = strings.TrimFunc(value[:at], trim)
	}
	value = strings.TrimRight(value, "/")
	parsed, err := dsn.Parse(value)
	if err != nil || len(dsn.Warnings(value, parsed)) > 0 {
		return "", false
	}
	return value, true
}
