package scrub_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

const plantedCard = "4242424242424242"

func FuzzString(f *testing.F) {
	for _, text := range []string{"", "a@b.example", "password=x", "Cookie: a", "https://u:p@h", "+1 415", "%40", "[card]", "eyJ.", "-----BEGIN ", "DE89 3704", "::1", "\\Users\\a\\", "{a}", "\xff"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		in := before + "\n" + plantedCard + "\n" + after
		out := scrub.Default().String(in)
		if strings.Contains(out, plantedCard) && !strings.Contains(before+after, plantedCard) {
			t.Errorf("the card is in %q", out)
		}
		if utf8.ValidString(in) && !utf8.ValidString(out) {
			t.Errorf("no UTF-8 any more: %q", out)
		}
		if twice := scrub.Default().String(out); twice != out {
			t.Errorf("a second time %q, from %q, from %q", twice, out, in)
		}
		inBounds(t, in, scrub.Default().Audit([]byte(in)))
	})
}

// inBounds: findings stand in the source, in order.
func inBounds(t *testing.T, in string, found []scrub.Finding) {
	t.Helper()
	last := 0
	for _, one := range found {
		if one.Offset < last || one.Offset >= len(in) {
			t.Errorf("a finding at %d of %d, after one at %d", one.Offset, len(in), last)
		}
		last = one.Offset
	}
}

func FuzzAppendJSON(f *testing.F) {
	for _, in := range []string{
		`{"a":[1,-2.5e3,true,null,"x\u0040y"]}`, `{"password":{"value":"a","type":"string"}}`, `[["token","a"]]`, `{"_meta":{}}`, `{"event_id":"a","timestamp":1}`,
		`"\ud83d\ude00\ud83d"`, `{"ip":"{{auto}}"}`, `{"card":"1234 5678 9012"}`, `{"a@b.example":1}`, `{"release":"a@b.example"}`, `{"`, `[`, `1e`, "\"\xff\"",
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := scrub.Default().AppendJSON(nil, in)
		if err != nil {
			if out != nil {
				t.Errorf("an error and %q", out)
			}
			if json.Valid(in) && bytes.Count(in, []byte("["))+bytes.Count(in, []byte("{")) < 200 {
				t.Errorf("valid JSON was refused: %q", in)
			}
			return
		}
		if !json.Valid(in) || !json.Valid(out) {
			t.Fatalf("no JSON: %q from %q", out, in)
		}
		again, err := scrub.Default().AppendJSON(nil, out)
		if err != nil || !bytes.Equal(again, out) {
			t.Errorf("a second time %q, from %q, from %q, error %v", again, out, in, err)
		}
		found := scrub.Default().Audit(in)
		inBounds(t, string(in), found)
		if (len(found) > 0) != !bytes.Equal(in, out) {
			t.Errorf("%d findings, and %q became %q", len(found), in, out)
		}
	})
}

func FuzzAppendEnvelope(f *testing.F) {
	f.Add([]byte("{}"), []byte(`{"type":"event"}`), []byte(`{"a":"b@c.example"}`))
	f.Add([]byte(`{"dsn":"https://a@b.example/1","trace":{"public_key":"a"}}`), []byte(`{"type":"attachment","length":3,"filename":"x"}`), []byte("a\nb"))
	f.Add([]byte("{}\n"), []byte("{\"type\":\"x\"} \n"), []byte("\x00\n{}"))
	f.Fuzz(func(t *testing.T, header, head, payload []byte) {
		in := bytes.Join([][]byte{header, head, payload}, []byte("\n"))
		found := scrub.Default().Audit(in)
		for _, one := range found {
			if one.Offset < 0 || one.Offset >= len(in) && one.Kind != scrub.Unreadable {
				t.Errorf("a finding at %d of %d", one.Offset, len(in))
			}
		}
		out, dropped, err := scrub.Default().AppendEnvelope(nil, in)
		if err != nil {
			if out != nil || dropped != nil {
				t.Errorf("an error and %q, %v", out, dropped)
			}
			return
		}
		_, items := split(t, out)
		again, dropped, err := scrub.Default().AppendEnvelope(nil, out)
		if err != nil || dropped != nil || !bytes.Equal(again, out) {
			t.Errorf("a second time %q, from %q, from %q, dropped %v, error %v", again, out, in, dropped, err)
		}
		if len(items) > 0 {
			if left := scrub.Default().Audit(out); len(left) > 0 {
				t.Errorf("%v left in %q, from %q", left, out, in)
			}
		}
	})
}
