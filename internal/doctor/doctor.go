// Package doctor is the suite of `bbctl doctor`: why events are missing. It
// judges the settings, the running processes of the application and the way to
// the ingest, and names for each fault one cause and one fix.
package doctor

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
	"github.com/bookedbarber/bbctl/internal/probe"
)

// Options says what is looked at and how far the suite may go.
type Options struct {
	// Config holds the settings as the application will see them.
	Config *config.Config
	// Reload loads the settings again with further variables in the process
	// environment, in the form "KEY=value"; nil: it cannot be done.
	Reload func(ctx context.Context, environ []string) (*config.Config, error)
	// Dir is the working directory, Host and User who is asking, from where.
	Dir, Host, User string
	// Home is the user's home directory; empty: not known.
	Home string
	// Offline leaves out everything that needs the network.
	Offline bool
	// Quick leaves out the second look at the ingest, some seconds later.
	Quick bool
	// NoSend sends no event, only a client report.
	NoSend bool
	// PIDs are processes of the application that are to be looked at beside
	// those that are found.
	PIDs []int
	// Proc is where the system lists its processes; empty: /proc.
	Proc string
	// Symptom is what the user sees; empty: not said.
	Symptom Symptom
	// Preflight is the environment whose checklist is gone through; empty: the
	// ordinary suite.
	Preflight string
	// App is how the application is run; nil: it is not. AppAlone leaves out all
	// but what it sends.
	App      *observe.Options
	AppAlone bool
	// Command is the command that is run, such as "test"; empty: doctor.
	Command string
	// Log is a log of the application, LogName how it is called; nil: none.
	Log     io.Reader
	LogName string

	// Only and Skip name checks or groups.
	Only, Skip []string
	// Strict makes warnings fail.
	Strict bool
	// Timeout bounds the stage that asks the ingest; 0: its own bound.
	Timeout time.Duration
	Now     func() time.Time
	Version string
	// Observe is called as each check ends, in order. It may be nil.
	Observe func(check.Item)
}

// Run runs the suite and returns its report. The error is the context's or a
// *check.SelectionError; a failing check is no error.
func Run(ctx context.Context, o Options) (check.Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Proc == "" {
		o.Proc = "/proc"
	}
	started, clock := o.Now(), time.Now()
	suite := Checks(o)
	rep := check.Report{
		Tool: "bbctl", Version: o.Version, Command: cmp.Or(o.Command, "doctor"),
		Started: started, Groups: Groups(), First: concerns(o.Symptom), Strict: o.Strict,
	}
	chosen, err := check.Select(suite, o.Only, o.Skip)
	if err != nil {
		return rep, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends an examination that nobody waits for any more
	p := borrow(ctx, newPatient(ctx, o))
	p.choose(chosen)
	if o.Log != nil && p.runs(logLines) {
		go p.log() // while the rest is looked at: a pipe may take its whole time
	}
	rep.Intro = p.intro()
	if err := p.runApplication(ctx, chosen); err != nil {
		return rep, err
	}
	rep.Checks, err = check.Run(ctx, suite, p, check.Options{
		Only: o.Only, Skip: o.Skip, Strict: o.Strict, Now: o.Now, Observe: o.Observe,
	})
	if err != nil {
		return rep, err
	}
	rep.Stages = p.stages(rep.Checks)
	rep.Closing = p.closing(rep.Checks)
	rep.Duration = time.Since(clock)
	return rep, nil
}

// DefaultTimeout is what the ingest may take where the options name nothing.
const DefaultTimeout = probe.DefaultExamination
