package probe

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseLimits(t *testing.T) {
	t.Parallel()
	const s = time.Second
	tests := []struct {
		name, header string
		want         []Limit
	}{
		{"none", "", nil},
		{"whole", "60:error;transaction:key:key_quota", []Limit{{Categories: []string{"error", "transaction"}, Scope: "key", Reason: "key_quota", RetryAfter: 60 * s}}},
		{"fraction", "12.5:error:key", []Limit{{Categories: []string{"error"}, Scope: "key", RetryAfter: 12*s + s/2}}},
		{"all categories", "60::organization", []Limit{{Scope: "organization", RetryAfter: 60 * s}}},
		{"no scope", "60:error", []Limit{{Categories: []string{"error"}, RetryAfter: 60 * s}}},
		{"several", "60:error:key, 2700:default;security:organization:usage_exceeded", []Limit{
			{Categories: []string{"error"}, Scope: "key", RetryAfter: 60 * s},
			{Categories: []string{"default", "security"}, Scope: "organization", Reason: "usage_exceeded", RetryAfter: 2700 * s},
		}},
		{"no blank between", "1:a:key,2:b:key", []Limit{
			{Categories: []string{"a"}, Scope: "key", RetryAfter: s}, {Categories: []string{"b"}, Scope: "key", RetryAfter: 2 * s},
		}},
		{"namespaces", "60:metric_bucket:organization:quota:custom;spans", []Limit{
			{Categories: []string{"metric_bucket"}, Scope: "organization", Reason: "quota", Namespaces: []string{"custom", "spans"}, RetryAfter: 60 * s},
		}},
		{"fields of later", "60:error:key:r:ns:future:more", []Limit{
			{Categories: []string{"error"}, Scope: "key", Reason: "r", Namespaces: []string{"ns"}, RetryAfter: 60 * s},
		}},
		{"empty quotas", ", ,60:error:key,,", []Limit{{Categories: []string{"error"}, Scope: "key", RetryAfter: 60 * s}}},
		{"blanks and capitals", " 60 : Error ; span : Key : r ", []Limit{{Categories: []string{"error", "span"}, Scope: "key", Reason: "r", RetryAfter: 60 * s}}},
		{"no number", "soon:error:key", []Limit{{Categories: []string{"error"}, Scope: "key", RetryAfter: 60 * s}}},
		{"negative", "-1:error:key", []Limit{{Categories: []string{"error"}, Scope: "key", RetryAfter: 60 * s}}},
		{"not a number", "NaN:error:key", []Limit{{Categories: []string{"error"}, Scope: "key", RetryAfter: 60 * s}}},
		{"zero", "0:error:key", []Limit{{Categories: []string{"error"}, Scope: "key"}}},
		{"endless", "1e300:error:key", []Limit{{Categories: []string{"error"}, Scope: "key", RetryAfter: longest}}},
		{"no quota", "nonsense", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, ParseLimits(tt.header)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	tests := []struct {
		header string
		want   time.Duration
	}{
		{"30", 30 * time.Second},
		{" 30 ", 30 * time.Second},
		{"0", 0},
		{"1.5", 1500 * time.Millisecond},
		{"", time.Minute},
		{"soon", time.Minute},
		{"-5", time.Minute},
		{"Wed, 04 Mar 2026 05:08:07 GMT", 2 * time.Minute},
		{"Wednesday, 04-Mar-26 05:08:07 GMT", 2 * time.Minute},
		{"Wed Mar  4 05:08:07 2026", 2 * time.Minute},
		{"Wed, 04 Mar 2026 05:00:00 GMT", 0},
		{"Sun, 04 Mar 2096 05:00:00 GMT", longest},
	}
	for _, tt := range tests {
		if got := ParseRetryAfter(tt.header, now); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.header, got, tt.want)
		}
	}
}

// TestRetryAfterYieldsToTheLimits: SDKs read it only where they are missing.
func TestRetryAfterYieldsToTheLimits(t *testing.T) {
	t.Parallel()
	now := time.Now()
	answer := func(status int, header ...string) *http.Response {
		r := &http.Response{StatusCode: status, Header: http.Header{}}
		for i := 0; i < len(header); i += 2 {
			r.Header.Add(header[i], header[i+1])
		}
		return r
	}
	const limits = "X-Sentry-Rate-Limits"
	tests := []struct {
		name string
		r    *http.Response
		want []Limit
	}{
		{"both", answer(429, "Retry-After", "5", limits, "60:error:key"), []Limit{{Categories: []string{"error"}, Scope: "key", RetryAfter: time.Minute}}},
		{"Retry-After alone", answer(429, "Retry-After", "5"), []Limit{{RetryAfter: 5 * time.Second}}},
		{"neither", answer(429), []Limit{{RetryAfter: time.Minute}}},
		{"Retry-After of a 503", answer(503, "Retry-After", "5"), nil},
		{"two headers", answer(200, limits, "1:error:key", limits, "2:span:key"), []Limit{
			{Categories: []string{"error"}, Scope: "key", RetryAfter: time.Second},
			{Categories: []string{"span"}, Scope: "key", RetryAfter: 2 * time.Second},
		}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, limitsOf(tt.r, now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestCategoriesOfItems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		items []string
		want  []string
	}{
		{[]string{"event"}, []string{"error", "default"}},
		{[]string{"transaction", "profile"}, []string{"transaction", "profile"}},
		{[]string{"log"}, []string{"log_item", "log_byte"}},
		{[]string{"check_in"}, []string{"monitor"}},
		{[]string{"client_report"}, []string{"internal"}},
		{[]string{"event", "event", "attachment"}, []string{"error", "default", "attachment"}},
		{nil, nil},
	}
	for _, tt := range tests {
		raw := "{}\n"
		for _, item := range tt.items {
			raw += `{"type":"` + item + `"}` + "\n{}\n"
		}
		if diff := cmp.Diff(tt.want, categoriesOf([]byte(raw))); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.items, diff)
		}
	}
	if got := categoriesOf([]byte("nonsense")); got != nil {
		t.Errorf("nonsense: got %v", got)
	}
}

func FuzzParseLimits(f *testing.F) {
	f.Add("60:error;transaction:key:key_quota:ns, 12.5::organization")
	f.Add("::::,,;;")
	f.Fuzz(func(t *testing.T, header string) {
		for _, l := range ParseLimits(header) {
			if l.RetryAfter < 0 || l.RetryAfter > longest {
				t.Fatalf("%q: %s", header, l.RetryAfter)
			}
			l.Covers([]string{"error"})
		}
		if d := ParseRetryAfter(header, time.Now()); d < 0 || d > longest {
			t.Fatalf("%q: %s", header, d)
		}
	})
}

// FuzzJudge holds what is true of every answer: it is accepted with the id
// that was sent, or it has a cause, a detail and a fix; no secret is shown.
func FuzzJudge(f *testing.F) {
	f.Add(200, `{"id":"`+testID+`"}`, "application/json", "nginx", "60:error:key")
	f.Add(403, detail("event submission rejected with_reason: ProjectId"), "application/json", "", "")
	f.Add(502, "<html><title>502</title>", "text/html", "cloudflare", "")
	f.Add(302, "", "", "", "")
	f.Fuzz(func(t *testing.T, status int, body, kind, server, limits string) {
		if status < 200 || status > 999 {
			return
		}
		target := targetAt(t, "https", "sentry.test:443")
		target.DSN.SecretKey = testSecret()
		s := &send{target: target, id: testID, categories: []string{"error"}, redactor: newRedactor(target.DSN)}
		r := &http.Response{StatusCode: status, Header: http.Header{
			"Content-Type": {kind}, "Server": {server + testKey()}, "X-Sentry-Rate-Limits": {limits}, "Location": {body},
		}}
		full := []byte(s.hide(strings.Repeat(testKey()+" ", len(body)%9) + body))
		s.take(r, full, time.Now())
		s.apply(s.judge(t.Context(), full))
		a := s.answer
		if a.Detail == "" || (a.Cause == "") != (a.Fix == "") {
			t.Fatalf("%+v", a)
		}
		if a.Accepted() && !strings.Contains(strings.ToLower(strings.ReplaceAll(body, "-", "")), testID) {
			t.Fatalf("accepted: %q", body)
		}
		noSecrets(t, a)
	})
}
