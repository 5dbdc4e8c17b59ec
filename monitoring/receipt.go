package monitoring

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Receipt is the server's answer to one envelope. It holds no secret.
type Receipt struct {
	Status      int      // 0 where there was no answer
	SentryError string   // the header X-Sentry-Error
	RateLimits  []string // the quotas of the header X-Sentry-Rate-Limits, as they stand there
	RetryAfter  time.Duration
	Latency     time.Duration
	EventIDs    []string // of errors, messages and transactions
	ItemTypes   []string
	LeftOut     []string // types of the items that were not sent: they could not be scrubbed
	Body        string   // at most 1 KiB
	// Err says why there was no answer, or why it is none of a Sentry.
	Err error
}

// Delivered says whether the server took the envelope: it answered 2xx and
// named the event. A proxy's page or an empty answer proves nothing.
func (r Receipt) Delivered() bool { return r.Err == nil && r.Status >= 200 && r.Status < 300 }

var (
	errNoID = errors.New("the answer does not name the event, so that it is not proven to have arrived")
	errCut  = errors.New("the answer was cut")
)

// maxAnswer is how much of an answer is read, in bytes: Sentry's are short.
const maxAnswer = 1 << 10

// judge reads the parts of an answer.
func (r *Receipt) judge(header http.Header, status int, body []byte, now time.Time) {
	r.Status = status
	r.SentryError = header.Get("X-Sentry-Error")
	for quota := range strings.SplitSeq(strings.Join(header.Values("X-Sentry-Rate-Limits"), ","), ",") {
		if quota = strings.TrimSpace(quota); quota != "" {
			r.RateLimits = append(r.RateLimits, quota)
		}
	}
	if value := header.Get("Retry-After"); value != "" {
		r.RetryAfter = parseRetryAfter(value, now)
	}
	if r.Err == nil && status >= 200 && status < 300 && len(r.EventIDs) > 0 && !names(body, r.EventIDs) {
		r.Err = errNoID
	}
}

// names says whether an answer is Sentry's {"id": …} with one of the ids.
func names(body []byte, ids []string) bool {
	var answer struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return false
	}
	return slices.Contains(ids, strings.ToLower(strings.ReplaceAll(answer.ID, "-", "")))
}
