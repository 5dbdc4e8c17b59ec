package scrub_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// item is an item as a strict reader sees it: its length must be right.
type item struct {
	header  map[string]any
	payload string
}

// split reads an envelope whose items all have a length.
func split(t testing.TB, raw []byte) (header map[string]any, items []item) {
	t.Helper()
	line, rest, ok := bytes.Cut(raw, []byte("\n"))
	if err := json.Unmarshal(line, &header); err != nil || !ok {
		t.Fatalf("header %q: %v", line, err)
	}
	for len(rest) > 0 {
		var one item
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		if err := json.Unmarshal(line, &one.header); err != nil {
			t.Fatalf("header of an item %q: %v", line, err)
		}
		length, ok := one.header["length"].(float64)
		if size := int(length); !ok || size+1 > len(rest) || rest[size] != '\n' {
			t.Fatalf("length %v of %q", one.header["length"], rest)
		}
		one.payload, rest = string(rest[:int(length)]), rest[int(length)+1:]
		items = append(items, one)
	}
	return header, items
}

const cleanDSN = "https://2cc31280d6899af94a3c7236b52949b5@o1.ingest.example.org/42"

func TestEveryItemTypeIsScrubbed(t *testing.T) {
	t.Parallel()
	const secret = "kim@example.net paid with 4242 4242 4242 4242"
	bodies := map[string]string{
		"event":             `{"message":%q}`,
		"transaction":       `{"transaction":%q,"spans":[{"description":"x"}]}`,
		"check_in":          `{"monitor_slug":%q}`,
		"session":           `{"attrs":{"release":"r","user_agent":%q}}`,
		"sessions":          `{"aggregates":[{"did":%q}]}`,
		"log":               `{"items":[{"body":%q}]}`,
		"span":              `{"items":[{"name":%q}]}`,
		"trace_metric":      `{"items":[{"name":%q}]}`,
		"profile":           `{"profile":{"frames":[{"filename":%q}]}}`,
		"client_report":     `{"discarded_events":[{"reason":%q}]}`,
		"user_report":       `{"comments":%q}`,
		"feedback":          `{"contexts":{"feedback":{"message":%q}}}`,
		"statsd":            `%s`,
		"attachment":        `%s`,
		"never_heard_of_it": `[%q]`,
	}
	for kind, body := range bodies {
		for _, withLength := range []bool{true, false} {
			t.Run(fmt.Sprint(kind, " with length ", withLength), func(t *testing.T) {
				t.Parallel()
				payload := fmt.Sprintf(body, secret)
				header := fmt.Sprintf(`{"type":%q,"other":{"kept":1}`, kind)
				if withLength {
					header += fmt.Sprintf(`,"length":%d`, len(payload))
				}
				src := "{\"dsn\":\"" + cleanDSN + "\"}\n" + header + "}\n" + payload
				out, dropped, err := scrub.Default().AppendEnvelope(nil, []byte(src))
				if err != nil || dropped != nil {
					t.Fatalf("dropped %v, error %v", dropped, err)
				}
				top, items := split(t, out)
				want := item{
					map[string]any{"type": kind, "other": map[string]any{"kept": 1.0}, "length": float64(len(items[0].payload))},
					fmt.Sprintf(body, "[email] paid with [card]"),
				}
				if diff := cmp.Diff([]item{want}, items, cmp.AllowUnexported(item{})); diff != "" || top["dsn"] != cleanDSN {
					t.Errorf("header %v; items -want +got:\n%s", top, diff)
				}
				again, dropped, err := scrub.Default().AppendEnvelope(nil, out)
				if err != nil || dropped != nil || !bytes.Equal(again, out) {
					t.Errorf("a second time: %q, dropped %v, error %v", again, dropped, err)
				}
			})
		}
	}
}

func TestHeadersAreScrubbedAndKeepWhatAddressesThem(t *testing.T) {
	t.Parallel()
	src := `{"dsn":"` + cleanDSN + `","event_id":"4242424242424242be71096123456769","sent_at":"2026-11-23T15:49:34Z","trace":{"public_key":"` + plantedCard +
		`","release":"bb@feature.branch","transaction":"/u/kim@example.net","sample_rate":"0.5"},"extra":{"dsn":"` + cleanDSN + `"}}` + "\n" +
		`{"type":"attachment","filename":"kim@example.net.txt","length":2,"content_type":"text/plain","dsn":"` + cleanDSN + `","trace":{"public_key":"` + plantedCard + `"}}` + "\nok\n"
	out, _, err := scrub.Default().AppendEnvelope([]byte("before"), []byte(src))
	if err != nil || !bytes.HasPrefix(out, []byte("before{")) {
		t.Fatalf("error %v, %.10s", err, out)
	}
	hidden := "https://[token]@o1.ingest.example.org/42"
	want := strings.Replace(src, "/u/kim@example.net", "/u/[email]", 1)
	want = strings.Replace(want, "kim@example.net.txt", "[email]", 1)
	want = strings.Replace(want, `"extra":{"dsn":"`+cleanDSN, `"extra":{"dsn":"`+hidden, 1)
	want = strings.Replace(want, `"text/plain","dsn":"`+cleanDSN, `"text/plain","dsn":"`+hidden, 1)
	want = strings.Replace(want, `"`+plantedCard+`"}}`+"\nok", `"[card]"}}`+"\nok", 1)
	if diff := cmp.Diff(want, string(out[len("before"):])); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestItemsThatCannotBeScrubbedAreLeftOutAndNamed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, kind, payload string
		kept                string // empty: left out
	}{
		{"binary attachment", "attachment", "MDMP\x93\xa7\x00\x00", ""},
		{"text that is no UTF-8", "attachment", "caf\xe9", ""},
		{"text with a zero", "attachment", "kim\x00", ""},
		{"recording", "replay_recording", "{\"segment_id\":0}\n\x78\x9c\x03\x00", ""},
		{"cut event", "event", `{"message":"kim@example.net`, ""},
		{"two values", "event", `{} {}`, ""},
		{"too deep", "event", strings.Repeat("[", 300) + strings.Repeat("]", 300), ""},
		{"log of many lines", "attachment", "{\"m\":\"kim@example.net\"}\n{\"m\":2}", "{\"m\":\"[email]\"}\n{\"m\":2}"},
		{"text beyond ASCII", "attachment", "café kim@example.net", "café [email]"},
		{"nothing", "attachment", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := fmt.Sprintf("{}\n{\"type\":\"session\"}\n{\"a\":1}\n{\"type\":%q,\"length\":%d}\n%s\n{\"type\":\"check_in\"}\n{\"b\":2}", tt.kind, len(tt.payload), tt.payload)
			out, dropped, err := scrub.Default().AppendEnvelope(nil, []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			_, items := split(t, out)
			if tt.kept == "" && tt.payload != "" {
				if len(items) != 2 || cmp.Diff([]string{tt.kind}, dropped) != "" || strings.Contains(string(out), "kim") {
					t.Errorf("dropped %v, sent %q", dropped, out)
				}
				found := scrub.Default().Audit([]byte(src))
				if len(found) != 1 || found[0].Kind != scrub.Unreadable || found[0].Path != tt.kind || !strings.HasPrefix(src[found[0].Offset:], tt.payload) {
					t.Errorf("audit: got %+v", found)
				}
				return
			}
			if len(items) != 3 || dropped != nil || items[1].payload != tt.kept || items[2].payload != `{"b":2}` {
				t.Errorf("dropped %v, sent %q", dropped, out)
			}
		})
	}
}

func TestBrokenEnvelopesAreNeverReturned(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"", "\n", "no JSON", "[]\n{\"type\":\"event\"}\n{}", "{\"dsn\":\n", "\"a\"\n", "1\n",
		"{}\n{\"type\":\"event\"", "{}\n{}\n{}", "{}\n{\"type\":\"\"}\n{}", "{}\n{\"type\":7}\n{}", "{}\nnull\n{}",
		"{}\n{\"type\":\"event\",\"length\":5}\n{}", "{}\n{\"type\":\"event\",\"length\":1}\n{}\n", "{}\n{\"type\":\"a\",\"length\":2}\n{}{\"type\":\"b\",\"length\":2}\n{}\n", "{}\n{\"type\":\"event\",\"length\":-1}\n{}\n",
		"{}\n{\"type\":\"event\",\"length\":\"2\"}\n{}\n", "{}\n{\"type\":\"event\",\"length\":1.5}\n{}\n",
	} {
		out, dropped, err := scrub.Default().AppendEnvelope([]byte("before"), []byte(src))
		if !errors.Is(err, scrub.ErrMalformed) || string(out) != "before" || dropped != nil {
			t.Errorf("%q: got %q, dropped %v, error %v", src, out, dropped, err)
		}
	}
}

func TestOddEnvelopesAreRead(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"{}":         "{}\n",
		"{}\n":       "{}\n",
		" {} \r\n\n": " {} \r\n",
		"{}\n{\"type\":\"event\",\"length\":null}\n{\"a\":1}": "{}\n{\"type\":\"event\",\"length\":7}\n{\"a\":1}\n",
		"{}\n{\"type\":\"event\"} \r\n{\"a\":1}\r\n":          "{}\n{\"type\":\"event\",\"length\":8}\n{\"a\":1}\r\n",
		// encoding/json would take this for the length.
		"{}\n{\"type\":\"event\",\"Length\":1}\n{\"a\":1}\n": "{}\n{\"type\":\"event\",\"Length\":1,\"length\":7}\n{\"a\":1}\n",
	} {
		out, _, err := scrub.Default().AppendEnvelope(nil, []byte(src))
		if err != nil || string(out) != want {
			t.Errorf("%q: got %q, error %v; want %q", src, out, err, want)
		}
	}
}

func TestAuditOfAnEnvelope(t *testing.T) {
	t.Parallel()
	src := `{"dsn":"` + cleanDSN + `","trace":{"public_key":"` + hex32 + `","transaction":"/u/kim@example.net"}}` + "\n" +
		`{"type":"event"}` + "\n" + `{"exception":{"values":[{"value":"card 4242424242424242"}]}}` + "\n" +
		`{"type":"attachment","filename":"anna@example.org","length":18}` + "\n" + `call 415-555-0134!` + "\n" +
		`{"type":"kim@example.net","length":16}` + "\n" + `{"token":"hush"}` + "\n"
	findsAt(t, src, scrub.Default().Audit([]byte(src)), []scrub.Finding{
		{Path: "header.trace.transaction", Kind: scrub.Email},
		{Path: "event.exception.values[0].value", Kind: scrub.Card},
		{Path: "attachment.header.filename", Kind: scrub.Email},
		{Path: "attachment", Kind: scrub.Phone},
		{Path: "[email].header.type", Kind: scrub.Email},
		{Path: "[email].token", Kind: scrub.Password},
	}, []string{"kim@", "4242", "anna@", "415-", "kim@", "hush"})
}

// TestRealEnvelopes: what real SDKs send keeps its items and what identifies
// them, is clean afterwards, and does not change a second time.
func TestRealEnvelopes(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("..", "..", "testdata", "envelopes", "*.envelope"))
	if err != nil || len(paths) < 15 {
		t.Fatalf("%d envelopes, error %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(path, "store-event") { // a bare event, from before there were envelopes
				src = append([]byte("{}\n{\"type\":\"event\"}\n"), bytes.TrimSpace(src)...)
			}
			out, dropped, err := scrub.Default().AppendEnvelope(nil, src)
			if err != nil || len(dropped) > 0 {
				t.Fatalf("dropped %v, error %v", dropped, err)
			}
			header, items := split(t, out)
			before := map[string]any{}
			line, _, _ := bytes.Cut(src, []byte("\n"))
			if err := json.Unmarshal(line, &before); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"dsn", "event_id", "sent_at", "sdk"} {
				if diff := cmp.Diff(before[key], header[key]); diff != "" {
					t.Errorf("%s of the header: -want +got:\n%s", key, diff)
				}
			}
			for _, one := range items {
				if !json.Valid([]byte(one.payload)) {
					t.Errorf("%v is no JSON any more", one.header)
				}
			}
			if left := scrub.Default().Audit(out); len(left) > 0 {
				t.Errorf("left: %+v", left)
			}
			again, _, err := scrub.Default().AppendEnvelope(nil, out)
			if err != nil || !bytes.Equal(again, out) {
				t.Errorf("it changes a second time, error %v", err)
			}
			for _, f := range scrub.Default().Audit(src) {
				t.Logf("%s at %s", f.Kind, f.Path)
			}
		})
	}
}
