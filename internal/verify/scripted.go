package verify

import (
	"context"
	"strings"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// refusing is a second receiver that answers by a script, for the checks of
// what happens when the server does not take an event.
type refusing struct {
	receiver *receiver.Receiver
	dsn      string
	stop     func()
}

// scripted starts one. Where no port is free its DSN is one that nobody
// answers, and the check that asked for it fails by what it sees.
func scripted(l *Lab, answers ...receiver.Answer) *refusing {
	r := &refusing{receiver: receiver.New(receiver.Options{MaxItems: 100, MaxBytes: 1 << 20}), stop: func() {}}
	r.receiver.Script(answers...)
	address, stop, err := r.receiver.Start(context.Background())
	if err != nil {
		l.o.Log.Debug("starting a scripted receiver", "error", err)
		r.dsn = strings.Replace(l.receiver.DSN(l.address), l.address, "127.0.0.1:1", 1)
		return r
	}
	r.dsn = r.receiver.DSN(address)
	r.stop = func() {
		if err := stop(); err != nil {
			l.o.Log.Debug("a scripted receiver", "error", err)
		}
	}
	return r
}

// received is how many requests came.
func (r *refusing) received() int { return int(r.receiver.Stats().Requests) }

func (r *refusing) close() { r.stop() }
