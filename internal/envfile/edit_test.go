package envfile

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func set(key, value string) []Change { return []Change{{Key: key, Value: value}} }

func remove(key string) []Change { return []Change{{Key: key, Remove: true}} }

// TestEditTouchesTheValueAlone holds the new text, and what is said of it.
func TestEditTouchesTheValueAlone(t *testing.T) {
	t.Parallel()
	docker, shell := []Reader{Docker}, []Reader{Shell}
	tests := []struct {
		name    string
		text    string
		changes []Change
		want    string
		applied []Applied
	}{
		{"replace", "# c\n\nA=1\nB=2\n", set("A", "x"), "# c\n\nA=x\nB=2\n", []Applied{{"A", ActionReplaced, 3, nil, nil}}},
		{"the same value is not written anew", "A='1'\n", set("A", "1"), "A='1'\n", []Applied{{"A", ActionKept, 1, nil, docker}}},
		{"the same value by way of a variable", "B=1\nA=${B}\n", set("A", "1"), "B=1\nA=${B}\n", []Applied{{"A", ActionKept, 2, nil, noVariables()}}},
		{"an inline comment stays", "A=1  # why\n", set("A", "x"), "A=x  # why\n", []Applied{{"A", ActionReplaced, 1, nil, []Reader{Docker, Systemd}}}},
		{"indentation and export stay", " \texport A=\"1\" \nB=2", set("A", "x"), " \texport A=x \nB=2", []Applied{{"A", ActionReplaced, 1, nil, []Reader{Systemd}}}},
		{"bash would fill in {a,b} behind export", "export A=1\n", set("A", "{a,b}"), "export A='{a,b}'\n", []Applied{{"A", ActionReplaced, 1, nil, []Reader{Systemd}}}},
		{"blanks around = stay", "A = 1\n", set("A", "x"), "A = x\n", []Applied{{"A", ActionReplaced, 1, nil, shell}}},
		{"CR LF", "A=1\r\nB=2\r\n", set("A", "x"), "A=x\r\nB=2\r\n", []Applied{{"A", ActionReplaced, 1, nil, shell}}},
		{"a lone CR ends a line", "# c\rA=1\r\nB=2\n", set("A", "x"), "# c\rA=x\r\nB=2\n", []Applied{{"A", ActionReplaced, 2, nil, []Reader{Godotenv, Shell, Docker}}}},
		{"several lines become one", "A=\"1\n2\r\n3\" # c\nB=2\n", set("A", "x"), "A=x # c\nB=2\n", []Applied{{"A", ActionReplaced, 1, nil, []Reader{Docker, Systemd}}}},
		{"what docker takes for variables in a value goes with it", "A='1\nX=2'\nB=2\n", set("A", "x"), "A=x\nB=2\n", []Applied{{"A", ActionReplaced, 1, nil, nil}}},
		{"the last of several", "A=1\nB=2\nA=3\n", set("A", "x"), "A=1\nB=2\nA=x\n", []Applied{{"A", ActionReplaced, 3, []int{1}, nil}}},
		{"nothing but blanks", "A=  \nB=2\n", set("A", "x"), "A=x  \nB=2\n", []Applied{{"A", ActionReplaced, 1, nil, docker}}},
		{"no value", "A=\nB=2\n", set("A", "x"), "A=x\nB=2\n", []Applied{{"A", ActionReplaced, 1, nil, nil}}},
		{"to nothing", "A=1\nB=2\n", set("A", ""), "A=\nB=2\n", []Applied{{"A", ActionReplaced, 1, nil, nil}}},
		{"to nothing before a comment", "A=1 # c\n", set("A", ""), "A='' # c\n", []Applied{{"A", ActionReplaced, 1, nil, []Reader{Docker, Systemd}}}},
		{"a comment at the quote", "A='1'#c\n", set("A", "x"), "A='x'#c\n", []Applied{{"A", ActionReplaced, 1, nil, []Reader{Shell, Docker, Systemd}}}},
		{"a key alone", "A\nB=2\n", set("A", "x"), "A=x\nB=2\n", []Applied{{"A", ActionReplaced, 1, nil, nil}}},
		{"a key alone, set to nothing before a comment", "A # c\n", set("A", ""), "A='' # c\n", []Applied{{"A", ActionReplaced, 1, nil, []Reader{Docker, Systemd}}}},
		{"a variable made of the changed one", "A=1\nB=${A}/b\n", set("A", "x"), "A=x\nB=${A}/b\n", []Applied{{"A", ActionReplaced, 1, nil, nil}}},
		{"not UTF-8", "A=\xff\nB=1\nC=\xfe\x00", set("B", "x"), "A=\xff\nB=x\nC=\xfe\x00", []Applied{{"B", ActionReplaced, 2, nil, []Reader{}}}},

		{"add to nothing", "", set("A", "x"), "A=x\n", []Applied{{"A", ActionAdded, 1, nil, nil}}},
		{"add at the end", "A=1\n\n# c\n", set("B", "x y"), "A=1\n\n# c\nB='x y'\n", []Applied{{"B", ActionAdded, 4, nil, docker}}},
		{"add without a final newline", "A=1", set("B", "x"), "A=1\nB=x\n", []Applied{{"B", ActionAdded, 2, nil, nil}}},
		{"add to a CR LF file without a final newline", "A=1\r\nB=2", set("C", "x"), "A=1\r\nB=2\nC=x\r\n", []Applied{{"C", ActionAdded, 3, nil, shell}}},
		{"add with the line end of the file", "A=1\r\n", set("B", "x"), "A=1\r\nB=x\r\n", []Applied{{"B", ActionAdded, 2, nil, shell}}},
		{"add beside its kin", "S_A=1\nS_B=2\n\nT=1\n", []Change{{Key: "S_C", Value: "x"}, {Key: "S_D", Value: "y"}}, "S_A=1\nS_B=2\nS_C=x\nS_D=y\n\nT=1\n", []Applied{{"S_C", ActionAdded, 3, nil, nil}, {"S_D", ActionAdded, 4, nil, nil}}},
		{"kin that swallows the next line", "S_A=1\\\nB=2\nC=3\n", set("S_B", "x"), "S_A=1\\\nB=2\nC=3\nS_B=x\n", []Applied{{"S_B", ActionAdded, 4, nil, nil}}},
		{"kin in a part that a shell may not run", "if true; then\nS_A=1\nfi\nB=1\n", set("S_B", "x"), "if true; then\nS_A=1\nfi\nB=1\nS_B=x\n", []Applied{{"S_B", ActionAdded, 5, nil, nil}}},
		{"a comment that ends in a backslash", "A=1\n# c\\\n", set("B", "x"), "A=1\n# c\\\n\nB=x\n", []Applied{{"B", ActionAdded, 4, nil, nil}}},
		{"a value that ends in a backslash", "A=1\\\n", set("B", "x"), "A=1\\\n\nB=x\n", []Applied{{"B", ActionAdded, 3, nil, nil}}},
		{"two backslashes swallow nothing", "A=1\\\\\n", set("B", "x"), "A=1\\\\\nB=x\n", []Applied{{"B", ActionAdded, 2, nil, nil}}},
		{"a byte-order mark hides the first key", "\ufeffA=1\nB=2\n", set("A", "x"), "\ufeffA=1\nB=2\nA=x\n", []Applied{{"A", ActionAdded, 3, []int{1}, nil}}},
		{"a byte-order mark stays", "\ufeffA=1\nB=2\n", set("B", "x"), "\ufeffA=1\nB=x\n", []Applied{{"B", ActionReplaced, 2, nil, nil}}},

		{"remove", "A=1 # c\nB=2\nA=\"3\n4\"\n\nC=3", remove("A"), "B=2\n\nC=3", []Applied{{"A", ActionRemoved, 3, nil, nil}}},
		{"remove the last line", "A=1\r\nB=2", remove("B"), "A=1\r\n", []Applied{{"B", ActionRemoved, 2, nil, nil}}},
		{"remove what is not there", "A=1\n", remove("B"), "A=1\n", []Applied{{"B", ActionKept, 0, nil, nil}}},
		{"remove and add at once", "A=1\nS_B=2", []Change{{Key: "S_B", Remove: true}, {Key: "S_C", Value: "x"}}, "A=1\nS_C=x\n", []Applied{{"S_B", ActionRemoved, 2, nil, nil}, {"S_C", ActionAdded, 2, nil, nil}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := []byte(test.text)
			got, err := Edit(b, test.changes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got.Bytes)); diff != "" {
				t.Errorf("text (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.applied, got.Applied, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("applied (-want +got)\n%s", diff)
			}
			if string(b) != test.text {
				t.Error("the old bytes were written to")
			}
			if test.want == test.text && len(b) > 0 && &got.Bytes[0] != &b[0] {
				t.Error("nothing changed, and the bytes are others")
			}
			again, err := Edit(got.Bytes, test.changes)
			if err != nil || string(again.Bytes) != string(got.Bytes) {
				t.Errorf("the same again: %q, %v", again.Bytes, err)
			}
		})
	}
}

// noVariables are the readers that never replace ${X}.
func noVariables() []Reader { return []Reader{Docker, Systemd} }

// TestEditRefusesWhatWouldSpoilOthers holds the line and the reason, and that
// nothing of the file is told.
func TestEditRefusesWhatWouldSpoilOthers(t *testing.T) {
	t.Parallel()
	const end = " reads: repair that first"
	tests := []struct {
		name, text string
		changes    []Change
		want       EditError
	}{
		{"a quote is open for systemd", "A=1\nB=\"" + planted + "\nC=3\n", set("D", "x"), EditError{2, "a quote is not closed, so that the change would spoil what systemd" + end}},
		{"the new line would close a quote", "A=1\nB='" + planted + "\nC=3\n", set("D", "x y"), EditError{2, "a quote is not closed, so that the change would spoil what python-dotenv" + end}},
		{"the last line ends in a backslash and nothing else", "A=1\nB=" + planted + "\\", set("D", "x"), EditError{2, "it ends in a backslash, so that the change would spoil what shell" + end}},
		{"the line is one with the next", "A=1\nB=" + planted + "\\\nC=3\n", set("B", "x"), EditError{2, "it ends in a backslash, so that the change would spoil what shell" + end}},
		{"a comment swallows the line", "# c\\\nB=" + planted + "\nC=3\n", remove("B"), EditError{1, "the comment ends in a backslash, so that the change would spoil what systemd" + end}},
		{"a shell sees two variables", "A=1\nB=2;C=" + planted + "\n", set("B", "x"), EditError{2, "the line sets more than one variable, or is joined with another, so that the change would spoil what shell" + end}},
		{"of several changes one", "A=1\nB=2;C=" + planted + "\n", []Change{{Key: "A", Value: "x"}, {Key: "B", Value: "x"}, {Key: "S_A", Value: "y"}}, EditError{2, "the line sets more than one variable, or is joined with another, so that the change would spoil what shell" + end}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := Edit([]byte(test.text), test.changes)
			var spoiled *EditError
			if !errors.As(err, &spoiled) || got.Bytes != nil {
				t.Fatalf("%q, %v", got.Bytes, err)
			}
			if diff := cmp.Diff(test.want, *spoiled); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if strings.Contains(err.Error(), planted) {
				t.Errorf("it tells the file: %v", err)
			}
		})
	}
}

// TestEditRefusesWrongChanges holds what is refused whatever the file is.
func TestEditRefusesWrongChanges(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "1A", "A-B", "A B", "É", "A=", "A\n"} {
		if _, err := Edit(nil, set(key, "x")); err == nil {
			t.Errorf("%q is taken for a name", key)
		}
	}
	if _, err := Edit(nil, append(set("A", "x"), remove("A")...)); err == nil {
		t.Error("a key is changed twice")
	}
	long := strings.Repeat("x", maxLine-len("KEY=\r\n"))
	if e, err := Edit(nil, set("KEY", long)); err != nil || sightOf(Parse(Docker, e.Bytes, Options{})).values["KEY"] != long {
		t.Errorf("the longest line that docker reads: %v", err)
	}
	var unportable *UnportableError
	for _, text := range []string{"", "  KEY=1\n", "KEY=1\n"} {
		if _, err := Edit([]byte(text), set("KEY", long+"x")); !errors.As(err, &unportable) || unportable.Key != "KEY" {
			t.Errorf("%q: a line longer than docker reads: %v", text, err)
		}
	}
}
