package verify

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/probe"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// Lab is what the checks of one run share: the embedded receiver, the
// settings, and the real parts where there are any. Checks change nothing in
// it; each plays on a scene of its own.
type Lab struct {
	o   Options
	id  string // of the run
	dsn *dsn.DSN

	receiver *receiver.Receiver
	address  string
	stop     func() error

	scenes atomic.Int64
	parts  parts
	app    *application // nil: package monitoring is tested
	// service makes the clients of scenes; nil: they are made here.
	service *service
}

// newLab starts the receiver on a free loopback port. The caller closes it.
func newLab(ctx context.Context, o Options) (*Lab, error) {
	id, err := runID()
	if err != nil {
		return nil, err
	}
	l := &Lab{o: o, id: id, service: newService(o.Service)}
	var options receiver.Options
	if o.App != "" {
		l.app = newApplication(o)
		options.OnEnvelope = l.app.refused.note
	}
	l.receiver = receiver.New(options)
	if parsed, err := o.Config.DSN(); err == nil && !o.Local {
		l.dsn = parsed
	}
	// The receiver outlives a cancelled run until close, so that a check that
	// is being stopped meets a cancelled request and not a vanished server.
	if l.address, l.stop, err = l.receiver.Start(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *Lab) close() {
	if l.service != nil {
		l.service.close()
	}
	l.parts.close()
	if l.app != nil {
		l.app.close()
	}
	if err := l.stop(); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, context.Canceled) {
		l.o.Log.Debug("stopping the embedded receiver", "error", err)
	}
}

// target is the configured DSN as probe.Send wants it, reached as the
// application's process would reach it.
func (l *Lab) target() probe.Target {
	return probe.Target{DSN: l.dsn, Client: "bbctl/" + l.o.Version, Now: l.o.Now, Proxy: l.o.Config.Proxy}
}
