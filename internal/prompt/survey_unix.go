//go:build unix

package prompt

import (
	"context"
	"errors"
	"strings"

	"github.com/AlecAivazis/survey/v2"
	"github.com/AlecAivazis/survey/v2/terminal"

	"github.com/bookedbarber/bbctl/internal/term"
)

// surveyRuns says that survey can be used on this system.
const surveyRuns = true

// bySurvey asks through survey. What survey reads and writes passes a console,
// which keeps from it what it cannot bear.
type bySurvey struct {
	console *console
	mode    *term.Mode
}

func newSurvey(in *input, o Options, mode *term.Mode) asker {
	return bySurvey{newConsole(in, o), mode}
}

func (s bySurvey) forget() { s.console.in.forget(s.mode) }

func (s bySurvey) line(ctx context.Context, q question) (string, error) {
	width := s.console.width()
	head, message, full := headed(q, width)
	help := wrapped(q.help, width)
	var prompt survey.Prompt = &openLine{
		Input: survey.Input{Message: full, Help: help}, message: message, width: width,
	}
	if q.kind == kindSecret {
		prompt = &secretLine{Password: survey.Password{Message: full, Help: help}, width: width}
	}
	var taken, ignored string
	err := s.ask(ctx, q.message, head, &survey.Question{
		Prompt: prompt,
		Validate: func(typed any) (err error) {
			text, _ := typed.(string)
			taken, err = q.take(clean([]byte(text)))
			return err
		},
		Transform: func(any) any { return taken },
	}, &ignored)
	if err != nil {
		s.console.say("\r\n")
		return "", err
	}
	return taken, nil
}

func (s bySurvey) choose(ctx context.Context, q Select) (int, error) {
	c := &choice{q: q, at: q.Default, console: s.console}
	var ignored int
	err := s.ask(ctx, q.Message, nil, &survey.Question{Prompt: c}, &ignored)
	return c.at, err
}

// ask hands one question to survey. The terminal shows no key from before the
// question on, and is given back as it was, however the question ends.
func (s bySurvey) ask(ctx context.Context, message string, head []string, q *survey.Question, answer any) (err error) {
	if ctx.Err() != nil {
		return unanswered(ctx, message, nil)
	}
	if err := s.mode.KeyByKey(); err != nil {
		return unanswered(ctx, message, err)
	}
	defer func() { err = errors.Join(err, s.restored(ctx, message)) }()
	s.console.ctx = ctx
	for _, line := range head {
		s.console.say(line + "\r\n")
	}
	err = survey.Ask([]*survey.Question{q}, answer,
		survey.WithStdio(s.console, s.console, s.console),
		survey.WithShowCursor(true),
		survey.WithIcons(func(icons *survey.IconSet) { icons.Error.Text = "!" }))
	if err == nil {
		return nil
	}
	s.console.say(showCursor)
	if errors.Is(err, terminal.InterruptErr) {
		err = errInterrupted
	}
	return unanswered(ctx, message, err)
}

// restored gives the terminal back. One that is gone has no mode, and that is
// an end too.
func (s bySurvey) restored(ctx context.Context, message string) error {
	if err := s.mode.Restore(); err != nil {
		return unanswered(ctx, message, err)
	}
	return nil
}

// helpHint is what survey writes after a message that has help.
const helpHint = "[? for help] "

// headed fits a question into a width. What does not fit into the line in
// which the answer is typed stands in lines above it. message is what stays
// before the answer, and full what stands there while it is typed.
func headed(q question, width int) (head []string, message, full string) {
	room := width - len("? ") - len(" ") - 1
	if q.help != "" {
		room -= len(helpHint)
	}
	room = max(room, 1)
	lines := term.Wrap(q.message, room)
	if len(lines) > 1 {
		lines = term.Wrap(q.message, width-1)
		if last := lines[len(lines)-1]; term.Columns(last) > room {
			lines = append(lines, "Answer")
		}
	}
	for _, line := range lines[:len(lines)-1] {
		head = append(head, term.Truncate(line, width-1))
	}
	message = term.Truncate(lines[len(lines)-1], room)
	hint := hintOf(q)
	switch {
	case hint == "":
		return head, message, message
	case term.Columns(message)+1+term.Columns(hint) <= room:
		return head, message, message + " " + hint
	default:
		for _, line := range term.Wrap(hint, width-1) {
			head = append(head, term.Truncate(line, width-1))
		}
		return head, message, message
	}
}

// hintOf says what an empty answer means.
func hintOf(q question) string {
	switch {
	case q.kind == kindConfirm && q.empty == yesNo(true):
		return "(Y/n)"
	case q.kind == kindConfirm:
		return "(y/N)"
	case q.empty == "":
		return ""
	case q.kind == kindSecret:
		return "(Enter: " + q.empty + ")"
	default:
		return "(" + q.empty + ")"
	}
}

// wrapped fits a text into a width, with room for an icon before it.
func wrapped(text string, width int) string {
	if text == "" {
		return ""
	}
	return strings.Join(term.Wrap(text, width-len("? ")-1), "\n")
}
