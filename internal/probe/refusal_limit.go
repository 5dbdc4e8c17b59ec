package probe

import (
	"fmt"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
)

func (s *send) judgeLimited(body []byte) verdict {
	l, ok := tightest(s.answer.Limits, s.categories)
	if !ok {
		// Relay answers 429 also where it took only a part.
		l, _ = tightest(s.answer.Limits, nil)
	}
	return limited(l, fmt.Sprintf("%s answers 429 with %s,", s.limiter(body), s.said(body)))
}

func (s *send) limiter(body []byte) string {
	if s.answer.Header.Get("X-Sentry-Rate-Limits") != "" || s.relays(body) {
		return "the ingest"
	}
	return s.by(body)
}

// limited names the cause of a limit by its scope.
func limited(l Limit, seen string) verdict {
	what := "everything"
	if len(l.Categories) > 0 {
		what = strings.Join(l.Categories, ", ")
	}
	seen = fmt.Sprintf("%s SDKs send no more of %s for %s", seen, line(what, 100), seconds(l.RetryAfter))
	reason := ""
	if l.Reason != "" {
		reason = ", reason " + line(l.Reason, 60)
	}
	switch l.Scope {
	case "key":
		return verdict{
			cause.RateLimitedKey, seen + " (scope key" + reason + "), expected no limit",
			"raise or remove the rate limit of this key: Project Settings > Client Keys (DSN) > Configure",
		}
	case "project":
		return verdict{
			cause.RateLimitedProject, seen + " (scope project" + reason + "), expected no limit",
			"look at Stats of the project for what uses it up, and switch spike protection or the project's quota off or higher (Settings > Spike Protection)",
		}
	case "organization":
		return verdict{
			cause.RateLimitedOrganization, seen + " (scope organization" + reason + "), expected no limit",
			"raise the quota (Settings > Subscription), or send less: SENTRY_TRACES_SAMPLE_RATE, SENTRY_SAMPLE_RATE, filters",
		}
	}
	scope := "no scope is named"
	if l.Scope != "" {
		scope = "scope " + line(l.Scope, 40)
	}
	return verdict{
		cause.RateLimited, seen + " (" + scope + reason + "), expected no limit",
		"wait until it is over; where it returns, look at Stats > Rate Limited in Sentry, and at rate limits of what stands before the ingest",
	}
}
