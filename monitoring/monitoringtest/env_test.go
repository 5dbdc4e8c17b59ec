package monitoringtest

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/monitoring"
)

// variables are a process environment of its own.
type variables map[string]string

func (v variables) set(key, value string) { v[key] = value }

func (v variables) lookup(key string) (string, bool) {
	value, ok := v[key]
	return value, ok
}

// reading is a service that reads its environment, and changes what it read.
func reading(v variables, change func(*monitoring.Config)) func() (*monitoring.Client, error) {
	return func() (*monitoring.Client, error) {
		cfg, _ := monitoring.FromEnv(v.lookup)
		if change != nil {
			change(&cfg)
		}
		return monitoring.New(cfg)
	}
}

func TestServiceThatReadsItsEnvironmentPasses(t *testing.T) {
	t.Parallel()
	v := variables{}
	rep := reported(t, environmental(v.set, reading(v, nil)), Strict())
	allPassed(t, rep, "config-env-file", "config-debug", "celery-broker", "celery-workers", "delivery-error", "delivery-transaction", "delivery-message")
}

func TestVariablesThatAreNotObeyedAreNamed(t *testing.T) {
	t.Parallel()
	one := monitoring.Rate{Value: 1, Set: true}
	for _, c := range []struct {
		name    string
		change  func(*monitoring.Config)
		check   string
		outcome check.Outcome
		want    cause.ID
	}{
		{"another variable for the DSN", func(c *monitoring.Config) { c.DSN = "" }, "config-dsn", check.Fail, cause.AppSentNothing},
		{"a fixed environment", func(c *monitoring.Config) { c.Environment = "production" }, "config-environment", check.Fail, cause.AppEnvironmentMissing},
		{"a release that is forgotten", func(c *monitoring.Config) { c.Release = "" }, "config-release", check.Fail, cause.AppReleaseMissing},
		{"a fixed rate of errors", func(c *monitoring.Config) { c.SampleRate = one }, "config-sample-rate", check.Fail, cause.AppRatesNotPassed},
		{"a fixed rate of transactions", func(c *monitoring.Config) { c.TracesSampleRate = monitoring.Rate{Value: 0.1, Set: true} }, "config-traces-rate", check.Fail, cause.AppRatesNotPassed},
		{"addresses whatever is said", func(c *monitoring.Config) { c.SendDefaultPII = true }, "user-email", check.Fail, cause.AppPII},
		{"no addresses whatever is said", func(c *monitoring.Config) { c.SendDefaultPII = false }, "config-privacy", check.Warn, cause.AppRatesNotPassed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := variables{}
			named(t, reported(t, environmental(v.set, reading(v, c.change))), c.check, c.outcome, c.want)
		})
	}
}

// RunEnv itself, on the environment of this process.
func TestEnvironmentIsAsBeforeAfterwards(t *testing.T) {
	before := os.Environ()
	t.Run("run", func(t *testing.T) {
		RunEnv(t, func() (*monitoring.Client, error) {
			cfg, _ := monitoring.FromEnv(os.LookupEnv)
			return monitoring.New(cfg)
		}, Strict())
		if _, ok := os.LookupEnv("SENTRY_DSN"); !ok {
			t.Error("the variables were not set")
		}
	})
	if diff := cmp.Diff(before, os.Environ()); diff != "" {
		t.Errorf("the environment (-before +after):\n%s", diff)
	}
}
