package verify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/monitoring"
)

// Service is a Go service that configures package monitoring by itself: the
// suite judges the clients that it makes. What is left out is not stated.
type Service struct {
	// New makes a client as the service does, by variables such as SENTRY_DSN.
	// Each call makes a new one.
	New func(values map[string]string) (*monitoring.Client, error)
	// Variables says that New goes by all variables, and not by SENTRY_DSN alone.
	Variables bool

	// Environment and Release are what events are meant to carry.
	Environment, Release string
	// Emails says that the e-mail addresses of users are meant to be sent.
	Emails bool
	// Thresholds are those that the service means; zero: the team's.
	Thresholds monitoring.Thresholds

	// Database and Redis are the service's own; nil: stand-ins.
	Database *sql.DB
	Redis    func(context.Context) error

	// Capture, Middleware and Shutdown are the service's own ways to report an
	// error, to serve requests and to end; nil: the client's.
	Capture    func(context.Context, *monitoring.Client, error)
	Middleware func(*monitoring.Client, http.Handler) http.Handler
	Shutdown   func(context.Context, *monitoring.Client) error
}

// service is a Service under test.
type service struct {
	Service
	errand errand

	mu     sync.Mutex
	closed bool
}

func newService(s *Service) *service {
	if s == nil {
		return nil
	}
	v := &service{Service: *s}
	if v.Thresholds.Warn <= 0 {
		v.Thresholds = monitoring.DefaultThresholds()
	}
	v.Thresholds.Error = max(v.Thresholds.Error, v.Thresholds.Warn)
	return v
}

func (v *service) close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.errand.end()
}

// What the variables say where nothing else is stated: no name of a default.
const (
	someEnvironment = "staging"
	someRelease     = "bookedbarber@2.1.0"
)

// given are the variables for a DSN: rates of 1, so that one event is enough.
func (v *service) given(address string, others map[string]string) map[string]string {
	values := map[string]string{
		config.KeyDSN:                address,
		config.KeyEnvironment:        someEnvironment,
		config.KeyRelease:            someRelease,
		config.KeySampleRate:         "1.0",
		config.KeyTracesSampleRate:   "1.0",
		config.KeyProfilesSampleRate: "0.0",
		config.KeySendDefaultPII:     "false",
		config.KeyDebug:              "false",
	}
	if v.Environment != "" {
		values[config.KeyEnvironment] = v.Environment
	}
	if v.Release != "" {
		values[config.KeyRelease] = v.Release
	}
	if v.Emails {
		values[config.KeySendDefaultPII] = "true"
	}
	maps.Copy(values, others)
	return values
}

// errOff is what a service says that makes the client which is off.
var errOff = errors.New("the client is nil, which is off")

// client makes the client of a scene.
func (v *service) client(s *scene, settings []setting) (*monitoring.Client, error) {
	address, others := s.dsn, map[string]string{}
	for _, one := range settings {
		if one.dsn != "" {
			address = one.dsn
		}
		if one.thresholds != (monitoring.Thresholds{}) {
			s.thresholds = one.thresholds
		}
		maps.Copy(others, one.values)
	}
	client, err := v.made(v.given(address, others))
	if err == nil && client == nil {
		err = errOff
	}
	return client, err
}

// made calls the service. A check that did not end in time may still ask for a
// client when the test is over: there is no environment to change then.
func (v *service) made(values map[string]string) (client *monitoring.Client, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, errClosed
	}
	defer func() {
		if r := recover(); r != nil {
			client, err = nil, fmt.Errorf("it panicked: %v", r)
		}
	}()
	return v.New(values)
}

// libraryOfItsOwn is the run of a check that a service cannot be asked.
func libraryOfItsOwn(reason string) func(context.Context, *Lab) check.Result {
	return func(context.Context, *Lab) check.Result { return check.Skipped("%s", reason) }
}
