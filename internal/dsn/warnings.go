package dsn

import "strings"

// Warnings are what is unwise about a DSN that parses: raw is the text that d
// was parsed from. Their ids are dsn-key-malformed, dsn-query-options,
// dsn-secret-key, dsn-plain-http and dsn-internal-host.
func Warnings(raw string, d *DSN) []Defect {
	var found []Defect
	add := func(id, fix, detail string, args ...any) {
		found = append(found, *defect(id, fix, detail, args...))
	}
	switch n := len(d.PublicKey); {
	case n != 32:
		add(idKeyMalformed, fixPaste, "the public key has %d characters, expected 32 hexadecimal digits: it may have been cut when it was copied", n)
	case !hexadecimal(d.PublicKey):
		add(idKeyMalformed, fixPaste, "the public key has 32 characters that are not all hexadecimal digits")
	}
	if _, query, ok := strings.Cut(raw, "?"); ok {
		what := "there is a ? behind the project id"
		if query != "" {
			what = "there are options behind a ?, which SDKs ignore"
		}
		add(idQuery, "end SENTRY_DSN before the ?, and give the options to init (ca_certs=, environment=)", "%s", what)
	}
	if d.SecretKey != "" {
		add(idSecret, fixPaste+": it has no secret part any more", "the DSN still carries a secret key, which Sentry no longer uses and which should not lie about")
	}
	if d.Scheme == "http" && !d.Loopback() {
		add(idPlainHTTP, "write https:// in SENTRY_DSN where the server speaks it", "http to %s: events and the key travel in clear", hideTokens(d.Host))
	}
	if d.Internal() {
		add(idInternal, "put the public name of the server into SENTRY_DSN (self-hosted: set system.url-prefix and copy the DSN again), unless every process runs inside its network",
			"the host %s can be reached from inside a network only", hideTokens(d.Host))
	}
	return found
}
