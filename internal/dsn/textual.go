package dsn

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// textual finds the defects that show before the DSN is taken apart.
func textual(raw string) *Defect {
	trimmed := strings.TrimFunc(raw, outside)
	if trimmed == "" {
		return defect(idMissing, fixSet, "the DSN is empty, expected https://KEY@HOST/PROJECT")
	}
	if ordinary(trimmed) {
		return exampleOrStray(raw, trimmed)
	}
	if begin := prefixed(trimmed); begin != "" {
		return defect(idPrefixed, "remove "+begin+" from the value: the DSN alone belongs there",
			"the value begins with %q, expected https://: a whole line was pasted", begin)
	}
	if what := unexpanded(trimmed); what != "" {
		return defect(idUnexpanded, "put the DSN itself into SENTRY_DSN, or let what starts the process fill it in",
			"the value holds %s that nothing has filled in, expected https://KEY@HOST/PROJECT", what)
	}
	return exampleOrStray(raw, trimmed)
}

// ordinary says whether a text is so plain that it can be neither a pasted
// line nor a variable. Most DSNs are, and a receiver parses one a request.
func ordinary(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && only(s, "-_.~:/@?&=")
}

func exampleOrStray(raw, trimmed string) *Defect {
	if what := placeholder(trimmed); what != "" {
		return defect(idPlaceholder, fixPaste, "%s is an example of a documentation, expected a DSN of yours", what)
	}
	if i := strings.IndexAny(trimmed, quotes); i >= 0 {
		return defect(idQuoted, fixQuotes, "there is a quote %s, expected a DSN without any: the process gets it as part of the value", place(trimmed, i))
	}
	if what, where := strayText(raw, trimmed); what != "" {
		return defect(idStray, "remove "+definite(what)+" "+where+" the DSN in SENTRY_DSN", "there is %s %s the DSN, expected nothing there", what, where)
	}
	return nil
}

const quotes = "\"'`“”„‘’«»"

func place(s string, i int) string {
	switch {
	case i == 0:
		return "at the beginning"
	case strings.TrimRight(s[i:], quotes) == "":
		return "at the end"
	default:
		return "inside"
	}
}

// prefixed returns the beginning of a line that was pasted whole.
func prefixed(s string) string {
	return strings.TrimSpace(assignment().FindString(strings.TrimLeft(s, quotes)))
}

// assignment is what stands before the value: export, NAME=, or NAME: as in
// YAML. The scheme of a URL is no name, since a slash follows its colon.
var assignment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(?i:export|set|env|-e|ENV)\s+)?(?i:[A-Z_]*DSN[A-Z_]*)["']?\s*(?:=|:\s)|^(?i:export)\s`)
})

// unexpanded names what stands for a value and was not replaced by it.
func unexpanded(s string) string {
	bare := strings.Trim(s, quotes)
	switch strings.ToLower(bare) {
	case "none", "null", "nil", "undefined", "false":
		return "the word " + strings.ToLower(bare)
	}
	for _, reference := range []string{"op://", "vault:", "enc[", "!!secretref", "!secret", "!vault", "arn:aws:", "secretref:", "@microsoft.keyvault(", "sm://"} {
		if strings.HasPrefix(strings.ToLower(bare), reference) {
			return "a reference to a secret store"
		}
	}
	if inner := strings.Trim(bare, "<>"); strings.Contains(inner, "://") && strings.Contains(inner, "@") && !strings.ContainsAny(inner, "<>${}%") {
		return "" // a DSN in brackets, as in a mail
	}
	for _, form := range unexpandedForms() {
		if form.MatchString(bare) {
			return "a variable or a placeholder"
		}
	}
	return ""
}

var unexpandedForms = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`[$#]\{|\{\{|\$\(|<%`),                  // ${X}, #{X}, {{ x }}, $(x), <%= x %>
		regexp.MustCompile(`\$[A-Za-z_]`),                          // $X
		regexp.MustCompile(`^%[A-Za-z_]\w*%$|%\([A-Za-z_]\w*\)s`),  // %X%, %(X)s
		regexp.MustCompile(`^<[^<>]*>$|^\{[A-Za-z_ ]\w*[^{}]*\}$`), // <your dsn>, {dsn}
	}
})

// placeholder knows the examples of the documentations by their parts, and
// names the part.
func placeholder(s string) string {
	lower := strings.ToLower(strings.Trim(s, quotes))
	p := cut(lower)
	if !p.hasScheme {
		if strings.HasPrefix(lower, "___") || wholeExample().MatchString(lower) {
			return "the value"
		}
		return ""
	}
	id := ""
	if len(p.segments) > 0 {
		id = p.segments[len(p.segments)-1]
	}
	switch {
	case p.hasUser && exampleKey(p):
		return "the key"
	case isExampleHost(p.host):
		return "the host"
	case !digits(id) && exampleProject().MatchString(id):
		return "the project id"
	}
	return ""
}

var (
	wholeExample = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:change[-_ ]?(?:me|this|it)|(?:replace|insert|fill|set|enter|paste)[-_ ]?(?:me|this|it|in)?(?:[-_ ].*)?|@@[\w .-]+@@|fixme|dummy|todo|tbd|xxx+|\.\.\.|…|(?:your|my|the)[-_ ](?:sentry[-_ ])?dsn.*|dsn|sentry[-_]dsn|placeholder|example)$`)
	})
	exampleHost = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:org|your-org|your_org|example|oxx*|o\.{3}|o<.*>|o…)\.ingest\.|^your[-_.]|^(?:sentry\.)?your[-_]|^host$|^<.*>$|^\[(?:host|your.*)\]$|^___`)
	})
	exampleProject = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:(?:your|my)?[-_]?project[-_]?id|your[-_]project|project|<.*>|\[.*\]|___.*___|x{2,}|\.{3}|…)$`)
	})
	exampleWords = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:example|your[-_]|my[-_]?key|___|<|\[|\.{2}|…|x{3,}$)`)
	})
)

func isExampleHost(host string) bool {
	if host == "" || digits(host[:1]) {
		return false // an address, most often of a receiver
	}
	if label, rest, _ := strings.Cut(host, "."); label[:min(1, len(label))] == "o" && digits(label[1:]) {
		return label == "o0" && strings.HasPrefix(rest, "ingest.")
	}
	return exampleHost().MatchString(host)
}

// exampleKey says whether the key is one of an example. On loopback short words
// are what people give to a receiver that takes any key.
func exampleKey(p *parts) bool {
	if hexadecimal(p.key) {
		return len(p.key) >= 8 && strings.Trim(p.key, "0") == ""
	}
	if exampleWords().MatchString(p.key) {
		return true
	}
	short := []string{"public", "publickey", "public_key", "public-key", "key", "yourkey", "yourpublickey", "changeme"}
	return slices.Contains(short, p.key) && !(&DSN{Host: p.host}).Loopback()
}

// strayText finds what does not belong to a DSN as a text: blanks, control
// characters, other alphabets, a comment behind it, punctuation around it.
func strayText(raw, trimmed string) (what, where string) {
	switch at := strings.Index(raw, trimmed); {
	case at > 0:
		return nameOf(firstRune(raw)), "before"
	case len(trimmed) < len(raw):
		return nameOf(firstRune(raw[len(trimmed):])), "after"
	}
	if i := strings.IndexFunc(raw, outside); i >= 0 {
		rest := strings.TrimFunc(raw[i:], outside)
		if strings.HasPrefix(rest, "#") || strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, ";") {
			return "a comment", "after"
		}
		return nameOf(firstRune(raw[i:])), "inside"
	}
	if strings.Contains(raw, "#") {
		return "a comment or fragment (#)", "after"
	}
	if raw[0] == '<' && raw[len(raw)-1] == '>' {
		return "angle brackets", "around"
	}
	if end := raw[max(0, len(raw)-2):]; end == `\n` || end == `\r` || end == `\t` {
		return "a written-out " + end, "after"
	}
	if end := raw[len(raw)-1]; strings.IndexByte(",;)]>}|\\.", end) >= 0 {
		return "a " + string(end), "after"
	}
	if begin := raw[0]; strings.IndexByte("([{<=,;-", begin) >= 0 {
		return "a " + string(begin), "before"
	}
	if strings.IndexFunc(raw, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		return "a character outside ASCII", "inside"
	}
	return "", ""
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return ' '
}

func nameOf(r rune) string {
	switch {
	case r == '\n':
		return "a newline"
	case r == '\r':
		return "a carriage return"
	case r == '\t':
		return "a tab"
	case r == ' ':
		return "a blank"
	case unicode.IsControl(r):
		return "a control character"
	case Unseen(r) != "":
		return Unseen(r)
	default:
		return "an invisible character"
	}
}

// Unseen names a character outside ASCII that looks like a blank or like
// nothing, such as a copy from a web page brings along; it is empty for others.
func Unseen(r rune) string {
	name := "an invisible character"
	switch r {
	case '\u00a0', '\u202f', '\u2007':
		name = "a no-break space"
	case '\u00ad':
		name = "a soft hyphen"
	case '\u200b':
		name = "a zero-width space"
	case '\ufeff':
		name = "a byte-order mark"
	default:
		if !outside(r) || r <= unicode.MaxASCII || r == unicode.ReplacementChar {
			return ""
		}
	}
	return fmt.Sprintf("%s (U+%04X)", name, r)
}

// outside are characters that no DSN holds and nobody sees: blanks, control
// characters, and those that a copy from a web page brings along.
func outside(r rune) bool {
	switch r {
	case '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', unicode.ReplacementChar:
		return true
	}
	return unicode.IsSpace(r) || unicode.IsControl(r)
}
