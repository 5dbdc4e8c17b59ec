package config

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/git"
)

// at is a Value that only says where a problem of the .env file stands.
func (f *envFile) at(line int) Value {
	return Value{Key: KeyEnvFile, Origin: Origin{Kind: KindFile, File: f.shown, Line: line}}
}

// fileProblems are those of the .env file itself, the gravest first.
func (c *Config) fileProblems(ctx context.Context) []Problem {
	f := c.file
	if f == nil {
		return nil
	}
	if f.unreadable != "" {
		return fail(cause.EnvFileUnreadable, f.at(0), "make "+f.shown+" a file that the application's user can read, in UTF-8", "%s", f.unreadable)
	}
	var found []Problem
	if f.bom {
		found = append(found, fail(cause.EnvFileBOM, f.at(1), f.withoutBOM(),
			"the file begins with a byte-order mark: python-dotenv takes it for a part of the first name, godotenv refuses the file")...)
	}
	if before, _, crlf := bytes.Cut(f.content, []byte("\r\n")); crlf {
		found = append(found, warn(cause.EnvFileCRLF, f.at(1+bytes.Count(before, []byte("\n"))),
			"save "+f.shown+" with LF line ends (with GNU sed: sed -i 's/\\r$//' "+f.shown+")", "the lines end in CR LF: a shell keeps the CR in every value")...)
	}
	readings := f.readAll()
	found = append(found, f.syntaxProblems(readings)...)
	found = append(found, f.divergences(readings)...)
	found = append(found, f.duplicates()...)
	return append(found, f.trackedProblems(ctx)...)
}

// withoutBOM is the fix for a byte-order mark.
func (f *envFile) withoutBOM() string {
	return "save " + f.shown + " as UTF-8 without a byte-order mark (with GNU sed: sed -i '1s/^\\xEF\\xBB\\xBF//' " + f.shown + ")"
}

// reading is what one reader sees in the file.
type reading struct {
	reader   envfile.Reader
	values   map[string]string
	problems []envfile.Problem
	refused  bool // it reads nothing of the file
}

// readers are all that are asked, the application's own first.
func readers() []envfile.Reader {
	return []envfile.Reader{envfile.PythonDotenv, envfile.Godotenv, envfile.Shell, envfile.Docker, envfile.Systemd}
}

// readerName is how a reader is called in texts.
func readerName(r envfile.Reader) string {
	switch r {
	case envfile.PythonDotenv:
		return "python-dotenv"
	case envfile.Godotenv:
		return "godotenv"
	case envfile.Shell:
		return "a shell"
	case envfile.Docker:
		return "docker --env-file"
	case envfile.Systemd:
		return "systemd"
	}
	return string(r)
}

// readAll reads the file as each of its readers does. The byte-order mark is
// left out: it is a problem of its own.
func (f *envFile) readAll() []reading {
	// At the same time, since a file of some megabytes takes each of them long.
	all := make([]reading, len(readers()))
	var asked sync.WaitGroup
	for i, r := range readers() {
		asked.Go(func() { all[i] = f.readBy(r) })
	}
	asked.Wait()
	return all
}

// readBy reads the file as one of its readers does.
func (f *envFile) readBy(r envfile.Reader) reading {
	result := f.python
	if r != envfile.PythonDotenv || f.bom {
		result = envfile.Parse(r, f.content, envfile.Options{Environ: f.environ})
	}
	one := reading{reader: r, values: make(map[string]string), problems: result.Problems}
	for _, p := range result.Problems {
		one.refused = one.refused || p.Fatal
	}
	for _, e := range result.Entries {
		if e.HasValue {
			one.values[e.Key] = e.Value
		} else if r == envfile.PythonDotenv {
			delete(one.values, e.Key)
		}
	}
	return one
}

// syntaxProblems are lines that a reader refuses. Where the application's own
// reader or that of the Go services is concerned it is a failure.
func (f *envFile) syntaxProblems(readings []reading) []Problem {
	var failed, warned []string
	first := map[bool]int{}
	for _, r := range readings {
		ours := r.reader == envfile.PythonDotenv || r.reader == envfile.Godotenv
		for _, p := range r.problems {
			if !p.Fatal && r.reader != envfile.PythonDotenv {
				continue // where it matters it is a divergence
			}
			what := "drops the line"
			if p.Fatal {
				what = "refuses the file"
			}
			text := fmt.Sprintf("%s %s %d: %s", readerName(r.reader), what+" at line", p.Line, p.Message)
			if !p.Fatal {
				text = fmt.Sprintf("%s drops line %d: %s", readerName(r.reader), p.Line, p.Message)
			}
			if line := first[ours]; line == 0 || p.Line < line {
				first[ours] = p.Line
			}
			if ours {
				failed = append(failed, text)
			} else {
				warned = append(warned, text)
			}
		}
	}
	const advice = " as KEY=value: no blanks around the =, quotes closed, nothing else on the line"
	switch {
	case len(failed) > 0:
		return fail(cause.EnvFileSyntax, f.at(first[true]), fmt.Sprintf("write line %d of %s%s", first[true], f.shown, advice),
			"%s", firstOf(append(failed, warned...)))
	case len(warned) > 0:
		return warn(cause.EnvFileSyntax, f.at(first[false]), fmt.Sprintf("write line %d of %s%s, no export", first[false], f.shown, advice),
			"%s", firstOf(warned))
	}
	return nil
}

// firstOf joins the first few texts and counts the rest.
func firstOf(texts []string) string {
	const most = 3
	if len(texts) <= most {
		return strings.Join(texts, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(texts[:most], "; "), len(texts)-most)
}

// duplicates are the variables of the table that stand there more than once.
func (f *envFile) duplicates() []Problem {
	var found []Problem
	for _, row := range Variables() {
		var lines []int
		for _, e := range f.entries[row.Key] {
			lines = append(lines, e.Line)
		}
		if len(lines) < 2 {
			continue
		}
		last := lines[len(lines)-1]
		found = append(found, warn(cause.EnvKeyDuplicate, f.at(last), fmt.Sprintf("remove line %s of %s", numbers(lines[:len(lines)-1]), f.shown),
			"%s stands in lines %s; line %d wins", row.Key, numbers(lines), last)...)
	}
	return found
}

func numbers(lines []int) string {
	var b strings.Builder
	for i, n := range lines {
		switch {
		case i > 0 && i == len(lines)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, n)
	}
	return b.String()
}

// trackedProblems asks git whether the file may end up in a commit. Samples
// are meant to. Where git gives no answer there is nothing to say.
func (f *envFile) trackedProblems(ctx context.Context) []Problem {
	name := filepath.Base(f.path)
	if slices.Contains([]string{".example", ".sample", ".template", ".dist"}, filepath.Ext(name)) {
		return nil
	}
	tracked, err := git.Tracked(ctx, f.path)
	switch {
	case err != nil:
		return nil
	case tracked:
		return warn(cause.EnvFileTracked, f.at(0), "git rm --cached "+f.shown+" && echo "+name+" >> .gitignore", "git tracks the file, with all that is secret in it")
	}
	if ignored, err := git.Ignored(ctx, f.path); err != nil || ignored {
		return nil
	}
	return warn(cause.EnvFileTracked, f.at(0), "echo "+name+" >> .gitignore", "git does not ignore the file: the next git add takes it along")
}
