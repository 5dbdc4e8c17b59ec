//go:build unix

package prompt

import (
	"errors"

	"github.com/AlecAivazis/survey/v2"
)

// openLine is survey's Input whose hint is gone once it is answered, and whose
// refusals are fitted to the width.
type openLine struct {
	survey.Input
	message string // what stays
	width   int
}

// Error shows why an answer was refused.
func (l *openLine) Error(config *survey.PromptConfig, err error) error {
	return l.Input.Error(config, refusal(err, l.width))
}

// Cleanup leaves the question and its answer on the screen.
func (l *openLine) Cleanup(config *survey.PromptConfig, answer any) error {
	l.Message = l.message
	return l.Input.Cleanup(config, answer)
}

// secretLine is survey's Password with refusals fitted to the width.
type secretLine struct {
	survey.Password
	width int
}

// Error shows why an answer was refused.
func (l *secretLine) Error(config *survey.PromptConfig, err error) error {
	return l.Password.Error(config, refusal(err, l.width))
}

// refusal is a validator's error, on lines of its own below survey's sentence.
func refusal(err error, width int) error {
	return errors.New("\n" + wrapped(err.Error(), width))
}
