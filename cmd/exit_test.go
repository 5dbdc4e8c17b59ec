package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/prompt"
)

func TestExitCodeSaysWhatAnErrorMeans(t *testing.T) {
	t.Parallel()
	live := t.Context()
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"nothing wrong", live, nil, 0},
		{"nothing wrong, after an interruption", interrupted, nil, 0},
		{"a check failed", live, &verdictError{code: 1}, 1},
		{"nothing was proved", live, &verdictError{code: 3}, 3},
		{"a verdict stands although interrupted", interrupted, &verdictError{code: 1}, 1},
		{"wrong use", live, usagef("--timeout must be longer than 0"), 2},
		{"wrong use, wrapped", live, fmt.Errorf("test: %w", usagef("no")), 2},
		{"wrong use, joined", live, errors.Join(usagef("no"), errors.New("closing")), 2},
		{"an unknown check", live, &check.SelectionError{Name: "x"}, 2},
		{"an error with a hint", live, &hintedError{err: errors.New("x"), hint: "y"}, 3},
		{"any other error", live, errors.New("x"), 3},
		{"interrupted", interrupted, fmt.Errorf("running: %w", context.Canceled), 130},
		{"cancelled inside, not from outside", live, context.Canceled, 3},
		{"a question that nobody answered", live, fmt.Errorf("setup: %w", prompt.ErrCanceled), 130},
		{"another error at the time of an interruption", interrupted, errors.New("disk full"), 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := exitCode(c.ctx, c.err); got != c.want {
				t.Errorf("exitCode = %d, want %d", got, c.want)
			}
		})
	}
}

func TestErrorsEndWithTheHint(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	env := &Env{Err: &out}
	printError(env, exitBroken, fmt.Errorf("loading: %w", &hintedError{err: errors.New("no such file"), hint: "name another"}))
	want := "bbctl: error: loading: no such file\nbbctl: hint: name another\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}

func TestVerdictIsNotPrintedAgain(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	printError(&Env{Err: &out}, exitFailed, &verdictError{code: exitFailed})
	if out.Len() > 0 {
		t.Errorf("printed %q", out.String())
	}
}

func TestQuestionWithoutAnAnswerIsNamedWhereTheInputEnded(t *testing.T) {
	t.Parallel()
	question := prompt.Input{Message: "Environment"}
	_, ended := (&prompt.Scripted{}).Input(t.Context(), question)
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	_, canceled := (&prompt.Scripted{}).Input(interrupted, question)
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"the end of the input", ended, "bbctl: error: question 1 of the script: no answer to \"Environment\": the input ended\n"},
		{"an interruption", canceled, "bbctl: interrupted\n"},
	} {
		var out strings.Builder
		code := exitCode(t.Context(), c.err)
		printError(&Env{Err: &out}, code, c.err)
		if code != exitInterrupted || out.String() != c.want {
			t.Errorf("%s: exit code %d, printed %q, want %q", c.name, code, out.String(), c.want)
		}
	}
}
