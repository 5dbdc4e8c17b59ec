package envelope

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzSplit: splitting never panics; what it takes survives being built and
// split again; a header read by hand is one that encoding/json reads too.
func FuzzSplit(f *testing.F) {
	for _, raw := range captured(f) {
		if len(raw) < 8<<10 { // larger ones only make mutation slow
			f.Add(raw)
		}
	}
	f.Add([]byte("{}\n{\"type\":\"a\",\"length\":0}\n\n{\"type\":\"b\"}"))
	f.Add([]byte("{\"a\":[1,-0.5,true,null,{\"b\":\"\xff\"}]}\n\n{\"type\":\"\\u0061\",\"length\":null}\nx\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		line, _ := cutLine(raw)
		var fields fieldsOf
		if scanObject(line, &fields) && !json.Valid(line) {
			t.Fatalf("took a header that is no JSON: %q", line)
		}
		e, err := Split(raw)
		if err != nil {
			return
		}
		for _, item := range e.Items {
			readAlike(t, item)
		}
		built, err := Append(nil, json.RawMessage(e.RawHeader), e.Items...)
		if err != nil {
			t.Fatalf("built nothing of %q: %v", raw, err)
		}
		again, err := Split(built)
		if err != nil {
			t.Fatalf("%q became %q: %v", raw, built, err)
		}
		sameItems(t, e, again)
		if e.EventID() != again.EventID() || e.DSN() != again.DSN() {
			t.Fatalf("the header %q became %q", e.RawHeader, again.RawHeader)
		}
	})
}

// readAlike asserts that encoding/json sees the type that was read by hand.
func readAlike(t *testing.T, item Item) {
	t.Helper()
	var header map[string]json.RawMessage
	var name string
	if json.Unmarshal(item.RawHeader, &header) != nil || json.Unmarshal(header["type"], &name) != nil || name != item.Type {
		t.Fatalf("read type %q of %q", item.Type, item.RawHeader)
	}
}

// FuzzEvent: no payload makes a decoder panic, and what is JSON is an event.
func FuzzEvent(f *testing.F) {
	for _, raw := range captured(f) {
		e, err := Split(raw)
		if err != nil || len(raw) > 8<<10 {
			continue
		}
		for _, item := range e.Items {
			f.Add(item.Payload)
		}
	}
	f.Add([]byte(`{"exception":{"values":[{"type":1}]},"tags":[[1,2],{}],"timestamp":"x","contexts":[],"threads":{}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		_, err := Item{Type: "event", Payload: payload}.Event()
		var object map[string]json.RawMessage
		if valid := json.Unmarshal(payload, &object) == nil; valid != (err == nil) {
			t.Fatalf("%q: valid %v, decoded: %v", payload, valid, err)
		}
		for _, kind := range []string{"client_report", "check_in", "session", "sessions", "log", "span", "trace_metric", "profile"} {
			item := Item{Type: kind, RawHeader: payload, Payload: payload}
			_, _ = item.ClientReport()
			_, _ = item.CheckIn()
			_, _ = item.Sessions()
			_, _ = item.Logs()
			_, _ = item.Spans()
			_, _ = item.Metrics()
			_, _ = item.Profile()
			_, _ = item.Header()
		}
		if e, err := FromStore(payload); err == nil && !bytes.HasPrefix(e.Items[0].Payload, []byte("{")) {
			t.Fatalf("%q became a stored event", payload)
		}
	})
}
