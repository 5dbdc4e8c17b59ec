package scrub_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// row is a line of the corpus: a text as it stands in a place of an event.
type row struct {
	ID, Label, Place, Key, Text string
	Secrets, Keep               []string
}

// The corpus is stored compressed: it holds texts in the shape of keys, none
// of which works.
func corpus(t testing.TB) []row {
	t.Helper()
	f, err := os.Open("testdata/pii-corpus.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inflated, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	lines := bufio.NewScanner(inflated)
	for lines.Scan() {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil || len(rows) < 180 {
		t.Fatalf("%d rows, error %v", len(rows), err)
	}
	return rows
}

// inEvent puts a value where the corpus says that it stands.
func inEvent(place, key string, value any) map[string]any {
	if key == "" {
		key = "note"
	}
	fields := map[string]any{key: value}
	switch place {
	case "exception.value":
		return map[string]any{"exception": map[string]any{"values": []any{map[string]any{"type": "E", "value": value}}}}
	case "frame.vars":
		return frame(map[string]any{"vars": fields})
	case "frame.context_line":
		return frame(map[string]any{"context_line": value})
	case "message":
		return map[string]any{"message": value}
	case "log.body":
		return map[string]any{"items": []any{map[string]any{"body": value}}}
	case "breadcrumb.message":
		return map[string]any{"breadcrumbs": map[string]any{"values": []any{map[string]any{"message": value}}}}
	case "breadcrumb.data":
		return map[string]any{"breadcrumbs": map[string]any{"values": []any{map[string]any{"data": fields}}}}
	case "span.description":
		return map[string]any{"spans": []any{map[string]any{"description": value}}}
	case "span.data":
		return map[string]any{"spans": []any{map[string]any{"data": fields}}}
	case "request.url", "request.query_string", "request.data":
		return map[string]any{"request": map[string]any{strings.TrimPrefix(place, "request."): value}}
	case "request.headers", "request.cookies":
		return map[string]any{"request": map[string]any{strings.TrimPrefix(place, "request."): fields}}
	case "contexts":
		return map[string]any{"contexts": map[string]any{"app": fields}}
	case "tags", "user":
		return map[string]any{place: fields}
	default:
		panic("place " + place)
	}
}

func frame(fields map[string]any) map[string]any {
	return map[string]any{"exception": map[string]any{"values": []any{map[string]any{"stacktrace": map[string]any{"frames": []any{fields}}}}}}
}

// serialized is an event as SDKs write it: <, > and & are not escaped.
func serialized(t testing.TB, event any) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(event); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(out.Bytes())
}

// leaks says whether most of a secret survived, in one piece.
func leaks(out, secret string) bool {
	size := (len(secret)*6 + 9) / 10
	for i := 0; i+size <= len(secret); i++ {
		if strings.Contains(out, secret[i:i+size]) {
			return true
		}
	}
	return false
}

// texts are all strings and numbers of a value, keys included, as they read.
func texts(t testing.TB, raw []byte) string {
	t.Helper()
	var out strings.Builder
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil {
			return out.String()
		}
		fmt.Fprintln(&out, token)
	}
}

// The thresholds are what is reached. They may only be raised.
func TestCorpus(t *testing.T) {
	t.Parallel()
	var secrets, caught, benign, changed, contexts, kept int
	for _, r := range corpus(t) {
		event := serialized(t, inEvent(r.Place, r.Key, r.Text))
		out, err := scrub.Default().AppendJSON(nil, event)
		if err != nil || !json.Valid(out) {
			t.Fatalf("%s: %v: %s", r.ID, err, out)
		}
		if r.Label == "benign" {
			benign++
			if !bytes.Equal(event, out) {
				changed++
				t.Logf("%s changed: %s -> %s", r.ID, event, out)
			}
			continue
		}
		read := texts(t, out)
		for _, secret := range r.Secrets {
			secrets++
			if leaks(read, secret) {
				t.Logf("%s leaks at %s", r.ID, r.Place)
			} else {
				caught++
			}
		}
		for _, keep := range r.Keep {
			contexts++
			if strings.Contains(read, keep) {
				kept++
			} else {
				t.Logf("%s loses %q: %s", r.ID, keep, read)
			}
		}
	}
	t.Logf("secrets %d of %d caught, benign %d of %d changed, contexts %d of %d kept", caught, secrets, changed, benign, kept, contexts)
	if caught < secrets || changed > 0 || kept < contexts {
		t.Error("the corpus is read worse than before")
	}
}
