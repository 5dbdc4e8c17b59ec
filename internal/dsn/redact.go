package dsn

import (
	"regexp"
	"strings"
	"sync"
)

const hidden = "****"

// Redact makes any text that may be a DSN fit to be shown: whatever stands
// where a key may stand is masked, also in a defective one, and so is what
// looks like a token wherever it stands. Queries and comments are cut off.
func Redact(raw string) string {
	if d, err := Parse(raw); err == nil {
		return d.Redacted()
	}
	head, text := "", raw
	if at := lastAt(text); at >= 0 {
		head, text = safeHead(text[:at])+hidden, text[at:]
	} else if begin := lineStart().FindString(text); begin != "" {
		head, text = begin, text[len(begin):]
	}
	if end := strings.IndexAny(text, "?#"); end >= 0 {
		text = text[:end+1] + hidden
	}
	return head + hideTokens(text)
}

// lastAt finds the last @, be it written as itself or for a URL.
func lastAt(s string) int {
	return max(strings.LastIndexByte(s, '@'), strings.LastIndex(s, "%40"))
}

// safeHead is the beginning of what stands before a key as far as it can be
// nothing but a variable's name, quotes and a scheme.
func safeHead(s string) string {
	begin := lineStart().FindString(s)
	return begin + schemeStart().FindString(s[len(begin):])
}

var (
	lineStart = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("^[\\s\"'`]*(?:export[ \t]+)?(?:(?i:SENTRY_)?(?i:DSN)[\"'`]?[ \t]*[=:][ \t]*)?[\"'`]*")
	})
	schemeStart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?i:https?|htps?|htpps?)://`) })
	word        = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9A-Za-z_-]{12,}`) })
	orgLabel    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^o?[0-9]{1,19}$`) })
)

// hideTokens masks every word that may be a token: one of at least 12
// characters that holds a digit or both cases, or one of at least 20 without a
// separator. Numbers of organizations and projects are none.
func hideTokens(s string) string {
	return word().ReplaceAllStringFunc(s, func(w string) string {
		if orgLabel().MatchString(w) {
			return w
		}
		mixed := strings.ContainsAny(w, "0123456789") || strings.ToLower(w) != w && strings.ToUpper(w) != w
		if mixed || len(w) >= 20 && !strings.ContainsAny(w, "-_") {
			return hidden
		}
		return w
	})
}

// mask keeps the first four characters of a key. A key so short that this
// would tell most of it is masked whole.
func mask(key string) string {
	if len(key) < 12 {
		return hidden
	}
	return key[:4] + hidden
}
