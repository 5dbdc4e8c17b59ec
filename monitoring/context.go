package monitoring

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"sync"

	"github.com/getsentry/sentry-go"
)

// User is who is affected. The e-mail address is sent only where
// Config.SendDefaultPII allows it.
type User struct {
	ID, Email, Role, OrganizationID, BarberID string
}

// Business is what is being done: an operation on a resource. Fields that are
// empty say nothing.
type Business struct {
	OperationType, ResourceType, ResourceID string
	BarberID, ClientID, LocationID          string
}

// AddUser returns a context whose events carry the user. Other contexts, also
// those of concurrent requests, are not affected.
func AddUser(ctx context.Context, user User) context.Context {
	return with(ctx, func(s *scope) {
		s.user = user
		s.span.noted(s)
	})
}

// AddBusiness returns a context whose events carry the operation, beside what
// was added before: a step adds to its operation and takes nothing away.
func AddBusiness(ctx context.Context, b Business) context.Context {
	return with(ctx, func(s *scope) {
		set := func(into *string, value string) {
			if value != "" {
				*into = value
			}
		}
		set(&s.business.OperationType, b.OperationType)
		set(&s.business.ResourceType, b.ResourceType)
		set(&s.business.ResourceID, b.ResourceID)
		set(&s.business.BarberID, b.BarberID)
		set(&s.business.ClientID, b.ClientID)
		set(&s.business.LocationID, b.LocationID)
		s.span.noted(s)
	})
}

// WithScope returns a context with breadcrumbs of its own: one for each
// request or task. It begins with those of the surrounding scope.
func (c *Client) WithScope(ctx context.Context) context.Context {
	if c == nil {
		return ctx
	}
	return with(ctx, func(s *scope) { s.crumbs = s.crumbs.clone() })
}

// scope is what a context carries. It is never changed once it is in a
// context, but for its breadcrumbs, which have a lock of their own and are
// shared by the contexts that are derived from one WithScope.
type scope struct {
	user     User
	business Business
	request  requestInfo
	crumbs   *crumbs
	panics   *panics
	span     *Span
	tags     map[string]string
	contexts map[string]sentry.Context
}

// requestInfo is the request that is being answered.
type requestInfo struct {
	request *http.Request // the one that handlers see: a router writes its pattern into it
	noise   string        // the reason for which its events are dropped
}

// name is "GET /bookings/{id}" where a router has named the route, else the
// path as it came.
func (r requestInfo) name() string {
	switch {
	case r.request == nil:
		return ""
	case r.request.Pattern != "":
		return r.request.Method + " " + route(r.request.Pattern)
	default:
		return r.request.Method + " " + r.request.URL.Path
	}
}

// panics remembers the panic that was reported last, so that one that goes on
// through several of our layers arrives once.
type panics struct {
	mu   sync.Mutex
	last any
	id   EventID
}

// seen returns the id under which a panic was reported already.
func (p *panics) seen(recovered any) (EventID, bool) {
	if p == nil || !reflect.ValueOf(recovered).Comparable() {
		return "", false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id, p.last != nil && p.last == recovered
}

func (p *panics) note(recovered any, id EventID) {
	if p == nil || !reflect.ValueOf(recovered).Comparable() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.id = recovered, id
}

type scopeKey struct{}

// scopeOf returns the scope of a context, empty where there is none. It must
// not be changed.
func scopeOf(ctx context.Context) *scope {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok {
		return s
	}
	return &scope{}
}

// with returns a context with a changed copy of its scope.
func with(ctx context.Context, change func(*scope)) context.Context {
	s := *scopeOf(ctx)
	if s.crumbs == nil {
		s.crumbs = &crumbs{}
	}
	if s.panics == nil {
		s.panics = &panics{}
	}
	change(&s)
	return context.WithValue(ctx, scopeKey{}, &s)
}

func (s *scope) addContext(name string, fields sentry.Context) {
	s.contexts = maps.Clone(s.contexts)
	if s.contexts == nil {
		s.contexts = map[string]sentry.Context{}
	}
	s.contexts[name] = fields
}
