package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/term"
)

// invented is a cause with everything that is hard to write in Markdown.
func invented() cause.Cause {
	return cause.Cause{
		ID: "tls-untrusted", Stage: cause.StageProbe, Severity: cause.Fail,
		Title:   "the certificate of <HOST> is not trusted",
		Why:     "SDKs say nothing & give up. The file is named by `SSL_CERT_FILE`, _not_ by a setting of *their* own [see below].",
		Shows:   "Nothing arrives; `curl -v 'https://HOST/' 2>&1 | grep -i certificate` names the issuer.",
		Find:    "`openssl s_client -connect HOST:443 -showcerts </dev/null`.",
		Fix:     "route ^/api/[1-9]\\d*/ and set SSL_CERT_FILE=/etc/ssl/certs/corporate.pem",
		Sources: []string{"getsentry/sentry-python#1122", "getsentry/relay docs/index.md", "https://develop.sentry.dev/sdk/"},
	}
}

func inventedCheck() CheckDoc {
	return CheckDoc{
		ID: "query-values", Group: "database", Title: "statements arrive with placeholders, never with values",
		Needs: []string{"database-connection", "query-fast"}, Why: "Values of a statement are personal data more often than not.",
	}
}

func TestExplainGolden(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 80} {
		var b bytes.Buffer
		if err := WriteCause(&b, invented(), Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n----\n\n")
		if err := WriteCheck(&b, inventedCheck(), Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("explain-%d.txt", width), b.Bytes())
	}
}

// TestExplainBreaksNoCommand holds that what stands between backquotes is on
// one line at any width: it is there to be copied.
func TestExplainBreaksNoCommand(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile("`[^`]+`")
	for _, c := range cause.All() {
		var b bytes.Buffer
		if err := WriteCause(&b, c, Style{Width: 40}); err != nil {
			t.Fatal(err)
		}
		for _, command := range code.FindAllString(c.Find, -1) {
			if !strings.Contains(b.String(), command) {
				t.Errorf("%s: %s is broken in\n%s", c.ID, command, b.String())
			}
		}
	}
}

func TestCausesDocGolden(t *testing.T) {
	t.Parallel()
	other := cause.Cause{ID: "dsn-missing", Stage: cause.StageEnvironment, Severity: cause.Warn, Title: "SENTRY_DSN is not set", Why: "W.", Shows: "S.", Find: "F.", Fix: "f"}
	var b bytes.Buffer
	if err := WriteCausesDoc(&b, []cause.Cause{other, invented()}); err != nil {
		t.Fatal(err)
	}
	golden(t, "causes.md", b.Bytes())
}

func TestChecksDocGolden(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	err := WriteChecksDoc(&b, []Suite{{
		Command: "bbctl test",
		Groups:  []check.Group{{ID: "redis", Title: "Redis: slow and failing operations"}, {ID: "database", Title: "Database: slow and failing queries"}},
		Checks:  []CheckDoc{inventedCheck(), {ID: "redis-fast", Group: "redis", Title: "fast operations make no event", Why: "An event per command would bury everything else."}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "checks.md", b.Bytes())
}

// anchors are those that GitHub makes of a page: of headings, by its rule, and
// of <a id>.
func anchors(page string) map[string]int {
	found := map[string]int{}
	for line := range strings.Lines(page) {
		if heading, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			slug := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
			found[strings.ReplaceAll(slug, " ", "-")]++
		}
	}
	for _, m := range regexp.MustCompile(`<a id="([^"]+)">`).FindAllStringSubmatch(page, -1) {
		found[m[1]]++
	}
	return found
}

// TestEveryCauseHasItsAnchor takes the whole catalogue: what reports link to is
// there, once, and every link within the page leads somewhere.
func TestEveryCauseHasItsAnchor(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := WriteCausesDoc(&b, cause.All()); err != nil {
		t.Fatal(err)
	}
	found := anchors(b.String())
	for _, c := range cause.All() {
		_, anchor, _ := strings.Cut(c.ID.Doc(), "#")
		if found[anchor] != 1 {
			t.Errorf("%s: %d anchors", c.ID.Doc(), found[anchor])
		}
	}
	for _, m := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(b.String(), -1) {
		if found[m[1]] != 1 {
			t.Errorf("a link leads to #%s, which is there %d times", m[1], found[m[1]])
		}
	}
}

func TestMarkdownShowsWhatWasWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain":                     "plain",
		"SENTRY_DSN=x":              "SENTRY_DSN=x",
		"_not_ by __name__":         `\_not\_ by \_\_name\_\_`,
		"a <b> & *c* [d](e)":        `a &lt;b> &amp; \*c\* \[d](e)`,
		"`<a> *b*` then <c>":        "`<a> *b*` then &lt;c>",
		`\d`:                        `\\d`,
		"max_value_length=100_000":  "max_value_length=100_000",
		"for `a_` and _b, `*` too*": "for `a_` and \\_b, `*` too\\*",
	} {
		if got := markdown(text); got != want {
			t.Errorf("markdown(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSourcesLeadToTheirPages(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"getsentry/relay#12":            "https://github.com/getsentry/relay/issues/12",
		"getsentry/relay docs/index.md": "https://github.com/getsentry/relay/blob/HEAD/docs/index.md",
		"https://a.example/x/#y":        "https://a.example/x/#y",
	} {
		if got := address(source); got != want {
			t.Errorf("address(%q) = %q, want %q", source, got, want)
		}
	}
}

func TestExplainFitsItsWidth(t *testing.T) {
	t.Parallel()
	for _, c := range cause.All() {
		var b bytes.Buffer
		if err := WriteCause(&b, c, Style{Width: 80}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if line = strings.TrimSuffix(line, "\n"); term.Columns(line) > 80 && !strings.ContainsAny(line, "`") && len(strings.Fields(line)) > 1 {
				t.Errorf("%s: %d columns: %s", c.ID, term.Columns(line), line)
			}
		}
	}
}
