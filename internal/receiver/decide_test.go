package receiver_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

const (
	id      = "9ec79c33ec9942ab8353589fcb2e04dc"
	message = "{\"event_id\":\"" + id + "\"}\n{\"type\":\"event\"}\n{\"message\":\"hello\"}\n"
	answer  = `{"id":"` + id + `"}`

	missing   = `{"detail":"missing authorization information"}`
	multiple  = `{"detail":"multiple authorization payloads detected"}`
	badHeader = `{"detail":"bad x-sentry-auth header","causes":["missing public key in auth header"]}`
	badKey    = `{"detail":"bad sentry DSN public key","causes":["invalid project key"]}`
	rejected  = `{"detail":"event submission rejected with_reason: ProjectId"}`
	notFound  = `{"detail":"The requested resource does not exist"}`
)

func invalid(cause string) string {
	return `{"detail":"invalid event envelope","causes":["` + cause + `"]}`
}

func tooLarge(kind string) string {
	return `{"detail":"envelope exceeded size limits for type '` + kind + `' (https://develop.sentry.dev/sdk/envelopes/#size-limits)"}`
}

// ofSize is an envelope with items of a type and size.
func ofSize(kind string, size, count int) string {
	item := fmt.Sprintf("{\"type\":%q,\"length\":%d}\n%s\n", kind, size, strings.Repeat("x", size))
	return "{}\n" + strings.Repeat(item, count)
}

type request struct {
	name   string
	method string // POST unless it says otherwise
	path   string // /api/1/envelope/ unless it says otherwise
	header http.Header
	body   string
	status int
	answer string
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	r, address := start(t, receiver.Options{})
	key := receiver.Key()
	stranger := strings.Repeat("0123456789abcdef", 2)
	dsn := func(key, project string) string {
		return fmt.Sprintf("{\"dsn\":\"http://%s@%s/%s\",\"event_id\":%q}\n", key, address, project, id)
	}
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	good := header("X-Sentry-Auth", auth())
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"))
	for _, c := range []request{
		{name: "header", header: good, body: message, status: 200, answer: answer},
		{name: "header, any case", header: header("X-Sentry-Auth", "sentry sentry_key="+strings.ToUpper(key)), body: message, status: 200, answer: answer},
		{name: "Authorization: Sentry", header: header("Authorization", auth()), body: message, status: 200, answer: answer},
		{name: "Authorization: Basic", header: header("Authorization", basic), body: message, status: 200, answer: answer},
		{name: "Authorization of another kind", header: header("Authorization", "Bearer x"), body: message, status: 401, answer: missing},
		{name: "query", path: "/api/1/envelope/?sentry_version=7&sentry_key=" + key, body: message, status: 200, answer: answer},
		{name: "envelope header", body: dsn(key, "1"), status: 200, answer: answer},
		{name: "envelope header with a header that agrees", header: good, body: dsn(key, "1"), status: 200, answer: answer},
		{name: "flags after the key", header: header("X-Sentry-Auth", auth()+".no-cache"), body: message, status: 200, answer: answer},
		{name: "no slash at the end", path: "/api/1/envelope", header: good, body: message, status: 200, answer: answer},
		{name: "a path prefix", path: "/sentry/relay/api/1/envelope/", header: good, body: message, status: 200, answer: answer},
		{name: "store", path: "/api/1/store/", header: good, body: `{"event_id":"` + id + `","message":"hello"}`, status: 200, answer: answer},
		{name: "envelope at store", path: "/api/1/store/", header: header("X-Sentry-Auth", auth(), "Content-Type", "application/x-sentry-envelope"), body: message, status: 200, answer: answer},
		{name: "stream", path: "/stream", body: message, status: 200},
		{name: "no event, no id", header: good, body: "{}\n{\"type\":\"client_report\"}\n{}", status: 200, answer: "{}"},
		{name: "the event's own id", header: good, body: "{}\n{\"type\":\"event\"}\n{\"event_id\":\"9EC79C33-EC99-42ab-8353-589fcb2e04dc\"}", status: 200, answer: answer},
		{name: "header alone", header: good, body: "{}", status: 200, answer: "{}"},

		{name: "no credentials", body: message, status: 401, answer: missing},
		{name: "no credentials at store", path: "/api/1/store/", body: "{}", status: 401, answer: missing},
		{name: "credentials without Sentry before them", header: header("X-Sentry-Auth", "sentry_key="+key), body: message, status: 401, answer: missing},
		{name: "two headers", header: header("X-Sentry-Auth", auth(), "Authorization", auth()), body: message, status: 401, answer: multiple},
		{name: "header and basic", header: header("X-Sentry-Auth", auth(), "Authorization", basic), body: message, status: 401, answer: multiple},
		{name: "header and query", path: "/api/1/envelope/?sentry_key=" + key, header: good, body: message, status: 401, answer: multiple},
		{name: "header without key", header: header("X-Sentry-Auth", "Sentry sentry_version=7"), body: message, status: 401, answer: badHeader},
		{name: "query without key", path: "/api/1/envelope/?sentry_version=7", body: message, status: 401, answer: badHeader},
		{name: "broken DSN in the envelope", body: "{\"dsn\":\"nonsense\"}\n", status: 401, answer: `{"detail":"bad envelope authentication header","causes":["invalid dsn"]}`},

		{name: "key too short", header: header("X-Sentry-Auth", "Sentry sentry_key=abc"), body: message, status: 400, answer: badKey},
		{name: "key not hexadecimal", header: header("X-Sentry-Auth", "Sentry sentry_key="+strings.Repeat("z", 32)), body: message, status: 400, answer: badKey},
		{name: "version 8", header: header("X-Sentry-Auth", "Sentry sentry_version=8, sentry_key="+key), body: message, status: 400, answer: `{"detail":"unsupported protocol version (8)"}`},
		{name: "project not a number", path: "/api/my-shop/envelope/", header: good, body: message, status: 400, answer: `{"detail":"bad project path parameter","causes":["invalid project identifier"]}`},
		{name: "another key", header: header("X-Sentry-Auth", "Sentry sentry_key="+stranger), body: message, status: 403, answer: rejected},
		{name: "another key in the envelope", body: dsn(stranger, "1"), status: 403, answer: rejected},
		{name: "another project", path: "/api/42/envelope/", header: good, body: message, status: 403, answer: rejected},
		{name: "the envelope names another key", header: good, body: dsn(stranger, "1"), status: 400, answer: invalid("public key header mismatch between envelope and request")},
		{name: "the envelope names another project", header: good, body: dsn(key, "2"), status: 400, answer: invalid("project id header mismatch between envelope and request")},

		{name: "empty", header: good, status: 400, answer: `{"detail":"empty request body"}`},
		{name: "blank", header: good, body: "\n", status: 400, answer: invalid("missing envelope header")},
		{name: "no JSON", header: good, body: "hello", status: 400, answer: invalid("invalid envelope header")},
		{name: "item header without type", header: good, body: "{}\n{}\n{}", status: 400, answer: invalid("invalid item header")},
		{name: "item shorter than its length", header: good, body: "{}\n{\"type\":\"event\",\"length\":10}\n{}", status: 400, answer: invalid("unexpected end of file")},
		{name: "item longer than its length", header: good, body: "{}\n{\"type\":\"event\",\"length\":1}\n{}\n", status: 400, answer: invalid("missing newline after header or payload")},
		{name: "id malformed", header: good, body: "{\"event_id\":\"abc\"}\n", status: 400, answer: `{"detail":"invalid event envelope","causes":["invalid envelope header","invalid event identifier"]}`},
		{name: "no JSON at store", path: "/api/1/store/", header: good, body: "[]", status: 400, answer: `{"detail":"invalid JSON data","causes":["the body is no event"]}`},
		{name: "broken stream", path: "/stream", body: "x", status: 400, answer: invalid("invalid envelope header")},

		{name: "event over its limit", header: good, body: ofSize("event", 1<<20+1, 1), status: 413, answer: tooLarge("event")},
		{name: "event at its limit", header: good, body: "{\"event_id\":\"" + id + "\"}" + ofSize("event", 1<<20, 1)[2:], status: 200, answer: answer},
		{name: "two events", header: good, body: ofSize("event", 2, 2), status: 413, answer: tooLarge("event")},
		{name: "check-in over its limit", header: good, body: ofSize("check_in", 100<<10+1, 1), status: 413, answer: tooLarge("check_in")},
		{name: "client reports together over their limit", header: good, body: ofSize("client_report", 60<<10, 2), status: 413, answer: tooLarge("client_report")},
		{name: "too many sessions", header: good, body: ofSize("session", 2, 101), status: 413, answer: tooLarge("session")},
		{name: "unknown items have no limit", header: good, body: ofSize("novelty", 3<<20, 3), status: 200, answer: "{}"},
		{name: "standalone spans", header: good, body: ofSize("span", 2, 25), status: 200, answer: "{}"},
		{name: "a log over its limit", header: good, body: ofSize("log", 3<<20, 1), status: 413, answer: tooLarge("log")},
		{name: "logs are counted one by one", header: good, body: "{}\n{\"type\":\"log\",\"item_count\":2}\n" + strings.Repeat("x", 3<<20), status: 200, answer: "{}"},
		{name: "logs together over their limit", header: good, body: "{}\n{\"type\":\"log\",\"item_count\":100}\n" + strings.Repeat("x", 12<<20+1), status: 413, answer: tooLarge("log")},
		{name: "store over its limit", path: "/api/1/store/", header: good, body: `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, status: 413, answer: tooLarge("event")},

		{name: "GET", method: "GET", header: good, status: 405},
		{name: "HEAD", method: "HEAD", header: good, status: 405},
		{name: "PUT", method: "PUT", header: good, body: message, status: 405},
		{name: "another path", path: "/api/0/projects/", header: good, body: message, status: 404, answer: notFound},
		{name: "no project", path: "/api/envelope/", header: good, body: message, status: 404, answer: notFound},
		{name: "preflight", method: "OPTIONS", status: 200},
		{name: "unknown encoding", header: header("X-Sentry-Auth", auth(), "Content-Encoding", "compress"), body: message, status: 415, answer: `{"detail":"unsupported content encoding"}`},
		{name: "broken gzip", header: header("X-Sentry-Auth", auth(), "Content-Encoding", "gzip"), body: "not gzip", status: 400, answer: `{"detail":"failed to read request body","causes":["the body could not be decompressed"]}`},
		{name: "broken brotli", header: header("X-Sentry-Auth", auth(), "Content-Encoding", "br"), body: "\xff\xff\xff", status: 400, answer: `{"detail":"failed to read request body","causes":["the body could not be decompressed"]}`},
		{name: "broken zstd", header: header("X-Sentry-Auth", auth(), "Content-Encoding", "zstd"), body: "not zstd", status: 400, answer: `{"detail":"failed to read request body","causes":["the body could not be decompressed"]}`},
		{name: "broken deflate", header: header("X-Sentry-Auth", auth(), "Content-Encoding", "deflate"), body: "not deflate", status: 400, answer: `{"detail":"failed to read request body","causes":["the body could not be decompressed"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.Reset()
			method, path := c.method, c.path
			if method == "" {
				method = http.MethodPost
			}
			if path == "" {
				path = "/api/1/envelope/"
			}
			status, got := do(t, method, "http://"+address+path, c.header, []byte(c.body), false)
			if status != c.status || got != c.answer {
				t.Errorf("answered %d %s\nexpected %d %s", status, got, c.status, c.answer)
			}
			kept := r.Records()
			if want := c.status == 200 && method == http.MethodPost; (len(kept) == 1) != want {
				t.Fatalf("kept %d, expected to keep it: %v", len(kept), want)
			}
			if len(kept) == 1 && string(kept[0].Raw) != c.body {
				t.Error("kept other bytes than were sent")
			}
		})
	}
}

func TestRecordsSayHowARequestCame(t *testing.T) {
	t.Parallel()
	var seen []*receiver.Record
	r, address := start(t, receiver.Options{OnEnvelope: func(r *receiver.Record) { seen = append(seen, r) }})
	post(t, "http://"+address+"/api/1/envelope/", http.Header{"X-Sentry-Auth": {auth()}}, []byte(message), false)
	post(t, "http://"+address+"/api/1/envelope/", nil, []byte(message), false)
	if len(seen) != 2 {
		t.Fatalf("OnEnvelope was called %d times", len(seen))
	}
	kept := r.Records()
	if len(kept) != 1 || kept[0] != seen[0] {
		t.Fatal("the first request was not kept")
	}
	got := kept[0]
	if got.Seq != 1 || got.Client != "test/1.0" || got.Auth != receiver.SourceHeader || got.Kind != receiver.KindEnvelope ||
		!got.Accepted || got.Status != 200 || got.EventID != id || got.Project != "1" || got.Time.IsZero() || got.Remote == "" {
		t.Errorf("saw %+v", got)
	}
	if refused := seen[1]; refused.Accepted || refused.Status != 401 || refused.Reason != "missing authorization information" || refused.Raw != nil {
		t.Errorf("saw %+v", refused)
	}
	stats := r.Stats()
	want := receiver.Stats{
		Requests: 2, Accepted: 1, Rejected: 1, Items: map[string]uint64{"event": 1},
		Bytes: uint64(len(message)), Wire: uint64(len(message)), Kept: 1, KeptBytes: stats.KeptBytes,
	}
	if diff := cmp.Diff(want, stats); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

func TestBrowsersMaySend(t *testing.T) {
	t.Parallel()
	_, address := start(t, receiver.Options{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, "http://"+address+"/api/1/envelope/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("Access-Control-Allow-Origin") != "*" || response.Header.Get("Access-Control-Allow-Methods") != "POST" ||
		!strings.Contains(response.Header.Get("Access-Control-Allow-Headers"), "x-sentry-auth") {
		t.Errorf("preflight: saw %v", response.Header)
	}
}

func TestLimitsOfARequest(t *testing.T) {
	t.Parallel()
	r, address := start(t, receiver.Options{MaxRequest: 1000, MaxInflated: 5000})
	url := "http://" + address + "/api/1/envelope/"
	long := []byte(message + strings.Repeat("\n", 1000))
	squeeze := func(b []byte) []byte {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(b)
		_ = w.Close()
		return packed.Bytes()
	}
	for _, c := range []struct {
		name, encoding string
		body           []byte
		chunked        bool
		status         int
	}{
		{"over, by its length", "", long, false, 413},
		{"over, chunked", "", long, true, 413},
		{"inflated below its limit", "gzip", squeeze([]byte(message + strings.Repeat("\n", 4000))), false, 200},
		{"inflated over its limit", "gzip", squeeze([]byte(message + strings.Repeat("\n", 5000))), false, 413},
	} {
		header := http.Header{"X-Sentry-Auth": {auth()}, "Content-Encoding": {c.encoding}}
		status, got := post(t, url, header, c.body, c.chunked)
		if status != c.status {
			t.Errorf("%s: answered %d %s", c.name, status, got)
		}
		if status == 413 && got != `{"detail":"failed to read request body","causes":["length limit exceeded"]}` {
			t.Errorf("%s: answered %s", c.name, got)
		}
	}
	if stats := r.Stats(); stats.Accepted != 1 || stats.Rejected != 3 {
		t.Errorf("saw %+v", stats)
	}
}

// TestLargeBodiesSurviveInflation crosses the size up to which a body is
// inflated in one go.
func TestLargeBodiesSurviveInflation(t *testing.T) {
	t.Parallel()
	r, address := start(t, receiver.Options{})
	want := []byte(ofSize("attachment", 5<<20, 1))
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(want)
	_ = w.Close()
	status, got := post(t, "http://"+address+"/api/1/envelope/", http.Header{"X-Sentry-Auth": {auth()}, "Content-Encoding": {"gzip"}}, packed.Bytes(), true)
	if kept := r.Records(); status != 200 || len(kept) != 1 || !bytes.Equal(kept[0].Raw, want) {
		t.Fatalf("answered %d %s, kept %d", status, got, len(kept))
	}
}

func TestKeyIsWellFormedAndConstant(t *testing.T) {
	t.Parallel()
	if key := receiver.Key(); len(key) != 32 || strings.Trim(key, "0123456789abcdef") != "" || key != receiver.Key() {
		t.Errorf("saw %d characters", len(key))
	}
	if dsn := receiver.New(receiver.Options{}).DSN("127.0.0.1:8969/x"); dsn != "http://"+receiver.Key()+"@127.0.0.1:8969/x/1" {
		t.Error("the DSN is not of its form")
	}
}

func TestSummaries(t *testing.T) {
	t.Parallel()
	event, err := json.Marshal(map[string]any{
		"event_id": id, "level": "error", "release": "r@1", "environment": "test",
		"exception": map[string]any{"values": []any{map[string]any{"type": "BookingError", "value": "slot taken"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	raw := "{}\n{\"type\":\"event\"}\n" + string(event) + "\n" +
		"{\"type\":\"transaction\"}\n{\"transaction\":\"book\",\"contexts\":{\"trace\":{\"op\":\"http.server\"}},\"spans\":[{},{}]}\n" +
		"{\"type\":\"client_report\"}\n{\"discarded_events\":[{\"reason\":\"sample_rate\",\"category\":\"error\",\"quantity\":3}]}\n" +
		"{\"type\":\"event\"}\nnonsense\n{\"type\":\"novelty\"}\n12345\n" +
		"{\"type\":\"log\"}\n{\"items\":[{\"body\":\"opened\",\"level\":\"info\",\"attributes\":{\"sentry.release\":{\"value\":\"r@1\"}}}]}\n"
	record := &receiver.Record{Kind: receiver.KindEnvelope, Raw: []byte(raw)}
	got, err := record.Summaries()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 6 || got[3].Err == nil {
		t.Fatalf("saw %+v", got)
	}
	got[3].Err = nil
	want := []receiver.Summary{
		{Type: "event", EventID: id, Level: "error", Title: "BookingError: slot taken", Release: "r@1", Environment: "test", Size: len(event), Count: 1},
		{Type: "transaction", Title: "book", Op: "http.server", Size: got[1].Size, Count: 2},
		{Type: "client_report", Title: "3 error: sample_rate", Size: got[2].Size, Count: 1},
		{Type: "event", Size: 8, Count: 1},
		{Type: "novelty", Size: 5, Count: 1},
		{Type: "log", Title: "opened", Level: "info", Release: "r@1", Size: got[5].Size, Count: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
