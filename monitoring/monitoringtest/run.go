package monitoringtest

import (
	"context"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/verify"
	"github.com/bookedbarber/bbctl/monitoring"
)

// Run tests the clients that newClient makes for the DSNs that it is given. An
// empty DSN must give a client that is off. A service that reads variables by a
// function of its own can be handed over as well:
//
//	func(dsn string) (*monitoring.Client, error) {
//		return newMonitoring(func(key string) (string, bool) {
//			if key == "SENTRY_DSN" {
//				return dsn, true
//			}
//			return os.LookupEnv(key)
//		})
//	}
func Run(t *testing.T, newClient func(dsn string) (*monitoring.Client, error), options ...Option) {
	t.Helper()
	judge(t, subject(newClient), options)
}

// RunEnv tests the clients that newClient makes of the process environment. It
// sets SENTRY_DSN, and to values of its own SENTRY_ENVIRONMENT, SENTRY_RELEASE,
// SENTRY_SAMPLE_RATE, SENTRY_TRACES_SAMPLE_RATE, SENTRY_PROFILES_SAMPLE_RATE,
// SENTRY_SEND_DEFAULT_PII and SENTRY_DEBUG, all of which the client must obey.
// The test must not be parallel.
func RunEnv(t *testing.T, newClient func() (*monitoring.Client, error), options ...Option) {
	t.Helper()
	judge(t, environmental(t.Setenv, newClient), options)
}

// subject is a service that is handed a DSN.
func subject(newClient func(dsn string) (*monitoring.Client, error)) verify.Service {
	return verify.Service{New: func(values map[string]string) (*monitoring.Client, error) { return newClient(values[config.KeyDSN]) }}
}

// environmental is a service that reads its environment.
func environmental(setenv func(key, value string), newClient func() (*monitoring.Client, error)) verify.Service {
	return verify.Service{Variables: true, New: func(values map[string]string) (*monitoring.Client, error) {
		for key, value := range values {
			setenv(key, value)
		}
		return newClient()
	}}
}

// judge examines a service and tells each check as a subtest.
func judge(t *testing.T, service verify.Service, options []Option) {
	t.Helper()
	o := settle(service, options)
	rep, err := examine(t.Context(), t.TempDir(), o)
	if err != nil {
		t.Fatalf("testing the monitoring: %v", err)
	}
	for _, line := range rep.Intro {
		t.Log(line)
	}
	for _, item := range rep.Checks {
		t.Run(item.ID, func(t *testing.T) {
			t.Helper()
			tell(t, item, o.strict)
		})
	}
	for _, line := range rep.Closing {
		t.Log(line)
	}
	if rep.Verdict() == check.VerdictIncomplete {
		t.Error("no check passed, or one could not be completed: nothing is proved")
	}
}

// longest bounds a run: a service that hangs is told, and not waited for.
const longest = 2 * time.Minute

// examine runs the suite. The folder is one without a .env.
func examine(ctx context.Context, dir string, o settings) (check.Report, error) {
	// Without an environment: that of a developer or of CI may name real servers.
	nothing, err := config.Load(ctx, config.Options{Dir: dir})
	if err != nil {
		return check.Report{}, err
	}
	rep, err := verify.Run(ctx, verify.Options{
		Config: nothing, Local: true, Service: &o.service,
		Only: o.only, Skip: o.skip, Strict: o.strict, Timeout: longest,
	})
	return rep.Map(redactor()), err
}
