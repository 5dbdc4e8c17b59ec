package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// fieldsOf lists the names of a JSON type, with those of the types in it.
func fieldsOf(t reflect.Type) []string {
	var names []string
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		return fieldsOf(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			field := t.Field(i)
			if name := field.Tag.Get("json"); name != "" {
				names = append(names, name)
			}
			names = append(names, fieldsOf(field.Type)...)
		}
	}
	return names
}

// TestJSONPageNamesEveryField holds docs/json.md to the types.
func TestJSONPageNamesEveryField(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range []any{
		configDocument{}, setupDocument{}, receivedStart{}, receivedItem{}, receivedRefusal{}, receivedGap{}, receivedEnd{},
	} {
		names := fieldsOf(reflect.TypeOf(document))
		if len(names) < 3 {
			t.Errorf("%T: the fields %v are too few", document, names)
		}
		for _, name := range names {
			if !bytes.Contains(page, []byte("`"+name+"`")) {
				t.Errorf("%T: docs/json.md does not name %s", document, name)
			}
		}
	}
}

// TestEveryLineOfReceiveIsAnObject reads all kinds back.
func TestEveryLineOfReceiveIsAnObject(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := &receiveJSON{out: &out, redact: strings.ToUpper}
	records := append(arrivals(t, "/api/1/envelope/", paymentEvent), arrivals(t, "/nowhere", "x")...)
	err := p.listening("127.0.0.1:1", "dsn")
	for _, r := range records {
		if err == nil {
			err = p.record(r)
		}
	}
	if err == nil {
		err = p.missed(3)
	}
	if err == nil {
		err = p.ended(receiver.Stats{})
	}
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for line := range strings.Lines(out.String()) {
		var object struct {
			Version int
			Kind    string
			Title   string
			Items   map[string]int
		}
		if err := json.Unmarshal([]byte(line), &object); err != nil || object.Version != 1 {
			t.Errorf("%v in %s", err, line)
		}
		if object.Title != strings.ToUpper(object.Title) {
			t.Errorf("a title is not redacted: %s", line)
		}
		if object.Kind == "ended" && object.Items == nil {
			t.Errorf("no items is no object: %s", line)
		}
		kinds = append(kinds, object.Kind)
	}
	if got, want := strings.Join(kinds, " "), "listening item item item refused missed ended"; got != want {
		t.Errorf("saw %s, want %s", got, want)
	}
}
