package verify_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/servers"
	"github.com/bookedbarber/bbctl/internal/verify"
)

// A setting that cannot be used is told by its own check, once, and is no fault
// of the library: the others go on, and so do the test events.
func TestOneBadSettingIsOneFinding(t *testing.T) {
	t.Parallel()
	cases := []struct {
		setting, check string
		outcome        check.Outcome
		want           cause.ID
	}{
		{"SENTRY_SAMPLE_RATE=0,5", "config-sample-rate", check.Fail, cause.RateDecimalComma},
		{"SENTRY_SAMPLE_RATE=50%", "config-sample-rate", check.Fail, cause.RateNotANumber},
		{"SENTRY_TRACES_SAMPLE_RATE=lots", "config-traces-rate", check.Fail, cause.RateNotANumber},
		{"SENTRY_PROFILES_SAMPLE_RATE=5", "config-profiles-rate", check.Fail, cause.RateOutOfRange},
		{"SENTRY_DEBUG=maybe", "config-debug", check.Warn, cause.BooleanMalformed},
		{"SENTRY_SEND_DEFAULT_PII=None", "config-privacy", check.Warn, cause.BooleanMalformed},
		{"SENTRY_RELEASE=latest", "config-release", check.Fail, cause.ReleaseInvalid},
	}
	for _, c := range cases {
		t.Run(c.setting, func(t *testing.T) {
			t.Parallel()
			_, dsn := ingest(t)
			rep := suite(t, verify.Options{
				Config: settings(t, "SENTRY_DSN="+dsn, "SENTRY_ENVIRONMENT=development", "SENTRY_RELEASE=1.0", c.setting),
				Only:   []string{"configuration", "delivery"},
			})
			for _, item := range rep.Checks {
				switch {
				case item.ID == c.check:
					if item.Outcome != c.outcome || item.Cause != c.want {
						t.Errorf("%s: got %s %s (%s), want %s %s", item.ID, item.Outcome, item.Cause, item.Detail, c.outcome, c.want)
					}
				case item.Outcome != check.Pass && item.Outcome != check.Skip:
					t.Errorf("%s: %s (%s)", item.ID, item.Outcome, item.Detail)
				}
			}
		})
	}
}

func TestBlanksAroundTheReleaseAreTrimmed(t *testing.T) {
	t.Parallel()
	rep := suite(t, verify.Options{Config: settings(t, "SENTRY_RELEASE= 1.0 ", "SENTRY_ENVIRONMENT=development"), Only: []string{"config-release"}})
	outcomes(t, rep, check.Pass, "config-release")
}

// A server that takes the connection and refuses the work is named as such.
func TestRefusedWorkIsTheServersFault(t *testing.T) {
	t.Parallel()
	primary := servers.Redis(t, servers.RedisOptions{})
	replica := servers.Redis(t, servers.RedisOptions{Args: []string{"--replicaof", "127.0.0.1 " + port(t, primary.Address)}})
	failedPart(t, "REDIS_URL="+replica.URL(0), "redis-connection", cause.RedisRefused)
}

// A run that is over its time starts nothing more, and leaves nothing behind.
func TestRunOverItsTimeEndsCleanly(t *testing.T) {
	for _, timeout := range []time.Duration{time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond} {
		func() {
			ignore := goleak.IgnoreCurrent()
			rep, err := verify.Run(context.Background(), verify.Options{Config: settings(t), Timeout: timeout})
			if err != nil {
				t.Fatal(err)
			}
			if rep.Count()[check.Broken] == 0 || rep.ExitCode() != 3 {
				t.Errorf("within %s: %v, exit code %d, want broken checks and 3", timeout, rep.Count(), rep.ExitCode())
			}
			goleak.VerifyNone(t, ignore) // it waits for what is about to end
		}()
	}
}
