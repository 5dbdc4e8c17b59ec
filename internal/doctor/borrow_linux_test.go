package doctor

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// TestABareShellLooksThroughTheProcess: the DSN stands in the unit of a service
// and not here, which is no fault. A worker that lacks it still is one.
func TestABareShellLooksThroughTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dsn := "https://" + strings.Repeat("4b7", 10) + "c1@sentry.example.com/42"
	settings := []string{"SENTRY_DSN=" + dsn, "SENTRY_ENVIRONMENT=staging", "SENTRY_RELEASE=2.1.0"}
	start(t, dir, settings, "uvicorn", "main:app")
	reload := func(ctx context.Context, environ []string) (*config.Config, error) {
		return config.Load(ctx, config.Options{Dir: dir, Environ: environ})
	}
	run := func(reload func(context.Context, []string) (*config.Config, error)) check.Report {
		cfg, err := config.Load(t.Context(), config.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		rep, err := Run(t.Context(), Options{Config: cfg, Reload: reload, Dir: dir, Offline: true})
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	rep := run(reload)
	if roots := rep.RootCauses(); len(roots) > 0 {
		t.Errorf("root causes %+v, expected none", roots)
	}
	if first := rep.Intro[0]; !strings.Contains(first, "the environment of web ") || !strings.Contains(first, "since no SENTRY_DSN is set here") {
		t.Errorf("the first line is %q", first)
	}
	if !names(run(nil), cause.DSNMissing) {
		t.Error("without the process nothing is missing")
	}

	start(t, dir, nil, "celery", "-A", "tasks", "worker")
	rep = run(reload)
	if !names(rep, cause.EnvProcessLacks) || names(rep, cause.DSNMissing) {
		t.Errorf("root causes %+v, expected env-process-lacks alone", rep.RootCauses())
	}
	for _, item := range rep.Checks {
		if strings.Contains(item.Detail+item.Fix, strings.Repeat("4b7", 10)) {
			t.Errorf("%s shows the key", item.ID)
		}
	}
}

func names(rep check.Report, id cause.ID) bool {
	return slices.ContainsFunc(rep.RootCauses(), func(r check.RootCause) bool { return r.Cause == id })
}
