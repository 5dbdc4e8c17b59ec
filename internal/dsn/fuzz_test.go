package dsn

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzParse holds what is true of every text: there is a DSN or a defect of
// the catalogue with a detail and a fix, and a DSN reads the same again.
func FuzzParse(f *testing.F) {
	k := testKey()
	for _, seed := range []string{
		"", "https://" + k + "@o42.ingest.us.sentry.io/4505", "http://" + k + ":" + k + "@[::1]:9000/p/q/42?a=b#c",
		"SENTRY_DSN='https://k@h/1'", "${SENTRY_DSN}", "https://k@h:080/1", "https:///", "://@:/", "\ufeffhttps://k@h/1\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		d, err := Parse(raw)
		if err != nil {
			var found *Defect
			if !errors.As(err, &found) || !strings.HasPrefix(found.ID, "dsn-") || found.Detail == "" || found.Fix == "" {
				t.Fatalf("%q: got error %#v", raw, err)
			}
			return
		}
		again, err := Parse(d.String())
		if err != nil {
			t.Fatalf("%q: String %q does not parse: %v", raw, d.String(), err)
		}
		if diff := cmp.Diff(d, again); diff != "" {
			t.Fatalf("%q: %s", raw, diff)
		}
		Warnings(raw, d)
	})
}

// FuzzRedact plants a key, a secret and a token of the path in a DSN that was
// damaged in every way, and looks for them in all that may be shown.
func FuzzRedact(f *testing.F) {
	f.Add("", "", "https://", "@", "/", uint8(0))
	f.Add("SENTRY_DSN=\"", "\"", "https://", "@", "/", uint8(1))
	f.Add(" ", "# x", "", "%40", "//", uint8(2))
	f.Add("${X}", "?a=b", "htps:/", "", ":", uint8(3))
	f.Add("", "", "https://", " ", "@", uint8(4))
	f.Fuzz(func(t *testing.T, before, after, scheme, at, slash string, form uint8) {
		key, secret, token := testKey(), strings.Repeat("5e6f", 8), "tok_"+strings.Repeat("7a8B", 6)
		switch form % 5 { // other alphabets of keys and tokens
		case 1:
			key = strings.ToUpper(key)
		case 2:
			token = "whsec" + strings.Repeat("Qz", 10)
		case 3:
			secret = strings.Repeat("q8", 10)
		case 4:
			key = "key-" + strings.Repeat("w7-", 8)
		}
		raw := before + scheme + key + ":" + secret + at + "sentry.example.com" + slash + token + slash + "42" + after
		shown := []string{Redact(raw)}
		d, err := Parse(raw)
		var found *Defect
		if errors.As(err, &found) {
			shown = append(shown, found.Detail, found.Fix)
		} else {
			shown = append(shown, d.Redacted())
			for _, w := range Warnings(raw, d) {
				shown = append(shown, w.Detail, w.Fix)
			}
		}
		for _, text := range shown {
			for _, planted := range []string{key, secret, token} {
				if strings.Contains(text, planted) && !strings.Contains(before+after+scheme+at+slash, planted) {
					t.Fatalf("%q: %q stands in %q", raw, planted, text)
				}
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	raw := "https://" + testKey() + "@o42.ingest.us.sentry.io/4505"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}
