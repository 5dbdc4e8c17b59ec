package observe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

// subject is one thing that an expectation may be about.
type subject struct {
	kinds  []string
	fields map[string]string // those that are plain texts
	event  *envelope.Event   // of errors, messages and transactions
	data   map[string]any    // of spans and logs: what tag. reads there
}

// matches says whether a thing is what is expected.
func (e Expectation) matches(s subject) bool {
	if !slices.Contains(s.kinds, e.kind) {
		return false
	}
	var ofSpans []condition
	for _, c := range e.all {
		if strings.HasPrefix(c.field, "span.") {
			ofSpans = append(ofSpans, c)
			continue
		}
		if !c.holds(s.values(c.field)) {
			return false
		}
	}
	// All that is said of a span has to hold for the same one.
	return len(ofSpans) == 0 || slices.ContainsFunc(s.event.Spans, func(span envelope.Span) bool {
		return !slices.ContainsFunc(ofSpans, func(c condition) bool {
			return !c.holds([]string{spanField(span, strings.TrimPrefix(c.field, "span."))})
		})
	})
}

func spanField(span envelope.Span, name string) string {
	switch name {
	case "op":
		return span.Op
	case "status":
		return span.Status
	default:
		return span.Description
	}
}

// holds says whether one of a field's values is as the condition says, or for
// != that none is.
func (c condition) holds(values []string) bool {
	equal := func(value string) bool {
		if c.field == "message" {
			return strings.Contains(value, c.value)
		}
		return value == c.value
	}
	switch c.op {
	case "~":
		return slices.ContainsFunc(values, c.pattern.MatchString)
	case "!=":
		return !slices.ContainsFunc(values, equal)
	default:
		return slices.ContainsFunc(values, equal)
	}
}

// values are what a field may be called: an exception is known by its name,
// and by its name with the module before it.
func (s subject) values(field string) []string {
	if value, ok := s.fields[field]; ok {
		return []string{value}
	}
	if key, ok := strings.CutPrefix(field, "tag."); ok && s.event == nil {
		return []string{textOf(s.data[key])}
	}
	e := s.event
	if e == nil {
		return []string{""}
	}
	head, key, _ := strings.Cut(field, ".")
	switch head {
	case "tag":
		return []string{e.Tags[key]}
	case "user":
		return []string{textOf(e.User[key])}
	case "context":
		name, inner, _ := strings.Cut(key, ".")
		return []string{textAt(e.Contexts[name], inner)}
	case "message":
		return messagesOf(e)
	case "type":
		return typesOf(e)
	default:
		return []string{eventField(e, field)}
	}
}

func eventField(e *envelope.Event, field string) string {
	switch field {
	case "level":
		return e.Level
	case "logger":
		return e.Logger
	case "environment":
		return e.Environment
	case "release":
		return e.Release
	case "transaction", "name":
		return e.Transaction
	case "op", "status":
		return traceField(e, field)
	case "handled", "mechanism":
		return mechanismField(e, field)
	default:
		return ""
	}
}

func mechanismField(e *envelope.Event, field string) string {
	n := len(e.Exceptions)
	if n == 0 || e.Exceptions[n-1].Mechanism == nil {
		return ""
	}
	m := e.Exceptions[n-1].Mechanism
	switch {
	case field == "mechanism":
		return m.Type
	case m.Handled == nil:
		return ""
	default:
		return strconv.FormatBool(*m.Handled)
	}
}

// messagesOf are the texts of an event: its message, and what its exceptions
// say.
func messagesOf(e *envelope.Event) []string {
	texts := []string{e.Message}
	for _, x := range e.Exceptions {
		texts = append(texts, x.Value)
	}
	return texts
}

// typesOf are the names of what was captured, which is the last of the chain.
func typesOf(e *envelope.Event) []string {
	n := len(e.Exceptions)
	if n == 0 {
		return []string{""}
	}
	last := e.Exceptions[n-1]
	return []string{last.Type, last.Module + "." + last.Type}
}

// textAt reads a value of a context by the names that lead to it.
func textAt(from map[string]any, path string) string {
	if value, ok := from[path]; ok {
		return textOf(value)
	}
	name, rest, more := strings.Cut(path, ".")
	inner, ok := from[name].(map[string]any)
	if !more || !ok {
		return ""
	}
	return textAt(inner, rest)
}

func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// subjects are the things of a request that expectations may be about.
func subjects(a *arrival, process string) []subject {
	of := func(kind string, fields map[string]string) subject {
		fields["process"] = process
		return subject{kinds: []string{kind}, fields: fields}
	}
	all := []subject{of(kindEnvelope, map[string]string{"client": a.record.Client})}
	for _, e := range a.events {
		s := subject{event: e, fields: map[string]string{"process": process}}
		switch {
		case e.Type == transactionType:
			s.kinds = []string{kindTransaction}
		case isError(e):
			s.kinds = []string{kindError, kindEvent}
		default:
			s.kinds = []string{kindMessage, kindEvent}
		}
		all = append(all, s)
		for _, span := range e.Spans {
			all = append(all, spanSubject(of, span))
		}
	}
	for _, d := range a.discarded {
		all = append(all, of(kindClientReport, map[string]string{"reason": d.Reason, "category": d.Category}))
	}
	for _, item := range a.items {
		all = append(all, itemSubjects(of, item)...)
	}
	return all
}

func spanSubject(of func(string, map[string]string) subject, span envelope.Span) subject {
	s := of(kindSpan, map[string]string{
		"op": span.Op, "name": span.Description, "description": span.Description, "status": span.Status,
	})
	s.data = map[string]any{}
	for key, value := range span.Data {
		s.data[key] = value
	}
	for key, value := range span.Tags {
		s.data[key] = value
	}
	return s
}

// itemSubjects are the things of items that are no events. What cannot be
// decoded is none.
func itemSubjects(of func(string, map[string]string) subject, item envelope.Item) []subject {
	var all []subject
	switch item.Type {
	case "profile", "profile_chunk":
		if p, err := item.Profile(); err == nil {
			all = append(all, of(kindProfile, map[string]string{
				"name": p.Transaction, "transaction": p.Transaction, "environment": p.Environment, "release": p.Release,
			}))
		}
	case "check_in":
		if c, err := item.CheckIn(); err == nil {
			all = append(all, of(kindCheckIn, map[string]string{
				"name": c.Monitor, "status": c.Status, "environment": c.Environment, "release": c.Release,
			}))
		}
	case "session", "sessions":
		sessions, _ := item.Sessions()
		for _, s := range sessions {
			all = append(all, of(kindSession, map[string]string{
				"status": s.Status, "environment": s.Environment, "release": s.Release,
			}))
		}
	case "span":
		spans, _ := item.Spans()
		for _, span := range spans {
			all = append(all, spanSubject(of, span))
		}
	case "log":
		logs, _ := item.Logs()
		for _, l := range logs {
			s := of(kindLog, map[string]string{
				"message": l.Body, "level": l.Level,
				"environment": textOf(l.Attributes["sentry.environment"]), "release": textOf(l.Attributes["sentry.release"]),
			})
			s.data = l.Attributes
			all = append(all, s)
		}
	}
	return all
}
