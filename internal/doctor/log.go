package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// logTime bounds the reading of a log: what was read until then is judged. A
// pipe from `tail -f` never ends.
const logTime = 9 * time.Second

// finding is one cause that a log gives away.
type finding struct {
	sign
	mark
	note string // what else is to be said; empty: nothing
	fix  string // empty: the one of the catalogue
}

// logbook is what the signatures found in a log.
type logbook struct {
	lines, spoken int
	findings      []finding
	passing       map[string]string // what a check that passes has seen
	profilerOff   mark              // a fault only where it should be on
	partial       string            // why not all of it was read; empty: it was
	err           error             // it could not be read at all
}

// readLog looks for the SDKs' own messages in a log; nil is an empty one. It
// stops with the context, and after logTime.
func readLog(ctx context.Context, r io.Reader) logbook { return readLogFor(ctx, r, logTime) }

func readLogFor(ctx context.Context, r io.Reader, bound time.Duration) logbook {
	m := newMatcher()
	if r == nil {
		return m.conclude()
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	batches := readLines(ctx, r)
	for {
		select {
		case <-ctx.Done():
			book := m.conclude()
			book.partial = fmt.Sprintf("only the first %d lines were read, within %s", m.lines, bound)
			return book
		case batch := <-batches:
			for _, l := range batch.lines {
				m.line(l)
			}
			if batch.err == nil {
				continue
			}
			book := m.conclude()
			if !errors.Is(batch.err, io.EOF) {
				book.err = fmt.Errorf("reading the log after line %d: %w", m.lines, batch.err)
			}
			return book
		}
	}
}

// logChecks are the checks of a log, a list of its own since they run only
// where there is one.
func logChecks() []Check {
	of := func(id, title string) Check {
		return Check{ID: id, Group: groupLog, Title: title, Needs: []string{logLines}, Timeout: answer, Run: logFamily(id)}
	}
	return []Check{
		{ID: logLines, Group: groupLog, Title: "the log holds what an SDK of Sentry says", Timeout: answer, Run: logRead},
		of(logDSN, "the SDK took its DSN"),
		of(logStart, "it took its other options"),
		of(logNetwork, "it reached the ingest"),
		of(logAnswers, "the ingest took what it sent"),
		of(logLimits, "no limit held it back"),
		of(logHooks, "no hook dropped everything"),
		of(logSampling, "sampling left something"),
		of(logProfiles, "profiles were made where they are asked for"),
		of(logQueue, "its queue was long enough"),
		of(logExit, "what was left at the end was sent"),
		of(logRelease, "there was a release"),
		of(logProcesses, "no worker was killed"),
	}
}

// logRead passes where there is something to judge.
func logRead(_ context.Context, p *Patient) check.Result {
	book := p.log()
	name := cmp.Or(p.logName(), "the log")
	if book.err != nil && book.lines == 0 {
		return check.BrokenBy(book.err)
	}
	if book.spoken == 0 && len(book.findings) == 0 {
		return check.Skipped("none of the %d lines of %s is one of an SDK of Sentry: switch its debug output on (Python: SENTRY_DEBUG=true; Go: Debug: true in sentry.ClientOptions), and run the application again", book.lines, name)
	}
	seen := fmt.Sprintf("%d of the %d lines of %s", book.spoken, book.lines, name)
	if book.err != nil {
		return check.Result{Outcome: check.Broken, Detail: seen + "; " + book.err.Error()}
	}
	if book.partial != "" {
		seen += "; " + book.partial
	}
	return check.Passed("%s", seen)
}

// logName is what the log is called: a dash is where it was read from.
func (p *Patient) logName() string {
	if p.o.LogName == "-" {
		return "stdin"
	}
	return p.o.LogName
}

// logFamily is the run of a check that tells of one family of causes.
func logFamily(id string) func(context.Context, *Patient) check.Result {
	return func(_ context.Context, p *Patient) check.Result {
		book := p.log()
		mine := p.refine(id, book)
		if len(mine) == 0 {
			return check.Passed("%s", book.passing[id])
		}
		first := mine[0]
		if id == logExit && first.id == cause.IngestSlow {
			// Who cannot send has something left at the end, too.
			for _, root := range []string{logNetwork, logAnswers} {
				if others := book.family(root); len(others) > 0 {
					return check.BlockedBy(root, "follows from %s: %s", root, first.text(p.logName()))
				}
			}
		}
		var parts []string
		for i, f := range mine {
			text := f.text(p.logName())
			if i > 0 {
				text = string(f.id) + ": " + text
			}
			parts = append(parts, text)
		}
		detail := strings.Join(parts, "; also ")
		if first.severity == cause.Warn {
			return check.Warned(first.id, first.remedy(), "%s", detail)
		}
		return check.Failed(first.id, first.remedy(), "%s", detail)
	}
}

// family returns the findings of a check, the gravest first, then the most
// frequent.
func (b logbook) family(id string) []finding {
	var mine []finding
	for _, f := range b.findings {
		if f.check == id {
			mine = append(mine, f)
		}
	}
	slices.SortStableFunc(mine, func(a, b finding) int {
		return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(b.count, a.count))
	})
	return mine
}

// weight puts failures first, and a cause before what only follows from it.
func weight(f finding) int {
	switch {
	case f.severity == cause.Warn:
		return 3
	case f.id == cause.AppNetworkError, f.id == cause.AppRateLimited:
		return 2
	default:
		return 1
	}
}

// refine returns the findings of a check, with what the settings know better
// than the log.
func (p *Patient) refine(id string, book logbook) []finding {
	mine := book.family(id)
	switch {
	case id == logDSN && len(mine) > 0:
		return p.refineDSN(mine)
	case id == logProfiles && len(mine) == 0 && book.profilerOff.count > 0:
		rate, err := p.o.Config.Rate(config.KeyProfilesSampleRate)
		if v := p.o.Config.Value(config.KeyProfilesSampleRate); err == nil && v.Set && rate > 0 {
			return []finding{{
				sign: sign{logProfiles, cause.AppNoProfiles, cause.Warn}, mark: book.profilerOff,
				note: fmt.Sprintf("%s is %s (%s), and init did not get it", v.Key, v.Shown(), v.Origin),
				fix:  "profiles_sample_rate=float(os.environ[\"SENTRY_PROFILES_SAMPLE_RATE\"]) in init: the SDK does not read the variable",
			}}
		}
	}
	return mine
}

// refineDSN names the defect as the settings show it: the SDK says of quotes
// and of a missing scheme the same.
func (p *Patient) refineDSN(mine []finding) []finding {
	for _, problem := range p.problems() {
		if problem.Severity == cause.Fail && strings.HasPrefix(string(problem.Cause), "dsn-") && problem.Cause != cause.DSNMissing && problem.Cause != cause.DSNLocalReceiver {
			first := mine[0]
			first.id, first.fix, first.severity = problem.Cause, problem.Fix, problem.Severity
			first.note = problem.Evidence
			return []finding{first}
		}
	}
	return mine
}

func (f finding) text(name string) string {
	where := fmt.Sprintf("line %d", f.first)
	if f.count > 1 {
		where = fmt.Sprintf("%d times, lines %d to %d", f.count, f.first, f.last)
	}
	if name != "" {
		where = name + ", " + where
	}
	text := fmt.Sprintf("“%s” (%s)", f.excerpt, where)
	if f.note != "" {
		text += ": " + f.note
	}
	return text
}

func (f finding) remedy() string {
	if f.fix != "" {
		return f.fix
	}
	known, _ := cause.Get(f.id)
	return known.Fix
}
