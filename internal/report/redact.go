package report

import (
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// NewRedactor returns the redactor through which all output passes, since
// people paste it in public: it removes the DSN's key, passwords in URLs,
// tokens, values of fields that are named like secrets, e-mail addresses and
// what else package scrub knows, and writes ~ for the home directory. Host and
// project of a DSN stay, and so do ids, commits, paths and addresses of
// machines: a report without them helps nobody. home may be empty. What was
// redacted once is not changed by another time. Secrets are values that are
// removed wherever they stand, such as those of Secrets.
func NewRedactor(home string, secrets ...string) func(string) string {
	r := redactor{home: strings.TrimRight(home, `/\`)}
	var pairs []string
	for _, secret := range secrets {
		pairs = append(pairs, secret, masked)
	}
	r.secrets = strings.NewReplacer(pairs...)
	// The zero policy but for addresses of machines, which New does not refuse.
	r.scrubber, _ = scrub.New(scrub.Policy{KeepIPs: true})
	return r.redact
}

type redactor struct {
	home     string
	secrets  *strings.Replacer
	scrubber *scrub.Scrubber
}

// Secrets are the values of an environment, as NAME=VALUE, that are secret by
// their names: what an application is given, its errors may say in any form.
// Left out are those that may stand for something else as well: short ones,
// plain words, paths, and URLs, of which a redactor removes the secret part.
func Secrets(environ []string) []string {
	var found []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if len(value) < 8 || !strings.ContainsAny(value, "0123456789") || strings.Contains(value, "://") || strings.ContainsAny(value[:1], "/.~") {
			continue
		}
		if probe := name + "=" + secretProbe; scrub.Default().String(probe) != probe {
			found = append(found, value)
		}
	}
	return found
}

// secretProbe is removed only behind the name of a secret.
const secretProbe = "such-a-value"

const masked = "****"

// urlStart is the beginning of a URL; ours end at a blank or a quote.
var urlStart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://`) })

// sentryKey is a DSN's key where it is not in a DSN: in a query or the header
// X-Sentry-Auth.
var sentryKey = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(sentry_(?:key|secret)["']?\s*[=:]\s*["']?)([\w*-]+)`)
})

// schemeless is a DSN that lacks its scheme, which is not an e-mail address.
var schemeless = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b[0-9a-fA-F]{16,}@`) })

// placeholder is what our own fixes write where a secret belongs.
const placeholder = `(?:KEY|PUBLIC|SECRET|NAME|USER|PASSWORD|TOKEN|…|\.\.\.|\*{4}|\$[A-Z][A-Z0-9_]*|\$\{[A-Z][A-Z0-9_]*\})`

var isPlaceholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^` + placeholder + `$`) })

func (r redactor) redact(text string) string {
	text = r.secrets.Replace(text)
	text = sentryKey().ReplaceAllStringFunc(text, func(found string) string {
		part := sentryKey().FindStringSubmatch(found)
		return part[1] + mask(part[2])
	})
	text = redactURLs(text)
	text = schemeless().ReplaceAllStringFunc(text, func(found string) string {
		return mask(strings.TrimSuffix(found, "@")) + "@"
	})
	text = r.tilde(text)
	return r.scrub(text)
}

// mask keeps the first four characters of a long key, as package dsn does: they
// tell which of two keys it is.
func mask(key string) string {
	if isPlaceholder().MatchString(key) || strings.HasSuffix(key, masked) && len(key) <= len(masked)+4 {
		return key
	}
	if len(key) < 12 {
		return masked
	}
	return key[:4] + masked
}

// redactURLs masks what stands before the @ of every URL.
func redactURLs(text string) string {
	var b strings.Builder
	for {
		found := urlStart().FindStringIndex(text)
		if found == nil {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:found[1]])
		scheme := text[found[0]:found[1]]
		text = text[found[1]:]
		if at := userEnd(scheme, text); at >= 0 {
			b.WriteString(maskUser(scheme, text[:at]))
			text = text[at:]
		}
	}
}

// userEnd is the @ behind the user and password of a URL, or -1. Passwords
// hold all sorts of characters that should have been escaped: the last @ of
// the URL counts, unless it belongs to the path or the query of a web page.
func userEnd(scheme, rest string) int {
	end := strings.IndexAny(rest, " \t\r\n\"'`<>“”")
	if end < 0 {
		end = len(rest)
	}
	if next := urlStart().FindStringIndex(rest[:end]); next != nil {
		end = next[0]
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if !strings.HasPrefix(strings.ToLower(scheme), "http") {
		return at
	}
	authority := strings.IndexAny(rest[:end], "/?#")
	if authority < 0 || at < authority || unfinishedUser().MatchString(rest[:authority]) {
		return at
	}
	return strings.LastIndexByte(rest[:authority], '@')
}

// unfinishedUser is user:password whose password has a / ? or # in it, and not
// host:port.
var unfinishedUser = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^@]*:[^@]*[^0-9@][^@]*$`) })

func maskUser(scheme, user string) string {
	name, password, withPassword := strings.Cut(user, ":")
	isKey := len(name) >= 16 && strings.Trim(strings.ToLower(name), "0123456789abcdef") == ""
	switch {
	case !withPassword && name == "git" && !strings.HasPrefix(scheme, "http"):
		return name
	case !withPassword:
		return mask(name)
	case isPlaceholder().MatchString(password):
		return user
	case isKey:
		return mask(name) + ":" + masked
	case strings.Contains(name, "@"):
		return masked + ":" + masked
	default:
		return name + ":" + masked
	}
}

// tilde writes ~ for the home directory where it is a whole path or begins one.
func (r redactor) tilde(text string) string {
	if len(r.home) < 2 {
		return text
	}
	var b strings.Builder
	for {
		i := strings.Index(text, r.home)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := i + len(r.home)
		b.WriteString(text[:i])
		if inPath(text[:i]) || endsLater(text[end:]) {
			b.WriteString(r.home)
		} else {
			b.WriteByte('~')
		}
		text = text[end:]
	}
}

// inPath says whether a path goes on behind this text: /var before /root.
func inPath(before string) bool {
	if before == "" || strings.HasSuffix(before, "://") {
		return false
	}
	c := before[len(before)-1]
	return c == '/' || c == '\\' || c == '.' || c == '-' || c == '~' || inWord(before, len(before)-1)
}

// endsLater says whether the name goes on: /rooted, /root.bak, /root-2.
func endsLater(after string) bool {
	rest := strings.TrimLeft(after, ".-")
	return inWord(rest, 0)
}

// spared finds the parts of a report that the scrubber must not see, since
// they look secret and are not: those in a group. The scrubber works on what
// lies between. The first form has no group, and keeps the next from taking
// what is secret by its name for an id.
var spared = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(strings.Join([]string{
		`(?i:(?:key|token|secret|password|passwd|pwd|signature|authorization|cookie|session|session.?id|bearer|basic)["']?(?:\s*[:=]\s*|\s+)["']?)[0-9a-fA-F-]{16,}`,
		// Ids of events and spans, UUIDs and commits: some are an account's number
		// by their check digits.
		`\b([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{40}|[0-9a-fA-F]{32}|[0-9a-fA-F]{16})\b`,
		// A URL without a secret: its password is masked or was never there.
		`([A-Za-z][A-Za-z0-9+.-]*://[^\s@/]*(?:\*{4}|` + placeholder + `)@)`,
		// An assignment for the reader to complete: SENTRY_AUTH_TOKEN=…
		`((?:[=:]|\b[Bb]earer)[ ]?["']?` + placeholder + `(?:[\s"',;)&]|$))`,
		// Another's home directory: a path with its name replaced cannot be opened.
		`((?:/home|/Users|\\Users)[/\\])`,
		// Sentences about a secret: "token: saw 3 characters".
		`((?i:(?:tokens?|passwords?|secrets?|credentials?|cookies?|signature|authorization|key)["']?:[ \t]+(?:` + proseWords + `)(?:[\s,.;]|$)))`,
	}, "|"))
})

// card is what could be the number of one; an id of a span is nearly never
// without a letter.
var card = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{16}$`) })

// proseWords go on with a sentence after the name of a secret; anything else
// there is taken for the secret.
const proseWords = `saw|expected|none|found|it|they|this|there|of|in|on|at|to|from|for|by|with|and|or|set|unset|all|only|nothing|something|[0-9]{1,3}|is|was|are|were|has|have|must|cannot|no|not|the|a|an|too|does|do|missing|required|invalid|expired|wrong|unknown|rejected|revoked|denied|empty`

func (r redactor) scrub(text string) string {
	if r.scrubber.String(text) == text {
		return text // most are, and the search below is the slow part
	}
	var b strings.Builder
	from := 0
	for _, at := range spared().FindAllStringSubmatchIndex(text, -1) {
		for group := 2; group < len(at); group += 2 {
			if at[group] < 0 || card().MatchString(text[at[group]:at[group+1]]) {
				continue // left to the scrubber, which knows a card by its check digit
			}
			b.WriteString(r.scrubber.String(text[from:at[group]]))
			b.WriteString(text[at[group]:at[group+1]])
			from = at[group+1]
		}
	}
	b.WriteString(r.scrubber.String(text[from:]))
	return b.String()
}
