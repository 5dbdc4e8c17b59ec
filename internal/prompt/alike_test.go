//go:build unix

package prompt

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
)

// asString makes the methods that return no text askable.
func (p *person) confirm(ctx context.Context, q Confirm) (string, error) {
	b, err := p.prompter.Confirm(ctx, q)
	return strconv.FormatBool(b), err
}

func (p *person) choose(ctx context.Context, q Select) (string, error) {
	i, err := p.prompter.Select(ctx, q)
	return strconv.Itoa(i), err
}

func answers(t *testing.T, p *person, done <-chan answered, want string) {
	t.Helper()
	if got := result(t, p.shown, done); got.err != nil || got.value != want {
		t.Errorf("answer %q (%v), want %q; seen %q", got.value, got.err, want, p.seen())
	}
	if p.display != nil {
		p.restored(t)
	}
}

// short refuses answers that do not begin with s.
func short(answer string) error {
	if !strings.HasPrefix(answer, "s") {
		return errors.New("it must begin with s")
	}
	return nil
}

var environments = Select{
	Message: "Environment",
	Help:    "Where it runs.",
	Options: []Option{{"development", "all errors and traces, for the one who writes the code"}, {"staging", "a few traces"}, {"production", ""}},
	Default: 1,
}

func TestEmptyAnswerIsTheDefault(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.prompter.Input, Input{Message: "Name", Default: "shop"})
		p.await(t, "shop")
		p.keys(t, "\n")
		answers(t, p, done, "shop")
	})
}

func TestBlanksOnlyAreTheDefault(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.prompter.Input, Input{Message: "Name", Default: "shop"})
		p.await(t, "shop")
		p.keys(t, "  \n")
		answers(t, p, done, "shop")
	})
}

func TestDefaultIsValidatedToo(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.prompter.Input, Input{Message: "Name", Default: "nothing", Validate: short})
		p.await(t, "nothing")
		p.keys(t, "\n")
		p.await(t, "must begin with s")
		p.await(t, "Name")
		p.keys(t, "shop\n")
		answers(t, p, done, "shop")
	})
}

func TestAnswerIsTrimmedBeforeItIsValidated(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.prompter.Input, Input{Message: "Name", Validate: short})
		p.await(t, "Name")
		p.keys(t, "  shop one \n")
		answers(t, p, done, "shop one")
	})
}

func TestInvalidAnswerIsAskedAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.prompter.Input, Input{Message: "Name", Validate: short})
		for range 3 {
			p.await(t, "Name")
			p.keys(t, "no\n")
			p.await(t, "must begin with s")
		}
		p.await(t, "Name")
		p.keys(t, "shop\n")
		answers(t, p, done, "shop")
	})
}

func TestHelpIsShownOnDemand(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.prompter.Input, Input{Message: "Name", Help: "The first line.\nThe second line."})
		p.await(t, "? for help")
		p.keys(t, "?\n")
		p.await(t, "The first line.")
		p.await(t, "The second line.")
		p.await(t, "Name")
		p.keys(t, "shop\n")
		answers(t, p, done, "shop")
	})
}

func TestControlCharactersAndPasteMarkersNeverReachAnAnswer(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.prompter.Input, Input{Message: "Name"})
		p.await(t, "Name")
		begin, end := "\x1b[200~sh", "\x07o\x1b[12;5Rp\x1b[201~\x1b[5;6R\n"
		if p.display != nil {
			p.keys(t, begin)
			p.await(t, "sh") // no report is waited for any more
			begin = ""
		}
		p.keys(t, begin+end)
		answers(t, p, done, "shop")
	})
}

func TestPasteWithANewlineIsTheAnswersOfTwoQuestions(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		first := ask(t.Context(), p.prompter.Input, Input{Message: "First"})
		p.await(t, "First")
		p.keys(t, "one\ntwo\n")
		if got := result(t, p.shown, first); got.err != nil || got.value != "one" {
			t.Fatalf("answer %q (%v)", got.value, got.err)
		}
		answers(t, p, ask(t.Context(), p.prompter.Input, Input{Message: "Second"}), "two")
	})
}

func TestSecretIsNeverShown(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		secret := strings.Join([]string{"s3", "cr3t", "k3y"}, "")
		done := ask(t.Context(), p.prompter.Secret, Secret{Message: "Sentry DSN", Help: "From Sentry.", Validate: short})
		p.await(t, "Sentry DSN")
		p.keys(t, "x"+secret+"\n")
		p.await(t, "must begin with s")
		p.await(t, "Sentry DSN")
		p.keys(t, " "+secret+"\n")
		answers(t, p, done, secret)
		for i := 0; i+3 <= len(secret); i++ {
			if strings.Contains(p.seen(), secret[i:i+3]) {
				t.Fatalf("the secret shows: %q", p.seen())
			}
		}
	})
}

func TestSecretMayBeKept(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.prompter.Secret, Secret{Message: "Sentry DSN", Empty: "keep https://3a9f****@o1", Validate: short})
		p.await(t, "https://3a9f****@o1")
		p.keys(t, "\n")
		answers(t, p, done, "")
	})
}

func TestEmptySecretIsValidatedWhereThereIsNoneToKeep(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.prompter.Secret, Secret{Message: "Sentry DSN", Validate: short})
		p.await(t, "Sentry DSN")
		p.keys(t, "\n")
		p.await(t, "must begin with s")
		p.await(t, "Sentry DSN")
		p.keys(t, "s\n")
		answers(t, p, done, "s")
	})
}

func TestChoiceTakesItsDefault(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.choose, environments)
		p.await(t, "production")
		if p.plain() {
			p.await(t, "]: ")
		}
		p.keys(t, "\n")
		answers(t, p, done, "1")
	})
}

func TestChoiceIsMadeByNumber(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.choose, environments)
		p.await(t, "production")
		if p.plain() {
			p.await(t, "]: ")
		}
		p.keys(t, "3\n")
		answers(t, p, done, "2")
	})
}

func TestChoiceShowsItsHelp(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		done := ask(t.Context(), p.choose, environments)
		p.await(t, "? for")
		p.keys(t, "?\n"[:1+btoi(p.plain())])
		p.await(t, "Where it runs.")
		if p.plain() {
			p.await(t, "Number or name")
		}
		p.keys(t, "1\n")
		answers(t, p, done, "0")
	})
}

func (p *person) plain() bool {
	_, is := p.prompter.(questions).asker.(*plain)
	return is
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestConfirmationIsAWord(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		for _, c := range []struct {
			keys    string
			deflt   bool
			want    string
			refused bool
		}{
			{"y\n", false, "true", false},
			{" YES \n", false, "true", false},
			{"no\n", true, "false", false},
			{"\n", true, "true", false},
			{"\n", false, "false", false},
			{"perhaps\nn\n", true, "false", true},
		} {
			done := ask(t.Context(), p.confirm, Confirm{Message: "Write it?", Default: c.deflt})
			p.await(t, "Write it?")
			p.keys(t, c.keys)
			if c.refused {
				p.await(t, "answer yes or no")
			}
			if got := result(t, p.shown, done); got.err != nil || got.value != c.want {
				t.Errorf("%q with %v as default: %v (%v)", c.keys, c.deflt, got.value, got.err)
			}
		}
	})
}

// kinds are all questions, with defaults where there can be one.
func (p *person) kinds(ctx context.Context) map[string]func() <-chan answered {
	return map[string]func() <-chan answered{
		"Which name": func() <-chan answered {
			return ask(ctx, p.prompter.Input, Input{Message: "Which name", Default: "shop"})
		},
		"Which key": func() <-chan answered {
			return ask(ctx, p.prompter.Secret, Secret{Message: "Which key", Empty: "keep it"})
		},
		"Environment": func() <-chan answered { return ask(ctx, p.choose, environments) },
		"Really":      func() <-chan answered { return ask(ctx, p.confirm, Confirm{Message: "Really", Default: true}) },
	}
}

func TestEndOfTheInputIsNoDefault(t *testing.T) {
	t.Parallel()
	for message := range (&person{}).kinds(t.Context()) {
		t.Run(message, func(t *testing.T) {
			everywhere(t, func(t *testing.T, p *person) {
				first := ask(t.Context(), p.prompter.Input, Input{Message: "Before"})
				p.await(t, "Before")
				p.keys(t, "x\n")
				if got := result(t, p.shown, first); got.err != nil {
					t.Fatal(got.err)
				}
				done := p.kinds(t.Context())[message]()
				p.await(t, message)
				if message == "Environment" && p.plain() {
					p.await(t, "]: ")
				}
				p.leave(t)
				a := result(t, p.shown, done)
				canceled(t, a, message)
				if want := "no answer to \"" + message + "\": the input ended"; a.err.Error() != want {
					t.Errorf("error %q, want %q", a.err, want)
				}
				if p.display != nil {
					p.restored(t)
				}
			})
		})
	}
}

func TestCancelledContextEndsEveryQuestion(t *testing.T) {
	t.Parallel()
	for message := range (&person{}).kinds(t.Context()) {
		t.Run(message, func(t *testing.T) {
			everywhere(t, func(t *testing.T, p *person) {
				ctx, cancel := context.WithCancel(t.Context())
				done := p.kinds(ctx)[message]()
				p.await(t, message)
				cancel()
				canceled(t, result(t, p.shown, done), message)
				if p.display != nil {
					p.restored(t)
				}
				canceled(t, result(t, p.shown, p.kinds(ctx)[message]()), message)
			})
		})
	}
}

func TestWhatIsTypedAfterACancelledQuestionIsNotLost(t *testing.T) {
	everywhere(t, func(t *testing.T, p *person) {
		ctx, cancel := context.WithCancel(t.Context())
		first := ask(ctx, p.prompter.Input, Input{Message: "First"})
		p.await(t, "First")
		cancel()
		canceled(t, result(t, p.shown, first), "First")
		second := ask(t.Context(), p.prompter.Input, Input{Message: "Second"})
		p.await(t, "Second")
		p.keys(t, "shop\n")
		answers(t, p, second, "shop")
	})
}
