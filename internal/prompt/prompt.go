// Package prompt asks a person: through survey on a terminal that answers, line
// by line elsewhere. Both clean answers in the same way, apply the same
// validators and end by the same error.
package prompt

import (
	"context"
	"errors"
	"io"
)

// ErrCanceled says that the person does not want to go on: an interrupt, the
// end of the input, or a cancelled context. Nothing is to be done then.
var ErrCanceled = errors.New("canceled")

// Prompter asks questions. Each method waits for a valid answer; its error is
// ErrCanceled (wrapped, with the question's message) or about the terminal.
type Prompter interface {
	Input(ctx context.Context, q Input) (string, error)
	Secret(ctx context.Context, q Secret) (string, error)
	Select(ctx context.Context, q Select) (int, error)
	Confirm(ctx context.Context, q Confirm) (bool, error)
}

// Input is a question for a line of text.
type Input struct {
	Message  string
	Help     string             // shown below or on `?`; may be empty
	Default  string             // of an empty answer
	Validate func(string) error // of the answer as it will be returned; nil: all is valid
}

// Secret is a question whose answer is not shown while it is typed.
type Secret struct {
	Message string
	Help    string
	// Empty says what an empty answer means, such as "keep https://3a9f****@…".
	// Where it is empty an empty answer goes to Validate as any other.
	Empty    string
	Validate func(string) error
}

// Select is a choice of one.
type Select struct {
	Message string
	Help    string
	Options []Option
	Default int // index of the option that an empty answer takes
}

// Option is one of a choice.
type Option struct {
	Name string // what is typed in line mode too; unique
	Note string // what it means; may be empty
}

// Confirm is a question for yes or no.
type Confirm struct {
	Message string
	Help    string
	Default bool
	// Fresh drops what was typed on a terminal before the question was there,
	// such as the rest of several pasted lines: nobody has read it then.
	Fresh bool
}

// Options are what prompters work on.
type Options struct {
	In     io.Reader
	Err    io.Writer // where questions go
	Getenv func(string) string
	Plain  bool // --plain
	// NoColor switches colours off, as NO_COLOR and TERM=dumb do.
	NoColor bool
}
