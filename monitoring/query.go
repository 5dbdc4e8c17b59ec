package monitoring

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// ObserveQuery reports a query that was slow or failed: one event, at the
// level of the threshold that it is over, with duration, table, operation and
// the statement. The statement goes out with placeholders for its values, and
// never a parameter. No rows is no failure. A query that was fast and went
// well costs nothing.
func (c *Client) ObserveQuery(ctx context.Context, statement string, d time.Duration, err error) EventID {
	if c == nil {
		return ""
	}
	level, threshold := c.thresholds.level(d)
	if err == nil && level == "" {
		return ""
	}
	return c.observedQuery(ctx, statement, d, level, threshold, err)
}

// observedQuery is apart, so that the fast path needs no memory.
func (c *Client) observedQuery(ctx context.Context, statement string, d time.Duration, level Level, threshold time.Duration, err error) EventID {
	if errors.Is(err, sql.ErrNoRows) {
		if err = nil; level == "" {
			return ""
		}
	}
	q := parseStatement(statement)
	f := fields("statement", q.text, "operation", q.operation, "table", q.table)
	f["duration_ms"] = milliseconds(d)
	if threshold > 0 {
		f["threshold_ms"] = milliseconds(threshold)
	}
	desc := description{
		context: "query", fields: f, tags: tags("category", "query", "db.operation", q.operation, "db.table", q.table),
		fingerprint: []string{q.operation, q.table}, level: level, own: true,
	}
	if err != nil {
		desc.kind, desc.stage, desc.level = "QueryError", q.table, LevelError
		return c.captureError(ctx, maskQuery(err, q), desc, nil)
	}
	desc.kind, desc.stage = "SlowQuery", q.table
	desc.fingerprint = append(desc.fingerprint, q.text)
	return c.captureError(ctx, slow{joined(q.operation, q.table), threshold}, desc, nil)
}

// slow is the error of an operation that took too long. How long is not in its
// text, which is the subtitle of the issue, but in the event's context.
type slow struct {
	what    string
	allowed time.Duration
}

func (s slow) Error() string { return s.what + " took longer than " + s.allowed.String() }

// tags makes a map of pairs, without those whose value is empty.
func tags(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}
