package verify_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/verify"
)

func TestHealthyApplicationPasses(t *testing.T) {
	t.Parallel()
	onEach(t, bothSDKs(), "all of it", func(t *testing.T, sdk pythonSDK) {
		least, adjust := 44, func(*verify.Options) {}
		if sdk.path == "" { // what is slow on purpose is waited for once
			least, adjust = 40, func(o *verify.Options) {
				o.Skip = []string{"query-slow-warning", "query-slow-error", "task-slow", "redis-slow"}
			}
		}
		rep := sdk.tested(t, project(t, "testdata/app"), sdk.environ(t.TempDir()), adjust)
		healthy(t, rep)
		if passed := rep.Count()[check.Pass]; passed < least {
			t.Errorf("passed: got %d checks, want at least %d", passed, least)
		}
		for _, item := range rep.Checks {
			if item.Detail == "" {
				t.Errorf("%s: %s without a word", item.ID, item.Outcome)
			}
			if item.Outcome == check.Warn && item.ID != "config-profiles-rate" {
				t.Errorf("%s warns: %s", item.ID, item.Detail)
			}
		}
	})
}

// The sample application is more than a module: all of it stands in the folder.
func TestSampleApplicationPasses(t *testing.T) {
	t.Parallel()
	sample := filepath.Join("..", "..", "testdata", "app", "python")
	if _, err := os.Stat(sample); err != nil {
		t.Skip("the sample application is not there")
	}
	onEach(t, bothSDKs(), "quickly", func(t *testing.T, sdk pythonSDK) {
		rep := sdk.tested(t, project(t, sample), sdk.environ(t.TempDir()), quick(nil), func(o *verify.Options) { o.Local = true })
		healthy(t, rep)
		outcomes(t, rep, check.Pass, "config-dsn", "user-fields", "payment-error", "task-failure", "query-fast")
	})
}
