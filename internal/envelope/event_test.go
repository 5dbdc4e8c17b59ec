package envelope

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func event(t *testing.T, payload string) *Event {
	t.Helper()
	e, err := Item{Type: "event", Payload: []byte(payload)}.Event()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestListsComeInTwoForms: as arrays, and as {"values": …}.
func TestListsComeInTwoForms(t *testing.T) {
	t.Parallel()
	for _, wrap := range []func(string) string{
		func(s string) string { return s },
		func(s string) string { return `{"values":` + s + `}` },
	} {
		e := event(t, `{"exception":`+wrap(`[{"type":"A","value":"a","mechanism":{"type":"m","handled":false},"stacktrace":{"frames":[{"function":"f","lineno":3,"in_app":true}]}},{"type":"B"}]`)+
			`,"breadcrumbs":`+wrap(`[{"category":"c","message":"m","timestamp":1767323045.25,"data":{"k":1}}]`)+
			`,"threads":`+wrap(`[{"id":1}]`)+`,"tags":`+wrap(`[["a","1"],{"key":"b","value":2},["bad"],"bad"]`)+`}`)
		no := false
		want := &Event{
			Exceptions: []Exception{
				{Type: "A", Value: "a", Mechanism: &Mechanism{Type: "m", Handled: &no}, Frames: []Frame{{Function: "f", Line: 3, InApp: true}}},
				{Type: "B"},
			},
			Breadcrumbs: []Breadcrumb{{Category: "c", Message: "m", Timestamp: time.UnixMilli(1767323045250).UTC(), Data: map[string]any{"k": 1.0}}},
			Threads:     []map[string]any{{"id": 1.0}},
			Tags:        map[string]string{"a": "1", "b": "2"},
		}
		if diff := cmp.Diff(want, e, cmpopts.IgnoreFields(Event{}, "Raw")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestOtherForms(t *testing.T) {
	t.Parallel()
	if e := event(t, `{"exception":{"type":"A","value":"a"}}`); len(e.Exceptions) != 1 || e.Exceptions[0].Type != "A" {
		t.Errorf("one exception as an object: saw %+v", e.Exceptions)
	}
	for payload, want := range map[string]map[string]string{
		`{"tags":{"a":"1","n":5,"t":true,"z":null}}`: {"a": "1", "n": "5", "t": "true", "z": ""},
		`{"tags":{"values":"a tag named values"}}`:   {"values": "a tag named values"},
		`{"tags":"nonsense"}`:                        {},
		`{}`:                                         nil,
	} {
		if diff := cmp.Diff(want, event(t, payload).Tags); diff != "" {
			t.Errorf("%s (-want +got):\n%s", payload, diff)
		}
	}
	for payload, want := range map[string]string{
		`{"message":"a"}`: "a",
		`{"message":{"message":"x %s","formatted":"x y"}}`:               "x y",
		`{"logentry":{"message":"x %s","params":["y"]}}`:                 "x %s",
		`{"logentry":{"message":"x","formatted":"f"},"message":"plain"}`: "plain",
	} {
		if got := event(t, payload).Message; got != want {
			t.Errorf("%s: saw %q, expected %q", payload, got, want)
		}
	}
}

// TestOneOddFieldCostsOnlyItself: SDKs get types wrong.
func TestOneOddFieldCostsOnlyItself(t *testing.T) {
	t.Parallel()
	e := event(t, `{"event_id":["x"],"level":5,"timestamp":"yesterday","user":"ada","contexts":{"a":{"b":1},"c":"odd"},
		"fingerprint":["a",1],"request":{"url":"/u","method":7},"sdk":{"name":"s","version":3},
		"exception":[{"type":"A","stacktrace":{"frames":[{"function":"f","lineno":"3"}]}}],"breadcrumbs":[5,{"message":"m","data":"odd"}],"release":"r"}`)
	if e.EventID != "" || e.Level != "5" || !e.Timestamp.IsZero() || e.User != nil || e.Release != "r" {
		t.Errorf("saw %+v", e)
	}
	if diff := cmp.Diff(map[string]map[string]any{"a": {"b": 1.0}}, e.Contexts); diff != "" {
		t.Errorf("contexts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "1"}, e.Fingerprint); diff != "" {
		t.Errorf("fingerprint (-want +got):\n%s", diff)
	}
	if e.Request == nil || e.Request.URL != "/u" || e.SDK.Name != "s" || e.Exceptions[0].Frames[0].Function != "f" || e.Breadcrumbs[1].Message != "m" {
		t.Errorf("saw %+v", e)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	const want = 1767323045500 // ms
	for _, raw := range []string{
		`1767323045.5`, `"1767323045.5"`, `"2026-01-02T03:04:05.5Z"`, `"2026-01-02T05:04:05.5+02:00"`,
		`"2026-01-02T03:04:05.500000"`, `"2026-01-02 03:04:05.5"`, `1.7673230455e9`,
	} {
		if got := timeOf([]byte(raw)); got.UnixMilli() != want {
			t.Errorf("%s: saw %v", raw, got)
		}
	}
	for _, raw := range []string{``, `null`, `"x"`, `{}`, `1e300`, `"NaN"`, `-1e20`} {
		if got := timeOf([]byte(raw)); !got.IsZero() {
			t.Errorf("%s: saw %v", raw, got)
		}
	}
}

func TestWrongItemsAreRefused(t *testing.T) {
	t.Parallel()
	odd := Item{Type: "novelty", Payload: []byte(`{}`)}
	for name, decode := range map[string]func(Item) error{
		"event":         func(i Item) error { _, err := i.Event(); return err },
		"transaction":   func(i Item) error { _, err := i.Transaction(); return err },
		"client_report": func(i Item) error { _, err := i.ClientReport(); return err },
		"check_in":      func(i Item) error { _, err := i.CheckIn(); return err },
		"session":       func(i Item) error { _, err := i.Session(); return err },
		"sessions":      func(i Item) error { _, err := i.Sessions(); return err },
		"log":           func(i Item) error { _, err := i.Logs(); return err },
		"span":          func(i Item) error { _, err := i.Spans(); return err },
		"trace_metric":  func(i Item) error { _, err := i.Metrics(); return err },
		"profile":       func(i Item) error { _, err := i.Profile(); return err },
		"attachment":    func(i Item) error { _, err := i.Attachment(); return err },
	} {
		if err := decode(odd); err == nil {
			t.Errorf("%s decodes another type", name)
		}
		if err := decode(Item{Type: name, RawHeader: []byte("x"), Payload: []byte(`secret`)}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s decodes what is no JSON, or shows it: %v", name, err)
		}
	}
}

func TestOtherItems(t *testing.T) {
	t.Parallel()
	item := func(kind, payload string) Item { return Item{Type: kind, Payload: []byte(payload)} }
	report, err := item("client_report", `{"timestamp":1,"discarded_events":[{"reason":"sample_rate","category":"error","quantity":2}]}`).ClientReport()
	if err != nil || len(report.Discarded) != 1 || report.Discarded[0].Quantity != 2 || report.Timestamp.Unix() != 1 {
		t.Errorf("client report: saw %+v, %v", report, err)
	}
	session, err := item("session", `{"sid":"s","status":"ok","started":"2026-01-02T03:04:05Z","errors":1,"attrs":{"release":"r"}}`).Session()
	if err != nil || session.ID != "s" || session.Release != "r" || session.Errors != 1 {
		t.Errorf("session: saw %+v, %v", session, err)
	}
	logs, err := item("log", `{"items":[{"timestamp":1.5,"body":"b","level":"info","attributes":{"a":{"value":1,"type":"integer"},"b":"plain"}}]}`).Logs()
	if err != nil || len(logs) != 1 || logs[0].Body != "b" || logs[0].Attributes["a"] != 1.0 || logs[0].Attributes["b"] != "plain" {
		t.Errorf("logs: saw %+v, %v", logs, err)
	}
	spans, err := item("span", `{"items":[{"name":"n","span_id":"s","start_timestamp":1,"end_timestamp":2,"attributes":{"sentry.op":{"value":"db"}}}]}`).Spans()
	if err != nil || len(spans) != 1 || spans[0].Op != "db" || spans[0].Description != "n" || spans[0].End.Unix() != 2 {
		t.Errorf("spans: saw %+v, %v", spans, err)
	}
	if single, err := item("span", `{"op":"db","description":"d"}`).Spans(); err != nil || len(single) != 1 || single[0].Description != "d" {
		t.Errorf("a standalone span: saw %+v, %v", single, err)
	}
	metrics, err := item("trace_metric", `{"items":[{"name":"n","value":3}]}`).Metrics()
	if err != nil || len(metrics) != 1 || metrics[0]["value"] != 3.0 {
		t.Errorf("metrics: saw %+v, %v", metrics, err)
	}
	chunk, err := item("profile_chunk", `{"chunk_id":"c","profile":{"samples":[1,2]}}`).Profile()
	if err != nil || chunk.EventID != "c" || chunk.Samples != 2 {
		t.Errorf("profile chunk: saw %+v, %v", chunk, err)
	}
	file := Item{Type: "attachment", RawHeader: []byte(`{"type":"attachment","filename":"a.txt","content_type":"text/plain","attachment_type":"event.attachment"}`), Payload: []byte("abc")}
	attachment, err := file.Attachment()
	if want := (Attachment{Filename: "a.txt", ContentType: "text/plain", Type: "event.attachment", Size: 3}); err != nil || attachment != want {
		t.Errorf("attachment: saw %+v, %v", attachment, err)
	}
}

func TestFromStore(t *testing.T) {
	t.Parallel()
	const plain = `{"event_id":"abc","message":"hello"}`
	var deflated bytes.Buffer
	w := zlib.NewWriter(&deflated)
	_, _ = w.Write([]byte(plain))
	_ = w.Close()
	var large bytes.Buffer
	w = zlib.NewWriter(&large)
	_, _ = w.Write([]byte(`{"a":"b"}` + strings.Repeat(" ", maxStored)))
	_ = w.Close()
	for _, c := range []struct {
		name, body, kind string
		err              error
	}{
		{name: "plain", body: "\n" + plain + "\n", kind: "event"},
		{name: "base64", body: base64.StdEncoding.EncodeToString([]byte(plain)), kind: "event"},
		{name: "base64 of zlib", body: base64.StdEncoding.EncodeToString(deflated.Bytes()), kind: "event"},
		{name: "transaction", body: `{"event_id":"abc","message":"hello","type":"transaction"}`, kind: "transaction"},
		{name: "empty", body: " ", err: ErrEmpty},
		{name: "array", body: "[]", err: ErrStored},
		{name: "null", body: base64.StdEncoding.EncodeToString([]byte("null")), err: ErrStored},
		{name: "bomb", body: base64.StdEncoding.EncodeToString(large.Bytes()), err: ErrStored},
		{name: "broken off", body: base64.StdEncoding.EncodeToString(deflated.Bytes()[:20]), err: ErrStored},
	} {
		e, err := FromStore([]byte(c.body))
		if !errors.Is(err, c.err) {
			t.Errorf("%s: saw error %v", c.name, err)
		}
		if err != nil {
			continue
		}
		decoded, err := decodeEvent(e.Items[0].Payload)
		if err != nil || e.Items[0].Type != c.kind || e.EventID() != "abc" || decoded.Message != "hello" {
			t.Errorf("%s: saw a %s, %v", c.name, e.Items[0].Type, err)
		}
	}
}

// TestCapturedEventsDecode asserts on real events what all of them have.
func TestCapturedEventsDecode(t *testing.T) {
	t.Parallel()
	types := map[string]int{}
	for name, raw := range captured(t) {
		split := Split
		if strings.Contains(name, "store") {
			split = FromStore
		}
		e, err := split(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, item := range e.Items {
			types[item.Type]++
			decodeCaptured(t, name, item)
		}
	}
	want := map[string]int{"event": 10, "transaction": 14, "client_report": 2, "sessions": 1, "profile": 1, "check_in": 2}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func decodeCaptured(t *testing.T, name string, item Item) {
	t.Helper()
	switch item.Type {
	case "event":
		e, err := item.Event()
		if err != nil || len(e.EventID) != 32 || e.Release == "" || e.Environment == "" || e.Timestamp.IsZero() || e.SDK.Name == "" {
			t.Errorf("%s: %v, saw %+v", name, err, e)
		}
	case "transaction":
		e, err := item.Transaction()
		if err != nil || e.Transaction == "" || !e.StartTimestamp.Before(e.Timestamp) || e.Contexts["trace"]["op"] == nil {
			t.Errorf("%s: %v, saw %+v", name, err, e)
		}
		for _, span := range e.Spans {
			if span.SpanID == "" || span.Op == "" || span.Start.IsZero() || span.End.Before(span.Start) {
				t.Errorf("%s: span %+v", name, span)
			}
		}
	case "profile":
		if p, err := item.Profile(); err != nil || p.Samples == 0 || p.Transaction == "" {
			t.Errorf("%s: %v, saw %+v", name, err, p)
		}
	case "sessions":
		if s, err := item.Sessions(); err != nil || len(s) == 0 || s[0].Release == "" {
			t.Errorf("%s: %v, saw %+v", name, err, s)
		}
	case "client_report":
		if r, err := item.ClientReport(); err != nil || len(r.Discarded) == 0 {
			t.Errorf("%s: %v, saw %+v", name, err, r)
		}
	case "check_in":
		if c, err := item.CheckIn(); err != nil || c.Monitor != "nightly" || c.Status == "" {
			t.Errorf("%s: %v, saw %+v", name, err, c)
		}
	}
}

func BenchmarkEvent(b *testing.B) {
	e, err := Split(captured(b)["py2.68.0-008-event.envelope"])
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(e.Items[0].Payload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Items[0].Event(); err != nil {
			b.Fatal(err)
		}
	}
}
