package receiver

import (
	"fmt"
	"strings"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

// Summary is an item in one line: what a person looks for first. Fields that
// the item does not have are empty. Its texts are the application's own and
// may hold personal data.
type Summary struct {
	Type        string // the item's
	EventID     string
	Level       string
	Title       string // what happened, or the name of what was measured
	Op          string // of a transaction or span
	Release     string
	Environment string
	Size        int // bytes of the payload
	Count       int // spans of a transaction, elements of a container; else 1
	Err         error
}

// Summaries describes the items of a record, in their order. An item that
// cannot be decoded has an Err and no more than type and size.
func (r *Record) Summaries() ([]Summary, error) {
	e, err := r.Envelope()
	if err != nil {
		return nil, err
	}
	summaries := make([]Summary, 0, len(e.Items))
	for _, item := range e.Items {
		s := Summary{Count: 1}
		s.Err = s.describe(item)
		s.Type, s.Size = item.Type, len(item.Payload)
		if s.EventID == "" {
			s.EventID = r.EventID
		}
		summaries = append(summaries, s)
	}
	return summaries, nil
}

func (s *Summary) describe(item envelope.Item) error {
	switch item.Type {
	case "event":
		e, err := item.Event()
		if err == nil {
			s.event(e)
		}
		return err
	case "transaction":
		e, err := item.Transaction()
		if err == nil {
			s.event(e)
			s.Title, s.Count = e.Transaction, len(e.Spans)
			s.Op, _ = e.Contexts["trace"]["op"].(string)
		}
		return err
	case "check_in":
		c, err := item.CheckIn()
		s.Title, s.Level, s.Release, s.Environment = c.Monitor, c.Status, c.Release, c.Environment
		return err
	case "profile", "profile_chunk":
		p, err := item.Profile()
		s.Title, s.Release, s.Environment, s.Count = p.Transaction, p.Release, p.Environment, p.Samples
		return err
	case "attachment":
		a, err := item.Attachment()
		s.Title = a.Filename
		return err
	default:
		return s.describeMany(item)
	}
}

// describeMany describes the items that hold several things.
func (s *Summary) describeMany(item envelope.Item) error {
	switch item.Type {
	case "client_report":
		report, err := item.ClientReport()
		var parts []string
		for _, d := range report.Discarded {
			parts = append(parts, fmt.Sprintf("%d %s: %s", d.Quantity, d.Category, d.Reason))
		}
		s.Title, s.Count = strings.Join(parts, ", "), len(report.Discarded)
		return err
	case "session", "sessions":
		sessions, err := item.Sessions()
		s.Count = len(sessions)
		if len(sessions) > 0 {
			s.Title, s.Release, s.Environment = sessions[0].Status, sessions[0].Release, sessions[0].Environment
		}
		return err
	case "log":
		logs, err := item.Logs()
		s.Count = len(logs)
		if len(logs) > 0 {
			s.Title, s.Level = logs[0].Body, logs[0].Level
			s.attributes(logs[0].Attributes)
		}
		return err
	case "span":
		spans, err := item.Spans()
		s.Count = len(spans)
		if len(spans) > 0 {
			s.Title, s.Op = spans[0].Description, spans[0].Op
			s.attributes(spans[0].Data)
		}
		return err
	case "trace_metric":
		metrics, err := item.Metrics()
		s.Count = len(metrics)
		if len(metrics) > 0 {
			s.Title, _ = metrics[0]["name"].(string)
		}
		return err
	default:
		return nil
	}
}

func (s *Summary) event(e *envelope.Event) {
	s.EventID, s.Level, s.Release, s.Environment = e.EventID, e.Level, e.Release, e.Environment
	s.Title = e.Message
	if n := len(e.Exceptions); n > 0 {
		last := e.Exceptions[n-1]
		s.Title = last.Type
		if last.Value != "" {
			s.Title += ": " + last.Value
		}
	}
}

// attributes reads what SDKs attach to logs and spans of version 2.
func (s *Summary) attributes(attributes map[string]any) {
	s.Release, _ = attributes["sentry.release"].(string)
	s.Environment, _ = attributes["sentry.environment"].(string)
}
