package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// errInterrupted is Ctrl-C, where the terminal makes no signal of it.
var errInterrupted = errors.New("interrupted")

// canceledError is ErrCanceled with the question that has no answer.
type canceledError struct {
	message string
	cause   error // errInterrupted, io.EOF, or of the context
}

func (e *canceledError) Error() string {
	why := "interrupted"
	if errors.Is(e.cause, io.EOF) {
		why = "the input ended"
	}
	return fmt.Sprintf("no answer to %q: %s", e.message, why)
}

func (e *canceledError) Unwrap() []error { return []error{ErrCanceled, e.cause} }

// unanswered returns the error of a question that ended by err: what means
// that nobody will answer is ErrCanceled.
func unanswered(ctx context.Context, message string, err error) error {
	switch {
	case ctx.Err() != nil:
		return &canceledError{message, context.Cause(ctx)}
	case errors.Is(err, errInterrupted):
		return &canceledError{message, errInterrupted}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, os.ErrClosed), errors.Is(err, io.ErrClosedPipe),
		errors.Is(err, syscall.EIO): // a terminal that was hung up
		return &canceledError{message, io.EOF}
	default:
		return fmt.Errorf("asking %q: %w", message, err)
	}
}
