package cmd

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
	"github.com/bookedbarber/bbctl/internal/project"
	"github.com/bookedbarber/bbctl/internal/term"
)

// behind is the name of the command behind --.
const behind = "app"

// options are how the application is run. An error is of the user's.
func (a *appFlags) options(env *Env, cfg *config.Config) (*observe.Options, error) {
	o := &observe.Options{
		Environ: env.Environ, Dir: env.Dir, Hosts: hostsOf(cfg), For: a.length, Once: a.once,
		Out: env.Err, Err: env.Err, Redact: newRedactor(env), Now: env.Now,
		Say: func(text string) { tell(env, text) },
	}
	for _, step := range []func(*observe.Options) error{a.commands, a.requests, a.ends, a.expectations} {
		if err := step(o); err != nil {
			return nil, &usageError{err: err}
		}
	}
	if a.most > 0 && (o.For == 0 || o.For > a.most) {
		o.For = a.most
	}
	if path := a.file.Path; path != "" {
		o.Dir = filepath.Dir(path)
	}
	return o, nil
}

// tell says in a sentence on stderr what is being done.
func tell(env *Env, text string) {
	_ = fill(env.Err, term.Width(env.Err, env.width()), "bbctl: ", "       ", text)
}

// hostsOf are the hosts of the configured DSN.
func hostsOf(cfg *config.Config) []string {
	if d, err := cfg.DSN(); err == nil {
		return []string{d.Host}
	}
	return nil
}

func (a *appFlags) commands(o *observe.Options) error {
	names := map[string]bool{}
	if len(a.command) > 0 {
		o.Commands = append(o.Commands, observe.Command{Name: behind, Args: a.command})
		names[behind] = true
	}
	for _, run := range a.runs {
		c, err := parseRun(run)
		switch {
		case err != nil:
			return err
		case names[c.Name] && c.Name == behind && len(a.command) > 0:
			return fmt.Errorf("--run %s: the command behind -- has this name: take another", behind)
		case names[c.Name]:
			return fmt.Errorf("--run %s is given twice", c.Name)
		}
		names[c.Name] = true
		o.Commands = append(o.Commands, c)
	}
	for _, c := range a.file.Run {
		o.Commands = append(o.Commands, observe.Command{Name: c.Name, Args: c.Args})
	}
	return nil
}

// parseRun reads NAME='COMMAND' by the rules of bbctl.yaml.
func parseRun(run string) (observe.Command, error) {
	name, line, ok := strings.Cut(run, "=")
	if !ok || name == "" || strings.TrimSpace(line) == "" {
		return observe.Command{}, fmt.Errorf("--run %q is not of the form NAME='COMMAND'", run)
	}
	if err := project.CheckName(name); err != nil {
		return observe.Command{}, fmt.Errorf("--run: %w", err)
	}
	args, err := project.Words(line)
	if err == nil && (len(args) == 0 || args[0] == "") {
		err = errors.New("the command is empty")
	}
	if err != nil {
		return observe.Command{}, fmt.Errorf("--run %s: %w", name, err)
	}
	return observe.Command{Name: name, Args: args}, nil
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
			return fmt.Errorf("--expect: %w", err)
		}
		o.Expect = append(o.Expect, e)
	}
	return nil
}
