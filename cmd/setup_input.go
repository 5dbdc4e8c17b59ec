package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/setup"
	"github.com/bookedbarber/bbctl/internal/term"
)

// secretMost is what is read where a secret is expected: more is no secret but
// the wrong file.
const secretMost = 64 << 10

// readDSN finds the DSN that was given by a flag, if one was.
func (o *setupOptions) readDSN(ctx context.Context, given bool) error {
	switch {
	case o.local && (given || o.dsnFile != ""):
		return usagef("--local writes the DSN of bbctl's own receiver, so there is none to give")
	case given && o.dsnFile != "":
		return usagef("--dsn and --dsn-file both give the DSN")
	case o.dsn == "-" && o.servicesFile == "-":
		return usagef("--dsn - and --service-urls - both want stdin")
	case given && o.dsn == "":
		return usagef("--dsn is given, and empty (a variable that is not set looks so)")
	}
	var text string
	switch {
	case o.dsn == "-":
		read, err := o.readLine(ctx, "the DSN")
		if err != nil {
			return err
		}
		text = read
	case given:
		fmt.Fprintln(o.env.Err, "bbctl: a DSN on the command line stays in the shell's history and shows in the list of processes: --dsn - or --dsn-file FILE keep it out")
		text = o.dsn
	case o.dsnFile != "":
		read, err := o.readSecretFile(ctx, "--dsn-file", o.dsnFile)
		if err != nil {
			return err
		}
		text = dsnIn(read)
	default:
		return nil
	}
	o.given.DSN = &text
	return nil
}

// dsnIn is the DSN in a file that holds it alone, or among the lines of a .env
// file.
func dsnIn(text string) string {
	if values := config.ReadSample([]byte(text)); values[config.KeyDSN] != "" {
		return values[config.KeyDSN]
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return ""
}

// readServices reads the URLs of --service-urls.
func (o *setupOptions) readServices(ctx context.Context) error {
	if o.servicesFile == "" {
		return nil
	}
	var text string
	var err error
	if o.servicesFile == "-" {
		text, err = readAll(ctx, o.env.In)
	} else {
		text, err = o.readSecretFile(ctx, "--service-urls", o.servicesFile)
	}
	if err != nil {
		return err
	}
	if o.given.Services, err = setup.ParseServices([]byte(text)); err != nil {
		return &usageError{err: fmt.Errorf("--service-urls: %w", err), hint: "lines such as DATABASE_URL=postgresql://USER:PASSWORD@HOST:5432/NAME"}
	}
	return nil
}

// readLine reads stdin: all of it from a pipe, one line from a terminal, where
// it says that it waits and shows nothing of what is typed.
func (o *setupOptions) readLine(ctx context.Context, what string) (string, error) {
	if !term.IsTerminal(o.env.In) {
		text, err := readAll(ctx, o.env.In)
		return dsnIn(text), err
	}
	line, done := prompt.New(ctx, prompt.Options{In: o.env.In, Err: o.env.Err, Getenv: o.env.Getenv, Plain: true})
	defer done()
	// The question is the word that it waits: it comes when nothing is shown any
	// more of what is typed.
	return line.Secret(ctx, prompt.Secret{Message: "Waiting for " + what + ": paste it and press Enter (it is not shown)"})
}

func readAll(ctx context.Context, r io.Reader) (string, error) {
	text, err := interruptible(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(r, secretMost+1)) })
	if err != nil {
		return "", fmt.Errorf("reading stdin: %w", err)
	}
	if len(text) > secretMost {
		return "", usagef("stdin holds more than %d KiB: that is not what was asked for", secretMost>>10)
	}
	return string(text), nil
}

// interruptible reads until ctx ends: a pipe to which nobody writes would be
// waited for otherwise.
func interruptible(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type answer struct {
		text []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := read()
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		return a.text, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readSecretFile reads a small file, which may be a pipe (<(command) in bash).
func (o *setupOptions) readSecretFile(ctx context.Context, flag, path string) (string, error) {
	text, err := interruptible(ctx, func() ([]byte, error) {
		f, err := os.Open(o.env.path(path))
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // only read
		return io.ReadAll(io.LimitReader(f, secretMost+1))
	})
	var p *os.PathError
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("reading %s: %w", path, ctx.Err())
	case errors.As(err, &p):
		return "", usagef("%s %s: %v", flag, path, p.Err)
	case err != nil:
		return "", usagef("%s %s: %v", flag, path, err)
	case len(text) > secretMost:
		return "", usagef("%s %s: it holds more than %d KiB", flag, path, secretMost>>10)
	case strings.TrimSpace(string(text)) == "":
		return "", usagef("%s %s: it is empty", flag, path)
	}
	return string(text), nil
}
