package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
	"github.com/bookedbarber/bbctl/internal/project"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/term"
)

// appFlags say how the application is run: by flags and the command behind --,
// else by bbctl.yaml.
type appFlags struct {
	runs, urls, headers, expects []string
	untils                       []string
	length                       time.Duration
	yes                          bool

	command []string     // behind --
	file    project.File // bbctl.yaml, where it was read
}

func (a *appFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&a.runs, "run", nil, "one of several commands, `NAME='COMMAND'` (repeatable)")
	flags.StringArrayVar(&a.urls, "url", nil, "a `URL` that is asked once the application listens; 'POST URL' for another method (repeatable)")
	flags.StringArrayVar(&a.headers, "header", nil, "a header of these requests, `'NAME: VALUE'` (repeatable)")
	flags.DurationVar(&a.length, "for", 0, "how long the commands run, a `TIME` such as 30s; else until they end")
	flags.StringSliceVar(&a.untils, "until", nil, "end the run when so much has come, `KIND=N` such as errors=1 (repeatable)")
	flags.StringArrayVar(&a.expects, "expect", nil, "what must arrive, such as `'error type=ValueError'` (repeatable)")
}

// given says whether flags or a command say what to run.
func (a *appFlags) given() bool { return len(a.command) > 0 || len(a.runs) > 0 }

// wanted says whether there is anything to run.
func (a *appFlags) wanted() bool { return a.given() || len(a.file.Run) > 0 }

// read looks for bbctl.yaml, and refuses flags without anything to run. Where
// a command is given the file has no say: what it expects is of other commands.
func (a *appFlags) read(ctx context.Context, env *Env) error {
	if !a.given() {
		path, err := project.Find(ctx, env.Dir)
		if err != nil {
			return err
		}
		if path != "" {
			if a.file, err = project.Load(path, rulesOfProject()); err != nil {
				return &usageError{err: err, hint: "correct the file, or give the command behind --"}
			}
		}
	}
	if !a.wanted() && len(a.urls)+len(a.headers)+len(a.expects)+len(a.untils) > 0 || !a.wanted() && a.length > 0 {
		return &usageError{
			err:  errors.New("there is no command to run, and --url, --header, --for, --until and --expect are about one"),
			hint: "give it behind --: bbctl test --url http://127.0.0.1:8000/ -- uvicorn main:app",
		}
	}
	return nil
}

func rulesOfProject() project.Rules {
	return project.Rules{
		Expect: func(text string) error { _, err := observe.ParseExpectation(text); return err },
		Category: func(name string) error {
			if !slices.Contains(observe.UntilCategories(), name) {
				return fmt.Errorf("%q is none of %s", name, strings.Join(observe.UntilCategories(), ", "))
			}
			return nil
		},
	}
}

// start returns how the application is run, once it may be.
func (a *appFlags) start(ctx context.Context, g *globalOptions, cfg *config.Config) (*observe.Options, error) {
	o, err := a.options(g.env, cfg, newRedactor(g.env))
	if err != nil {
		return nil, err
	}
	return o, a.mayRun(ctx, g, cfg)
}

// options are how the application is run.
func (a *appFlags) options(env *Env, cfg *config.Config, redact func(string) string) (*observe.Options, error) {
	o := &observe.Options{
		Environ: env.Environ, Dir: env.Dir, For: a.length, Out: env.Err, Err: env.Err, Redact: redact, Now: env.Now,
		Say: func(text string) {
			_ = fill(env.Err, term.Width(env.Err, env.width()), "bbctl: ", "       ", text)
		},
	}
	if d, err := cfg.DSN(); err == nil {
		o.Hosts = []string{d.Host}
	}
	for _, step := range []func(*observe.Options) error{a.commands, a.requests, a.ends, a.expectations} {
		if err := step(o); err != nil {
			return nil, &usageError{err: err}
		}
	}
	if path := a.file.Path; path != "" {
		o.Dir = filepath.Dir(path)
	}
	return o, nil
}

func (a *appFlags) commands(o *observe.Options) error {
	if len(a.command) > 0 {
		o.Commands = append(o.Commands, observe.Command{Name: "app", Args: a.command})
	}
	names := map[string]bool{}
	for _, run := range a.runs {
		name, line, ok := strings.Cut(run, "=")
		if !ok || name == "" || strings.TrimSpace(line) == "" {
			return fmt.Errorf("--run %q is not of the form NAME='COMMAND'", run)
		}
		args, err := project.Words(line)
		if err != nil {
			return fmt.Errorf("--run %s: %w", name, err)
		}
		if names[name] {
			return fmt.Errorf("--run %s is given twice", name)
		}
		names[name] = true
		o.Commands = append(o.Commands, observe.Command{Name: name, Args: args})
	}
	for _, c := range a.file.Run {
		o.Commands = append(o.Commands, observe.Command{Name: c.Name, Args: c.Args})
	}
	return nil
}

func (a *appFlags) requests(o *observe.Options) error {
	header := http.Header{}
	for _, line := range a.headers {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return fmt.Errorf("--header %q is not of the form 'NAME: VALUE'", line)
		}
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	for _, text := range a.urls {
		method, address, ok := strings.Cut(text, " ")
		if !ok {
			method, address = http.MethodGet, text
		}
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("--url %q is no URL such as http://127.0.0.1:8000/", text)
		}
		o.Requests = append(o.Requests, observe.Request{Method: method, URL: address, Header: header})
	}
	for _, u := range a.file.URLs {
		own := header.Clone()
		for _, h := range u.Header {
			own.Add(h.Name, h.Value)
		}
		o.Requests = append(o.Requests, observe.Request{Method: u.Method, URL: u.URL, Header: own})
	}
	return nil
}

func (a *appFlags) ends(o *observe.Options) error {
	if o.For == 0 {
		o.For = a.file.For
	}
	until := map[string]int{}
	for _, c := range a.file.Until {
		until[c.Category] = c.N
	}
	for _, text := range a.untils {
		parsed, err := observe.ParseUntil(text)
		if err != nil {
			return fmt.Errorf("--until: %w", err)
		}
		for category, n := range parsed {
			until[category] = n
		}
	}
	if len(until) > 0 {
		o.Until = until
	}
	return nil
}

func (a *appFlags) expectations(o *observe.Options) error {
	for _, text := range slices.Concat(a.file.Expect, a.expects) {
		e, err := observe.ParseExpectation(text)
		if err != nil {
			return fmt.Errorf("--expect %q: %w", text, err)
		}
		o.Expect = append(o.Expect, e)
	}
	return nil
}

// mayRun asks before an application is run in production: its database and its
// broker are the real ones.
func (a *appFlags) mayRun(ctx context.Context, g *globalOptions, cfg *config.Config) error {
	if a.yes || cfg.Environment() != "production" {
		return nil
	}
	const what = "SENTRY_ENVIRONMENT is production, and the application would run with its real database and broker"
	terminal := prompt.Options{In: g.env.In, Err: g.env.Err, Getenv: g.env.Getenv, NoColor: g.noColor}
	if ask, why := prompt.Interactive(terminal); !ask {
		return &usageError{err: fmt.Errorf("%s; nobody can be asked here: %s", what, why), hint: "--yes runs it without a question"}
	}
	prompter, done := prompt.New(ctx, terminal)
	defer done()
	sure, err := prompter.Confirm(ctx, prompt.Confirm{Message: what + ". Run it?"})
	if err == nil && !sure {
		return prompt.ErrCanceled
	}
	return err
}
