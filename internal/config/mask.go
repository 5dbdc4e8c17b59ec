package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/dsn"
)

// Mask makes the value of a variable fit for showing. A key or a password is
// masked, what tells two values apart by kind (scheme, host, project, quotes
// that do not belong there) is kept.
func Mask(key, value string) string {
	if value == "" {
		return ""
	}
	row, _ := variable(key)
	switch {
	case key == KeyDSN:
		return maskDSN(value)
	case row.Secret && strings.Contains(value, "://"):
		return short(maskURL(value))
	case isProxy(key) && !strings.Contains(value, "@"):
		return short(value)
	case row.Secret:
		return fmt.Sprintf("**** (%d characters)", len([]rune(value)))
	default:
		return short(maskStray(value))
	}
}

// maskDSN shows of a DSN what its package lets through. What does not look
// like a DSN at all may be anything that was pasted there.
func maskDSN(value string) string {
	if strings.Contains(value, "://") && strings.Contains(value, "@") {
		return short(dsn.Redact(value))
	}
	if unfilled().MatchString(value) {
		return short(value)
	}
	return fmt.Sprintf("**** (%d characters)", len([]rune(value)))
}

// unfilled is what a placeholder looks like: it holds no key, and explains.
var unfilled = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:\$\{?[A-Z_]{1,40}\}?|\{\{[\w .]{1,40}\}\}|<[\w .-]{1,40}>|None|null|undefined)$`)
})

// maskURL hides what stands between the scheme and the last @, but for the
// user's name: a password may hold any character. It hides queries too.
func maskURL(value string) string {
	scheme, rest, _ := strings.Cut(value, "://")
	host := rest
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		host = "****" + rest[at:]
		if user, _, ok := strings.Cut(rest[:at], ":"); ok {
			host = user + ":" + host
		}
	} else if _, port, ok := strings.Cut(authority(rest), ":"); ok && !isPort(port) {
		// No @: the host was forgotten, or a # in the password has cut it off.
		host = "****"
	}
	if before, query, ok := strings.Cut(host, "?"); ok && query != "" {
		host = before + "?****"
	}
	return maskStray(scheme) + "://" + host
}

// authority is what stands before the path.
func authority(rest string) string {
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return rest[:end]
	}
	return rest
}

func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return s == "" || err == nil && n >= 0 && n <= 65535
}

// token is what an auth token of Sentry begins with.
var token = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`sntry[a-z]_[A-Za-z0-9_=+/.-]+`) })

// maskStray hides what is secret in a variable that should hold no secret.
func maskStray(value string) string {
	value = token().ReplaceAllString(value, "****")
	if strings.Contains(value, "://") && strings.Contains(value, "@") {
		return dsn.Redact(value)
	}
	return value
}

// short keeps a value on a line, and control characters from the terminal.
func short(value string) string {
	const most = 80
	var b strings.Builder
	n := 0
	for _, r := range value {
		if n == most {
			b.WriteString("…")
			break
		}
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f || r >= 0x80 && r <= 0x9f:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
		n++
	}
	return b.String()
}
