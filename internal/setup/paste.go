package setup

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/dsn"
)

// pastedLine is what comes along when a whole line is copied.
var pastedLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(?i:export|set|env|ENV)\s+)?(?i:(?:[A-Z0-9]+_)*SENTRY_DSN|DSN)\s*[=:]\s*`)
})

// quotedPaste is a value in quotes with what may follow it in a file or in
// code: a comma, a comment.
var quotedPaste = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^["'](\S+)["']\s*[,;]?\s*(?:(?:#|//).*)?$`)
})

// unwrap takes away what is around a DSN that was pasted: blanks, newlines,
// quotes, a name before it. What is left is judged as it is.
func unwrap(text string) string {
	for range 4 { // a quoted line with a quoted value
		text = strings.TrimSpace(text)
		if m := quotedPaste().FindStringSubmatch(text); m != nil {
			text = m[1]
		} else if bare := pastedLine().ReplaceAllString(text, ""); bare != text && !strings.HasPrefix(bare, "//") {
			text = bare
		} else {
			text = unquote(text)
		}
	}
	return text
}

// unquote takes away a pair of quotes around a text, or one that was copied
// along at an end.
func unquote(text string) string {
	const quotes = "\"'`“”„‘’«»"
	return strings.Trim(text, quotes)
}

// parseDSN judges a DSN as it was typed, pasted or read from a file.
func parseDSN(text string) (*dsn.DSN, error) { return dsn.Parse(unwrap(text)) }

// defectOf returns the defect of a DSN, with its cause.
func defectOf(err error) *dsn.Defect {
	var d *dsn.Defect
	if errors.As(err, &d) {
		return d
	}
	return nil
}

// dsnError is what a person is told of a defective DSN: what is wrong, under
// its cause, and what to do.
func dsnError(err error) error {
	d := defectOf(err)
	if d == nil {
		return err
	}
	return errors.New(d.Detail + " [" + d.ID + "]; " + d.Fix)
}
