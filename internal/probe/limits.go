package probe

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

// Limit is one quota of X-Sentry-Rate-Limits, or of Retry-After.
type Limit struct {
	Categories []string // none: all of them
	Scope      string   // organization, project, key; empty where not said
	Reason     string   // the server's code, such as key_quota
	Namespaces []string // of metric_bucket only
	RetryAfter time.Duration
}

// Covers says whether the limit holds for one of the categories. No categories
// mean that they are not known, which every limit covers.
func (l Limit) Covers(categories []string) bool {
	if len(l.Categories) == 0 || len(categories) == 0 {
		return true
	}
	return slices.ContainsFunc(categories, func(c string) bool { return slices.Contains(l.Categories, c) })
}

const (
	// noRetryAfter is what SDKs take where a 429 names no time, or none that
	// can be read.
	noRetryAfter = 60 * time.Second
	// longest keeps a nonsensical time within time.Duration.
	longest = 10 * 365 * 24 * time.Hour
)

// limitsOf reads the limits of a response: X-Sentry-Rate-Limits of any, and
// Retry-After of a 429 that has none.
func limitsOf(r *http.Response, now time.Time) []Limit {
	if limits := ParseLimits(strings.Join(r.Header.Values("X-Sentry-Rate-Limits"), ",")); len(limits) > 0 {
		return limits
	}
	if r.StatusCode != http.StatusTooManyRequests {
		return nil
	}
	return []Limit{{RetryAfter: ParseRetryAfter(r.Header.Get("Retry-After"), now)}}
}

// ParseLimits reads X-Sentry-Rate-Limits:
//
//	quota *("," SP quota)
//	quota = retry_after ":" categories ":" scope [":" reason [":" namespaces]]
//
// retry_after are seconds, whole or not; 60 where it is no number. Categories
// and namespaces are separated by semicolons; further fields are ignored.
// (Sentry's develop docs, rate-limiting; relay utils/rate_limits.rs.)
func ParseLimits(header string) []Limit {
	var limits []Limit
	for quota := range strings.SplitSeq(header, ",") {
		fields := strings.Split(strings.TrimSpace(quota), ":")
		if len(fields) < 2 {
			continue // not even categories: no quota
		}
		fields = append(fields, "", "", "")
		limits = append(limits, Limit{
			Categories: list(fields[1]),
			Scope:      strings.ToLower(strings.TrimSpace(fields[2])),
			Reason:     strings.TrimSpace(fields[3]),
			Namespaces: list(fields[4]),
			RetryAfter: parseSeconds(fields[0]),
		})
	}
	return limits
}

func list(s string) []string {
	var found []string
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.ToLower(strings.TrimSpace(part)); part != "" {
			found = append(found, part)
		}
	}
	return found
}

// ParseRetryAfter reads Retry-After, seconds or a date; 60 s where it is
// missing or neither, and 0 for a date that is past.
func ParseRetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if date, err := http.ParseTime(header); err == nil {
		return min(max(date.Sub(now), 0), longest)
	}
	return parseSeconds(header)
}

func parseSeconds(s string) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	switch {
	case err != nil && !math.IsInf(n, 1), math.IsNaN(n), n < 0:
		return noRetryAfter
	case n > longest.Seconds():
		return longest
	default:
		return time.Duration(n * float64(time.Second))
	}
}

// tightest is the longest limit that covers one of the categories.
func tightest(limits []Limit, categories []string) (Limit, bool) {
	var found Limit
	ok := false
	for _, l := range limits {
		if l.Covers(categories) && (!ok || l.RetryAfter > found.RetryAfter) {
			found, ok = l, true
		}
	}
	return found, ok
}

// categoriesOf lists the data categories of what is sent.
func categoriesOf(raw []byte) []string {
	e, err := envelope.Split(raw)
	if err != nil {
		return nil
	}
	var found []string
	for _, item := range e.Items {
		for _, c := range categories(item.Type) {
			if !slices.Contains(found, c) {
				found = append(found, c)
			}
		}
	}
	return found
}

func categories(itemType string) []string {
	switch itemType {
	case "event":
		return []string{"error", "default"}
	case "check_in":
		return []string{"monitor"}
	case "log":
		return []string{"log_item", "log_byte"}
	case "trace_metric":
		return []string{"trace_metric", "trace_metric_byte"}
	case "sessions":
		return []string{"session"}
	case "client_report":
		return []string{"internal"}
	case "replay_event", "replay_recording", "replay_video":
		return []string{"replay"}
	case "user_report":
		return []string{"feedback"}
	default:
		return []string{itemType} // transaction, session, attachment, profile, span …
	}
}
