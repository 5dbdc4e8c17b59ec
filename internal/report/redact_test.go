package report

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// Secrets are put together here, since a literal of their form would look like
// a leaked one.
func key() string { return strings.Repeat("4b7", 10) + "c1" }

func TestRedactorHidesSecrets(t *testing.T) {
	t.Parallel()
	redact := NewRedactor("/home/anna")
	sentryToken := "sntry" + "s_" + strings.Repeat("Zx9", 12)
	stripe := "sk_" + "live_" + strings.Repeat("4eC39Hq", 4)
	for _, c := range []struct{ name, text, want string }{
		{"DSN", "to https://" + key() + "@o1.ingest.sentry.io/42, which", "to https://4b74****@o1.ingest.sentry.io/42, which"},
		{"DSN with its secret", "https://" + key() + ":" + key() + "@o1.ingest.sentry.io/42", "https://4b74****:****@o1.ingest.sentry.io/42"},
		{"DSN in quotes", `SENTRY_DSN="https://` + key() + `@h.example/1"`, `SENTRY_DSN="https://4b74****@h.example/1"`},
		{"DSN without its scheme", key() + "@o1.ingest.sentry.io/42", "4b74****@o1.ingest.sentry.io/42"},
		{"DSN with a short key", "http://public@127.0.0.1:8969/1", "http://****@127.0.0.1:8969/1"},
		{"key in a query", "POST /api/1/envelope/?sentry_key=" + key() + "&sentry_version=7", "POST /api/1/envelope/?sentry_key=4b74****&sentry_version=7"},
		{"key in a header", "X-Sentry-Auth: Sentry sentry_version=7, sentry_key=" + key(), "X-Sentry-Auth: Sentry sentry_version=7, sentry_key=4b74****"},
		{"password of a database", "postgres://anna:" + "hunter2@db.example.com:5432/bookings", "postgres://anna:****@db.example.com:5432/bookings"},
		{"password with what ends a URL", "postgres://u:" + "p/a?s#s@w@db.example.com/x", "postgres://u:****@db.example.com/x"},
		{"password without a user", "redis://:" + "hunter2@cache:6379/0", "redis://:****@cache:6379/0"},
		{"two addresses", "redis://:" + "one@a:1;redis://:" + "two@b:2/0", "redis://:****@a:1;redis://:****@b:2/0"},
		{"password of a proxy", "http://proxy:" + "p/w@proxy.example.com:3128", "http://proxy:****@proxy.example.com:3128"},
		{"user that is an address", "https://anna@example.com:" + "pw@proxy.example.com", "https://****:****@proxy.example.com"},
		{"token of Sentry", "with " + sentryToken + " as token", "with [token] as token"},
		{"token of Stripe", "key " + stripe + " in .env", "key [token] in .env"},
		{"Bearer", "header Authorization: Bea" + "rer " + key(), "header Authorization: [Filtered]"},
		{"Bearer in a sentence", "sent Bea" + "rer " + sentryToken, "sent Bearer [Filtered]"},
		{"Authorization", "Authorization: " + key(), "Authorization: [Filtered]"},
		{"Basic", "Authorization: Bas" + "ic YW5uYTpodW50ZXIy", "Authorization: [Filtered]"},
		{"assignment", "SENTRY_AUTH_TOKEN=" + strings.Repeat("ab12", 16), "SENTRY_AUTH_TOKEN=[Filtered]"},
		{"password in words", "password: hunter2", "password: [Filtered]"},
		{"password in JSON", `{"password": "hunter 2", "id": 3}`, `{"password": "[Filtered]", "id": 3}`},
		{"cookie", "Cookie: a=b; c=d", "Cookie: [Filtered]"},
		{"hexadecimal session", "session_id=" + key(), "session_id=[Filtered]"},
		{"e-mail", "user anna.b@example.com, 3 events", "user [email], 3 events"},
		{"e-mail in a path", "GET https://a.example/users/anna@example.com", "GET https://a.example/users/[email]"},
		{"home", "/home/anna/app/.env:3", "~/app/.env:3"},
		{"home alone", "cd /home/anna.", "cd ~."},
		{"home as a URL", "file:///home/anna/x", "file://~/x"},
		{"card", "card 4242 4242 4242 4242", "card [card]"},
		{"lines", "a\nhttps://" + key() + "@h.example/1\nb anna@example.com\n", "a\nhttps://4b74****@h.example/1\nb [email]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := redact(c.text)
			if got != c.want {
				t.Errorf("redacted to %q, want %q", got, c.want)
			}
			if again := redact(got); again != got {
				t.Errorf("a second time makes %q of %q", again, got)
			}
		})
	}
}

// TestRedactorLeavesReportsAlone has what looks like a secret and is none.
func TestRedactorLeavesReportsAlone(t *testing.T) {
	t.Parallel()
	redact := NewRedactor("/root")
	texts := []string{
		"", "see docs/causes.md#tls-untrusted", "event id " + key() + " arrived", "event " + key() + ": saw 200", "uuid 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
		"release " + strings.Repeat("9fe1", 10), "https://sentry.io/issues/?project=42&query=bbctl_run%3A1234abcd", "https://acme.sentry.io/events/" + key() + "/",
		"https://4b74****@o1.ingest.us.sentry.io/4505123456789012", "postgres://anna:****@db.example.com/x",
		"sdk sentry.python/2.18.0, bookedbarber@2.1.0, sentry_sdk@2.18.0, @sentry/node@10.78.0", "git@github.com:x/y ssh://git@github.com/x",
		"/home/bob/app/.env:7 and /Users/bob/app and /var/root/x, /rooted, /root.bak, /root-2", "dial tcp 203.0.113.9:443: connection refused", "[2001:db8::1]:443",
		"token: saw 3 characters, expected none", "tag password: expected \"x\"", "cookies: 3 of them, expected 4", "Authorization: missing", "the token is invalid",
		"SENTRY_AUTH_TOKEN=… bbctl doctor", "SENTRY_AUTH_TOKEN is empty, expected a token", "write SENTRY_DSN=https://KEY@HOST/PROJECT", "HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT",
		"curl -H \"Authorization: Bearer $SENTRY_AUTH_TOKEN\" https://sentry.io/api/0/", "https://host.example:8080/a/@anna?x=a@b",
		"client_max_body_size 100m", "2026-03-09T07:30:00.000Z", "at 0.25 of 400 draws 48 to 152 are kept, saw 101", "tests/test_a.py::test_b", "a\tb\r\nc",
	}
	for _, c := range cause.All() {
		texts = append(texts, c.Title, c.Fix)
	}
	for _, text := range texts {
		if got := redact(text); got != text {
			t.Errorf("made %q of %q", got, text)
		}
	}
}

// TestRedactorLeavesIDsAlone draws ids as they are drawn, and adds those that
// the scrubber alone would take for a bank account: one in some thirty thousand
// UUIDs has the check digits of one.
func TestRedactorLeavesIDsAlone(t *testing.T) {
	t.Parallel()
	redact := NewRedactor("")
	random := rand.New(rand.NewPCG(1, 2))
	var ids []string
	for range 500 {
		h := fmt.Sprintf("%016x%016x%08x", random.Uint64(), random.Uint64(), random.Uint32())
		ids = append(ids, h, h[:32], h[:16], strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:32]}, "-"))
	}
	accounts := 0
	for check := range 100 {
		for _, id := range []string{fmt.Sprintf("ee%02d1234-1234-1234-5678-0123456789ab", check), fmt.Sprintf("be%02d539007547034", check)} {
			if scrub.Default().String(id) != id {
				accounts++
			}
			ids = append(ids, id)
		}
	}
	if accounts == 0 {
		t.Error("no id looks like an account: the test is of no use")
	}
	for _, id := range ids {
		if text := "event " + id + " arrived"; redact(text) != text {
			t.Errorf("made %q of %q", redact(text), text)
		}
	}
}

func TestRedactorWithoutAHomeLeavesPathsAlone(t *testing.T) {
	t.Parallel()
	for _, home := range []string{"", "/", "."} {
		if got := NewRedactor(home)("/home/anna/x ./y"); got != "/home/anna/x ./y" {
			t.Errorf("home %q: made %q", home, got)
		}
	}
	if got := NewRedactor(`C:\Users\anna`)(`C:\Users\anna\app\.env`); got != `~\app\.env` {
		t.Errorf("made %q", got)
	}
	if got := NewRedactor("/home/anna/")("/home/anna/x"); got != "~/x" {
		t.Errorf("made %q", got)
	}
}

// TestValuesOfSecretVariablesAreRemovedWhereverTheyStand, but not what may be
// something else.
func TestValuesOfSecretVariablesAreRemovedWhereverTheyStand(t *testing.T) {
	t.Parallel()
	secret := "hunter4" + "pass"
	redact := NewRedactor("", Secrets([]string{
		"DB_PASSWORD=" + secret, "OTHER_PASSWORD=postgres", "PIN_TOKEN=1234", "TLS_KEY_FILE=/etc/key1.pem",
		"API_TOKEN=" + "tok9" + "_supersecret", "SHOP_NAME=barber42", "DATABASE_PASSWORD=postgresql://db.internal:5432/shop", "EMPTY_SECRET=",
	})...)
	for text, want := range map[string]string{
		"password '" + secret + "' rejected":     "password '****' rejected",
		"asked with tok9" + "_supersecret twice": "asked with **** twice",
		"postgres at /etc/key1.pem is barber42":  "postgres at /etc/key1.pem is barber42",
		"postgresql://db.internal:5432/shop":     "postgresql://db.internal:5432/shop",
	} {
		if got := redact(text); got != want {
			t.Errorf("%q became %q, expected %q", text, got, want)
		}
	}
}
