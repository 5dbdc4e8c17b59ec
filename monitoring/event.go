package monitoring

import (
	"context"

	"github.com/getsentry/sentry-go"
)

// newEvent makes an event with all that the context knows.
func (c *Client) newEvent(ctx context.Context, level Level) *sentryEvent {
	s := scopeOf(ctx)
	e := &sentryEvent{event: sentry.NewEvent(), budget: newBudget()}
	e.event.EventID = newEventID()
	e.event.Level = sentry.Level(level)
	e.event.Timestamp = c.now()
	e.event.Tags = map[string]string{}
	e.event.Contexts = c.contexts(s, e.budget)
	e.event.User = c.user(s)
	for key, value := range s.tags {
		e.event.Tags[key] = e.budget.text(value, maxTag)
	}
	e.event.Breadcrumbs = e.budget.breadcrumbs(s.crumbs.all())
	e.event.Transaction = e.budget.text(s.request.name(), maxTag)
	return e
}

// newEventID is a random UUID (version 4) without dashes. The SDK would make
// one too late for the account.
func newEventID() sentry.EventID {
	id := []byte(randomHex(16))
	id[12], id[16] = '4', "89ab"[id[16]&3]
	return sentry.EventID(id)
}

// contexts are those of every event: the system's, the operation's, the trace.
func (c *Client) contexts(s *scope, b *budget) map[string]sentry.Context {
	contexts := c.system.now()
	for name, values := range s.contexts {
		contexts[name] = b.fields(values)
	}
	business := fields(
		"operation_type", s.business.OperationType, "resource_type", s.business.ResourceType,
		"resource_id", s.business.ResourceID, "barber_id", s.business.BarberID,
		"client_id", s.business.ClientID, "location_id", s.business.LocationID)
	if len(business) > 0 {
		contexts["business"] = b.fields(business)
	}
	if s.span != nil {
		contexts["trace"] = s.span.traceContext()
	}
	return contexts
}

// user is the user as it goes to the SDK. Data is where the SDK lets further
// fields through; reshape lifts them to where the Python side has them.
func (c *Client) user(s *scope) sentry.User {
	u := sentry.User{ID: cut(s.user.ID, maxTag)}
	if c.cfg.SendDefaultPII {
		u.Email = cut(s.user.Email, maxTag)
	}
	for _, field := range [...][2]string{
		{"role", s.user.Role}, {"organization_id", s.user.OrganizationID}, {"barber_id", s.user.BarberID},
	} {
		if field[1] == "" {
			continue
		}
		if u.Data == nil {
			u.Data = map[string]string{userMark: ""}
		}
		u.Data[field[0]] = cut(field[1], maxTag)
	}
	return u
}

// send hands the event to the SDK, and remembers that it is under way.
func (c *Client) send(e *sentryEvent, opts []CaptureOption) EventID {
	for _, option := range opts {
		option(e)
	}
	id := string(e.event.EventID)
	c.account.captured(id, categoryError)
	if c.sdk.CaptureEvent(e.event, nil, nil) == nil || c.sync && c.account.lost(id, DropSDK) {
		c.account.lost(id, DropSDK)
		return ""
	}
	return EventID(id)
}
