package verify

import (
	"fmt"
	"strconv"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

func userOf(id string) map[string]any {
	return map[string]any{
		"id": id, "email": planted.Email, "role": planted.Role,
		"organization_id": planted.OrganizationID, "barber_id": planted.BarberID,
	}
}

func addUser(id string) step { return call("add_user_context", userOf(id)) }

func appUserFields(t *trial) {
	event, ok := t.event("a message after add_user_context", addUser(planted.ID), message("planted"))
	if !ok {
		return
	}
	t.userField(event, "id", planted.ID)
	// An application may keep what is not the SDK's own in a tag or context.
	for _, field := range [][2]string{{"role", planted.Role}, {"organization_id", planted.OrganizationID}, {"barber_id", planted.BarberID}} {
		name, want := field[0], field[1]
		if userField(event, name) != want && fieldOf(event, name) == want {
			t.saw("%s %q", name, want)
			continue
		}
		t.userField(event, name, want)
	}
}

func appUserEmail(t *trial) {
	event, ok := t.event("a message after add_user_context", addUser(planted.ID), message("planted"))
	if !ok {
		return
	}
	if mentions(event, planted.Email) {
		t.miss(cause.AppPII, "add_user_context: leave email out unless SENTRY_SEND_DEFAULT_PII is true; set_user sends all that it is given", "user.email with SENTRY_SEND_DEFAULT_PII=false: saw the address, expected none")
		return
	}
	t.saw("no address with SENTRY_SEND_DEFAULT_PII=false")
}

// appUserIsolation lets two requests capture at the same time, each after
// both have said who their user is.
func appUserIsolation(t *trial) {
	const each = 10
	request := func(id string) []step {
		return []step{addUser(id), {"do": "repeat", "times": each, "steps": []step{message(id)}}}
	}
	a, ok := t.play(step{"do": "concurrent", "each": [][]step{request("user_0"), request("user_1")}})
	if !ok {
		return
	}
	if len(a.events) == 0 {
		t.nothing(a, "messages of two concurrent requests")
		return
	}
	if n := len(a.events); n != 2*each {
		t.miss(cause.AppSampledOut, fixSampleRate, "events of two concurrent requests: saw %d, expected %d", n, 2*each)
	}
	mixed := 0
	for _, event := range a.events {
		if userField(event, "id") != event.Message {
			mixed++
		}
	}
	if mixed > 0 {
		t.miss(cause.AppScopeShared, "add_user_context: call sentry_sdk.set_user({…}) and keep no user in the module or in the global scope", "events with the user of the other request, or none: saw %d of %d", mixed, len(a.events))
	}
	t.saw("%d events, each with its own user.id", len(a.events))
}

func appUserScope(t *trial) {
	a, ok := t.play(grouped("request", addUser(planted.ID), message("inside")), grouped("request", message("outside")))
	if !ok {
		return
	}
	if len(a.events) < 2 {
		t.nothing(a, "messages inside and outside of a request")
		return
	}
	for _, event := range a.events {
		switch got := userField(event, "id"); {
		case event.Message == "inside" && got != planted.ID:
			t.miss(cause.AppContextMissing, "add_user_context: pass \"id\" on in sentry_sdk.set_user({…})", "user.id inside the request: saw %q, expected %q", got, planted.ID)
		case event.Message == "outside" && got != "":
			t.miss(cause.AppScopeShared, "add_user_context: call sentry_sdk.set_user({…}) and keep no user in the module or in the global scope", "user.id outside of the request: saw that of the request before it")
		}
	}
	t.saw("user.id inside the request, none outside of it")
}

func appUserTransaction(t *trial) {
	a, ok := t.play(transaction("POST /bookings", addUser(planted.ID)))
	if !ok {
		return
	}
	if len(a.transactions) == 0 {
		t.noTransaction(a)
		return
	}
	t.userField(a.transactions[0], "id", planted.ID)
}

func businessOf() map[string]string {
	return map[string]string{
		"operation_type": operation.OperationType, "resource_type": operation.ResourceType, "resource_id": operation.ResourceID,
		"barber_id": operation.BarberID, "client_id": operation.ClientID, "location_id": operation.LocationID,
	}
}

func appBusinessFields(t *trial) {
	event, ok := t.event("an error after add_business_context", call("add_business_context", businessOf()), capture("planted"))
	if !ok {
		return
	}
	for _, name := range []string{"operation_type", "resource_type", "resource_id", "barber_id", "client_id", "location_id"} {
		t.field(event, "add_business_context", name, businessOf()[name])
	}
}

func appBusinessArea(t *trial) {
	for _, each := range [][2]string{
		{"bookings", "capture_booking_error"}, {"payments", "capture_payment_error"}, {"integrations", "capture_integration_error"},
	} {
		area, function := each[0], each[1]
		event, ok := t.event(function, failing(function, map[string]any{"error_stage": "planted", "service_name": "planted", "operation": "planted"}, "planted in "+area))
		if !ok {
			return
		}
		if got := event.Tags["business_area"]; got != area {
			t.miss(cause.AppContextMissing, fmt.Sprintf("%s: set the tag business_area to %q, which alert rules go by", function, area), "tag business_area of %s: saw %q, expected %q", function, got, area)
			continue
		}
		t.saw("business_area %q of %s", area, function)
	}
}

func appBusinessNested(t *trial) {
	event, ok := t.event("an error after two calls of add_business_context",
		call("add_business_context", map[string]any{"operation_type": operation.OperationType}),
		call("add_business_context", map[string]any{"resource_id": operation.ResourceID}), capture("planted"))
	if !ok {
		return
	}
	t.field(event, "add_business_context", "resource_id", operation.ResourceID)
	if len(t.e.misses) == 0 && fieldOf(event, "operation_type") == "" {
		t.end(check.Skipped("add_business_context replaces what was there, as sentry_sdk.set_context does: the seed's API does not say which it should do"))
	}
	t.saw("what the first call said")
}

// crumb expects a breadcrumb that names a value, with fields in its data.
func (t *trial) crumb(event *envelope.Event, function, key, value string, fields map[string]string) {
	for _, crumb := range event.Breadcrumbs {
		if crumbField(crumb, key) != value {
			continue
		}
		for name, want := range fields {
			if got := crumbField(crumb, name); got != want && got != want+".0" {
				t.miss(cause.AppContextMissing, fmt.Sprintf("%s: pass %s on in data= of sentry_sdk.add_breadcrumb", function, name), "%s of the breadcrumb: saw %q, expected %q", name, got, want)
				continue
			}
			t.saw("%s %q", name, want)
		}
		return
	}
	t.miss(cause.AppContextMissing, fmt.Sprintf("%s: sentry_sdk.add_breadcrumb(…, data={%q: …}), and return crumb at the end of before_breadcrumb", function, key),
		"a breadcrumb with %s %q: saw none among %d", key, value, len(event.Breadcrumbs))
}

func stepCrumb(id string) step {
	return step{"do": "call", "name": "add_business_breadcrumb", "kwargs": map[string]any{
		"action": "create", "resource_type": "appointment", "resource_id": id, "barber_id": "barber_456",
	}}
}

func appBusinessBreadcrumb(t *trial) {
	a, ok := t.play(stepCrumb("apt_12345"), capture("planted"))
	if !ok {
		return
	}
	if event, ok := t.only(a, "an error after add_business_breadcrumb"); ok {
		t.crumb(event, "add_business_breadcrumb", "action", "create", map[string]string{
			"resource_type": "appointment", "resource_id": "apt_12345", "barber_id": "barber_456",
		})
	}
}

func appPerformanceBreadcrumb(t *trial) {
	a, ok := t.play(step{"do": "call", "name": "add_performance_breadcrumb", "kwargs": map[string]any{
		"operation": "database_query", "duration_ms": 250, "table": "appointments", "query_type": "SELECT",
	}}, capture("planted"))
	if !ok {
		return
	}
	if event, ok := t.only(a, "an error after add_performance_breadcrumb"); ok {
		t.crumb(event, "add_performance_breadcrumb", "operation", "database_query", map[string]string{
			"duration_ms": "250", "table": "appointments", "query_type": "SELECT",
		})
	}
}

func appBreadcrumbOrder(t *trial) {
	const left, least = 130, 20
	var steps []step
	for n := range left {
		steps = append(steps, stepCrumb(strconv.Itoa(n)))
	}
	event, ok := t.event("an error after 130 breadcrumbs", append(steps, capture("planted"))...)
	if !ok {
		return
	}
	var ids []string
	for _, crumb := range event.Breadcrumbs {
		if id := crumbField(crumb, "resource_id"); id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) < least {
		t.miss(cause.AppContextMissing, "leave max_breadcrumbs at its default of 100, and return crumb at the end of before_breadcrumb", "breadcrumbs of 130: saw %d, expected at least %d", len(ids), least)
		return
	}
	for i, got := range ids {
		if want := strconv.Itoa(left - len(ids) + i); got != want {
			t.miss(cause.AppContextMissing, "leave the order of breadcrumbs as it is", "breadcrumb %d: saw resource_id %q, expected %q", i, got, want)
			return
		}
	}
	t.saw("the last %d of %d, oldest first", len(ids), left)
}
