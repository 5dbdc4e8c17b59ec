package celery

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sample is a message as a Redis carried it between a real Celery's parts.
type sample struct {
	Channel string `json:"channel"`
	List    string `json:"list"`
	Raw     string `json:"payload_raw"`
}

func read(t *testing.T, name string) sample {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "celery", name))
	if err != nil {
		t.Fatal(err)
	}
	var s sample
	if err := json.Unmarshal(content, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// opened is a message with its body decoded, field by field as it stands
// there, without what differs from one to the next.
func opened(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	decoded, err := base64.StdEncoding.DecodeString(m["body"].(string))
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(decoded, &body); err != nil {
		t.Fatal(err)
	}
	m["body"] = body
	properties := m["properties"].(map[string]any)
	for _, own := range []struct {
		in  map[string]any
		key string
	}{{body, "ticket"}, {body, "reply_to"}, {properties, "delivery_tag"}, {m["headers"].(map[string]any), "expires"}} {
		if _, ok := own.in[own.key]; ok {
			own.in[own.key] = "one of its own"
		}
	}
	// Ours need not survive a restart of the broker; that it is not stored at
	// all is Redis's way with channels.
	properties["delivery_mode"] = "either"
	return m
}

func TestPingIsWrittenAsCeleryWritesIt(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"5.2.6", "5.6.2"} {
		celerys := opened(t, []byte(read(t, "celery"+version+".control-ping.json").Raw))
		raw, err := pingMessage("celery.pidbox", "a-ticket", "a-list")
		if err != nil {
			t.Fatal(err)
		}
		// Workers pay no heed to expires, which is the caller's clock.
		delete(celerys["headers"].(map[string]any), "expires")
		if diff := cmp.Diff(celerys, opened(t, raw)); diff != "" {
			t.Errorf("celery %s (-celery +bbctl):\n%s", version, diff)
		}
	}
}

func TestPingAsksForAnswersWithoutABinding(t *testing.T) {
	t.Parallel()
	raw, err := pingMessage("celery.pidbox", "a-ticket", "a-list")
	if err != nil {
		t.Fatal(err)
	}
	var m message
	var c command
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	body, err := base64.StdEncoding.DecodeString(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &c); err != nil {
		t.Fatal(err)
	}
	if want := (replyTo{Exchange: "", RoutingKey: "a-list"}); c.ReplyTo != want || c.Ticket != "a-ticket" {
		t.Errorf("reply to %+v with ticket %s, want %+v with a-ticket", c.ReplyTo, c.Ticket, want)
	}
}

func TestAnswersAreReadAsCeleryWritesThem(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]struct{ worker, ticket string }{
		"5.2.6": {"w1@bb", "dd2aea60-696b-4855-a534-3ad5ac71a4fa"},
		"5.6.2": {"w2@bb", "a841f470-f8f8-4cdf-910d-b4d75df535f9"},
	} {
		reply := read(t, "celery"+version+".pidbox-reply.json").Raw
		got := workersIn([]string{reply, "", "no JSON", `{"body":"!"}`, reply}, want.ticket)
		if diff := cmp.Diff([]string{want.worker}, got); diff != "" {
			t.Errorf("celery %s, workers (-want +got):\n%s", version, diff)
		}
		if got := workersIn([]string{reply}, "another"); len(got) != 0 {
			t.Errorf("celery %s: %v answered another ticket", version, got)
		}
	}
}

func TestChannelFollowsTheApplicationsSettings(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]Options{
		read(t, "celery5.2.6.control-ping.json").Channel: {URL: "redis://broker/1"},
		read(t, "celery5.6.2.control-ping.json").Channel: {URL: "redis://broker/3"},
		"/0.celery.pidbox":       {URL: "redis://broker"},
		"/2.celery.pidbox":       {URL: "redis://broker/?virtual_host=2"},
		"/4.celery.pidbox":       {URL: "redis+socket:///run/redis.sock?virtual_host=/4"},
		"/5.celery.pidbox":       {URL: "sentinel://a:26379/5;sentinel://b:26379"},
		"celery.pidbox":          {URL: "redis://broker/1", NoFanoutPrefix: true},
		"bb:/1.celery.pidbox":    {URL: "redis://broker/1", GlobalKeyPrefix: "bb:"},
		"shop-1-celery.pidbox":   {URL: "redis://broker/1", FanoutPrefix: "shop-{db}-"},
		"/1.bookings.pidbox":     {URL: "redis://broker/1", ControlExchange: "bookings"},
		"bb:/1.bookings2.pidbox": {URL: "rediss://broker/1?ssl_cert_reqs=none", GlobalKeyPrefix: "bb:", ControlExchange: "bookings2"},
	} {
		b, err := parseBroker(o.URL)
		if err != nil {
			t.Errorf("%s: %v", o.URL, err)
			continue
		}
		p := ping{Options: o, db: b.db}
		if got := p.channel(); got != want {
			t.Errorf("%+v: channel %s, want %s", o, got, want)
		}
	}
}
