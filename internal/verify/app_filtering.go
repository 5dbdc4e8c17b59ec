package verify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

// kept expects that one kind of error arrives, and tells whether the kind of
// noise that is much like it is dropped.
func (t *trial) kept(noise, real string) {
	raising := func(kind string) step {
		return step{"do": "capture", "error": []string{"planted " + kind}, "kind": kind}
	}
	a, ok := t.play(raising(noise), raising(real))
	if !ok {
		return
	}
	arrived := func(kind string) bool {
		return slices.ContainsFunc(a.events, func(e *envelope.Event) bool { return slices.Contains(texts(e), "planted "+kind) })
	}
	if !arrived(real) {
		a.events = nil
		t.nothing(a, "a "+real)
		return
	}
	t.saw("a %s arrives", real)
	if arrived(noise) {
		t.saw("so does a %s: nothing filters it", noise)
	}
}

func appFilterCancelled(t *trial)  { t.kept("CancelledError", "TimeoutError") }
func appFilterDisconnect(t *trial) { t.kept("BrokenPipeError", "ConnectionRefusedError") }

func appFilterPaths(t *trial) {
	a, ok := t.play(step{"do": "asgi", "paths": append(slices.Clone(noisyPaths), plainPath)})
	if !ok {
		return
	}
	noise, plain := 0, false
	for _, transaction := range a.transactions {
		if mentions(transaction, plainPath) {
			plain = true
		} else {
			noise++
		}
	}
	if len(a.transactions) == 0 && !slices.Contains(a.start.Integrations, "starlette") {
		t.end(check.Skipped("the SDK does not watch Starlette: requests make no transactions"))
		return
	}
	if !plain {
		t.miss(cause.AppHookDrops, "compare whole paths in before_send_transaction, not their beginning", "the transaction of %s: it did not arrive", plainPath)
		return
	}
	if noise > 0 {
		t.end(check.Skipped("nothing filters the transactions of health checks: %d of %d arrived", noise, len(noisyPaths)))
		return
	}
	t.saw("no transaction of %d machine paths, and that of %s", len(noisyPaths), plainPath)
}

// promised are the kinds that the team has promised to keep back: a leak of
// them fails. The others are told.
var promised = []string{"card", "email", "phone"}

// appSecrets plants every secret wherever text goes, and searches the bytes
// that arrived.
func appSecrets(t *trial) {
	var steps []step
	for i, s := range secretsOf() {
		steps = append(steps, step{"do": "request", "alone": true, "steps": []step{
			{"do": "call", "name": "add_business_breadcrumb", "kwargs": map[string]any{"action": s.text, "resource_type": s.kind, "resource_id": s.text}},
			call("add_business_context", map[string]any{"operation_type": s.text, "resource_id": s.text}),
			{"do": "call", "name": plantedWith(i), "args": []any{map[string]any{"error_stage": s.text, "service_name": s.text, "operation": s.text}}, "error": []string{"refused " + s.text}, "local": s.text},
		}}, step{"do": "request", "steps": []step{{"do": "capture", "error": []string{"refused " + s.text}, "local": s.text}}})
	}
	a, ok := t.play(t.available(steps)...)
	if !ok {
		return
	}
	if len(a.events) == 0 {
		t.nothing(a, "errors that hold secrets")
		return
	}
	t.judgeSecrets(a)
}

func plantedWith(n int) string {
	return []string{"capture_booking_error", "capture_payment_error", "capture_integration_error"}[n%3]
}

// available leaves out the calls of functions that the application does not
// have: secrets are planted in what there is.
func (t *trial) available(steps []step) []step {
	a, ok := t.play()
	if !ok {
		return steps
	}
	var kept []step
	for _, s := range steps {
		if inner, ok := s["steps"].([]step); ok {
			s = step{"do": s["do"], "alone": s["alone"], "steps": t.keep(inner, a.start.Missing)}
		}
		kept = append(kept, s)
	}
	return kept
}

func (t *trial) keep(steps []step, missing []string) []step {
	return slices.DeleteFunc(slices.Clone(steps), func(s step) bool {
		name, _ := s["name"].(string)
		return s["do"] == "call" && slices.Contains(missing, name)
	})
}

func (t *trial) judgeSecrets(a *act) {
	leaked, vars := map[string]string{}, 0
	var kinds []string
	for _, secret := range secretsOf() {
		inVars, elsewhere := leaksOf(a.arrival, secret.core())
		switch {
		case elsewhere && leaked[secret.kind] == "":
			leaked[secret.kind] = placeOf(a.arrival, secret.core())
			kinds = append(kinds, secret.kind)
		case inVars && !elsewhere:
			vars++
		}
	}
	for _, kind := range kinds {
		if slices.Contains(promised, kind) {
			t.miss(cause.AppPII, "before_send: remove what looks like a "+kind+" from event["+quoted(leaked[kind])+"]", "a planted %s was on the wire, at event.%s", kind, leaked[kind])
		}
	}
	var others []string
	for _, kind := range kinds {
		if !slices.Contains(promised, kind) {
			others = append(others, kind+" at event."+leaked[kind])
		}
	}
	if len(others) > 0 {
		t.remark(cause.AppPII, "before_send: remove secrets from texts as well; the SDK goes by the names of keys alone", "secrets in texts were on the wire: %s", strings.Join(others, ", "))
	}
	if vars > 0 {
		t.remark(cause.AppPII, fixVars(a.start.SDK), "planted secrets were on the wire among local variables: %d of %d", vars, len(secretsOf()))
	}
	t.saw("none of %d secrets of 10 kinds in %d events", len(secretsOf()), len(a.events))
}

func quoted(place string) string {
	first, _, _ := strings.Cut(place, ".")
	return fmt.Sprintf("%q", first)
}

func appLookalikes(t *trial) {
	var text strings.Builder
	for _, plain := range lookalikes {
		fmt.Fprintf(&text, "(%s) ", plain)
	}
	event, ok := t.event("a message with harmless texts", message(text.String()))
	if !ok {
		return
	}
	lost := 0
	for _, plain := range lookalikes {
		if !strings.Contains(event.Message, "("+plain+")") {
			lost++
			t.remark(cause.AppContextMissing, "before_send: check a card number's last digit (Luhn) before it is removed, and keep ids and times", "%q in a message: it did not arrive unharmed", plain)
		}
	}
	t.saw("%d look-alikes unharmed", len(lookalikes)-lost)
}

// appBackground captures and ends: what the SDK does at exit must send it.
func appBackground(t *trial) {
	a, ok := t.perform(generous(), order{Steps: []step{message("last words")}, Exit: true})
	if !ok {
		return
	}
	if !slices.ContainsFunc(a.events, func(e *envelope.Event) bool { return e.Message == "last words" }) {
		if len(a.discards) > 0 {
			t.nothing(a, "a message just before the end")
			return
		}
		t.miss(cause.AppNoFlush, "remove default_integrations=False and shutdown_timeout=0 from sentry_sdk.init, or call sentry_sdk.flush(timeout=2) last", "a message just before the process ends: it did not arrive")
		return
	}
	t.saw("a message that was captured last arrived")
}

// mentionsBeside says whether a text stands in an event outside of its
// exceptions' own texts and stacks.
func mentionsBeside(event *envelope.Event, text string) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(event.Raw, &fields) != nil {
		return false
	}
	for name, raw := range fields {
		if name != "exception" && strings.Contains(string(raw), text) {
			return true
		}
	}
	return false
}

// leaksOf says whether a text stands among the local variables of stacks, and
// whether it stands anywhere else.
func leaksOf(a *arrival, text string) (inVars, elsewhere bool) {
	for _, event := range slices.Concat(a.events, a.transactions) {
		for _, place := range placesOf(event.Raw, text) {
			if strings.Contains(place, ".vars.") {
				inVars = true
			} else {
				elsewhere = true
			}
		}
	}
	return inVars, elsewhere
}

// placeOf is the first place outside of local variables where a text stands.
func placeOf(a *arrival, text string) string {
	for _, event := range slices.Concat(a.events, a.transactions) {
		for _, place := range placesOf(event.Raw, text) {
			if !strings.Contains(place, ".vars.") {
				return place
			}
		}
	}
	return ""
}

// placesOf are the paths of the strings of a JSON value that hold a text.
func placesOf(raw []byte, text string) []string {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return nil
	}
	var places []string
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case string:
			if strings.Contains(v, text) {
				places = append(places, path)
			}
		case []any:
			for _, inner := range v {
				walk(path, inner)
			}
		case map[string]any:
			for key, inner := range v {
				if strings.Contains(key, text) {
					places = append(places, path)
				}
				walk(strings.TrimPrefix(path+"."+key, "."), inner)
			}
		}
	}
	walk("", value)
	slices.Sort(places)
	return places
}
