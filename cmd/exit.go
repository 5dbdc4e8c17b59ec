package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/prompt"
)

// Exit codes, the same for every command and every output format.
const (
	exitWell        = 0
	exitFailed      = 1 // a check failed, or something would change
	exitUsage       = 2 // wrong use
	exitBroken      = 3 // bbctl could not do its work
	exitInterrupted = 130
)

// usageError says that bbctl was called in a way it does not understand.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...)}
}

// hintedError carries the one action that helps.
type hintedError struct {
	err  error
	hint string
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }

// verdictError ends a command whose report is already printed: the exit code
// is all that is left to say.
type verdictError struct{ code int }

func (e *verdictError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// exitCode maps the meaning of an error to the process's exit code. It is the
// only place that does.
func exitCode(ctx context.Context, err error) int {
	var (
		verdict   *verdictError
		usage     *usageError
		selection *check.SelectionError
	)
	switch {
	case err == nil:
		return exitWell
	case errors.As(err, &verdict):
		return verdict.code
	case errors.As(err, &usage), errors.As(err, &selection):
		return exitUsage
	case errors.Is(err, prompt.ErrCanceled), ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	default:
		return exitBroken
	}
}

// printError writes what went wrong and, where known, what to do about it.
func printError(env *Env, code int, err error) {
	var verdict *verdictError
	if err == nil || errors.As(err, &verdict) {
		return
	}
	redact := newRedactor(env)
	if code == exitInterrupted && !inputEnded(err) {
		fmt.Fprintln(env.Err, "bbctl: interrupted")
		return
	}
	fmt.Fprintf(env.Err, "bbctl: error: %s\n", redact(err.Error()))
	hint := ""
	var usage *usageError
	var hinted *hintedError
	switch {
	case errors.As(err, &usage):
		hint = usage.hint
	case errors.As(err, &hinted):
		hint = hinted.hint
	}
	if hint != "" {
		fmt.Fprintf(env.Err, "bbctl: hint: %s\n", redact(hint))
	}
}

// inputEnded says whether nobody was there to answer a question. Unlike an
// interrupt that may surprise, so that it is said which question it was.
func inputEnded(err error) bool {
	return errors.Is(err, prompt.ErrCanceled) && errors.Is(err, io.EOF)
}
