package config

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// refusal is a reader that takes nothing of the file for a faulty line.
type refusal struct {
	reader envfile.Reader
	line   int
}

// refusals are the readers that refuse the file as it is for one of its faulty
// lines; godotenv, which the Go services use, for any line.
func (f *envFile) refusals(faults []lineFault) []refusal {
	if len(faults) == 0 {
		return nil
	}
	var found []refusal
	for _, r := range []reading{f.inGo(), readingOf(envfile.Docker, f.parse(envfile.Docker, f.content)), f.inShell()} {
		faulty := slices.ContainsFunc(faults, func(l lineFault) bool { return l.line <= r.refusedAt && r.refusedAt <= l.line+l.more })
		if r.refused && (faulty || r.reader == envfile.Godotenv) {
			found = append(found, refusal{r.reader, r.refusedAt})
		}
	}
	return found
}

// differing says that a reader sees nothing where others see the rest, which
// comes of the faulty line.
func (r refusal) differing(f *envFile) []Problem {
	return following(cause.EnvFileSyntax, warn(cause.EnvReaderDivergence, f.at(r.line),
		fmt.Sprintf("write line %d of %s as KEY=value", r.line, f.shown),
		"%s sees no variable of the file, python-dotenv those of its other lines", readerName(r.reader)))
}

// godotenvRefuses says whether the Go services take nothing of the file.
func (f *envFile) godotenvRefuses() bool { return f.inGo != nil && f.inGo().refused }

// ShellRefuses says in which line of the .env file a shell stops that reads it
// with `set -a; . FILE`, and why; it keeps none of what stands behind. The line
// is 0 where the shell takes the file, or there is none that can be read.
func (c *Config) ShellRefuses() (line int, why string) {
	if c.file == nil || c.file.inShell == nil {
		return 0, ""
	}
	r := c.file.inShell()
	return r.refusedAt, r.why
}

// exported is a line that is written for a shell.
var exported = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^[ \t]*export[ \t]+[A-Za-z_]\w*=`) })

// shellProblems finds a line for which a shell refuses a file that is written
// for one. In others, which python-dotenv, docker and the like read, an
// apostrophe or a parenthesis in the application's own values is no fault.
func (f *envFile) shellProblems(faults []lineFault) []Problem {
	// A shell asks more of a long file than all the other readers.
	if len(faults) > 0 || !bytes.Contains(f.content, []byte("export")) || !exported().Match(f.content) {
		return nil
	}
	r := f.inShell()
	if !r.refused {
		return nil
	}
	return warn(cause.EnvFileSyntax, f.at(r.refusedAt), fmt.Sprintf("write the value in line %d of %s in single quotes, for the shell that reads the file", r.refusedAt, f.shown),
		"a shell refuses the file at line %d: %s; lines that begin with export are written for one", r.refusedAt, r.why)
}
