// Package verify is the suite of `bbctl test`: it drives package monitoring,
// the real parts beside it and the configured DSN, and judges each behaviour
// by the decoded bytes that arrive at an embedded receiver.
package verify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// Options says what is tested and how far the suite may go.
type Options struct {
	// Config holds the settings as the application will see them.
	Config *config.Config
	// Local keeps everything on the embedded receiver, also where a DSN is set.
	Local bool
	// DryRun sends nothing to the DSN, and says so.
	DryRun bool
	// Only and Skip name checks or groups.
	Only, Skip []string
	// Strict makes warnings fail.
	Strict bool
	// Timeout bounds the whole run.
	Timeout time.Duration
	Now     func() time.Time
	Version string
	Log     *slog.Logger

	// ApplicationFollows says that the application's own commands are run and
	// judged behind the suite: what they would start is not missed here.
	ApplicationFollows bool

	// App is the module of a Python application that is tested in place of
	// package monitoring, such as config.sentry; empty: none.
	App string
	// Python is the interpreter that App runs in; empty: that of the project.
	Python string
	// Dir is the project's folder, Environ the environment that the application
	// would get: both are for App alone.
	Dir     string
	Environ []string
	// Service is a Go service whose client is tested in place of one that the
	// suite makes; nil: none.
	Service *Service
	// Observe is called as each check ends, in order. It may be nil.
	Observe func(check.Item)
}

// Run runs the suite and returns its report. The error is the context's, or
// says what kept the suite from starting; a failing check is no error.
func Run(ctx context.Context, o Options) (check.Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	started, clock := o.Now(), time.Now()
	rep := check.Report{
		Tool: "bbctl", Version: o.Version, Command: "test",
		Started: started, Groups: Groups(), Strict: o.Strict,
	}
	lab, err := newLab(ctx, o)
	if err != nil {
		return rep, err
	}
	defer lab.close()

	suite := Checks()
	rep.Intro = lab.intro()
	switch {
	case lab.app != nil:
		suite, rep.Intro = AppChecks(), lab.appIntro()
	case lab.service != nil:
		suite, rep.Intro = ServiceChecks(), lab.serviceIntro()
	}
	rep.Checks, err = check.Run(ctx, suite, lab, check.Options{
		Only: o.Only, Skip: o.Skip, Strict: o.Strict,
		Timeout: o.Timeout, Now: o.Now, Observe: o.Observe,
	})
	if err != nil {
		return rep, err
	}
	rep.Stages = lab.stages(rep.Checks)
	rep.Closing = lab.closing(rep.Checks)
	switch {
	case lab.app != nil:
		rep.Stages, rep.Closing = lab.appStages(rep.Stages), lab.appClosing(rep.Checks)
	case lab.service != nil:
		rep.Stages, rep.Closing = lab.serviceStages(), lab.serviceClosing(rep.Checks)
	}
	rep.Duration = time.Since(clock)
	return rep, nil
}

// runID names one run: 8 hexadecimal digits, in a tag of every test event and
// in the name of every key written to a real Redis.
func runID() (string, error) {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("making the id of the run: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// errPlanted is the error that checks capture where any error would do.
var errPlanted = errors.New("planted by bbctl test")
