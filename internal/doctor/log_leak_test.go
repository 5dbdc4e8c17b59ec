package doctor

import (
	"io"
	"strings"
	"testing"
	"time"
)

// TestNoKeyOfALogIsShown slides a DSN through every place at which a signature
// could cut it: what is left of it must not be taken for a harmless word.
func TestNoKeyOfALogIsShown(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("4b7", 10) + "c1"
	dsn := "https://" + key + "@o1.ingest.sentry.invalid/42"
	for _, begin := range []string{
		"sentry_sdk.utils.BadDsn: ",
		"[sentry] DEBUG: Unexpected status code: 403 (body: ",
		"[sentry] ERROR: Internal error in sentry_sdk ",
		"[sentry] WARNING: [Tracing] Discarding transaction because ",
		"HTTP request failed: Post ",
	} {
		for filler := range 260 {
			line := begin + strings.Repeat("z", filler) + " " + dsn + " tail"
			for _, f := range readLog(t.Context(), strings.NewReader(line+"\n")).findings {
				if strings.Contains(f.excerpt, key[:12]) {
					t.Fatalf("%s with %d characters before the DSN: %q", begin, filler, f.excerpt)
				}
			}
		}
	}
}

// TestAPartOfALineHoldsNothingBack: what stands before it is judged when the
// time is over.
func TestAPartOfALineHoldsNothingBack(t *testing.T) {
	t.Parallel()
	in, out := io.Pipe()
	defer func() { _ = out.Close() }()
	go func() {
		_, _ = io.WriteString(out, "[sentry] DEBUG: Unexpected status code: 403 (body: b'{\"detail\":\"event submission rejected with_reason: ProjectId\"}')\nabc")
	}()
	book := readLogFor(t.Context(), in, 500*time.Millisecond)
	if book.lines != 1 || len(book.findings) != 1 || book.partial == "" {
		t.Errorf("%d lines, findings %+v, partial %q; want the whole line judged", book.lines, book.findings, book.partial)
	}
}
