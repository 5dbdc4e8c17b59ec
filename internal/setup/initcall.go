package setup

import (
	"embed"
	"fmt"
)

// InitCall is what an application must write so that the settings have an
// effect.
type InitCall struct {
	ID       string // fastapi, celery, go
	Title    string
	Language string // python, go
	Code     string // whole lines, to be copied byte for byte; at most 79 columns
	Notes    []string
}

// snippets holds the code as files, so that tests run what is printed.
//
//go:embed snippet
var snippets embed.FS

// InitFacts says in three sentences who reads what: why there is something to
// write at all.
func InitFacts() []string {
	return []string{
		"The SDKs read SENTRY_DSN, SENTRY_ENVIRONMENT and SENTRY_RELEASE by themselves, and sentry-python 2 reads SENTRY_DEBUG too.",
		"No SDK reads the sample rates or SENTRY_SEND_DEFAULT_PII: they have an effect only where the application passes them to init.",
		"No SDK reads .env either: the application loads it, before init.",
	}
}

// InitCalls returns the calls in reading order.
func InitCalls() []InitCall {
	return []InitCall{
		{
			ID: "fastapi", Title: "FastAPI: the top of main.py", Language: "python",
			Code: snippet("fastapi.py"),
			Notes: []string{
				"A rate that is missing or no number stops the application at its start. Passed as text it would drop every transaction in silence.",
				"pydantic's settings read .env without putting it into the environment, where the SDK looks: load_dotenv() stays.",
				"One init, in the process that serves: a second one replaces the first.",
			},
		},
		{
			ID: "celery", Title: "Celery: the module that celery -A names, for worker and beat", Language: "python",
			Code: snippet("celery.py"),
			Notes: []string{
				"The FastAPI process has an init of its own: importing this module there starts nothing.",
				"Worker and beat need the variables too, in their containers and units.",
				"A task that a request enqueues follows the request's sampling: without it no transaction, whatever the worker's rate. Errors arrive all the same.",
			},
		},
		{
			ID: "go", Title: "Go: package monitoring, main.go", Language: "go",
			Code: snippet("service.go.txt"),
			Notes: []string{
				"FromEnv reads all eight variables and names what is wrong with one; New turns a defect into an error.",
				"Bare sentry-go reads the DSN, environment and release alone: parse the rates with strconv.ParseFloat and pass them as SampleRate and TracesSampleRate, with EnableTracing: true. A SampleRate of 0 means 1 there, transactions need EnableTracing, and the profiles rate has no counterpart.",
			},
		},
	}
}

// snippet returns an embedded file. A name that is not there is a fault of
// this package alone.
func snippet(name string) string {
	code, err := snippets.ReadFile("snippet/" + name)
	if err != nil {
		panic(fmt.Sprintf("setup: %v", err))
	}
	return string(code)
}
