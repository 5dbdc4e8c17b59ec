package prompt

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScriptAnswersInOrderAndRecords(t *testing.T) {
	t.Parallel()
	s := &Scripted{Answers: []string{"no", " shop ", "key", "staging", "maybe", "y"}}
	var p Prompter = s
	begins := func(answer string) error {
		if !strings.HasPrefix(answer, "s") {
			return errors.New("it must begin with s")
		}
		return nil
	}
	name, err1 := p.Input(t.Context(), Input{Message: "Name", Help: "Any.", Default: "stage", Validate: begins})
	key, err2 := p.Secret(t.Context(), Secret{Message: "Key"})
	at, err3 := p.Select(t.Context(), Select{Message: "Where", Options: []Option{{Name: "production"}, {Name: "staging"}}})
	yes, err4 := p.Confirm(t.Context(), Confirm{Message: "Write?"})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	if name != "shop" || key != "key" || at != 1 || !yes {
		t.Errorf("answers %q, %q, %d, %v", name, key, at, yes)
	}
	want := []Asked{
		{Message: "Name", Kind: "input", Help: "Any.", Default: "stage", Invalid: []string{"it must begin with s"}},
		{Message: "Key", Kind: "secret", Secret: true},
		{Message: "Where", Kind: "select", Default: "production", Options: []string{"production", "staging"}},
		{Message: "Write?", Kind: "confirm", Default: "no", Invalid: []string{"answer yes or no"}},
	}
	if diff := cmp.Diff(want, s.Asked); diff != "" {
		t.Error(diff)
	}
}

func TestScriptThatIsTooShortNamesTheQuestion(t *testing.T) {
	t.Parallel()
	s := &Scripted{}
	_, err := s.Confirm(t.Context(), Confirm{Message: "Write?", Default: true})
	if !errors.Is(err, ErrCanceled) || err.Error() != `question 1 of the script: no answer to "Write?": the input ended` {
		t.Errorf("error %v", err)
	}
}

func TestChoiceWithoutItsDefaultIsAnError(t *testing.T) {
	t.Parallel()
	for _, q := range []Select{{Message: "Where"}, {Message: "Where", Options: []Option{{Name: "here"}}, Default: 1}} {
		if _, err := (&Scripted{Answers: []string{"1"}}).Select(t.Context(), q); err == nil || errors.Is(err, ErrCanceled) {
			t.Errorf("%d options: %v", len(q.Options), err)
		}
	}
}

func TestNameOfAnOptionWinsOverItsNumber(t *testing.T) {
	t.Parallel()
	q := Select{Options: []Option{{Name: "2"}, {Name: "Production"}, {Name: "production"}}}
	for answer, want := range map[string]int{"": 0, "2": 0, "3": 2, "production": 2, "PRODUCTION": 1} {
		if got, err := pick(q, answer); got != want || err != nil {
			t.Errorf("%q: %d (%v), want %d", answer, got, err, want)
		}
	}
	for _, answer := range []string{"0", "4", "-1", "prod"} {
		if _, err := pick(q, answer); err == nil {
			t.Errorf("%q is taken", answer)
		}
	}
}
