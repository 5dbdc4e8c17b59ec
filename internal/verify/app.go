package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// application is the Python application under test. Its processes are started
// when a check first needs them, one for each variant of the environment.
type application struct {
	module, dir string
	environ     []string
	python      interpreter
	patience    time.Duration // for a start and for a scenario
	refused     refusals

	mu      sync.Mutex // one scenario at a time: what arrives in it is its own
	drivers map[string]*driver
	starts  int
	closed  bool
}

// mostStarts bounds how often the application is started in one run: one that
// ends in every scenario would be started for each of them otherwise.
const mostStarts = 12

// patience bounds a start of the application, and a scenario: less than what
// the check may take, so that it says what hung.
const patience = 30 * time.Second

func newApplication(o Options) *application {
	return &application{
		module: o.App, dir: o.Dir, environ: o.Environ,
		python:   choosePython(o.Python, o.Dir, o.Environ),
		patience: patience,
		drivers:  map[string]*driver{},
	}
}

func (a *application) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	for _, d := range a.drivers {
		d.close()
	}
}

// process returns the running process of a variant, started where there is
// none. The caller holds the lock.
func (a *application) process(ctx context.Context, l *Lab, v variant) (*driver, error) {
	if a.closed {
		return nil, errClosed
	}
	if d, ok := a.drivers[v.name]; ok && !d.dead {
		return d, nil
	}
	if a.starts++; a.starts > mostStarts {
		return nil, fmt.Errorf("the application was started %d times, and ended each time", mostStarts)
	}
	dsn, path, err := l.addressOf(l.scenes.Add(1))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	d, err := launch(ctx, a.python.path, a.module, a.dir, environOf(a.environ, dsn, v))
	if err != nil {
		return nil, err
	}
	d.dsn, d.path = dsn, path
	a.drivers[v.name] = d
	return d, nil
}

// act is a scenario as it was played: what the driver said, and what arrived.
type act struct {
	*arrival
	said  played
	start started
	died  string // how the process ended in the scenario; empty: it did not
	own   bool   // code of the application was called, beside its hooks
	debug string // what the application has printed on stderr so far
}

// perform plays steps in a process of a variant. An error means that the
// process cannot be had at all.
func (a *application) perform(ctx context.Context, l *Lab, v variant, c order) (*act, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d, err := a.process(ctx, l, v)
	if err != nil {
		return nil, err
	}
	result := &act{arrival: &arrival{}, start: d.report}
	if d.report.Stage != stageReady {
		return result, nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	before := l.receiver.Stats().Requests
	if err := d.exchange(ctx, c, &result.said); err != nil {
		result.died = d.account(err)
		d.close()
	} else if c.Exit {
		select {
		case <-d.ended:
		case <-ctx.Done():
			result.died = errHangs.Error()
		}
		d.close()
	}
	result.own = slices.ContainsFunc(c.Steps, func(s step) bool { return s["do"] == "call" || s["do"] == "monitored" })
	result.debug = d.stderr.String()
	result.arrival = arrived(slices.Concat(since(l.receiver.Records(), before, d.path), since(a.refused.all(), before, d.path)))
	return result, nil
}

// since are the requests under a path that came after a number of them.
func since(records []*receiver.Record, before uint64, path string) []*receiver.Record {
	return slices.DeleteFunc(records, func(record *receiver.Record) bool {
		return record.Seq <= before || !strings.HasPrefix(record.Path, path)
	})
}

// refusals are the requests that the receiver did not take: it keeps none.
type refusals struct {
	mu      sync.Mutex
	records []*receiver.Record
}

// mostRefusals is how many are kept: one tells as much as all.
const mostRefusals = 200

func (r *refusals) note(record *receiver.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !record.Accepted && len(r.records) < mostRefusals {
		r.records = append(r.records, record)
	}
}

func (r *refusals) all() []*receiver.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.records)
}

// stageReady is the stage of an application that has configured its SDK.
const stageReady = "ready"

// AppChecks is the suite of `bbctl test --app`: the ids and groups of Checks, in
// their order, so that reports of both can be laid side by side.
func AppChecks() []Check {
	plays := appPlays()
	suite := Checks()
	for i, c := range suite {
		p, ok := plays[c.ID]
		if !ok {
			suite[i].Needs, suite[i].Run = nil, libraryAlone
			continue
		}
		suite[i].Title, suite[i].Needs, suite[i].Run = p.title, p.needs, p.run
		suite[i].Timeout = appTimeout
		if p.title == "" {
			suite[i].Title = c.Title
		}
	}
	return suite
}

// libraryAlone is the run of a check that says nothing about an application.
func libraryAlone(context.Context, *Lab) check.Result {
	return check.Skipped("a check of the Go library: it says nothing about a Python application")
}
