package dsn

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testKey is a well-formed public key that is nobody's.
func testKey() string { return strings.Repeat("0a1b2c3d", 4) }

func TestParseTakesWhatAllSDKsReadAlike(t *testing.T) {
	t.Parallel()
	k := testKey()
	tests := []struct {
		name, raw string
		want      DSN
		envelope  string
	}{
		{
			"hosted", "https://" + k + "@o42.ingest.us.sentry.io/4505",
			DSN{Scheme: "https", PublicKey: k, Host: "o42.ingest.us.sentry.io", ProjectID: "4505"},
			"https://o42.ingest.us.sentry.io/api/4505/envelope/",
		},
		{
			"path prefix of two", "https://" + k + "@sentry.example.com/p/q/42",
			DSN{Scheme: "https", PublicKey: k, Host: "sentry.example.com", Path: "/p/q", ProjectID: "42"},
			"https://sentry.example.com/p/q/api/42/envelope/",
		},
		{
			"port and secret", "http://" + k + ":" + strings.Repeat("f", 32) + "@127.0.0.1:9000/42",
			DSN{Scheme: "http", PublicKey: k, SecretKey: strings.Repeat("f", 32), Host: "127.0.0.1", Port: 9000, ProjectID: "42"},
			"http://127.0.0.1:9000/api/42/envelope/",
		},
		{
			"query is left out", "https://" + k + "@sentry.example.com/42?verify_ssl=0&timeout=1/2",
			DSN{Scheme: "https", PublicKey: k, Host: "sentry.example.com", ProjectID: "42"},
			"https://sentry.example.com/api/42/envelope/",
		},
		{
			"key in upper case that is not hexadecimal", "https://ZEBRA@sentry.example.com/42",
			DSN{Scheme: "https", PublicKey: "ZEBRA", Host: "sentry.example.com", ProjectID: "42"},
			"https://sentry.example.com/api/42/envelope/",
		},
		{
			"scheme in upper case", "HTTPS://" + k + "@sentry.example.com/42",
			DSN{Scheme: "https", PublicKey: k, Host: "sentry.example.com", ProjectID: "42"},
			"https://sentry.example.com/api/42/envelope/",
		},
		{
			"service name with underscore", "http://" + k + "@sentry_web:9000/1",
			DSN{Scheme: "http", PublicKey: k, Host: "sentry_web", Port: 9000, ProjectID: "1"},
			"http://sentry_web:9000/api/1/envelope/",
		},
		{
			"a short word as key of a local receiver", "http://public@localhost:8090/1",
			DSN{Scheme: "http", PublicKey: "public", Host: "localhost", Port: 8090, ProjectID: "1"},
			"http://localhost:8090/api/1/envelope/",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(tt.raw)
			if err != nil {
				t.Fatalf("Parse: %v", err)
			}
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Errorf("Parse (-want +got):\n%s", diff)
			}
			if got.EnvelopeURL() != tt.envelope {
				t.Errorf("EnvelopeURL: got %s, want %s", got.EnvelopeURL(), tt.envelope)
			}
			if want := strings.Replace(tt.envelope, "/envelope/", "/store/", 1); got.StoreURL() != want {
				t.Errorf("StoreURL: got %s, want %s", got.StoreURL(), want)
			}
		})
	}
}

// TestParseNamesTheDefect goes through section 5.9 of the catalogue's
// research, its CFG-01 to CFG-11, and the forms that the causes list.
func TestParseNamesTheDefect(t *testing.T) {
	t.Parallel()
	k := testKey()
	good := "https://" + k + "@sentry.example.com/42"
	tests := []struct {
		name, raw, id, detail string
	}{
		{"CFG-01 empty", "", idMissing, "empty"},
		{"CFG-01 blanks", " \t\r\n", idMissing, "empty"},
		{"CFG-01 invisible", "\ufeff\u200b", idMissing, "empty"},

		{"CFG-02 pasted line", "SENTRY_DSN=" + good, idPrefixed, "SENTRY_DSN="},
		{"CFG-02 pasted export", "export SENTRY_DSN=" + good, idPrefixed, "export SENTRY_DSN="},
		{"CFG-02 export alone", "export " + good, idPrefixed, "export"},
		{"CFG-02 pasted line in quotes", `"SENTRY_DSN=` + good + `"`, idPrefixed, "SENTRY_DSN="},
		{"CFG-02 pasted line with quoted value", `SENTRY_DSN="` + good + `"`, idPrefixed, "SENTRY_DSN="},
		{"CFG-02 pasted YAML", "SENTRY_DSN: " + good, idPrefixed, "SENTRY_DSN:"},
		{"CFG-02 pasted JSON", `"dsn": "` + good + `"`, idPrefixed, "dsn"},
		{"CFG-02 other name", "VITE_SENTRY_DSN=" + good, idPrefixed, "VITE_SENTRY_DSN="},
		{"CFG-02 docker option", "-e SENTRY_DSN=" + good, idPrefixed, "-e SENTRY_DSN="},

		{"CFG-02 ${}", "${SENTRY_DSN}", idUnexpanded, "variable"},
		{"CFG-02 ${} quoted", `"${SENTRY_DSN}"`, idUnexpanded, "variable"},
		{"CFG-02 ${} inside", "https://${KEY}@sentry.example.com/42", idUnexpanded, "variable"},
		{"CFG-02 $", "$SENTRY_DSN", idUnexpanded, "variable"},
		{"CFG-02 $ inside", "https://$KEY@sentry.example.com/42", idUnexpanded, "variable"},
		{"CFG-02 $()", "$(cat /run/secrets/dsn)", idUnexpanded, "variable"},
		{"CFG-02 {{}}", "{{ sentry_dsn }}", idUnexpanded, "variable"},
		{"CFG-02 <>", "<your dsn>", idUnexpanded, "variable"},
		{"CFG-02 %%", "%SENTRY_DSN%", idUnexpanded, "variable"},
		{"CFG-02 erb", "<%= ENV['DSN'] %>", idUnexpanded, "variable"},
		{"CFG-02 None", "None", idUnexpanded, "none"},
		{"CFG-02 null", "null", idUnexpanded, "null"},
		{"CFG-02 'None'", "'None'", idUnexpanded, "none"},
		{"CFG-02 secret store", "op://vault/sentry/dsn", idUnexpanded, "secret store"},

		{"CFG-03 seed", "https://your-key@org.ingest.sentry.io/project-id", idPlaceholder, "key"},
		{"CFG-03 documentation", "https://examplePublicKey@o0.ingest.sentry.io/0", idPlaceholder, "key"},
		{"CFG-03 documentation's host", "https://" + k + "@o0.ingest.sentry.io/42", idPlaceholder, "host"},
		{"CFG-03 wizard", "___PUBLIC_DSN___", idPlaceholder, "value"},
		{"CFG-03 wizard's key", "https://___PUBLIC_KEY___@sentry.example.com/42", idPlaceholder, "key"},
		{"CFG-03 documentation of old", "https://public@sentry.example.com/1", idPlaceholder, "key"},
		{"CFG-03 angle brackets inside", "https://<key>@<host>/<project>", idPlaceholder, "key"},
		{"CFG-03 project alone", "https://" + k + "@sentry.example.com/project-id", idPlaceholder, "project"},
		{"CFG-03 zeros", "https://" + strings.Repeat("0", 32) + "@sentry.example.com/42", idPlaceholder, "key"},
		{"CFG-03 x", "https://" + strings.Repeat("x", 32) + "@sentry.example.com/42", idPlaceholder, "key"},
		{"CFG-03 your_dsn_here", "your_dsn_here", idPlaceholder, "value"},
		{"CFG-03 quoted example", `"https://your-key@org.ingest.sentry.io/project-id"`, idPlaceholder, "key"},

		{"5.9 quotes around", `"` + good + `"`, idQuoted, "at the beginning"},
		{"5.9 single quotes", `'` + good + `'`, idQuoted, "at the beginning"},
		{"5.9 backquotes", "`" + good + "`", idQuoted, "at the beginning"},
		{"5.9 typographic quotes", "“" + good + "”", idQuoted, "at the beginning"},
		{"5.9 last quote alone", good + `"`, idQuoted, "at the end"},
		{"5.9 quote inside", "https://" + k + `@"sentry.example.com"/42`, idQuoted, "inside"},
		{"5.9 quotes and blanks", ` "` + good + `" `, idQuoted, "at the beginning"},

		{"5.9 leading blank", " " + good, idStray, "a blank before"},
		{"5.9 trailing blank", good + " ", idStray, "a blank after"},
		{"5.9 trailing newline", good + "\n", idStray, "a newline after"},
		{"5.9 trailing carriage return", good + "\r", idStray, "a carriage return after"},
		{"5.9 byte-order mark", "\ufeff" + good, idStray, "a byte-order mark (U+FEFF) before"},
		{"5.9 trailing slash", good + "/", idStray, "a slash after the project id"},
		{"5.9 trailing slash before a query", good + "/?x=1", idStray, "a slash after the project id"},
		{"5.9 angle brackets", "<" + good + ">", idStray, "angle brackets around"},
		{"5.9 a no-break space", good + "\u00a0", idStray, "a no-break space (U+00A0) after"},
		{"5.9 a newline in letters", good + `\n`, idStray, `a written-out \n after`},
		{"CFG-02 encrypted", "ENC[AES256_GCM,data:abc,type:str]", idUnexpanded, "secret store"},
		{"CFG-02 a reference of YAML", "!!SecretRef sentry", idUnexpanded, "secret store"},
		{"CFG-02 of a vault", "vault:secret/data/sentry#dsn", idUnexpanded, "secret store"},
		{"CFG-03 REPLACE_ME", "REPLACE_ME", idPlaceholder, "example"},
		{"CFG-03 @@SENTRY_DSN@@", "@@SENTRY_DSN@@", idPlaceholder, "example"},
		{"CFG-03 changeme", "changeme", idPlaceholder, "example"},
		{"CFG-03 your-dsn-here", "your-dsn-here", idPlaceholder, "example"},
		{"CFG-03 insert", "insert-your-dsn", idPlaceholder, "example"},
		{"5.9 two slashes", "https://" + k + "@sentry.example.com//42", idStray, "a second slash before"},
		{"5.9 # comment", good + " # production", idStray, "a comment after"},
		{"5.9 #fragment", good + "#fragment", idStray, "a comment or fragment (#) after"},
		{"CFG-04 blank inside", "https://" + k + "@sentry.example.com/4 2", idStray, "a blank inside"},
		{"CFG-04 newline inside", "https://" + k + "@sentry.\nexample.com/42", idStray, "a newline inside"},
		{"CFG-04 comma", good + ",", idStray, "a , after"},
		{"CFG-04 zero-width inside", "https://" + k + "@sentry\u200b.example.com/42", idStray, "a zero-width space (U+200B) inside"},
		{"CFG-04 other alphabet", "https://" + k + "@s\u0435ntry.example.com/42", idStray, "outside ASCII"},
		{"CFG-04 second @", "https://" + k + "@x@sentry.example.com/42", idStray, "before the @"},
		{"CFG-04 colon after the key", "https://" + k + ":@sentry.example.com/42", idStray, "a colon after the key"},
		{"CFG-04 no host", "https://" + k + "@/42", idStray, "no host"},
		{"CFG-04 three slashes", "https:///42", idStray, "behind the scheme"},
		{"CFG-04 backslash in the host", "https://" + k + `@sentry\example/42`, idStray, "in the host"},
		{"CFG-04 two dots", "https://" + k + "@sentry..com/42", idStray, "in the host"},

		{"CFG-02 no scheme", k + "@sentry.example.com/42", idNoScheme, "no scheme"},
		{"CFG-02 no scheme, slashes", "//" + k + "@sentry.example.com/42", idNoScheme, "no scheme"},
		{"CFG-02 colon lost", "https//" + k + "@sentry.example.com/42", idNoScheme, "no scheme"},
		{"CFG-02 slash lost", "https:/" + k + "@sentry.example.com/42", idNoScheme, "no scheme"},
		{"CFG-02 letter lost", "htps://" + k + "@sentry.example.com/42", idNoScheme, `"htps"`},
		{"CFG-02 raven's scheme", "gevent+https://" + k + "@sentry.example.com/42", idNoScheme, "12 characters"},
		{"CFG-02 a word", "True", idNoScheme, "no scheme"},

		{"5.9 :abc port", "https://" + k + "@sentry.example.com:abc/42", idBadPort, `"abc"`},
		{"CFG-04 no port behind the colon", "https://" + k + "@sentry.example.com:/42", idBadPort, `""`},
		{"CFG-04 port 0", "https://" + k + "@sentry.example.com:0/42", idBadPort, `"0"`},
		{"CFG-04 port 65536", "https://" + k + "@sentry.example.com:65536/42", idBadPort, `"65536"`},
		{"CFG-04 port +80", "https://" + k + "@sentry.example.com:+80/42", idBadPort, `"+80"`},
		{"CFG-04 two ports", "https://" + k + "@sentry.example.com:80:81/42", idBadPort, `"80:81"`},

		{"5.9 [::1]:9000", "http://" + k + "@[::1]:9000/42", idIPv6, "IPv6"},
		{"CFG-09 without a port", "http://" + k + "@[2001:db8::1]/42", idIPv6, "IPv6"},
		{"CFG-09 without brackets", "http://" + k + "@::1/42", idIPv6, "IPv6"},
		{"CFG-09 with a zone", "http://" + k + "@[fe80::1%25eth0]:9000/42", idIPv6, "IPv6"},

		{"CFG-04 no key", "https://sentry.example.com/42", idNoKey, "no public key"},
		{"CFG-04 empty key", "https://@sentry.example.com/42", idNoKey, "no public key"},
		{"CFG-04 a colon alone", "https://:@sentry.example.com/42", idNoKey, "no public key"},
		{"CFG-04 secret alone", "https://:" + k + "@sentry.example.com/42", idNoKey, "no public key"},

		{"CFG-04 no project", "https://" + k + "@sentry.example.com", idNoProject, "no project id"},
		{"CFG-04 a slash and no project", "https://" + k + "@sentry.example.com/", idNoProject, "no project id"},
		{"CFG-04 a query and no project", "https://" + k + "@sentry.example.com?a=/42", idNoProject, "no project id"},

		{"5.9 my-project", "https://" + k + "@sentry.example.com/my-project", idProject, `"my-project"`},
		{"5.9 4_2", "https://" + k + "@sentry.example.com/4_2", idProject, `"4_2"`},
		{"5.9 +42", "https://" + k + "@sentry.example.com/+42", idProject, `"+42"`},
		{"5.9 042", "https://" + k + "@sentry.example.com/042", idProject, "begins with 0"},
		{"CFG-04 over 64 bits", "https://" + k + "@sentry.example.com/99999999999999999999", idProject, "20 digits"},
		{"CFG-04 the endpoint", "https://" + k + "@sentry.example.com/api/42/envelope", idProject, `"envelope"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(tt.raw)
			var found *Defect
			if !errors.As(err, &found) {
				t.Fatalf("Parse: got %+v, %v, want defect %s", got, err, tt.id)
			}
			if found.ID != tt.id {
				t.Errorf("id: got %s (%s), want %s", found.ID, found.Detail, tt.id)
			}
			if !strings.Contains(found.Detail, tt.detail) {
				t.Errorf("detail: got %q, want %q in it", found.Detail, tt.detail)
			}
			if found.Fix == "" {
				t.Error("there is no fix")
			}
			leaks(t, k, found.Detail, found.Fix)
		})
	}
}

// TestOneDefectInOrder gives a DSN all defects from one on, and expects that
// one: curing it brings the next.
func TestOneDefectInOrder(t *testing.T) {
	t.Parallel()
	k := testKey()
	tests := []struct{ id, raw string }{
		{idPrefixed, `SENTRY_DSN="ftp://:x@[::1]:abc//your-project" ${X}`},
		{idUnexpanded, `"ftp://your-key@[::1]:abc//${X}" `},
		{idPlaceholder, `"ftp://your-key@[::1]:abc//x" `},
		{idQuoted, `"ftp://:x@[::1]:abc//x" `},
		{idStray, "ftp://:x@[::1]:abc/x/ "},
		{idStray, "ftp://:x@[::1]:abc//x"},
		{idNoScheme, "ftp://:x@[::1]:abc/x"},
		{idBadPort, "https://:x@[::1]:abc/x"},
		{idIPv6, "https://:x@[::1]:9000/x"},
		{idNoKey, "https://:x@sentry.example.com:9000"},
		{idNoKey, "https://:x@sentry.example.com:9000/x"},
		{idNoProject, "https://" + k + "@sentry.example.com:9000"},
		{idProject, "https://" + k + "@sentry.example.com:9000/x"},
	}
	for _, tt := range tests {
		_, err := Parse(tt.raw)
		var found *Defect
		if !errors.As(err, &found) || found.ID != tt.id {
			t.Errorf("%s: got %v, want %s", tt.raw, err, tt.id)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	k := testKey()
	tests := []struct {
		name, raw string
		want      []string
	}{
		{"none", "https://" + k + "@o42.ingest.sentry.io/4505", nil},
		{"none for a receiver on this machine", "http://" + k + "@127.0.0.1:8969/1", nil},
		{"none for localhost", "http://" + k + "@localhost:8969/1", nil},
		{"cut key", "https://" + k[:31] + "@o42.ingest.sentry.io/4505", []string{idKeyMalformed}},
		{"key with a letter", "https://" + k[:31] + "g@o42.ingest.sentry.io/4505", []string{idKeyMalformed}},
		{"key in upper case", "https://" + strings.ToUpper(k) + "@o42.ingest.sentry.io/4505", nil},
		{"query", "https://" + k + "@o42.ingest.sentry.io/4505?verify_ssl=0", []string{idQuery}},
		{"question mark", "https://" + k + "@o42.ingest.sentry.io/4505?", []string{idQuery}},
		{"secret", "https://" + k + ":" + k + "@o42.ingest.sentry.io/4505", []string{idSecret}},
		{"plain http", "http://" + k + "@sentry.example.com/1", []string{idPlainHTTP}},
		{"single label", "https://" + k + "@nginx/2", []string{idInternal}},
		{"private address", "https://" + k + "@10.1.2.3/2", []string{idInternal}},
		{"shared address", "https://" + k + "@100.64.0.1/2", []string{idInternal}},
		{"public address", "https://" + k + "@100.63.0.1/2", nil},
		{"host of Docker", "http://" + k + "@host.docker.internal:9000/2", []string{idPlainHTTP, idInternal}},
		{"all", "http://short:" + k + "@relay:3000/2?a=b", []string{idKeyMalformed, idQuery, idSecret, idPlainHTTP, idInternal}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Parse(tt.raw)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range Warnings(tt.raw, d) {
				got = append(got, w.ID)
				leaks(t, k, w.Detail, w.Fix)
				if w.Detail == "" || w.Fix == "" {
					t.Errorf("%s: detail %q, fix %q", w.ID, w.Detail, w.Fix)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeyWarningSaysTheLength(t *testing.T) {
	t.Parallel()
	raw := "https://" + testKey()[:31] + "@o42.ingest.sentry.io/1"
	d, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := Warnings(raw, d)[0].Detail; !strings.Contains(got, "31") || !strings.Contains(got, "32") {
		t.Errorf("detail: got %q, want both lengths in it", got)
	}
}

func leaks(t *testing.T, secret string, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if strings.Contains(strings.ToLower(s), strings.ToLower(secret)) {
			t.Errorf("the key stands in %q", s)
		}
	}
}

// TestFixesReadAsSentences: what is to be removed is the one that was seen.
func TestFixesReadAsSentences(t *testing.T) {
	t.Parallel()
	good := "https://" + strings.Repeat("a1", 16) + "@sentry.example.com/42"
	tests := map[string]string{
		good + "/":                        "remove the slash after the project id in SENTRY_DSN",
		good + ";":                        "remove the ; after the DSN in SENTRY_DSN",
		good + "\u00a0":                   "remove the no-break space (U+00A0) after the DSN in SENTRY_DSN",
		"<" + good + ">":                  "remove angle brackets around the DSN in SENTRY_DSN",
		"https://:@sentry.example.com/42": "write the public key before the @ in SENTRY_DSN",
	}
	for raw, want := range tests {
		_, err := Parse(raw)
		var found *Defect
		if !errors.As(err, &found) || !strings.HasPrefix(found.Fix, want) {
			t.Errorf("%q: got %+v, want %q", raw, found, want)
		}
	}
}
