package scrub_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

func TestAppendJSON(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"clean is the same bytes", ` { "a" : [ 1, -2.5e+3, true, false, null, "x\n\u00e9" ] } `, ` { "a" : [ 1, -2.5e+3, true, false, null, "x\n\u00e9" ] } `},
		{"no object", `"kim@example.net"`, `"[email]"`},
		{"nested", `{"a":[[{"b":["kim@example.net"]}]]}`, `{"a":[[{"b":["[email]"]}]]}`},
		{"escapes beside a secret", `{"m":"\"quoted\"\tkim@example.net\\\r\n\u0001/"}`, `{"m":"\"quoted\"\t[email]\\\r\n\u0001/"}`},
		{"unicode escapes hide a card", `{"m":"\u0034242 4242 4242 424\u0032"}`, `{"m":"[card]"}`},
		{"unicode escapes hide an e-mail", `{"m":"kim\u0040example.net \ud83d\ude00 \ud83d"}`, "{\"m\":\"[email] \U0001F600 \uFFFD\"}"},
		{"unicode escapes hide a key", `{"pass\u0077ord":"hush"}`, `{"pass\u0077ord":"[Filtered]"}`},
		{"escaped solidus", `{"u":"https:\/\/u:hush@h\/p"}`, `{"u":"https://u:[password]@h/p"}`},
		{"a card as a number", `{"n":4242424242424242,"m":[4242424242424241,5555555555554444]}`, `{"n":"[card]","m":[4242424242424241,"[card]"]}`},
		{"fractions and negative numbers stay", `[-4242424242424242,4.242424242424242,4242424242424242.0]`, `[-4242424242424242,4.242424242424242,4242424242424242.0]`},
		{"a phone as a number", `{"phone":4155550134,"id":4155550134,"fax":555}`, `{"phone":"[phone]","id":4155550134,"fax":555}`},
		{"a card field need not add up", `{"card_number":"1234 5678 9012 3456","pan":123456789012,"card":"visa"}`, `{"card_number":"[card]","pan":"[card]","card":"visa"}`},
		{"no number of a card", `{"pan":-123456789012,"card":123456789012.25}`, `{"pan":-123456789012,"card":123456789012.25}`},
		{"a card in an id is a card, a span's id is none", `{"order_id":4242424242424242,"span_id":"5105105105105100","uuid":"4242424242424242"}`, `{"order_id":"[card]","span_id":"5105105105105100","uuid":"[card]"}`},
		{"keys decide", `{"password":"x1","apiKey":"x1","X-Api-Key":"x1","TWILIO_AUTH_TOKEN":"x1","session_id":"x1","cvc":123,"client_secret":1.5}`, `{"password":"[Filtered]","apiKey":"[Filtered]","X-Api-Key":"[Filtered]","TWILIO_AUTH_TOKEN":"[Filtered]","session_id":"[Filtered]","cvc":"[Filtered]","client_secret":"[Filtered]"}`},
		{"keys that only look alike", `{"max_tokens":"4096","sort_key":"starts_at","author":"x","auth_method":"oauth","PWD":"/srv","passwordless":"x"}`, `{"max_tokens":"4096","sort_key":"starts_at","author":"x","auth_method":"oauth","PWD":"/srv","passwordless":"x"}`},
		{"keys decide for all below", `{"credentials":{"user":"anna","list":["a",1,{"b":"c"}],"ok":true,"none":null},"after":"x"}`, `{"credentials":{"user":"[Filtered]","list":["[Filtered]","[Filtered]",{"b":"[Filtered]"}],"ok":true,"none":null},"after":"x"}`},
		{"keys decide in lists", `{"cookies":["a","b"],"phones":[],"tel":["4155550134"]}`, `{"cookies":["[Filtered]","[Filtered]"],"phones":[],"tel":["[phone]"]}`},
		{"the type of an attribute stays", `{"password":{"value":"hush","type":"string"},"token":{"type":"hush"}}`, `{"password":{"value":"[Filtered]","type":"string"},"token":{"type":"[Filtered]"}}`},
		{"pairs", `[["Authorization","Basic x1"],["Cookie","a=b"],["Accept","x1"]]`, `[["Authorization","[Filtered]"],["Cookie","[Filtered]"],["Accept","x1"]]`},
		{"lists of names are no pairs", `[["password","email","name"],["token"],["password",["a"]]]`, `[["password","email","name"],["token"],["password",["a"]]]`},
		{"nothing in a secret's place", `{"password":"","token":"None","secret":"{secret}","pwd":"***","cookie":"[Filtered]"}`, `{"password":"","token":"None","secret":"{secret}","pwd":"***","cookie":"[Filtered]"}`},
		{"a secret that begins as a mark", `{"password":"[a]hush"}`, `{"password":"[Filtered]"}`},
		{"a secret as a key", `{"cache:kim@example.net":1,"\u006bim@example.org":2}`, `{"cache:[email]":1,"[email]":2}`},
		{"a request to take the address", `{"ip_address":"{{auto}}","{{auto}}":1}`, `{"ip_address":null,"{{auto}}":1}`},
		{"addresses by their key", `{"X-Forwarded-For":"203.0.113.9, 10.0.0.1","version":"11.3.8.4"}`, `{"X-Forwarded-For":"[ip], 10.0.0.1","version":"11.3.8.4"}`},
		{"_meta of the event", `{"_meta":{"user":{"email":{"":{"rem":[["@email:replace","s",0,7]]}}}},"extra":{"_meta":"kim@example.net"}}`, `{"_meta":{"user":{"email":{"":{"rem":[["@email:replace","s",0,7]]}}}},"extra":{"_meta":"[email]"}}`},
		{"the protocol's own values", `{"event_id":"4242424242424242be71096123456769","timestamp":"2026-11-23T15:49:34.462207Z","release":"bb@feature.branch"}`, `{"event_id":"4242424242424242be71096123456769","timestamp":"2026-11-23T15:49:34.462207Z","release":"bb@feature.branch"}`},
		{"others in their place", `{"event_id":"kim@example.net","timestamp":"call 415-555-0134","extra":{"release":"kim@example.net"}}`, `{"event_id":"[email]","timestamp":"call [phone]","extra":{"release":"[email]"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := scrub.Default().AppendJSON([]byte("before"), []byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("before"+tt.want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			again, err := scrub.Default().AppendJSON([]byte("before"), got[len("before"):])
			if err != nil || string(again) != string(got) {
				t.Errorf("a second time: got %s, error %v", again, err)
			}
		})
	}
}

func TestWhatIsNoJSONIsNeverReturned(t *testing.T) {
	t.Parallel()
	whole := `{"a":["kim@example.net",{"b":-1.5e-3,"_meta":[{}]}],"c":true,"\u0041":"\n"}`
	for size := range len(whole) {
		refuse(t, whole[:size])
	}
	for _, in := range []string{
		"", " ", "kim@example.net", "{", `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{"a":1 "b":2}`, `{a:1}`, `'a'`, `{"a":1}x`, `[1}`, `{"a":1]`,
		"01", "-", "1.", ".5", "1e", "+1", "tru", "nulls", `"\x"`, `"\u12g4"`, `"\u12`, "\"\n\"", "\"\x00\"", `{"_meta":{"a":}}`, `{"event_id":tru}`,
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
	} {
		refuse(t, in)
	}
}

func refuse(t *testing.T, in string) {
	t.Helper()
	got, err := scrub.Default().AppendJSON([]byte("before"), []byte(in))
	if !errors.Is(err, scrub.ErrMalformed) || string(got) != "before" {
		t.Errorf("%q: got %q, error %v", in, got, err)
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []scrub.Finding
		at       []string // what stands at each offset
	}{
		{"nothing", "", nil, nil},
		{"blanks", " \n", nil, nil},
		{"a clean text", "order 42", nil, nil},
		{"a text", "to kim@example.net and 4242424242424242", []scrub.Finding{{Kind: scrub.Email}, {Kind: scrub.Card}}, []string{"kim@", "4242"}},
		{
			"JSON", ` {"a":[{},{"b":"x kim@example.net"}],"password":"hush","n":4242424242424242,"ip":"{{auto}}"}`,
			[]scrub.Finding{{Path: "a[1].b", Kind: scrub.Email}, {Path: "password", Kind: scrub.Password}, {Path: "n", Kind: scrub.Card}, {Path: "ip", Kind: scrub.IP}},
			[]string{"kim@", "hush", "4242", "{{auto}}"},
		},
		{"escapes before it", `["\n\u00e9\ud83d\ude00 \"kim@example.net"]`, []scrub.Finding{{Path: "[0]", Kind: scrub.Email}}, []string{"kim@"}},
		{"a secret as a key", `{"kim@example.net":{"token":"hush"}}`, []scrub.Finding{{Kind: scrub.Email}, {Path: "[email].token", Kind: scrub.Password}}, []string{"kim@", "hush"}},
		{"broken JSON is read as a text", `{"a":"kim@example.net"`, []scrub.Finding{{Kind: scrub.Email}}, []string{"kim@"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			findsAt(t, tt.in, scrub.Default().Audit([]byte(tt.in)), tt.want, tt.at)
		})
	}
}

// findsAt compares findings, and what stands at their offsets.
func findsAt(t *testing.T, in string, got, want []scrub.Finding, at []string) {
	t.Helper()
	for i, f := range got {
		if i < len(at) && !strings.HasPrefix(in[f.Offset:], at[i]) {
			t.Errorf("at the offset of %s stands %.20q, want %q", f.Kind, in[f.Offset:], at[i])
		}
		got[i].Offset = 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAuditAndScrubAgree: what is found is what is removed, and nothing is
// found in what was scrubbed.
func TestAuditAndScrubAgree(t *testing.T) {
	t.Parallel()
	for _, r := range corpus(t) {
		event := serialized(t, inEvent(r.Place, r.Key, r.Text))
		found := scrub.Default().Audit(event)
		out, err := scrub.Default().AppendJSON(nil, event)
		if err != nil || !json.Valid(out) {
			t.Fatalf("%s: %v", r.ID, err)
		}
		if (len(found) > 0) != (string(out) != string(event)) {
			t.Errorf("%s: %d findings, and the event was changed: %t", r.ID, len(found), string(out) != string(event))
		}
		if left := scrub.Default().Audit(out); len(left) > 0 {
			t.Errorf("%s: %v left in %s", r.ID, left, out)
		}
		again, err := scrub.Default().AppendJSON(nil, out)
		if err != nil || string(again) != string(out) {
			t.Errorf("%s: a second time %s", r.ID, again)
		}
		once := scrub.Default().String(r.Text)
		if twice := scrub.Default().String(once); twice != once {
			t.Errorf("%s as a text: a second time %q", r.ID, twice)
		}
		for _, secret := range r.Secrets {
			for _, f := range found {
				if strings.Contains(f.Path, secret) {
					t.Errorf("%s: the path holds the value", r.ID)
				}
			}
		}
	}
}
