package verify

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/monitoring"
)

// operation is a business operation with every field filled in.
var operation = monitoring.Business{
	OperationType: "appointment_booking", ResourceType: "appointment", ResourceID: "apt_12345",
	BarberID: "barber_456", ClientID: "client_789", LocationID: "loc_3",
}

func businessFields(ctx context.Context, s *scene, e *expectation) {
	s.client.CaptureError(monitoring.AddBusiness(ctx, operation), errPlanted)
	event := s.event(e)
	for key, want := range map[string]string{
		"operation_type": operation.OperationType,
		"resource_type":  operation.ResourceType,
		"resource_id":    operation.ResourceID,
		"barber_id":      operation.BarberID,
		"client_id":      operation.ClientID,
		"location_id":    operation.LocationID,
	} {
		e.that(contextField(event, "business", key) == want, "contexts.business.%s: saw %q, expected %q", key, contextField(event, "business", key), want)
	}
	e.saw("contexts.business with all 6 fields")
}

// businessArea captures one error of each area.
func businessArea(ctx context.Context, s *scene, e *expectation) {
	s.client.CaptureBookingError(ctx, errPlanted, monitoring.BookingInfo{AppointmentID: "apt_1"})
	s.client.CapturePaymentError(ctx, errPlanted, monitoring.PaymentInfo{PaymentIntentID: "pi_1"})
	s.client.CaptureIntegrationError(ctx, errPlanted, monitoring.IntegrationInfo{ServiceName: "sendgrid"})
	events := s.events(e)
	e.number("events", len(events), 3)
	var areas []string
	for _, event := range events {
		areas = append(areas, event.Tags["business_area"])
	}
	for _, want := range []string{"bookings", "payments", "integrations"} {
		e.contains("tag business_area", areas, want)
	}
}

// businessNested expects that a step inside an operation adds to what is
// known of it and takes nothing away.
func businessNested(ctx context.Context, s *scene, e *expectation) {
	outer := monitoring.AddBusiness(ctx, monitoring.Business{OperationType: "appointment_booking", BarberID: "barber_456"})
	inner := monitoring.AddBusiness(outer, monitoring.Business{ResourceType: "appointment", ResourceID: "apt_12345"})
	s.client.CaptureError(inner, errPlanted)
	event := s.event(e)
	e.equal("operation_type", contextField(event, "business", "operation_type"), "appointment_booking")
	e.equal("barber_id", contextField(event, "business", "barber_id"), "barber_456")
	e.equal("resource_id", contextField(event, "business", "resource_id"), "apt_12345")
}

func businessBreadcrumb(ctx context.Context, s *scene, e *expectation) {
	ctx = s.client.WithScope(ctx)
	s.client.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{
		Action: "create", ResourceType: "appointment", ResourceID: "apt_12345", BarberID: "barber_456",
	})
	s.client.CaptureError(ctx, errPlanted)
	crumb := crumbWith(e, s.event(e), "action", "create")
	e.equal("resource_type", crumbField(crumb, "resource_type"), "appointment")
	e.equal("resource_id", crumbField(crumb, "resource_id"), "apt_12345")
	e.equal("barber_id", crumbField(crumb, "barber_id"), "barber_456")
}

func performanceBreadcrumb(ctx context.Context, s *scene, e *expectation) {
	ctx = s.client.WithScope(ctx)
	s.client.PerformanceBreadcrumb(ctx, monitoring.PerformanceCrumb{
		Operation: "database_query", Duration: 250 * time.Millisecond, Table: "appointments", QueryType: "SELECT",
	})
	s.client.CaptureError(ctx, errPlanted)
	crumb := crumbWith(e, s.event(e), "operation", "database_query")
	e.equal("duration_ms", crumbField(crumb, "duration_ms"), "250")
	e.equal("table", crumbField(crumb, "table"), "appointments")
	e.equal("query_type", crumbField(crumb, "query_type"), "SELECT")
}

// breadcrumbOrder leaves more breadcrumbs than are kept: the last 100 must
// arrive, oldest first.
func breadcrumbOrder(ctx context.Context, s *scene, e *expectation) {
	const left, kept = 130, 100
	ctx = s.client.WithScope(ctx)
	for n := range left {
		s.client.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: "step", ResourceType: "appointment", ResourceID: strconv.Itoa(n)})
	}
	s.client.CaptureError(ctx, errPlanted)
	crumbs := s.event(e).Breadcrumbs
	e.number("breadcrumbs", len(crumbs), kept)
	for i, crumb := range crumbs {
		if got, want := crumbField(crumb, "resource_id"), strconv.Itoa(left-kept+i); got != want {
			e.missed("breadcrumb %d: saw resource_id %q, expected %q", i, got, want)
			return
		}
	}
	e.saw("the last ones, oldest first")
}

// contextField reads contexts.NAME.KEY as text, empty where it is not there.
func contextField(event *envelope.Event, name, key string) string {
	value, ok := event.Contexts[name][key]
	if !ok || value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// crumbWith finds the breadcrumb whose data holds a value, or is a miss.
func crumbWith(e *expectation, event *envelope.Event, key, value string) envelope.Breadcrumb {
	for _, crumb := range event.Breadcrumbs {
		if crumbField(crumb, key) == value {
			return crumb
		}
	}
	e.missed("a breadcrumb with %s %q: saw none among %d", key, value, len(event.Breadcrumbs))
	return envelope.Breadcrumb{}
}

func crumbField(crumb envelope.Breadcrumb, key string) string {
	value, ok := crumb.Data[key]
	if !ok || value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
