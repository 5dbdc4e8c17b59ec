package scrub_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// eventOf20KB is an event as a web application sends it: a stack with its
// variables, breadcrumbs of queries and requests, and a few secrets.
func eventOf20KB(b *testing.B) []byte {
	b.Helper()
	var frames, crumbs []any
	for n := range 24 {
		frames = append(frames, map[string]any{
			"function": "create_booking", "module": "app.services.booking", "filename": "app/services/booking.py", "lineno": 100 + n, "in_app": true,
			"context_line": "        slot = await repository.reserve(barber_id, starts_at)",
			"pre_context":  []string{"    async def create(self, request: Request) -> Booking:", "        user = request.state.user", "        starts_at = parse(request.json()['starts_at'])"},
			"vars":         map[string]any{"barber_id": fmt.Sprint("'barber_", n, "'"), "starts_at": "datetime(2026, 11, 23, 15, 49)", "price": "4500", "self": "<app.services.booking.BookingService object>"},
		})
	}
	for n := range 50 {
		crumbs = append(crumbs, map[string]any{
			"type": "http", "category": "httplib", "level": "info", "timestamp": "2026-11-23T15:49:34.462207Z",
			"data": map[string]any{"url": fmt.Sprint("https://api.example.org/v2/appointments/", 12345+n, "?page=2&per_page=50"), "method": "GET", "status_code": 200, "duration_ms": 12.5},
		})
	}
	crumbs = append(crumbs, map[string]any{"message": "receipt sent to kim@example.net", "data": map[string]any{"card_number": "4242 4242 4242 4242"}})
	event := serialized(b, map[string]any{
		"event_id": "4bf92f3577b34da6a3ce929d0e0e4736", "timestamp": "2026-11-23T15:49:34.462207Z", "platform": "python", "release": "bookedbarber@2.1.0",
		"exception":   map[string]any{"values": []any{map[string]any{"type": "BookingError", "value": "slot is taken", "stacktrace": map[string]any{"frames": frames}}}},
		"breadcrumbs": map[string]any{"values": crumbs},
		"request":     map[string]any{"url": "https://app.example.org/bookings", "headers": map[string]any{"Authorization": "Bearer " + body24, "Accept": "application/json"}},
	})
	if len(event) < 20_000 || len(event) > 26_000 {
		b.Fatalf("%d bytes", len(event))
	}
	return event
}

// The two do the same bytes in the same run, in turns: the ratio does not
// depend on the machine. The aim is 1.
func BenchmarkEventAgainstValid(b *testing.B) {
	event := eventOf20KB(b)
	dst := make([]byte, 0, 2*len(event))
	var ours, valid time.Duration
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		started := time.Now()
		if _, err := scrub.Default().AppendJSON(dst, event); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		if !json.Valid(event) {
			b.Fatal("the event is no JSON")
		}
		ours += between.Sub(started)
		valid += time.Since(between)
	}
	b.ReportMetric(float64(ours)/float64(valid), "ratio")
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/scrub")
}

func BenchmarkEnvelope(b *testing.B) {
	event := eventOf20KB(b)
	envelope := fmt.Appendf(nil, "{\"dsn\":%q}\n{\"type\":\"event\",\"length\":%d}\n%s\n", cleanDSN, len(event), event)
	dst := make([]byte, 0, 2*len(envelope))
	b.SetBytes(int64(len(envelope)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := scrub.Default().AppendEnvelope(dst, envelope); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkString(b *testing.B) {
	const text = "GET https://api.example.org/v2/appointments/12345?page=2 answered 503 after 1250 ms (attempt 2 of 3)"
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		scrub.Default().String(text)
	}
}

// Texts that make a careless scanner read everything again and again: the
// time per byte must not grow with the size.
func BenchmarkHostile(b *testing.B) {
	for _, part := range []string{":", "%40", "a@", "eyJ-", "phone:", "ip:", "token=", "token=[", "+1 1", "1 ", "1.", "::1", "=(", "://", "Cookie: ", "-----BEGIN ", "DE89 ", "/home/"} {
		for _, size := range []int{4 << 10, 64 << 10} {
			text, err := json.Marshal(map[string]string{"phone": strings.Repeat(part, size/len(part))})
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%q/%d", part, size), func(b *testing.B) {
				dst := make([]byte, 0, 8*size)
				b.SetBytes(int64(size))
				for b.Loop() {
					if _, err := scrub.Default().AppendJSON(dst, bytes.Clone(text)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
