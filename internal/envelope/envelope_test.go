package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// captured are real envelopes: testdata/envelopes/README.md says whose.
func captured(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "testdata", "envelopes", "*.envelope"))
	if err != nil || len(paths) < 25 {
		t.Fatalf("found %d captured envelopes, %v", len(paths), err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = raw
	}
	return files
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, raw string
		want      []Item // types and payloads
		err       error
	}{
		{name: "header alone", raw: `{}`},
		{name: "header and newline", raw: "{}\n"},
		{name: "header and blank lines", raw: "{}\n\n\n"},
		{name: "without length", raw: "{}\n{\"type\":\"event\"}\n{\"a\":1}\n", want: []Item{{Type: "event", Payload: []byte(`{"a":1}`)}}},
		{name: "without length, to the end", raw: "{}\n{\"type\":\"event\"}\n{\"a\":1}", want: []Item{{Type: "event", Payload: []byte(`{"a":1}`)}}},
		{name: "without length, without payload", raw: "{}\n{\"type\":\"event\"}", want: []Item{{Type: "event"}}},
		{name: "with length", raw: "{}\n{\"type\":\"attachment\",\"length\":3}\n\n\r\n\n", want: []Item{{Type: "attachment", Payload: []byte("\n\r\n")}}},
		{name: "with length, to the end", raw: "{}\n{\"type\":\"attachment\",\"length\":3}\nabc", want: []Item{{Type: "attachment", Payload: []byte("abc")}}},
		{name: "length null", raw: "{}\n{\"type\":\"event\",\"length\":null}\nabc\n", want: []Item{{Type: "event", Payload: []byte("abc")}}},
		{
			name: "empty payloads", raw: "{}\n{\"type\":\"attachment\",\"length\":0}\n\n{\"type\":\"attachment\",\"length\":0}\n",
			want: []Item{{Type: "attachment"}, {Type: "attachment"}},
		},
		{
			name: "blank lines between items", raw: "{}\n\n{\"type\":\"a\",\"length\":1}\nx\n\n\n{\"type\":\"b\"}\ny\n\n",
			want: []Item{{Type: "a", Payload: []byte("x")}, {Type: "b", Payload: []byte("y")}},
		},
		{name: "unknown type", raw: "{}\n{\"type\":\"novelty\"}\n\x00\xff\n", want: []Item{{Type: "novelty", Payload: []byte("\x00\xff")}}},
		{name: "carriage returns in headers", raw: "{}\r\n{\"type\":\"event\"}\r\nabc\n", want: []Item{{Type: "event", Payload: []byte("abc")}}},
		{name: "escapes in a header", raw: "{}\n{\"type\":\"ev\\u0065nt\",\"filename\":\"a\\\"b\"}\nabc\n", want: []Item{{Type: "event", Payload: []byte("abc")}}},
		{name: "type is no UTF-8", raw: "{}\n{\"type\":\"\xff\"}\nabc\n", want: []Item{{Type: "\ufffd", Payload: []byte("abc")}}},
		{name: "fields of other types beside", raw: "{}\n{\"filename\":5,\"item_count\":\"x\",\"x\":{\"y\":[1,-2.5e3]},\"type\":\"log\",\"length\":3}\nabc", want: []Item{{Type: "log", Payload: []byte("abc")}}},

		{name: "nothing", raw: "", err: ErrEmpty},
		{name: "blank first line", raw: " \n{}", err: ErrEmpty},
		{name: "header is no JSON", raw: "{", err: ErrHeader},
		{name: "header is an array", raw: "[]", err: ErrHeader},
		{name: "header with rubbish after", raw: "{} {}", err: ErrHeader},
		{name: "item header is no JSON", raw: "{}\nabc", err: ErrItemHeader},
		{name: "item header has no type", raw: "{}\n{\"Type\":\"event\"}\n", err: ErrItemHeader},
		{name: "type is no text", raw: "{}\n{\"type\":1}\n", err: ErrItemHeader},
		{name: "length is negative", raw: "{}\n{\"type\":\"a\",\"length\":-1}\n", err: ErrItemHeader},
		{name: "length is no number", raw: "{}\n{\"type\":\"a\",\"length\":\"1\"}\nx", err: ErrItemHeader},
		{name: "length has a leading zero", raw: "{}\n{\"type\":\"a\",\"length\":01}\nx", err: ErrItemHeader},
		{name: "too short", raw: "{}\n{\"type\":\"a\",\"length\":4}\nabc", err: ErrEnd},
		{name: "too short by far", raw: "{}\n{\"type\":\"a\",\"length\":99999999999}\nabc", err: ErrEnd},
		{name: "too long", raw: "{}\n{\"type\":\"a\",\"length\":2}\nabc\n", err: ErrNewline},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Split([]byte(c.raw))
			if !errors.Is(err, c.err) {
				t.Fatalf("saw error %v, expected %v", err, c.err)
			}
			if err != nil {
				return
			}
			for i := range got.Items {
				got.Items[i].RawHeader = nil
				if len(got.Items[i].Payload) == 0 {
					got.Items[i].Payload = nil
				}
			}
			if diff := cmp.Diff(c.want, got.Items); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSplitKeepsTheItemsBeforeAnError(t *testing.T) {
	t.Parallel()
	e, err := Split([]byte("{}\n{\"type\":\"event\"}\nabc\n{\"type\":\"log\",\"length\":9}\n"))
	if err == nil || len(e.Items) != 1 || !strings.Contains(err.Error(), "item 1 (log)") {
		t.Errorf("saw %d items, %v", len(e.Items), err)
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	e, err := Split([]byte(`{"event_id":"abc","dsn":"http://key@host/1","sent_at":"2026-01-02T03:04:05.5Z",` +
		`"sdk":{"name":"sentry.go","version":"0.50.0"},"trace":{"trace_id":"t","sampled":true,"sample_rate":0.25,"nested":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if e.EventID() != "abc" || e.DSN() != "http://key@host/1" {
		t.Errorf("saw %q and %q", e.EventID(), e.DSN())
	}
	header, err := e.Header()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"trace_id": "t", "sampled": "true", "sample_rate": "0.25", "nested": ""}
	if diff := cmp.Diff(want, header.Trace); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
	if header.SDK.Name != "sentry.go" || header.SentAt.UnixMilli() != 1767323045500 {
		t.Errorf("saw %+v", header)
	}
}

func TestHeaderFieldsOfUnusualHeaders(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"trace":{"event_id":"inner"},"event_id":"outer"}`: "outer",
		`{"trace":{"event_id":"inner"}}`:                    "",
		`{"note":"\"event_id\":\"x\"","event_id":"o"}`:      "o",
		`{"event_id":"\u0061"}`:                             "a",
		`{"event_id":null}`:                                 "",
		`{"event_id":{}}`:                                   "",
	} {
		if got := (Envelope{RawHeader: []byte(raw)}).EventID(); got != want {
			t.Errorf("%s: saw %q, expected %q", raw, got, want)
		}
	}
}

func TestCapturedEnvelopesSurviveARoundTrip(t *testing.T) {
	t.Parallel()
	for name, raw := range captured(t) {
		if strings.Contains(name, "store") {
			continue
		}
		e, err := Split(raw)
		if err != nil || len(e.Items) == 0 {
			t.Errorf("%s: %d items, %v", name, len(e.Items), err)
			continue
		}
		built, err := Append(nil, json.RawMessage(e.RawHeader), e.Items...)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Split(built)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sameItems(t, e, again)
	}
}

// sameItems asserts that two envelopes hold the same, but for lengths.
func sameItems(t *testing.T, a, b Envelope) {
	t.Helper()
	if len(a.Items) != len(b.Items) {
		t.Fatalf("%d items became %d", len(a.Items), len(b.Items))
	}
	for i := range a.Items {
		if a.Items[i].Type != b.Items[i].Type || !bytes.Equal(a.Items[i].Payload, b.Items[i].Payload) {
			t.Errorf("item %d, a %q, became a %q", i, a.Items[i].Type, b.Items[i].Type)
		}
	}
}

func TestAppendKeepsItemHeaders(t *testing.T) {
	t.Parallel()
	item := Item{Type: "attachment", RawHeader: []byte(`{"type":"x","length":99,"filename":"a.txt","future":[1]}`), Payload: []byte("ab\nc")}
	got, err := Append([]byte("before|"), map[string]string{"event_id": "e"}, item, Item{Type: "event", Payload: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	want := "before|{\"event_id\":\"e\"}\n" +
		"{\"filename\":\"a.txt\",\"future\":[1],\"length\":4,\"type\":\"attachment\"}\nab\nc\n" +
		"{\"length\":2,\"type\":\"event\"}\n{}\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := Append(nil, make(chan int)); err == nil {
		t.Error("a header that is no JSON has no error")
	}
	if _, err := Append(nil, nil, Item{Type: "event", RawHeader: []byte("[]")}); err == nil {
		t.Error("an item header that is no object has no error")
	}
}

func BenchmarkSplit(b *testing.B) {
	for name, raw := range map[string][]byte{
		"one-item": []byte("{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}\n{\"type\":\"event\",\"length\":41}\n{\"message\":\"hello world\",\"level\":\"error\"}\n"),
		"captured": captured(b)["py2.68.0-008-event.envelope"],
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Split(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
