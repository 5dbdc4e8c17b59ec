package envelope

import (
	"encoding/json"
	"fmt"
	"time"
)

// ClientReport is what an SDK says it has dropped.
type ClientReport struct {
	Timestamp time.Time
	Discarded []Discarded
}

// Discarded is a count of dropped items of a category for a reason.
type Discarded struct {
	Reason   string `json:"reason"`
	Category string `json:"category"`
	Quantity int    `json:"quantity"`
}

// ClientReport decodes a client_report.
func (i Item) ClientReport() (ClientReport, error) {
	var raw struct {
		Timestamp Time        `json:"timestamp"`
		Discarded []Discarded `json:"discarded_events"`
	}
	if err := i.decode("client_report", &raw); err != nil {
		return ClientReport{}, err
	}
	return ClientReport{raw.Timestamp.Time, raw.Discarded}, nil
}

// CheckIn is a sign of life of a scheduled job.
type CheckIn struct {
	ID          string  `json:"check_in_id"`
	Monitor     string  `json:"monitor_slug"`
	Status      string  `json:"status"`
	Duration    float64 `json:"duration"` // seconds
	Release     string  `json:"release"`
	Environment string  `json:"environment"`
}

// CheckIn decodes a check_in.
func (i Item) CheckIn() (CheckIn, error) {
	var c CheckIn
	return c, i.decode("check_in", &c)
}

// Session is one session, or an aggregate of many (then only the counts and
// attributes are there).
type Session struct {
	ID                       string
	Status                   string
	Started                  time.Time
	Errors                   int
	Exited, Errored, Crashed int

	Release, Environment string
}

type sessionAttributes struct {
	Release     string `json:"release"`
	Environment string `json:"environment"`
}

// Session decodes a session.
func (i Item) Session() (Session, error) {
	if i.Type != "session" {
		return Session{}, fmt.Errorf("decoding a session: the item is a %s", i.Type)
	}
	sessions, err := i.Sessions()
	if err != nil {
		return Session{}, err
	}
	return sessions[0], nil
}

// Sessions decodes a session, or the aggregates of a sessions item.
func (i Item) Sessions() ([]Session, error) {
	switch i.Type {
	case "session":
		var raw struct {
			ID         string            `json:"sid"`
			Status     string            `json:"status"`
			Started    Time              `json:"started"`
			Errors     int               `json:"errors"`
			Attributes sessionAttributes `json:"attrs"`
		}
		if err := i.decode("session", &raw); err != nil {
			return nil, err
		}
		return []Session{{
			ID: raw.ID, Status: raw.Status, Started: raw.Started.Time, Errors: raw.Errors,
			Release: raw.Attributes.Release, Environment: raw.Attributes.Environment,
		}}, nil
	default:
		var raw struct {
			Aggregates []struct {
				Started Time `json:"started"`
				Exited  int  `json:"exited"`
				Errored int  `json:"errored"`
				Crashed int  `json:"crashed"`
			} `json:"aggregates"`
			Attributes sessionAttributes `json:"attrs"`
		}
		if err := i.decode("sessions", &raw); err != nil {
			return nil, err
		}
		var sessions []Session
		for _, a := range raw.Aggregates {
			sessions = append(sessions, Session{
				Started: a.Started.Time, Exited: a.Exited, Errored: a.Errored, Crashed: a.Crashed,
				Release: raw.Attributes.Release, Environment: raw.Attributes.Environment,
			})
		}
		return sessions, nil
	}
}

// Log is one line of a log container.
type Log struct {
	Timestamp  time.Time
	TraceID    string
	Level      string
	Body       string
	Attributes map[string]any
}

// Logs decodes a log container.
func (i Item) Logs() ([]Log, error) {
	raws, err := i.container("log")
	if err != nil {
		return nil, err
	}
	var logs []Log
	for _, raw := range raws {
		var f map[string]json.RawMessage
		lenient(raw, &f)
		logs = append(logs, Log{
			Timestamp: timeOf(f["timestamp"]), TraceID: stringOf(f["trace_id"]), Level: stringOf(f["level"]),
			Body: stringOf(f["body"]), Attributes: attributesOf(f["attributes"]),
		})
	}
	return logs, nil
}

// Spans decodes a span container of version 2, or a single standalone span.
func (i Item) Spans() ([]Span, error) {
	raws, err := i.container("span")
	if err != nil {
		return nil, err
	}
	var spans []Span
	for _, raw := range raws {
		spans = append(spans, spanOf(raw))
	}
	return spans, nil
}

// Metrics decodes a trace_metric container: name, type, value and attributes
// of each, as they stand.
func (i Item) Metrics() ([]map[string]any, error) {
	raws, err := i.container("trace_metric")
	if err != nil {
		return nil, err
	}
	var metrics []map[string]any
	for _, raw := range raws {
		var fields map[string]any
		lenient(raw, &fields)
		metrics = append(metrics, fields)
	}
	return metrics, nil
}

// Profile is a profile without its samples' contents.
type Profile struct {
	EventID, Platform, Release, Environment, Transaction string
	Samples                                              int
}

// Profile decodes a profile or a profile_chunk.
func (i Item) Profile() (Profile, error) {
	if i.Type != "profile" && i.Type != "profile_chunk" {
		return Profile{}, fmt.Errorf("decoding a profile: the item is a %s", i.Type)
	}
	var raw struct {
		EventID     string `json:"event_id"`
		ChunkID     string `json:"chunk_id"`
		Platform    string `json:"platform"`
		Release     string `json:"release"`
		Environment string `json:"environment"`
		Transaction struct {
			Name string `json:"name"`
		} `json:"transaction"`
		Transactions []struct {
			Name string `json:"name"`
		} `json:"transactions"`
		Profile struct {
			Samples []json.RawMessage `json:"samples"`
		} `json:"profile"`
	}
	if err := i.decode(i.Type, &raw); err != nil {
		return Profile{}, err
	}
	p := Profile{
		EventID: raw.EventID, Platform: raw.Platform, Release: raw.Release,
		Environment: raw.Environment, Transaction: raw.Transaction.Name, Samples: len(raw.Profile.Samples),
	}
	if p.EventID == "" {
		p.EventID = raw.ChunkID
	}
	if p.Transaction == "" && len(raw.Transactions) > 0 {
		p.Transaction = raw.Transactions[0].Name
	}
	return p, nil
}

// Attachment is a file that came with an event.
type Attachment struct {
	Filename, ContentType, Type string
	Size                        int // bytes
}

// Attachment decodes the header of an attachment; its bytes are the payload.
func (i Item) Attachment() (Attachment, error) {
	if i.Type != "attachment" {
		return Attachment{}, fmt.Errorf("decoding an attachment: the item is a %s", i.Type)
	}
	header, err := i.Header()
	if err != nil {
		return Attachment{}, err
	}
	return Attachment{header.Filename, header.ContentType, header.AttachmentType, len(i.Payload)}, nil
}

func (i Item) decode(kind string, into any) error {
	if i.Type != kind {
		return fmt.Errorf("decoding a %s: the item is a %s", kind, i.Type)
	}
	if err := json.Unmarshal(i.Payload, into); err != nil && !partial(err) {
		return fmt.Errorf("decoding a %s: the payload is not of its form", kind)
	}
	return nil
}

// container reads {"items": […]}, or a payload that is itself the one item.
func (i Item) container(kind string) ([]json.RawMessage, error) {
	if i.Type != kind {
		return nil, fmt.Errorf("decoding a %s container: the item is a %s", kind, i.Type)
	}
	var wrapped struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(i.Payload, &wrapped); err != nil {
		return nil, fmt.Errorf("decoding a %s container: the payload is no JSON object", kind)
	}
	if wrapped.Items == nil {
		return []json.RawMessage{i.Payload}, nil
	}
	return wrapped.Items, nil
}
