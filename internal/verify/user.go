package verify

import (
	"context"
	"fmt"
	"sync"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/monitoring"
)

// planted is a user of no one's: example.org is reserved for examples.
var planted = monitoring.User{
	ID: "user_4711", Email: "planted@example.org", Role: "barber",
	OrganizationID: "org_12", BarberID: "barber_456",
}

func userFields(ctx context.Context, s *scene, e *expectation) {
	ctx = monitoring.AddUser(ctx, planted)
	s.client.CaptureError(ctx, errPlanted)
	event := s.event(e)
	e.equal("user.id", userField(event, "id"), planted.ID)
	e.equal("user.role", userField(event, "role"), planted.Role)
	e.equal("user.organization_id", userField(event, "organization_id"), planted.OrganizationID)
	e.equal("user.barber_id", userField(event, "barber_id"), planted.BarberID)
}

// userEmail sends the same user twice: to a client without SendDefaultPII,
// which must keep the address to itself, and to one with it.
func userEmail(ctx context.Context, l *Lab) check.Result {
	e := &expectation{}
	for _, allowed := range []bool{false, true} {
		s, err := l.open(configured(func(c *monitoring.Config) { c.SendDefaultPII = allowed }))
		if err != nil {
			return check.BrokenBy(err)
		}
		s.client.CaptureError(monitoring.AddUser(ctx, planted), errPlanted)
		event := s.event(e)
		if allowed {
			e.that(userField(event, "email") == planted.Email, "user.email with SENTRY_SEND_DEFAULT_PII=true: it did not arrive, expected the address")
		} else {
			e.absent("user.email without SENTRY_SEND_DEFAULT_PII", userField(event, "email"))
		}
		s.close(ctx)
	}
	return e.result()
}

// userIsolation lets two requests of one server capture at the same time, many
// times over, each with a user of its own. Both users are known before the
// first event is captured, so that whoever shares them is found out.
func userIsolation(ctx context.Context, s *scene, e *expectation) {
	const requests, each = 2, 25
	server := s.client.WithScope(ctx)
	var known, together sync.WaitGroup
	known.Add(requests)
	for n := range requests {
		together.Go(func() {
			own := fmt.Sprintf("user_%d", n)
			request := monitoring.AddUser(s.client.WithScope(server), monitoring.User{ID: own})
			known.Done()
			known.Wait()
			for range each {
				s.client.CaptureMessage(request, monitoring.LevelInfo, own)
			}
		})
	}
	together.Wait()
	events := s.events(e)
	e.number("events of two concurrent requests", len(events), requests*each)
	for _, event := range events {
		if got := userField(event, "id"); got != event.Message {
			e.missed("an event of %s: saw user.id %q", event.Message, got)
		}
	}
	e.saw("each with its own user.id")
}

// userScope expects that what a request adds is gone when the request is.
func userScope(ctx context.Context, s *scene, e *expectation) {
	request := monitoring.AddUser(s.client.WithScope(ctx), planted)
	s.client.CaptureMessage(request, monitoring.LevelInfo, "inside")
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, "outside")
	events := s.events(e)
	e.number("events", len(events), 2)
	for _, event := range events {
		switch event.Message {
		case "inside":
			e.equal("user.id inside the request", userField(event, "id"), planted.ID)
		default:
			e.absent("user.id outside of it", userField(event, "id"))
		}
	}
}

func userOnTransaction(ctx context.Context, s *scene, e *expectation) {
	ctx = monitoring.AddUser(ctx, planted)
	_, span := s.begin(ctx, "POST /bookings", "http.server")
	span.Finish()
	e.equal("user.id of the transaction", userField(s.transaction(e), "id"), planted.ID)
}

// userField reads a field of the user as it stands on the wire.
func userField(event *envelope.Event, key string) string {
	value, ok := event.User[key]
	if !ok || value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
