package prompt

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// asker is what prompters differ in.
type asker interface {
	// line asks until take has taken an answer, and returns what take returned.
	line(ctx context.Context, q question) (string, error)
	choose(ctx context.Context, q Select) (int, error)
	// forget drops what was typed on a terminal and not yet read.
	forget()
}

// kind is what a question is for.
type kind string

// The kinds of questions.
const (
	kindInput   kind = "input"
	kindSecret  kind = "secret"
	kindSelect  kind = "select"
	kindConfirm kind = "confirm"
)

// question is one whose answer is a line.
type question struct {
	kind          kind
	message, help string
	empty         string // what an empty answer means; may be empty
	// take returns an answer as it is returned to the caller, or why it is none.
	take func(answer string) (string, error)
}

// questions makes a Prompter of an asker: what an answer is, is the same for
// all.
type questions struct{ asker }

func (a questions) Input(ctx context.Context, q Input) (string, error) {
	return a.line(ctx, question{
		kind: kindInput, message: q.Message, help: q.Help, empty: q.Default,
		take: func(answer string) (string, error) {
			if answer == "" {
				answer = q.Default
			}
			return answer, valid(q.Validate, answer)
		},
	})
}

func (a questions) Secret(ctx context.Context, q Secret) (string, error) {
	return a.line(ctx, question{
		kind: kindSecret, message: q.Message, help: q.Help, empty: q.Empty,
		take: func(answer string) (string, error) {
			if answer == "" && q.Empty != "" {
				return "", nil
			}
			return answer, valid(q.Validate, answer)
		},
	})
}

func (a questions) Confirm(ctx context.Context, q Confirm) (bool, error) {
	if q.Fresh {
		a.forget()
	}
	answer, err := a.line(ctx, question{
		kind: kindConfirm, message: q.Message, help: q.Help, empty: yesNo(q.Default),
		take: func(answer string) (string, error) {
			switch strings.ToLower(answer) {
			case "":
				return yesNo(q.Default), nil
			case "y", "yes":
				return yesNo(true), nil
			case "n", "no":
				return yesNo(false), nil
			}
			return "", errors.New("answer yes or no")
		},
	})
	return answer == yesNo(true), err
}

func (a questions) Select(ctx context.Context, q Select) (int, error) {
	if len(q.Options) == 0 || q.Default < 0 || q.Default >= len(q.Options) {
		return 0, errors.New("asking " + strconv.Quote(q.Message) + ": no such default among the options")
	}
	return a.choose(ctx, q)
}

func valid(validate func(string) error, answer string) error {
	if validate == nil {
		return nil
	}
	return validate(answer)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// pick finds an option by its name or its number, where an empty answer is the
// default. A name wins over a number.
func pick(q Select, answer string) (int, error) {
	if answer == "" {
		return q.Default, nil
	}
	for i, o := range q.Options {
		if o.Name == answer {
			return i, nil
		}
	}
	for i, o := range q.Options {
		if strings.EqualFold(o.Name, answer) {
			return i, nil
		}
	}
	if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(q.Options) {
		return n - 1, nil
	}
	return 0, errors.New("answer a number from 1 to " + strconv.Itoa(len(q.Options)) + ", or a name")
}
