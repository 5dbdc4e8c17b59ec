package project

import (
	"fmt"
	"io"
	"strings"
)

// Example is a file that holds every key.
const Example = `# What "bbctl test" and "bbctl doctor" run, ask and expect.
run:
  web: uvicorn main:app --port 8000
  worker: [celery, -A, worker, worker, --pool, solo]
  migrate: cd db && ./migrate --dry-run
urls:
  - http://127.0.0.1:8000/health
  - url: http://127.0.0.1:8000/bookings
    method: POST
    headers:
      X-Organization: "7"
for: 30s
until:
  errors: 1
  transactions: 2
expect:
  - error type=ValueError tag.business_area=payments
  - transaction >=2 name~^/ process=web
  - no message level=fatal
`

// WriteDoc writes the section of docs/configuration.md about the file. kinds
// are what an expectation can be about, categories what can end a run.
func WriteDoc(w io.Writer, kinds, categories []string) error {
	_, err := fmt.Fprintf(w, `
## bbctl.yaml

One file, and optional: how the application is run, so that CI runs plain
%[1]sbbctl test%[1]s and on-call plain %[1]sbbctl doctor%[1]s. It is looked for from the working
directory up to the repository's root, and its commands run in the folder where
it lies. A command behind %[1]s--%[1]s, or %[1]s--run%[1]s, puts the whole file aside; %[1]s--url%[1]s,
%[1]s--until%[1]s and %[1]s--expect%[1]s add to it, and %[1]s--for%[1]s outweighs it. A key that is not known
is an error, with its line.

%[1]s%[1]s%[1]syaml
%[2]s%[1]s%[1]s%[1]s

| key | meaning |
|---|---|
| %[1]srun%[1]s | The commands, each by a name: web, worker, beat. A text is taken apart as a shell does it, and one that needs more of a shell (pipes, variables, %[1]s&&%[1]s) is handed to %[1]s/bin/sh -c%[1]s; a list is the words as they are. All are started at once, each with its %[1]sSENTRY_DSN%[1]s pointed at a project of its own on the receiver. A name has no blanks and no %[1]s\|%[1]s. |
| %[1]surls%[1]s | Asked once each, in their order, once the application listens. A URL, or %[1]surl%[1]s with %[1]smethod%[1]s (GET where it is left out) and %[1]sheaders%[1]s. |
| %[1]sfor%[1]s | How long the commands run at most: %[1]s30s%[1]s, %[1]s2m%[1]s, or a number of seconds. |
| %[1]suntil%[1]s | Ends the run as soon as so many of each have come: %[3]s. |
| %[1]sexpect%[1]s | What must arrive: %[1]sKIND [>=N] FIELD=VALUE …%[1]s, or %[1]sno KIND …%[1]s for what must not. %[1]sFIELD!=VALUE%[1]s is what is not so, %[1]sFIELD~EXPRESSION%[1]s a regular expression; a value with blanks stands in quotes. Kinds: %[4]s. Fields are such as %[1]stype%[1]s, %[1]smessage%[1]s, %[1]slevel%[1]s, %[1]sname%[1]s, %[1]senvironment%[1]s, %[1]srelease%[1]s, %[1]sprocess%[1]s (the name in %[1]srun%[1]s), %[1]stag.KEY%[1]s, %[1]suser.KEY%[1]s, %[1]scontext.NAME.KEY%[1]s; an error about one that is not known names those of its kind. |

Without %[1]sfor%[1]s and %[1]suntil%[1]s the run ends when every command has ended, or when every
URL was asked: what still runs then is a server, and is stopped gently.

The application runs with its real database and broker. Where the environment is
production (or a command sets it for itself), that is asked first, or needs
%[1]s--yes%[1]s: with nobody to ask, %[1]sbbctl test%[1]s refuses, and %[1]sbbctl doctor%[1]s leaves the
application out and looks at the rest. Where nothing at all arrives the commands
run a second time, to see where they send instead; %[1]s--once%[1]s forbids that.
`, "`", Example, coded(categories), coded(kinds))
	return err
}

// coded are words, each as code.
func coded(words []string) string { return "`" + strings.Join(words, "`, `") + "`" }
