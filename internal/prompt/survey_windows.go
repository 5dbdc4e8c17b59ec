package prompt

import "github.com/bookedbarber/bbctl/internal/term"

// surveyRuns is off on Windows: survey reads consoles on its own there, past
// the context that ends a question.
const surveyRuns = false

func newSurvey(in *input, o Options, mode *term.Mode) asker { return newPlain(in, o, mode) }
