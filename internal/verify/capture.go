package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/bookedbarber/bbctl/monitoring"
)

func bookingError(ctx context.Context, s *scene, e *expectation) {
	s.client.CaptureBookingError(ctx, errPlanted, monitoring.BookingInfo{
		AppointmentID: "apt_12345", ErrorStage: "validation", ServiceType: "haircut",
	})
	event := s.event(e)
	e.equal("level", event.Level, "error")
	e.equal("booking.appointment_id", contextField(event, "booking", "appointment_id"), "apt_12345")
	e.equal("booking.error_stage", contextField(event, "booking", "error_stage"), "validation")
	e.equal("booking.service_type", contextField(event, "booking", "service_type"), "haircut")
}

func paymentError(ctx context.Context, s *scene, e *expectation) {
	s.client.CapturePaymentError(ctx, errPlanted, monitoring.PaymentInfo{
		PaymentIntentID: "pi_3Nxyz", AmountCents: 4500, ErrorStage: "charge_creation",
	})
	event := s.event(e)
	e.equal("level", event.Level, "error")
	e.equal("payment.payment_intent_id", contextField(event, "payment", "payment_intent_id"), "pi_3Nxyz")
	e.equal("payment.amount_cents", contextField(event, "payment", "amount_cents"), "4500")
	e.equal("payment.error_stage", contextField(event, "payment", "error_stage"), "charge_creation")
}

func integrationError(ctx context.Context, s *scene, e *expectation) {
	s.client.CaptureIntegrationError(ctx, errPlanted, monitoring.IntegrationInfo{
		ServiceName: "sendgrid", Operation: "send_email", ResponseCode: 503, ErrorCode: "unavailable",
	})
	event := s.event(e)
	e.equal("level", event.Level, "error")
	e.equal("integration.service_name", contextField(event, "integration", "service_name"), "sendgrid")
	e.equal("integration.operation", contextField(event, "integration", "operation"), "send_email")
	e.equal("integration.response_code", contextField(event, "integration", "response_code"), "503")
	e.equal("integration.error_code", contextField(event, "integration", "error_code"), "unavailable")
}

// errorChain captures an error that wraps another that wraps a third: all
// three texts must be on the wire, each an exception of its own.
func errorChain(ctx context.Context, s *scene, e *expectation) {
	root := errors.New("connection refused")
	middle := fmt.Errorf("charging the card: %w", root)
	s.client.CapturePaymentError(ctx, fmt.Errorf("paying for apt_1: %w", middle), monitoring.PaymentInfo{ErrorStage: "charge_creation"})
	var values []string
	for _, exception := range s.event(e).Exceptions {
		values = append(values, exception.Value)
	}
	e.that(len(values) >= 3, "exceptions of a chain of three errors: saw %d %q", len(values), values)
	for _, err := range []error{root, middle} {
		e.contains("exception values", values, err.Error())
	}
}

// errorStack expects the frame of the function that captured, marked as the
// application's own.
func errorStack(ctx context.Context, s *scene, e *expectation) {
	captureHere(ctx, s)
	for _, exception := range s.event(e).Exceptions {
		for _, frame := range exception.Frames {
			if strings.Contains(frame.Function, "captureHere") {
				e.that(frame.InApp || s.own, "frame %s: saw in_app false, expected true", frame.Function)
				e.that(frame.Line > 0, "frame %s: saw no line number", frame.Function)
				e.saw("frame %s line %d", frame.Function, frame.Line)
				return
			}
		}
	}
	e.missed("a frame of the function that captured: saw none")
}

//go:noinline
func captureHere(ctx context.Context, s *scene) {
	s.report(ctx, errPlanted)
}

func messageLevel(ctx context.Context, s *scene, e *expectation) {
	s.client.CaptureMessage(ctx, monitoring.LevelWarning, "queue is long")
	event := s.event(e)
	e.equal("message", event.Message, "queue is long")
	e.equal("level", event.Level, "warning")
}

// panicInHandler lets a real HTTP server run a handler that panics, then asks
// it once more: the panic must arrive once, and the server must still answer.
func panicInHandler(ctx context.Context, s *scene, e *expectation) {
	mux := http.NewServeMux()
	mux.HandleFunc("/bookings", func(http.ResponseWriter, *http.Request) { panic("planted panic") })
	mux.HandleFunc("/barbers", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server := httptest.NewServer(s.middleware(mux))
	defer server.Close()

	e.number("status of the request that panicked", get(ctx, s, e, server.URL+"/bookings"), http.StatusInternalServerError)
	e.number("status of the next request", get(ctx, s, e, server.URL+"/barbers"), http.StatusNoContent)
	event := s.event(e)
	value := ""
	for _, exception := range event.Exceptions {
		value = exception.Value
	}
	e.that(strings.Contains(value+event.Message, "planted panic"), "the panic's text: saw %q, expected %q", value+event.Message, "planted panic")
	e.equal("level", event.Level, "fatal")
}

// get returns the status of an answer, 0 where there was none.
func get(ctx context.Context, s *scene, e *expectation, url string) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		e.missed("%v", err)
		return 0
	}
	s.decide(request.Header)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		e.missed("%v", err)
		return 0
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		e.missed("%v", err)
	}
	return response.StatusCode
}

// errorUnencodable plants what JSON cannot say. An SDK that meets it drops
// the contexts, or the event, and still returns an id.
func errorUnencodable(ctx context.Context, s *scene, e *expectation) {
	ctx = monitoring.AddBusiness(ctx, operation)
	s.client.CaptureError(ctx, errPlanted, monitoring.Data("ratio", math.NaN()), monitoring.Data("callback", func() {}))
	event := s.event(e)
	e.equal("business.resource_id beside a NaN and a func", contextField(event, "business", "resource_id"), operation.ResourceID)
}

// largestEvent is Sentry's limit for an event, in bytes.
const largestEvent = 1 << 20

// errorLarge captures three times what Sentry takes: the event must be cut
// until it fits, because a 413 would lose it whole.
func errorLarge(ctx context.Context, s *scene, e *expectation) {
	s.client.CaptureError(ctx, errors.New(strings.Repeat("much too long ", 3*largestEvent/14)))
	items := s.items(e, "event")
	e.number("events", len(items), 1)
	if len(items) == 1 {
		size := len(items[0].Payload)
		e.that(size <= largestEvent, "size of the event: saw %d bytes, expected at most %d", size, largestEvent)
		e.saw("an error of 3 MiB arrived in %d bytes", size)
	}
}

// errorGrouping captures the same failure of two bookings: one issue, named
// after the business and not after Go's *errors.errorString.
func errorGrouping(ctx context.Context, s *scene, e *expectation) {
	for _, id := range []string{"apt_1", "apt_2"} {
		s.client.CaptureBookingError(ctx, fmt.Errorf("slot of %s is taken", id), monitoring.BookingInfo{AppointmentID: id, ErrorStage: "validation"})
	}
	events := s.events(e)
	e.number("events", len(events), 2)
	if len(events) == 2 {
		first, second := events[0], events[1]
		e.that(len(first.Fingerprint) > 0, "fingerprint: saw none")
		e.equal("fingerprint of the second", strings.Join(second.Fingerprint, "/"), strings.Join(first.Fingerprint, "/"))
		title := ""
		for _, exception := range first.Exceptions {
			title = exception.Type
		}
		e.that(strings.HasPrefix(title, "BookingError"), "exception type: saw %q, expected BookingError…", title)
	}
}
