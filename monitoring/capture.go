package monitoring

import (
	"context"
	"fmt"
	"strconv"

	"github.com/getsentry/sentry-go"
)

// EventID names an event: 32 hexadecimal digits; empty where nothing is sent.
// That it was given out says nothing of delivery: see Flush.
type EventID string

// Level is how bad something is.
type Level string

// The levels, as they stand on the wire.
const (
	LevelDebug   Level = "debug"
	LevelInfo    Level = "info"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
	LevelFatal   Level = "fatal"
)

// BookingInfo is what is known of a booking that failed.
type BookingInfo struct {
	AppointmentID, ErrorStage, ServiceType string
}

// PaymentInfo is what is known of a payment that failed. Card data has no
// place here, and would be removed.
type PaymentInfo struct {
	PaymentIntentID string
	AmountCents     int64
	ErrorStage      string
}

// IntegrationInfo is what is known of a call to another service that failed.
type IntegrationInfo struct {
	ServiceName, Operation string
	ResponseCode           int
	ErrorCode              string
}

// CaptureOption adds to one event.
type CaptureOption func(*sentryEvent)

// sentryEvent is the event under construction: the SDK's type stays out of
// the package's interface.
type sentryEvent struct {
	event  *sentry.Event
	budget *budget
}

// Tag sets a tag: a short value that can be searched for.
func Tag(key, value string) CaptureOption {
	return func(e *sentryEvent) { e.event.Tags[cut(key, maxTag)] = e.budget.text(value, maxTag) }
}

// Data adds a value for people to read. What JSON cannot say (NaN, functions,
// cycles) is said in words.
func Data(key string, value any) CaptureOption {
	return func(e *sentryEvent) {
		data := e.event.Contexts["data"]
		if data == nil {
			data = sentry.Context{}
			e.event.Contexts["data"] = data
		}
		data[cut(key, maxTag)] = e.budget.value(value, 0)
	}
}

// Fingerprint groups events into one issue: those with the same parts.
func Fingerprint(parts ...string) CaptureOption {
	return func(e *sentryEvent) {
		e.event.Fingerprint = make([]string, len(parts))
		for i, part := range parts {
			e.event.Fingerprint[i] = e.budget.text(part, maxTag)
		}
	}
}

// AtLevel sets the level of an error, which is error otherwise.
func AtLevel(level Level) CaptureOption {
	return func(e *sentryEvent) { e.event.Level = sentry.Level(level) }
}

// CaptureBookingError reports an error of a booking.
func (c *Client) CaptureBookingError(ctx context.Context, err error, b BookingInfo, opts ...CaptureOption) EventID {
	if c == nil {
		return ""
	}
	return c.captureError(ctx, err, description{
		kind: "BookingError", stage: b.ErrorStage, area: "bookings", context: "booking",
		fields:      fields("appointment_id", b.AppointmentID, "error_stage", b.ErrorStage, "service_type", b.ServiceType),
		fingerprint: []string{b.ErrorStage},
	}, opts)
}

// CapturePaymentError reports an error of a payment.
func (c *Client) CapturePaymentError(ctx context.Context, err error, p PaymentInfo, opts ...CaptureOption) EventID {
	if c == nil {
		return ""
	}
	f := fields("payment_intent_id", p.PaymentIntentID, "error_stage", p.ErrorStage)
	f["amount_cents"] = p.AmountCents
	return c.captureError(ctx, err, description{
		kind: "PaymentError", stage: p.ErrorStage, area: "payments", context: "payment",
		fields: f, fingerprint: []string{p.ErrorStage},
	}, opts)
}

// CaptureIntegrationError reports an error of a call to another service.
func (c *Client) CaptureIntegrationError(ctx context.Context, err error, i IntegrationInfo, opts ...CaptureOption) EventID {
	if c == nil {
		return ""
	}
	f := fields("service_name", i.ServiceName, "operation", i.Operation, "error_code", i.ErrorCode)
	if i.ResponseCode != 0 {
		f["response_code"] = i.ResponseCode
	}
	return c.captureError(ctx, err, description{
		kind: "IntegrationError", stage: i.ServiceName, area: "integrations", context: "integration", own: true,
		fields:      f,
		fingerprint: []string{i.ServiceName, i.Operation, strconv.Itoa(i.ResponseCode), i.ErrorCode},
	}, opts)
}

// CaptureError reports any other error. A nil error is nothing to report.
func (c *Client) CaptureError(ctx context.Context, err error, opts ...CaptureOption) EventID {
	return c.captureError(ctx, err, description{}, opts)
}

// CaptureMessage reports something that is no error.
func (c *Client) CaptureMessage(ctx context.Context, level Level, message string, opts ...CaptureOption) (id EventID) {
	if c == nil {
		return ""
	}
	defer c.guard(&id)
	if !c.wanted(ctx, nil, false) {
		return ""
	}
	e := c.newEvent(ctx, level)
	e.event.Message = e.budget.text(message, maxMessage)
	return c.send(e, opts)
}

// CapturePanic reports what recover returned. It does not panic again. A panic
// that was reported before, further inside the same request or task, is not
// reported again: its id is returned.
func (c *Client) CapturePanic(ctx context.Context, recovered any, opts ...CaptureOption) EventID {
	if c == nil || recovered == nil {
		return ""
	}
	known := scopeOf(ctx).panics
	if id, ok := known.seen(recovered); ok {
		return id
	}
	err, ok := recovered.(error)
	if !ok {
		err = panicError{fmt.Sprint(recovered)}
	}
	id := c.captureError(ctx, err, description{level: LevelFatal, kind: "panic", unhandled: true}, opts)
	known.note(recovered, id)
	return id
}

type panicError struct{ text string }

func (e panicError) Error() string { return e.text }

// description is what a capture helper knows of its error beside the error.
type description struct {
	kind, stage string // of the exception: "BookingError", "validation"
	area        string // tag business_area
	context     string // name of the context that takes the fields
	fields      map[string]any
	fingerprint []string
	level       Level
	unhandled   bool
	own         bool // of a call of our own, and not of a client's request
	tags        map[string]string
}

func (c *Client) captureError(ctx context.Context, err error, d description, opts []CaptureOption) (id EventID) {
	if c == nil || err == nil {
		return ""
	}
	defer c.guard(&id)
	if !c.wanted(ctx, err, d.own) {
		return ""
	}
	if d.level == "" {
		d.level = LevelError
	}
	e := c.newEvent(ctx, d.level)
	e.event.Exception = e.exceptions(err, d, c.system)
	if d.context != "" {
		e.event.Contexts[d.context] = e.budget.fields(d.fields)
	}
	if d.area != "" {
		e.event.Tags["business_area"] = d.area
	}
	for key, value := range d.tags {
		e.event.Tags[key] = e.budget.text(value, maxTag)
	}
	if d.kind != "" && d.fingerprint != nil {
		e.event.Fingerprint = append([]string{d.kind}, append(d.fingerprint, rootType(err))...)
	}
	return c.send(e, opts)
}

// guard keeps a fault in here, or in an error's own methods, away from the
// application: it costs the event, and is counted.
func (c *Client) guard(id *EventID) {
	if r := recover(); r != nil {
		*id = ""
		c.drop(DropFault)
		c.log.Debug("sentry: capturing panicked", "panic", r)
	}
}

// wanted asks the filter, the dice and the rate limits, in this order and
// before anything costly is done, and counts what is dropped.
func (c *Client) wanted(ctx context.Context, err error, own bool) bool {
	reason := c.noise(ctx, err, own)
	if reason == "" {
		reason = c.refused(c.cfg.SampleRate.Value, categoryError)
	}
	if reason != "" {
		c.drop(reason)
		return false
	}
	return true
}

// refused returns the reason for which no event of a category is sent now.
func (c *Client) refused(rate float64, category string) string {
	switch {
	case c.account.closed.Load():
		return DropClosed
	case !c.sampled(rate):
		return DropSampleRate
	case c.held(category):
		return DropRateLimit
	default:
		return ""
	}
}

func (c *Client) drop(reason string) {
	c.account.drop(reason)
	c.log.Debug("sentry: an event was dropped", "reason", reason)
}
