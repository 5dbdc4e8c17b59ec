package scrub_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// Everything in the shape of a key is put together here, so that no such text
// stands in the source.
func token(parts ...string) string { return strings.Join(parts, "") }

var (
	body24 = "9aZ8bY7cX6dW5eV4" + "fU3gT2hS"
	hex32  = "2cc31280d6899af9" + "4a3c7236b52949b5"
	stripe = token("sk", "_live_", body24)
	jwt    = token("ey", "JhbGciOiJIUzI1NiJ9", ".ey", "JzdWIiOiJ1XzEifQ", ".", body24)
)

func TestStringRemoves(t *testing.T) {
	t.Parallel()
	pem := token("-----BEGIN RSA ", "PRIVATE KEY-----\n", body24, "\n", body24, "\n-----END RSA ", "PRIVATE KEY-----")
	tests := []struct{ name, in, want string }{
		{"card in a sentence", "card 4242 4242 4242 4242 was declined", "card [card] was declined"},
		{"card with a full stop behind", "refused: 4111111111111111.", "refused: [card]."},
		{"card in a path", "/pay/4242424242424242/confirm", "/pay/[card]/confirm"},
		{"card behind an escaped blank", "q=card%204242424242424242&page=2", "q=card%20[card]&page=2"},
		{"card on a magnetic stripe", "track2 ;4242424242424242=2712", "track2 ;[card]=2712"},
		{"two cards", "4242424242424242,5555555555554444", "[card],[card]"},
		{"e-mail", "sent to JANE.ROE+x@EXAMPLE.CO.UK, twice", "sent to [email], twice"},
		{"e-mail with an apostrophe", "to o'neil@example.org", "to [email]"},
		{"e-mail in a URL", "/u/kim%40example.net/edit", "/u/[email]/edit"},
		{"e-mail before a web page", "https://kim@example.net/a", "https://[email]/a"},
		{"e-mail as a parameter", "q%3Dkim%40example.net", "q%3D[email]"},
		{"e-mail in an address's name", "Kim <kim@example.net>", "Kim <[email]>"},
		{"e-mail beyond ASCII", "an jürgen@müller.example", "an [email]"},
		{"phone, American", "call (415) 555-0134 or 415-555-0134 or 415.555.0134", "call [phone] or [phone] or [phone]"},
		{"phone, international", "SMS to +44 20 7946 0958 failed", "SMS to [phone] failed"},
		{"phone in a URL", "phone=%2B14155550134&slot=10", "phone=[phone]&slot=10"},
		{"phone by its key", "client_phone=4155550134 slot=10", "client_phone=[phone] slot=10"},
		{"card by its key", "card_number=1234567890123456 ok", "card_number=[card] ok"},
		{"token of a payment service", "key " + stripe + " refused", "key [token] refused"},
		{"token behind an escaped blank", "k%20" + stripe, "k%20[token]"},
		{"JWT", "rejected: " + jwt + " (expired)", "rejected: [token] (expired)"},
		{"bot of a messenger", "https://api.example.org/bot158572667:" + body24 + "/send", "https://api.example.org/bot[token]/send"},
		{"webhook", "https://hooks.slack.com/services/T0/B0/" + body24 + " 404", "https://hooks.slack.com/services/[token] 404"},
		{"private key", "pem " + pem + " end", "pem [private-key] end"},
		{"private key that is cut", pem[:60], "[private-key]"},
		{"Authorization", "Authorization: Bearer " + body24 + " was refused", "Authorization: [Filtered] was refused"},
		{"Authorization, Basic", "authorization: Basic dXNlcjpwYXNz", "authorization: [Filtered]"},
		{"Authorization, Digest", "Authorization: Digest username=\"u\", response=\"" + hex32 + "\"\nHost: x", "Authorization: [Filtered]\nHost: x"},
		{"Authorization without its name", "got Bearer " + body24, "got Bearer [Filtered]"},
		{"Authorization in a dict", "{'Authorization': 'Token " + body24 + "', 'Accept': '*'}", "{'Authorization': '[Filtered]', 'Accept': '*'}"},
		{"Cookie", "Cookie: sessionid=q1w2e3; theme=dark\nHost: x", "Cookie: [Filtered]\nHost: x"},
		{"Set-Cookie", "'Set-Cookie': 'sid=q1w2e3'", "'Set-Cookie': '[Filtered]'"},
		{"password in a URL", "postgresql://bb_app:S3cr3t-pw@db:5432/bb", "postgresql://bb_app:[password]@db:5432/bb"},
		{"password with an @ in a URL", "amqp://celery:Qp@9x@mq:5672//", "amqp://celery:[password]@mq:5672//"},
		{"key of a DSN", "https://" + hex32 + "@o1.ingest.example.org/42", "https://[token]@o1.ingest.example.org/42"},
		{"keys of an old DSN", "https://" + hex32 + ":" + hex32 + "@example.org/42", "https://[token]:[password]@example.org/42"},
		{"password in a form", "grant_type=password&password=p%40ss%21&scope=", "grant_type=password&password=[Filtered]&scope="},
		{"password in the environment", "DB_PASSWORD=zzTop-1983 PORT=8000", "DB_PASSWORD=[Filtered] PORT=8000"},
		{"password in JSON in a text", `{"passwd":"hush-hush","user":"u"}`, `{"passwd":"[Filtered]","user":"u"}`},
		{"password in JSON, escaped twice", `{\"passwd\":\"hush-hush\",\"user\":\"u\"}`, `{\"passwd\":\"[Filtered]\",\"user\":\"u\"}`},
		{"password in a driver's error", "Key (password)=(hush-hush) exists", "Key (password)=([Filtered]) exists"},
		{"password with a blank before its value", "api_key = abc123def", "api_key = [Filtered]"},
		{"password that begins as a placeholder", "password={ab}c1", "password=[Filtered]"},
		{"password that begins as a mark", "password=[card]hunter2", "password=[Filtered]"},
		{"camel case", "clientSecret: abc123def", "clientSecret: [Filtered]"},
		{"IBAN", "payout to DE89 3704 0044 0532 0130 00 failed", "payout to [iban] failed"},
		{"social security number", "ssn is 078-05-1120.", "ssn is [ssn]."},
		{"address", "peer 203.0.113.9:443 and [2001:db8::1]:443", "peer [ip]:443 and [[ip]]:443"},
		{"home directory", "no such file: /Users/janeroe/bb/.env", "no such file: /Users/[user]/bb/.env"},
		{"home directory on Windows", `C:\Users\janeroe\bb`, `C:\Users\[user]\bb`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := scrub.Default().String(tt.in)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if again := scrub.Default().String(got); again != got {
				t.Errorf("a second time: got %q from %q", again, got)
			}
		})
	}
}

func TestStringKeepsLookAlikes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "no secret at all",
		"order 4242424242424241 does not add up", "amex-like 378282246310006", "order 1234567890123456",
		"matrix 4242 4242 4242 4243 9999 1234", "loss 4.242424242424242", "began 4242.424242424242",
		"connect ECONNREFUSED postgres://app@db.internal:5432/shop", "amqp://celery@mq.internal/", // users of servers
		"job 42424242-4242-4242-4242-424242424242 lost", "job a2424242-4242-4242-4242-424242424242 lost",
		"trace 4bf92f3577b34da6a3ce929d0e0e4736", "commit 4242424242424242424242424242424242424242",
		"start=1795449135 ms=1795449135158 us=1795449135152929 ns=1795449135152926347",
		"2026-11-23T15:49:34.462207+00:00", "bookedbarber@2.1.0+20261123", "driver 11.3.244.8-node.38", "Chrome/120.0.0.0 Safari",
		"version 8.8.4.4", "bind 0.0.0.0:8000", "redis 192.168.1.20:6379 down", "[::1]:8080", "std::vector<int>::push_back", "10:20:30 elapsed",
		"git@github.com:bookedbarber/app.git", "root@localhost", "@property", "registry.local/bb@sha256:9b2cf", "a @ b",
		"id 1234567890 updated", "ISBN 978-3-16-148410-0", "EAN 4006381333931", "errno -4155550134", "tz +05:30", "+1 234567", "+1234567890123456", "apt_4155550134",
		"range 123-45-67890", "666-12-3456", "GB00WEST12345698765432 is no IBAN",
		"password changed", "password: required", "api_key is required", "KeyError: 'token'", "Unexpected token < in JSON", "max_tokens=4096",
		"password={password}", "password=${DB_PASSWORD}", "password=%s", "token=$1", "secret: null", "password=****",
		"PWD=/srv/app OLDPWD=/srv", "Bearer tokens are required", "basic haircut booked", "{{auto}}", "no such file: /home/",
		"ch_3MmlLrLkdIwHu7ix0snN0B15", "sk_live_", "AKIA is a prefix", "eyJ is too", "-----BEGIN CERTIFICATE-----",
	} {
		if got := scrub.Default().String(text); got != text {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

// checked appends the digit that makes Luhn's sum right.
func checked(digits string) string {
	for last := range 10 {
		number := fmt.Sprint(digits, last)
		sum := 0
		for i := range number {
			n := int(number[len(number)-1-i] - '0')
			if i%2 == 1 {
				n = n*2/10 + n*2%10
			}
			sum += n
		}
		if sum%10 == 0 {
			return number
		}
	}
	panic("no digit makes the sum right")
}

func TestCardsOfAllBrandsInAllSpellings(t *testing.T) {
	t.Parallel()
	brands := []struct {
		name, begin string
		size        int
	}{
		{"Visa", "400005", 16},
		{"Visa", "434067", 19},
		{"Mastercard", "510510", 16},
		{"Mastercard", "222100", 16},
		{"Mastercard", "272099", 16},
		{"American Express", "378282", 15},
		{"American Express", "341111", 15},
		{"Diners", "305693", 14},
		{"Diners", "362272", 14},
		{"Diners", "385200", 14},
		{"Discover", "601111", 16},
		{"Discover", "645641", 16},
		{"Discover", "650000", 16},
		{"JCB", "352800", 16},
		{"JCB", "358999", 16},
		{"UnionPay", "620000", 16},
		{"UnionPay", "620000", 19},
		{"Maestro", "675964", 16},
		{"Mir", "220012", 16},
		{"Dankort", "501971", 16},
	}
	separators := []string{"", " ", "-", ".", "_", "+", "\u00a0", "\u2009", "\u202f", "\u2013", "%20", " - "}
	for _, brand := range brands {
		number := checked((brand.begin + "123456789012345678")[:brand.size-1])
		sizes := []int{4, 4, 4, 4, 4}
		if brand.size < 16 {
			sizes = []int{4, 6, 5}
		}
		for _, separator := range separators {
			var parts []string
			for rest := number; rest != ""; {
				size := min(sizes[len(parts)], len(rest))
				parts, rest = append(parts, rest[:size]), rest[size:]
			}
			in := "paid with " + strings.Join(parts, separator) + " today"
			if got := scrub.Default().String(in); got != "paid with [card] today" {
				t.Errorf("%s with %q: got %q from %q", brand.name, separator, got, in)
			}
		}
		wrong := []byte(number)
		wrong[len(wrong)-1] = '0' + (wrong[len(wrong)-1]-'0'+1)%10
		if got := scrub.Default().String("order " + string(wrong)); got != "order "+string(wrong) {
			t.Errorf("%s that does not add up: got %q", brand.name, got)
		}
	}
}

func TestTokensByTheirPrefix(t *testing.T) {
	t.Parallel()
	upper := strings.ToUpper(body24[:16])
	for _, secret := range []string{
		stripe, token("sk", "_test_", body24), token("rk", "_live_", body24), token("wh", "sec_", body24), token("sk", "-proj-", body24),
		token("sntr", "ys_", body24), token("sntr", "yu_", body24), token("shp", "at_", body24),
		token("gh", "p_", body24), token("gh", "s_", body24), token("github", "_pat_", body24), token("gl", "pat-", body24),
		token("AK", "IA", upper), token("AS", "IA", upper), token("AI", "za", body24, "abcdefghij"),
		token("xo", "xb-", body24), token("xa", "pp-", body24), token("S", "G.", body24, ".", body24), token("np", "m_", body24, body24), token("dop", "_v1_", hex32, hex32),
	} {
		if got := scrub.Default().String("found " + secret + " here"); got != "found [token] here" {
			t.Errorf("prefix %s: got %q", secret[:4], got)
		}
		if got := scrub.Default().String("x" + secret); strings.HasPrefix(secret, "sk") && got != "x"+secret {
			t.Errorf("prefix %s inside a word: got %q", secret[:4], got)
		}
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	s, err := scrub.New(scrub.Policy{KeepIPs: true, KeepUserEmail: true, Keys: []string{"chair-colour", "PIN_code"}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, in, want string }{
		{"addresses stay", `{"user":{"ip_address":"203.0.113.9"},"x":"{{auto}}"}`, `{"user":{"ip_address":"203.0.113.9"},"x":"{{auto}}"}`},
		{"the user's e-mail stays", `{"user":{"email":"kim@example.net","name":"kim@example.net"}}`, `{"user":{"email":"kim@example.net","name":"[email]"}}`},
		{"another's does not", `{"extra":{"user":{"email":"kim@example.net"}},"email":"kim@example.net"}`, `{"extra":{"user":{"email":"[email]"}},"email":"[email]"}`},
		{"keys of one's own", `{"chairColour":"red","CHAIR_COLOUR":1,"pinCode":"12","chair":"red"}`, `{"chairColour":"[Filtered]","CHAIR_COLOUR":"[Filtered]","pinCode":"[Filtered]","chair":"red"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := s.AppendJSON(nil, []byte(tt.in))
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, error %v; want %s", got, err, tt.want)
			}
		})
	}
	if got := s.String("chair-colour=red"); got != "chair-colour=[Filtered]" {
		t.Errorf("keys of one's own in a text: got %q", got)
	}
	for _, key := range []string{"", "-_."} {
		if s, err := scrub.New(scrub.Policy{Keys: []string{key}}); err == nil || s != nil {
			t.Errorf("a key %q: got no error", key)
		}
	}
}
