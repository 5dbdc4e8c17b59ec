package cause

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// texts are the parts of an entry that people read.
func (c Cause) texts() map[string]string {
	return map[string]string{"Title": c.Title, "Why": c.Why, "Shows": c.Shows, "Find": c.Find, "Fix": c.Fix}
}

func TestEveryEntryIsFilled(t *testing.T) {
	t.Parallel()
	for _, c := range All() {
		for field, text := range c.texts() {
			if len(text) < 15 {
				t.Errorf("%s: %s is %q, which says nothing", c.ID, field, text)
			}
			if strings.TrimSpace(text) != text || strings.Contains(text, "\n") || strings.Contains(text, "  ") && !strings.Contains(text, "1.0  #") {
				t.Errorf("%s: %s has blanks too many: %q", c.ID, field, text)
			}
		}
	}
}

// TestTitlesAndFixesReadLikeTheOthers holds the form: a title is a sentence
// without an end that fits a line, a fix is one action, the rest is prose.
func TestTitlesAndFixesReadLikeTheOthers(t *testing.T) {
	t.Parallel()
	seen := map[string]ID{}
	for _, c := range All() {
		if strings.HasSuffix(c.Title, ".") || len(c.Title) > 100 || strings.ContainsRune(c.Title, '`') {
			t.Errorf("%s: the title is no plain sentence of one line without a full stop: %q", c.ID, c.Title)
		}
		if first, _ := utf8.DecodeRuneInString(c.Title); unicode.IsUpper(first) && !startsWithName(c.Title) {
			t.Errorf("%s: the title begins with a capital: %q", c.ID, c.Title)
		}
		if other, twice := seen[c.Title]; twice {
			t.Errorf("%s and %s have the same title", c.ID, other)
		}
		seen[c.Title] = c.ID
		if strings.HasSuffix(c.Fix, ".") || strings.ContainsRune(c.Fix, '`') {
			t.Errorf("%s: the fix is no plain action without a full stop: %q", c.ID, c.Fix)
		}
		for field, text := range map[string]string{"Why": c.Why, "Shows": c.Shows, "Find": c.Find} {
			if end := text[len(text)-1]; !strings.ContainsRune(".`", rune(end)) {
				t.Errorf("%s: %s ends neither in a full stop nor in a command: %q", c.ID, field, text)
			}
		}
	}
}

func startsWithName(title string) bool {
	word, _, _ := strings.Cut(title, " ")
	return slices.Contains([]string{"Sentry", "Redis"}, word) || word == strings.ToUpper(word)
}

// TestTextsSurviveMarkdown holds that backquotes come in pairs, and that
// nothing outside of them would be taken for markup in docs/causes.md.
func TestTextsSurviveMarkdown(t *testing.T) {
	t.Parallel()
	for _, c := range All() {
		for field, text := range c.texts() {
			parts := strings.Split(text, "`")
			if len(parts)%2 == 0 {
				t.Errorf("%s: %s has an odd number of backquotes", c.ID, field)
			}
			for i := 0; i < len(parts); i += 2 {
				if strings.Contains(parts[i], "<") || strings.Count(parts[i], "*") > 1 || strings.Contains(parts[i], "](") || strings.Contains(parts[i], "__") {
					t.Errorf("%s: %s has markup outside of backquotes: %q", c.ID, field, parts[i])
				}
			}
		}
	}
}

// TestOnlyRealCommandsAreNamed keeps the catalogue from promising a command.
func TestOnlyRealCommandsAreNamed(t *testing.T) {
	t.Parallel()
	commands := []string{"test", "receive", "config", "explain", "release", "version"}
	named := regexp.MustCompile(`\bbbctl ([a-z]+)`)
	for _, c := range All() {
		for field, text := range c.texts() {
			for _, m := range named.FindAllStringSubmatch(text, -1) {
				if !slices.Contains(commands, m[1]) {
					t.Errorf("%s: %s names %q, which is none of %v", c.ID, field, m[0], commands)
				}
			}
		}
	}
}

// TestNoEntryHoldsASecret looks for what a scanner for secrets would find:
// long hexadecimal words, tokens by their prefixes, passwords in addresses.
func TestNoEntryHoldsASecret(t *testing.T) {
	t.Parallel()
	for _, c := range All() {
		for field, text := range c.texts() {
			if found := secret().FindString(text); found != "" {
				t.Errorf("%s: %s holds something that looks like a secret (%d characters)", c.ID, field, len(found))
			}
		}
	}
}

func secret() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b[0-9a-f]{16,}\b|sntry[a-z]_[0-9a-z]{8}|\bsk_(?:live|test)_[0-9a-z]{4}|\bgh[pousr]_[0-9a-z]{8}|\bAKIA[0-9A-Z]{8}|-----BEGIN|Bearer [0-9a-z]{8}|//[a-z0-9]+:[a-z0-9]+@[a-z0-9.]*\.[a-z]{2,}`)
}

// TestTheLookForSecretsFinds proves the pattern of the test above; the samples
// are put together here, so that none of them stands in a file.
func TestTheLookForSecretsFinds(t *testing.T) {
	t.Parallel()
	for _, sample := range []string{
		"https://" + strings.Repeat("a1", 16) + "@o1.ingest.sentry.io/2",
		"SENTRY_AUTH_TOKEN=sntry" + "u_" + strings.Repeat("9f", 20),
		"key sk_" + "live_" + "4eC39HqL",
		"Authorization: Bea" + "rer " + strings.Repeat("x7", 10),
		"http://anna:" + "hunter2@proxy.example.com:3128",
		"-----BE" + "GIN PRIVATE KEY-----",
	} {
		if !secret().MatchString(sample) {
			t.Errorf("not found: a sample of %d characters that begins %q", len(sample), sample[:8])
		}
	}
}

// TestSourcesCanBeFollowed holds their two forms: OWNER/REPOSITORY#NUMBER or
// OWNER/REPOSITORY PATH, and an address.
func TestSourcesCanBeFollowed(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^(?:[\w.-]+/[\w.-]+(?:#[1-9]\d*| [\w./-]+)|https://[\w.-]+/\S*)$`)
	for _, c := range All() {
		for i, source := range c.Sources {
			if !form.MatchString(source) {
				t.Errorf("%s: source %q is neither a thread nor a file nor an address", c.ID, source)
			}
			if slices.Contains(c.Sources[:i], source) {
				t.Errorf("%s: source %q stands twice", c.ID, source)
			}
		}
	}
}
