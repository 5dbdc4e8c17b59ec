package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
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
		found := fail(cause.EnvFileUnreadable, f.at(0), f.readableFix(), "%s", f.unreadable)
		if f.content == nil {
			return found
		}
		return append(found, c.exposedProblems()...)
	}
	// git is asked meanwhile: it takes as long as all the rest.
	var tracked []Problem
	var asked sync.WaitGroup
	asked.Go(func() { tracked = f.trackedProblems(ctx) })
	var found []Problem
	if f.bom {
		found = append(found, fail(cause.EnvFileBOM, f.at(1), f.withoutBOM(),
			"the file begins with a byte-order mark: python-dotenv takes it for a part of the first name, godotenv refuses the file")...)
	}
	if before, _, crlf := bytes.Cut(f.content, []byte("\r\n")); crlf {
		found = append(found, warn(cause.EnvFileCRLF, f.at(1+bytes.Count(before, []byte("\n"))),
			"save "+f.shown+" with LF line ends (with GNU sed: sed -i 's/\\r$//' "+f.shown+")", "the lines end in CR LF: a shell keeps the CR in every value")...)
	}
	text, faults := f.withoutFaults()
	refusing := f.refusals(faults)
	found = append(found, f.syntaxProblems(faults, refusing)...)
	found = append(found, f.shellProblems(faults)...)
	found = append(found, c.divergences(f.readAll(text), refusing)...)
	found = append(found, f.duplicates()...)
	asked.Wait()
	found = append(found, tracked...)
	return append(found, c.exposedProblems()...)
}

// withoutBOM is the fix for a byte-order mark.
func (f *envFile) withoutBOM() string {
	return "save " + f.shown + " as UTF-8 without a byte-order mark (with GNU sed: sed -i '1s/^\\xEF\\xBB\\xBF//' " + f.shown + ")"
}

// duplicates are the variables of the table that stand there more than once.
func (f *envFile) duplicates() []Problem {
	var found []Problem
	for _, row := range Variables() {
		var lines []int
		for _, e := range f.entries[row.Key] {
			lines = append(lines, e.Line)
		}
		if len(lines) < 2 || applications(row.Key) {
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
	if f.isSample() {
		return nil
	}
	// Git says of a tracked file that it is not ignored. One question is enough
	// where all is well, and running git costs more than all the rest.
	ignored, err := git.Ignored(ctx, f.path)
	if err == nil && ignored || errors.Is(err, git.ErrNoRepository) {
		return nil
	}
	switch tracked, trackedErr := git.Tracked(ctx, f.path); {
	case trackedErr != nil:
		return nil
	case tracked:
		return warn(cause.EnvFileTracked, f.at(0), f.untrack()+" && "+f.ignore(), "git tracks the file, with all that is secret in it")
	case err != nil:
		return nil
	}
	return warn(cause.EnvFileTracked, f.at(0), f.ignore(), "git does not ignore the file: the next git add takes it along")
}

// untrack is the command that takes the file out of git and leaves it where it
// is, from the working directory, which may lie outside the checkout.
func (f *envFile) untrack() string {
	if dir := path.Dir(f.shown); dir != "." {
		return "git -C " + shellWord(dir) + " rm --cached " + shellWord(filepath.Base(f.path))
	}
	return "git rm --cached " + shellWord(f.shown)
}

// ignore is the command that has git ignore the file, by the .gitignore beside
// it, which no other one overrules. Where that one does not end in a newline
// the entry must not be glued to its last line.
func (f *envFile) ignore() string {
	name := shellWord(filepath.Base(f.path))
	list := shellWord(path.Join(path.Dir(f.shown), ".gitignore"))
	before, err := os.ReadFile(filepath.Join(filepath.Dir(f.path), ".gitignore"))
	if err == nil && len(before) > 0 && !bytes.HasSuffix(before, []byte("\n")) {
		return `printf '\n%s\n' ` + name + " >> " + list
	}
	return "echo " + name + " >> " + list
}

// shellWord is a text as a shell takes it for one word.
func shellWord(text string) string {
	if portable().MatchString(text) && !strings.ContainsAny(text, "!?*[]{}") && !strings.HasPrefix(text, "-") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
