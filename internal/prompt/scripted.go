package prompt

import (
	"context"
	"fmt"
	"io"
)

// Scripted is a Prompter for tests: it gives the answers in order, as a person
// would type them. An answer that is not valid is recorded, and the next one
// is given to the same question. It is not for use by several goroutines.
type Scripted struct {
	Answers []string
	Asked   []Asked // what was asked, in order
}

// Asked is a question that a Scripted was asked.
type Asked struct {
	Message string
	Kind    string // input, secret, select, confirm
	Help    string
	Default string   // in words; of a secret, what an empty answer means
	Secret  bool     // the answer would not be shown
	Options []string // the names to choose from
	Invalid []string // why answers were refused
}

// Input answers by the next valid answer.
func (s *Scripted) Input(ctx context.Context, q Input) (string, error) {
	return questions{script{s}}.Input(ctx, q)
}

// Secret answers by the next valid answer.
func (s *Scripted) Secret(ctx context.Context, q Secret) (string, error) {
	return questions{script{s}}.Secret(ctx, q)
}

// Select answers by the next answer that is a name or a number of an option.
func (s *Scripted) Select(ctx context.Context, q Select) (int, error) {
	return questions{script{s}}.Select(ctx, q)
}

// Confirm answers by the next answer that is yes or no.
func (s *Scripted) Confirm(ctx context.Context, q Confirm) (bool, error) {
	return questions{script{s}}.Confirm(ctx, q)
}

// script is the asker of a Scripted.
type script struct{ s *Scripted }

func (p script) forget() {} // a script is no typing ahead

func (p script) line(ctx context.Context, q question) (string, error) {
	return answer(ctx, p.s, Asked{
		Message: q.message, Kind: string(q.kind), Help: q.help, Default: q.empty, Secret: q.kind == kindSecret,
	}, q.take)
}

func (p script) choose(ctx context.Context, q Select) (int, error) {
	asked := Asked{Message: q.Message, Kind: string(kindSelect), Help: q.Help, Default: q.Options[q.Default].Name}
	for _, o := range q.Options {
		asked.Options = append(asked.Options, o.Name)
	}
	return answer(ctx, p.s, asked, func(answer string) (int, error) { return pick(q, answer) })
}

// answer records a question and takes answers until one is valid. Where they
// are used up the error is that of a person who has gone: ErrCanceled.
func answer[T any](ctx context.Context, s *Scripted, asked Asked, take func(string) (T, error)) (T, error) {
	var none T
	s.Asked = append(s.Asked, asked)
	record := &s.Asked[len(s.Asked)-1]
	for {
		if ctx.Err() != nil {
			return none, unanswered(ctx, asked.Message, nil)
		}
		if len(s.Answers) == 0 {
			return none, fmt.Errorf("question %d of the script: %w", len(s.Asked), unanswered(ctx, asked.Message, io.EOF))
		}
		next := clean([]byte(s.Answers[0]))
		s.Answers = s.Answers[1:]
		v, err := take(next)
		if err == nil {
			return v, nil
		}
		record.Invalid = append(record.Invalid, err.Error())
	}
}
