package dsn

import (
	"fmt"
	"strings"
)

// Defect is what is wrong with a DSN, under its id of the catalogue. No part
// of it holds a key.
type Defect struct {
	ID     string
	Detail string // what was seen and what is expected
	Fix    string // the one action that helps
}

// Error returns the detail.
func (d *Defect) Error() string { return d.Detail }

// The ids of the catalogue that this package gives out.
const (
	idMissing      = "dsn-missing"
	idPrefixed     = "dsn-prefixed"
	idUnexpanded   = "dsn-unexpanded"
	idPlaceholder  = "dsn-placeholder"
	idQuoted       = "dsn-quoted"
	idStray        = "dsn-stray-characters"
	idNoScheme     = "dsn-no-scheme"
	idBadPort      = "dsn-bad-port"
	idIPv6         = "dsn-ipv6-literal"
	idNoKey        = "dsn-no-key"
	idNoProject    = "dsn-no-project"
	idProject      = "dsn-project-not-numeric"
	idKeyMalformed = "dsn-key-malformed"
	idQuery        = "dsn-query-options"
	idSecret       = "dsn-secret-key"
	idPlainHTTP    = "dsn-plain-http"
	idInternal     = "dsn-internal-host"
)

const (
	fixPaste  = "paste the DSN into SENTRY_DSN exactly as Project Settings > Client Keys (DSN) shows it"
	fixSet    = "set SENTRY_DSN=https://KEY@HOST/PROJECT with the DSN from Project Settings > Client Keys (DSN)"
	fixQuotes = "write SENTRY_DSN=https://KEY@HOST/PROJECT without any quotes"
	fixKey    = "write the public key before the @ in SENTRY_DSN: https://KEY@HOST/PROJECT, as Project Settings > Client Keys (DSN) shows it"
	fixScheme = "begin SENTRY_DSN with https://"
)

func defect(id, fix, detail string, args ...any) *Defect {
	return &Defect{ID: id, Fix: fix, Detail: fmt.Sprintf(detail, args...)}
}

// definite makes "the slash" of "a slash".
func definite(what string) string {
	for _, article := range []string{"an ", "a "} {
		if rest, ok := strings.CutPrefix(what, article); ok {
			return "the " + rest
		}
	}
	return what
}

// quote shows a part of a DSN in a detail. A part longer than most, or one
// that may be a key in the wrong place, is told by its length alone.
func quote(part string, most int) string {
	if len(part) > most || hideTokens(part) != part {
		return fmt.Sprintf("a text of %d characters", len(part))
	}
	return fmt.Sprintf("%q", part)
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func hexadecimal(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
