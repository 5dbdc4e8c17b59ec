package monitoring

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/getsentry/sentry-go"
)

// BusinessCrumb is a step of a business operation.
type BusinessCrumb struct {
	Action, ResourceType, ResourceID, BarberID string
}

// PerformanceCrumb is an operation with the time that it took.
type PerformanceCrumb struct {
	Operation string
	Duration  time.Duration
	Table     string
	QueryType string
}

// BusinessBreadcrumb leaves a step for the events that come after it in the
// context's scope.
func (c *Client) BusinessBreadcrumb(ctx context.Context, b BusinessCrumb) {
	if c == nil {
		return
	}
	c.leave(ctx, crumb{
		category: "business", kind: "info", level: LevelInfo,
		message: joined(b.Action, b.ResourceType),
		data: fields(
			"action", b.Action, "resource_type", b.ResourceType,
			"resource_id", b.ResourceID, "barber_id", b.BarberID),
	})
}

// PerformanceBreadcrumb leaves a measured operation for the events that come
// after it in the context's scope.
func (c *Client) PerformanceBreadcrumb(ctx context.Context, p PerformanceCrumb) {
	if c == nil {
		return
	}
	data := fields("operation", p.Operation, "table", p.Table, "query_type", p.QueryType)
	data["duration_ms"] = milliseconds(p.Duration)
	c.leave(ctx, crumb{category: "performance", kind: "info", level: LevelInfo, message: p.Operation, data: data})
}

// leave adds a breadcrumb to the scope of the context. Without a scope it
// would reach no event, so there is nothing to do.
func (c *Client) leave(ctx context.Context, one crumb) {
	s := scopeOf(ctx)
	if s.crumbs == nil {
		return
	}
	one.at = c.now()
	one.message = cut(one.message, maxCrumb)
	one.size = len(one.message)
	for key, value := range one.data {
		if text, ok := value.(string); ok && len(text) > maxCrumb {
			one.data[key] = cut(text, maxCrumb)
		}
		one.size += len(key) + 16
		if text, ok := one.data[key].(string); ok {
			one.size += len(text)
		}
	}
	s.crumbs.add(one)
}

// fields makes a map of pairs, without those whose value is empty.
func fields(pairs ...string) map[string]any {
	m := make(map[string]any, len(pairs)/2+1)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}

// milliseconds is a duration as the wire has it, to the microsecond.
func milliseconds(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// maxBreadcrumbs is how many are kept, the newest: Sentry takes no more.
const maxBreadcrumbs = 100

// crumbs is a ring of breadcrumbs.
type crumbs struct {
	mu    sync.Mutex
	ring  []crumb
	first int
}

// crumb is made into the SDK's form only when an event is captured: most never
// are.
type crumb struct {
	at             time.Time
	category, kind string
	message        string
	level          Level
	data           map[string]any // texts and numbers; never changed once it is here
	size           int            // about, in bytes
}

func (c *crumbs) add(one crumb) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ring) < maxBreadcrumbs {
		c.ring = append(c.ring, one)
		return
	}
	c.ring[c.first] = one
	c.first = (c.first + 1) % maxBreadcrumbs
}

// all returns the breadcrumbs, oldest first.
func (c *crumbs) all() []crumb {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return append(append(make([]crumb, 0, len(c.ring)), c.ring[c.first:]...), c.ring[:c.first]...)
}

func (c *crumbs) clone() *crumbs { return &crumbs{ring: c.all()} }

// breadcrumbs are the crumbs in the SDK's form, as many of the newest as there
// is room for; where older ones are left out, the first one says so. Their
// data is shared: nobody changes it.
func (b *budget) breadcrumbs(all []crumb) []*sentry.Breadcrumb {
	first, room := len(all), b.left/2
	for first > 0 && room >= all[first-1].size {
		first--
		room -= all[first].size
		b.left -= all[first].size
	}
	made := make([]sentry.Breadcrumb, 0, len(all)-first+1)
	if first > 0 {
		made = append(made, sentry.Breadcrumb{
			Category: "monitoring", Level: sentry.LevelInfo, Timestamp: all[first-1].at,
			Message: fmt.Sprintf("… (cut: %d older breadcrumbs)", first),
		})
	}
	for _, one := range all[first:] {
		made = append(made, sentry.Breadcrumb{
			Type: one.kind, Category: one.category, Level: sentry.Level(one.level), Timestamp: one.at,
			Message: one.message, Data: one.data,
		})
	}
	list := make([]*sentry.Breadcrumb, len(made))
	for i := range made {
		list[i] = &made[i]
	}
	return list
}
