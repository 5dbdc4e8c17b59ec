package verify

import (
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

// captured calls a capture function of the module and expects its details.
func (t *trial) captured(function string, fields map[string]any, names ...string) {
	event, ok := t.event(function, failing(function, fields, "planted by bbctl test"))
	if !ok {
		return
	}
	if !slices.Contains(texts(event), "planted by bbctl test") {
		t.miss(cause.AppContextMissing, function+": hand the error itself to sentry_sdk.capture_exception(error)", "the error's text: saw none of it, expected it as an exception")
	}
	if event.Level != "error" {
		t.miss(cause.AppContextMissing, function+": set no level but \"error\"", "level: saw %q, expected \"error\"", event.Level)
	}
	for i := 0; i < len(names); i += 2 {
		t.field(event, function, names[i], names[i+1])
	}
}

func appBookingError(t *trial) {
	t.captured("capture_booking_error", map[string]any{"appointment_id": "apt_12345", "error_stage": "validation", "service_type": "haircut"},
		"appointment_id", "apt_12345", "error_stage", "validation", "service_type", "haircut")
}

func appPaymentError(t *trial) {
	t.captured("capture_payment_error", map[string]any{"payment_intent_id": "pi_3Nxyz", "amount_cents": 4500, "error_stage": "charge_creation"},
		"payment_intent_id", "pi_3Nxyz", "amount_cents", "4500", "error_stage", "charge_creation")
}

func appIntegrationError(t *trial) {
	t.captured("capture_integration_error", map[string]any{"service_name": "sendgrid", "operation": "send_email", "response_code": 503, "error_code": "unavailable"},
		"service_name", "sendgrid", "operation", "send_email", "response_code", "503", "error_code", "unavailable")
}

func appErrorChain(t *trial) {
	chain := []string{"paying for apt_1", "charging the card", "the bank hung up"}
	event, ok := t.event("an error that wraps two others", capture(chain...))
	if !ok {
		return
	}
	for _, text := range chain {
		if !slices.Contains(texts(event), text) {
			t.miss(cause.AppContextMissing, "before_send: leave event[\"exception\"][\"values\"] whole", "exception %q of a chain of three: it did not arrive", text)
		}
	}
	t.saw("%d exceptions of a chain of three errors", len(event.Exceptions))
}

func appErrorStack(t *trial) {
	event, ok := t.event("a captured error", capture("planted"))
	if !ok {
		return
	}
	for _, exception := range event.Exceptions {
		for _, frame := range exception.Frames {
			if frame.Function == "planted_failure" && frame.Line > 0 {
				t.saw("frame %s line %d", frame.Function, frame.Line)
				return
			}
		}
	}
	t.miss(cause.AppContextMissing, "before_send: leave the stacktrace of event[\"exception\"][\"values\"] whole", "a frame of the function that raised: saw none")
}

// appErrorGrouping captures the same failure of two bookings. Sentry groups by
// the stack, unless a fingerprint tells the two apart.
func appErrorGrouping(t *trial) {
	var prints []string
	for _, id := range []string{"apt_1", "apt_2"} {
		a, ok := t.play(failing("capture_booking_error", map[string]any{"appointment_id": id, "error_stage": "validation"}, "slot of "+id+" is taken"))
		if !ok {
			return
		}
		event, ok := t.only(a, "capture_booking_error")
		if !ok {
			return
		}
		prints = append(prints, strings.Join(event.Fingerprint, "/"))
	}
	if prints[0] != prints[1] {
		t.miss(cause.AppContextMissing, "capture_booking_error: take ids out of the fingerprint", "fingerprints of the same failure of two bookings: saw %q and %q, expected one", prints[0], prints[1])
		return
	}
	t.saw("fingerprint %q for both", prints[0])
}

func appErrorUnencodable(t *trial) {
	fields := map[string]any{
		"resource_id": operation.ResourceID,
		"ratio":       map[string]any{"special": "nan"}, "callback": map[string]any{"special": "function"},
	}
	a, ok := t.play(call("add_business_context", fields), capture("planted"))
	if !ok {
		return
	}
	if event, ok := t.only(a, "an error beside a NaN and a function"); ok {
		t.field(event, "add_business_context", "resource_id", operation.ResourceID)
	}
}

func appErrorLarge(t *trial) {
	const size = 3 * largestEvent
	a, ok := t.play(capture(strings.Repeat("much too long ", size/14)))
	if !ok {
		return
	}
	fix := "max_value_length=100_000 in sentry_sdk.init, and no documents in contexts"
	if len(a.events) == 0 && len(a.rejected) == 0 {
		t.nothing(a, "an error of 3 MiB")
		return
	}
	if len(a.rejected) > 0 || a.largest > largestEvent {
		t.miss(cause.AppEventTooLarge, fix, "an error of 3 MiB: saw an event of %d bytes and %d refusals, expected at most %d bytes", a.largest, len(a.rejected), largestEvent)
		return
	}
	t.saw("an error of 3 MiB arrived in %d bytes", a.largest)
}

func appMessageLevel(t *trial) {
	event, ok := t.event("a captured message", step{"do": "message", "text": "queue is long", "level": "warning"})
	if !ok {
		return
	}
	if event.Message != "queue is long" || event.Level != "warning" {
		t.miss(cause.AppContextMissing, "before_send: leave message and level as they are", "saw the message %q at level %q, expected %q at \"warning\"", shown(event.Message), event.Level, "queue is long")
	}
	t.saw("message %q at level %q", event.Message, event.Level)
	logged, ok := t.play(step{"do": "log", "text": "planted line"})
	if !ok {
		return
	}
	if slices.ContainsFunc(logged.events, func(e *envelope.Event) bool { return mentions(e, "planted line") }) {
		t.saw("a line that is logged at ERROR is an event")
		return
	}
	t.saw("a line that is logged at ERROR is no event here")
}

// appExceptionInHandler lets a small FastAPI application raise, and asks it
// once more.
func appExceptionInHandler(t *trial) {
	a, ok := t.play(step{"do": "asgi", "paths": []string{"/bookings", "/barbers"}, "fails": "/bookings", "error": []string{"planted in a handler"}})
	if !ok {
		return
	}
	var mine []*envelope.Event
	for _, event := range a.events {
		if slices.Contains(texts(event), "planted in a handler") {
			mine = append(mine, event)
		}
	}
	switch len(mine) {
	case 0:
		if len(a.events) == 0 && (len(a.discards) == 0 || !has(a.discards, "before_send error")) && !slices.Contains(a.start.Integrations, "starlette") {
			t.miss(cause.AppIntegrationMissing, "remove auto_enabling_integrations=False and default_integrations=False from sentry_sdk.init, or list StarletteIntegration() and FastApiIntegration()",
				"an exception in a handler: no event arrived; integrations are %s", strings.Join(a.start.Integrations, ", "))
			return
		}
		t.nothing(a, "an exception in a handler")
		return
	case 1:
		t.saw("1 event of an exception in a handler")
	default:
		t.remark(cause.AppEventUnwanted, "capture an error in one place, or let the SDK's integration do it", "events of an exception in a handler: saw %d, expected 1", len(mine))
	}
	if status, _ := a.said.Seen["status"].([]any); len(status) == 2 {
		t.saw("the answers %v and %v", status[0], status[1])
		if status[1] != float64(204) {
			t.miss(cause.AppModuleBroken, "let the SDK's hooks and middleware raise nothing", "the next request: answered %v, expected 204", status[1])
		}
	}
}
