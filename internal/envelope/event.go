package envelope

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Event is a decoded error, message or transaction. Fields that are not there
// are zero; a field of an unexpected type is left out rather than losing the
// event.
type Event struct {
	EventID, Type, Level, Platform, Logger, Transaction string
	Release, Environment, ServerName, Dist              string

	Timestamp, StartTimestamp time.Time

	Message      string
	Fingerprint  []string
	Exceptions   []Exception
	Breadcrumbs  []Breadcrumb
	Threads      []map[string]any
	Spans        []Span
	Tags         map[string]string
	User         map[string]any
	Contexts     map[string]map[string]any
	Extra        map[string]any
	Modules      map[string]string
	Request      *Request
	SDK          SDK
	Measurements map[string]any

	// Raw is the payload as it came. It must not be changed.
	Raw json.RawMessage
}

// SDK is who made an event or an envelope.
type SDK struct {
	Name         string   `json:"name"`
	Version      string   `json:"version"`
	Integrations []string `json:"integrations"`
}

// Exception is one exception of a chain. Sentry's order is oldest first: the
// last one is what was captured.
type Exception struct {
	Type, Value, Module string
	Mechanism           *Mechanism
	Frames              []Frame
}

// Mechanism says how an exception came to be reported.
type Mechanism struct {
	Type    string         `json:"type"`
	Handled *bool          `json:"handled"`
	Data    map[string]any `json:"data"`
}

// Frame is one frame of a stack trace, innermost last.
type Frame struct {
	Function string         `json:"function"`
	Module   string         `json:"module"`
	Filename string         `json:"filename"`
	AbsPath  string         `json:"abs_path"`
	Line     int            `json:"lineno"`
	InApp    bool           `json:"in_app"`
	Context  string         `json:"context_line"`
	Vars     map[string]any `json:"vars"`
}

// Breadcrumb is one breadcrumb.
type Breadcrumb struct {
	Type, Category, Message, Level string
	Timestamp                      time.Time
	Data                           map[string]any
}

// Span is one span of a transaction or of a span container.
type Span struct {
	TraceID, SpanID, ParentSpanID string
	Op, Description, Status       string
	Start, End                    time.Time
	Tags                          map[string]string
	Data                          map[string]any
}

// Request is the HTTP request that an event happened in.
type Request struct {
	URL     string         `json:"url"`
	Method  string         `json:"method"`
	Query   any            `json:"query_string"`
	Headers map[string]any `json:"headers"`
	Cookies any            `json:"cookies"`
	Data    any            `json:"data"`
	Env     map[string]any `json:"env"`
}

// Event decodes an error event or a message.
func (i Item) Event() (*Event, error) {
	if i.Type != "event" {
		return nil, fmt.Errorf("decoding an event: the item is a %s", i.Type)
	}
	return decodeEvent(i.Payload)
}

// Transaction decodes a transaction.
func (i Item) Transaction() (*Event, error) {
	if i.Type != "transaction" {
		return nil, fmt.Errorf("decoding a transaction: the item is a %s", i.Type)
	}
	return decodeEvent(i.Payload)
}

func decodeEvent(payload []byte) (*Event, error) {
	var f map[string]json.RawMessage
	if err := json.Unmarshal(payload, &f); err != nil {
		return nil, fmt.Errorf("decoding an event: the payload is no JSON object")
	}
	e := &Event{
		EventID: stringOf(f["event_id"]), Type: stringOf(f["type"]), Level: stringOf(f["level"]),
		Platform: stringOf(f["platform"]), Logger: stringOf(f["logger"]), Transaction: stringOf(f["transaction"]),
		Release: stringOf(f["release"]), Environment: stringOf(f["environment"]),
		ServerName: stringOf(f["server_name"]), Dist: stringOf(f["dist"]),
		Timestamp: timeOf(f["timestamp"]), StartTimestamp: timeOf(f["start_timestamp"]),
		Message: messageOf(f), Tags: tagsOf(f["tags"]), Contexts: contextsOf(f["contexts"]), Raw: payload,
	}
	for _, part := range valuesOf(f["fingerprint"]) {
		e.Fingerprint = append(e.Fingerprint, stringOf(part))
	}
	lenient(f["user"], &e.User)
	lenient(f["extra"], &e.Extra)
	lenient(f["modules"], &e.Modules)
	lenient(f["request"], &e.Request)
	lenient(f["sdk"], &e.SDK)
	lenient(f["measurements"], &e.Measurements)
	for _, raw := range valuesOf(f["exception"]) {
		e.Exceptions = append(e.Exceptions, exceptionOf(raw))
	}
	for _, raw := range valuesOf(f["breadcrumbs"]) {
		e.Breadcrumbs = append(e.Breadcrumbs, breadcrumbOf(raw))
	}
	for _, raw := range valuesOf(f["threads"]) {
		var thread map[string]any
		lenient(raw, &thread)
		e.Threads = append(e.Threads, thread)
	}
	for _, raw := range valuesOf(f["spans"]) {
		e.Spans = append(e.Spans, spanOf(raw))
	}
	return e, nil
}

// lenient decodes what is there and leaves the zero value where it is of
// another type. Of an object, the fields that fit are taken.
func lenient[T any](raw json.RawMessage, into *T) {
	if len(raw) == 0 {
		return
	}
	var value T
	if err := json.Unmarshal(raw, &value); err == nil || partial(err) {
		*into = value
	}
}

// partial says whether an error of encoding/json means that only some fields
// did not fit: it decodes the others then.
func partial(err error) bool {
	var mismatch *json.UnmarshalTypeError
	return errors.As(err, &mismatch)
}

func stringOf(raw json.RawMessage) string {
	var value any
	lenient(raw, &value)
	return text(value)
}

// text is a scalar as it reads: strings as they are, numbers without an
// exponent, nothing for what is no scalar.
func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return ""
	}
}

// messageOf reads a message from its three places: message as text, message or
// logentry as {"message": …, "formatted": …}.
func messageOf(f map[string]json.RawMessage) string {
	for _, key := range []string{"message", "logentry"} {
		if s := stringOf(f[key]); s != "" {
			return s
		}
		var entry struct {
			Formatted string `json:"formatted"`
			Message   string `json:"message"`
		}
		lenient(f[key], &entry)
		if entry.Formatted != "" {
			return entry.Formatted
		}
		if entry.Message != "" {
			return entry.Message
		}
	}
	return ""
}

// valuesOf reads a list that stands as an array or as {"values": […]}.
func valuesOf(raw json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	lenient(raw, &list)
	if list != nil {
		return list
	}
	var wrapped struct {
		Values []json.RawMessage `json:"values"`
	}
	lenient(raw, &wrapped)
	if wrapped.Values == nil && len(raw) > 0 && raw[0] == '{' {
		var single map[string]json.RawMessage
		lenient(raw, &single)
		if _, isException := single["type"]; isException {
			return []json.RawMessage{raw}
		}
	}
	return wrapped.Values
}

// tagsOf reads tags as an object, as [[key, value], …], as [{"key": …,
// "value": …}, …], or either list under "values".
func tagsOf(raw json.RawMessage) map[string]string {
	if len(raw) == 0 {
		return nil
	}
	var plain map[string]any
	lenient(raw, &plain)
	if _, wrapped := plain["values"].([]any); plain != nil && (!wrapped || len(plain) > 1) {
		return textMap(plain)
	}
	tags := map[string]string{}
	for _, entry := range valuesOf(raw) {
		var pair []any
		lenient(entry, &pair)
		if len(pair) == 2 {
			tags[text(pair[0])] = text(pair[1])
			continue
		}
		var named struct {
			Key   string `json:"key"`
			Value any    `json:"value"`
		}
		lenient(entry, &named)
		if named.Key != "" {
			tags[named.Key] = text(named.Value)
		}
	}
	return tags
}

func textMap(m map[string]any) map[string]string {
	out := make(map[string]string, len(m))
	for key, value := range m {
		out[key] = text(value)
	}
	return out
}

// contextsOf keeps the contexts that are objects where one is not.
func contextsOf(raw json.RawMessage) map[string]map[string]any {
	var mixed map[string]json.RawMessage
	lenient(raw, &mixed)
	if mixed == nil {
		return nil
	}
	contexts := map[string]map[string]any{}
	for name, value := range mixed {
		var fields map[string]any
		lenient(value, &fields)
		if fields != nil {
			contexts[name] = fields
		}
	}
	return contexts
}

func exceptionOf(raw json.RawMessage) Exception {
	var f map[string]json.RawMessage
	lenient(raw, &f)
	e := Exception{Type: stringOf(f["type"]), Value: stringOf(f["value"]), Module: stringOf(f["module"])}
	lenient(f["mechanism"], &e.Mechanism)
	var trace struct {
		Frames []json.RawMessage `json:"frames"`
	}
	lenient(f["stacktrace"], &trace)
	for _, rawFrame := range trace.Frames {
		var frame Frame
		lenient(rawFrame, &frame)
		e.Frames = append(e.Frames, frame)
	}
	return e
}

func breadcrumbOf(raw json.RawMessage) Breadcrumb {
	var f map[string]json.RawMessage
	lenient(raw, &f)
	b := Breadcrumb{
		Type: stringOf(f["type"]), Category: stringOf(f["category"]), Message: stringOf(f["message"]),
		Level: stringOf(f["level"]), Timestamp: timeOf(f["timestamp"]),
	}
	lenient(f["data"], &b.Data)
	return b
}

// spanOf reads a span of a transaction, and one of version 2 (attributes,
// name, end_timestamp).
func spanOf(raw json.RawMessage) Span {
	var f map[string]json.RawMessage
	lenient(raw, &f)
	s := Span{
		TraceID: stringOf(f["trace_id"]), SpanID: stringOf(f["span_id"]), ParentSpanID: stringOf(f["parent_span_id"]),
		Op: stringOf(f["op"]), Description: stringOf(f["description"]), Status: stringOf(f["status"]),
		Start: timeOf(f["start_timestamp"]), End: timeOf(f["timestamp"]), Tags: tagsOf(f["tags"]),
	}
	lenient(f["data"], &s.Data)
	if s.End.IsZero() {
		s.End = timeOf(f["end_timestamp"])
	}
	if s.Description == "" {
		s.Description = stringOf(f["name"])
	}
	if attributes := attributesOf(f["attributes"]); attributes != nil {
		s.Data = attributes
		if s.Op == "" {
			s.Op = text(attributes["sentry.op"])
		}
	}
	return s
}

// attributesOf reads {"key": {"value": …, "type": …}} and plain values.
func attributesOf(raw json.RawMessage) map[string]any {
	var fields map[string]any
	lenient(raw, &fields)
	for key, value := range fields {
		if typed, ok := value.(map[string]any); ok {
			if inner, ok := typed["value"]; ok {
				fields[key] = inner
			}
		}
	}
	return fields
}
