package envfile

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestQuoteFindsTheFormThatAllRead holds the form, and who misreads it.
func TestQuoteFindsTheFormThatAllRead(t *testing.T) {
	t.Parallel()
	quoted := []string{"docker run --env-file", "make"}
	starlette := append(slices.Clone(quoted), "starlette")
	tests := []struct {
		value, form string
		misread     []string
	}{
		{"", "", nil},
		{"aZ0_./:@%+,=?!*^[]{}-", "aZ0_./:@%+,=?!*^[]{}-", nil},
		{"é日本💈", "é日本💈", nil},
		{"a b", "'a b'", quoted},
		{" ", "' '", quoted},
		{"a#b", "'a#b'", quoted},
		{"~", "'~'", quoted},
		{"$A$(b)`c`", "'$A$(b)`c`'", quoted},
		{`C:\new`, `'C:\new'`, quoted},
		{`a"b`, `'a"b'`, quoted},
		{`"a"`, `'"a"'`, starlette},
		{"it's", `"it's"`, quoted},
		{"it's'", `"it's'"`, starlette},
		{"a\u00a0", "'a\u00a0'", quoted},
		{"\ufeff", "'\ufeff'", quoted},
	}
	for _, test := range tests {
		form, misread, err := Quote(test.value)
		if err != nil || form != test.form {
			t.Errorf("%q: %q, %v; want %q", test.value, form, err, test.form)
		}
		if diff := cmp.Diff(test.misread, misread, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got)\n%s", test.value, diff)
		}
	}
}

// TestUnportableTellsWhyAndWho holds the reason, and the readers against the
// measurement where that lies beside the repository.
func TestUnportableTellsWhyAndWho(t *testing.T) {
	t.Parallel()
	measured := measuredClasses(t)
	tests := []struct {
		value, why  string
		class, form string // of the measurement
	}{
		{"\xff", "it is not UTF-8", "", ""},
		{planted + "\x00", "it holds a NUL character", "", ""},
		{planted + "\n", "it holds a newline", "newline", "sq"},
		{planted + "\r", "it holds a carriage return", "CR", "sq"},
		{planted + "\x1b", "it holds a control character", "control char 0x01/0x1b", "sq"},
		{planted + "\t", "it holds a control character", "tab", "sq"},
		{planted + "${X}", "it holds ${, which is taken for a variable in quotes too", "${X}", "sq"},
		{planted + `\\x`, "it holds two backslashes in a row", "double backslash", "sq"},
		{planted + `\`, "it ends in a backslash", "backslash last", "sq"},
		{planted + `'"x`, "it holds an apostrophe and a double quote", "double quote inside", "dq"},
		{planted + `'$X`, "it holds an apostrophe and a dollar", "apostrophe + $", "dq"},
		{planted + `'\x`, "it holds an apostrophe and a backslash", "backslash inside", "dq"},
		{planted + "'`x", "it holds an apostrophe and a backtick", "backtick", "dq"},
		{strings.Repeat("x", maxLine), "the line would be longer than 64 KiB", "", ""},
	}
	for _, test := range tests {
		_, _, err := Quote(test.value)
		var unportable *UnportableError
		if !errors.As(err, &unportable) || unportable.Why != test.why || err.Error() != test.why {
			t.Errorf("%.20q: %v, want %q", test.value, err, test.why)
			continue
		}
		_, err = Edit([]byte("A=1\n"), set("SOME_KEY", test.value))
		if err == nil || err.Error() != "SOME_KEY: "+test.why {
			t.Errorf("%.20q: %v", test.value, err)
		}
		if !slices.IsSorted(unportable.Readers) || !slices.Contains(unportable.Readers, "docker") {
			t.Errorf("%.20q: %q", test.value, unportable.Readers)
		}
		if want := measured[test.class][test.form]; want != nil {
			if diff := cmp.Diff(want, unportable.Readers); diff != "" {
				t.Errorf("%.20q (-measured +told)\n%s", test.value, diff)
			}
		}
	}
}

// measuredClasses are the readers that read a class of values otherwise in a
// form, by the names that people know; none where the measurement is not there.
func measuredClasses(t *testing.T) map[string]map[string][]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "dotenv", "writer-classes.json"))
	if err != nil {
		return nil
	}
	var read map[string]map[string][]string // who reads it as it is
	if err := json.Unmarshal(b, &read); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"py021": "python-dotenv", "py122": "python-dotenv", "dotenv.js": "dotenv", "godotenv16": "godotenv"}
	all := read["empty"]["bare"]
	otherwise := make(map[string]map[string][]string)
	for class, forms := range read {
		otherwise[class] = make(map[string][]string)
		for form, readers := range forms {
			var others []string
			for _, r := range all {
				if slices.Contains(readers, r) {
					continue
				}
				if name, ok := names[r]; ok {
					r = name
				}
				others = append(others, r)
			}
			slices.Sort(others)
			otherwise[class][form] = slices.Compact(others)
		}
	}
	return otherwise
}
