package monitoring

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// limits are the pauses that the server asked for, by category. They are kept
// here as well as in the SDK, which drops without a word.
type limits struct {
	mu    sync.Mutex
	until map[string]time.Time // "" is every category
}

// limited says whether a category is to be held back.
func (l *limits) limited(category string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.until[category]) || now.Before(l.until[""])
}

// update reads the headers of an answer: X-Sentry-Rate-Limits with any status,
// Retry-After with a 429 that has no other.
func (l *limits) update(status int, quotas []string, retryAfter string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil {
		l.until = map[string]time.Time{}
	}
	extend := func(category string, wait time.Duration) {
		if until := now.Add(wait); until.After(l.until[category]) {
			l.until[category] = until
		}
	}
	if len(quotas) == 0 {
		if status == http.StatusTooManyRequests {
			extend("", parseRetryAfter(retryAfter, now))
		}
		return
	}
	for _, quota := range quotas {
		parts := strings.Split(quota, ":")
		seconds, err := strconv.ParseFloat(parts[0], 64)
		if err != nil || len(parts) < 2 || seconds < 0 || seconds > 1e9 {
			continue
		}
		wait := time.Duration(seconds * float64(time.Second))
		for category := range strings.SplitSeq(parts[1], ";") {
			switch category {
			case "", categoryError, categoryTransaction:
				extend(category, wait)
			}
		}
	}
}

// defaultPause is how long SDKs pause after a 429 that does not say.
const defaultPause = time.Minute

func parseRetryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 && seconds <= 1e9 {
		return time.Duration(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return defaultPause
}
