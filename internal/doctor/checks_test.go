package doctor

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

func TestSuiteIsValid(t *testing.T) {
	t.Parallel()
	if err := check.Validate(AllChecks(), Groups()); err != nil {
		t.Error(err)
	}
	for _, c := range AllChecks() {
		if Why(c.ID) == "" {
			t.Errorf("%s: nothing says why it is worth making", c.ID)
		}
		if strings.HasSuffix(c.Title, ".") || strings.ToUpper(c.Title[:1]) == c.Title[:1] && !strings.HasPrefix(c.Title, "SENTRY_") && !strings.HasPrefix(c.Title, "NO_PROXY") && !strings.HasPrefix(c.Title, "Sentry") {
			t.Errorf("%s: the title %q is no clause in lower case", c.ID, c.Title)
		}
	}
}

// TestEveryCauseOfTheEnvironmentHasOneCheck, so that none is left out of a
// report, and none is told twice. Those of running processes have checks that
// find them themselves.
func TestEveryCauseOfTheEnvironmentHasOneCheck(t *testing.T) {
	t.Parallel()
	keys := map[cause.ID]string{
		cause.RateNotANumber: config.KeySampleRate, cause.RateDecimalComma: config.KeyTracesSampleRate, cause.RateOutOfRange: config.KeyProfilesSampleRate,
		cause.SampleRateZero: config.KeySampleRate, cause.SampleRateLow: config.KeySampleRate,
		cause.TracesRateZero: config.KeyTracesSampleRate, cause.TracesRateLow: config.KeyTracesSampleRate, cause.TracesRateCostly: config.KeyTracesSampleRate,
		cause.ProfilesWithoutTraces: config.KeyProfilesSampleRate,
		cause.BooleanMalformed:      config.KeySendDefaultPII, cause.DebugInProduction: config.KeyDebug, cause.PIIInProduction: config.KeySendDefaultPII,
		cause.EnvNameMisspelt: config.KeySampleRate, cause.EnvShellShadows: config.KeyDebug, cause.ValueUnexpanded: config.KeyTracesSampleRate,
	}
	// What a check finds by itself, and what the list before a deployment has.
	own := []cause.ID{cause.EnvProcessLacks, cause.EnvProcessDiffers, cause.EnvironmentUnexpected, cause.RateMissing, cause.ReleaseUnknown}
	for _, c := range cause.All() {
		if c.Stage != cause.StageEnvironment || slices.Contains(own, c.ID) {
			continue
		}
		problem := config.Problem{Cause: c.ID, Severity: c.Severity, Key: keys[c.ID], Evidence: "planted", Fix: "mend it"}
		p := &Patient{o: Options{Config: loaded(t)}, problems: func() []config.Problem { return []config.Problem{problem} }}
		var told []string
		for _, k := range slices.Concat(fileChecks(), settingChecks()) {
			result := k.Run(t.Context(), p)
			if result.Outcome == check.Pass {
				continue
			}
			told = append(told, k.ID)
			if string(result.Outcome) != string(c.Severity) || result.Cause != c.ID || result.Detail != "planted" || result.Fix != "mend it" {
				t.Errorf("%s: %+v", c.ID, result)
			}
		}
		if len(told) != 1 {
			t.Errorf("%s is told by %q, expected one check", c.ID, told)
		}
	}
}

// TestWhatFollowsIsBlockedByItsRoot.
func TestWhatFollowsIsBlockedByItsRoot(t *testing.T) {
	t.Parallel()
	for _, root := range []cause.ID{
		cause.EnvFileUnreadable, cause.EnvFileBOM, cause.EnvFileSyntax, cause.EnvReaderDivergence, cause.EnvNameMisspelt, cause.EnvShellEmptyShadows,
	} {
		p := &Patient{o: Options{Config: loaded(t), Offline: true}, problems: func() []config.Problem {
			return []config.Problem{
				{Cause: root, Severity: cause.Fail, Evidence: "the root"},
				{Cause: cause.DSNMissing, Severity: cause.Fail, Key: config.KeyDSN, Evidence: "it is not read", Follows: root},
			}
		}}
		items, err := check.Run(t.Context(), slices.Concat(fileChecks(), settingChecks()), p, check.Options{})
		if err != nil {
			t.Fatal(err)
		}
		roots := check.Report{Checks: items}.RootCauses()
		if len(roots) != 1 || roots[0].Cause != root {
			t.Errorf("%s: root causes %+v", root, roots)
		}
		i := slices.IndexFunc(items, func(item check.Item) bool { return item.ID == "dsn" })
		if items[i].Outcome != check.Blocked || !slices.Equal(items[i].BlockedBy, []string{roots[0].Check}) {
			t.Errorf("%s: the DSN is %s by %q, expected blocked by %s", root, items[i].Outcome, items[i].BlockedBy, roots[0].Check)
		}
	}
}

// TestARootThatIsLeftOutIsToldByWhatFollows: a selection must never turn a
// failure into silence.
func TestARootThatIsLeftOutIsToldByWhatFollows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := "SENTRY_" + "DNS"
	key := strings.Repeat("4b7", 10) + "c1"
	content := name + "=https://" + key + "@sentry.example.com/42\nSENTRY_ENVIRONMENT=staging\nSENTRY_RELEASE=2.1.0\n"
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(t.Context(), config.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{
		{},
		{Only: []string{"dsn"}},
		{Skip: []string{"setting-names"}},
		{Only: []string{"ingest"}},
		{Only: []string{groupPreflight}, Preflight: "staging"},
		{Skip: []string{"setting-names", groupFile}},
		{Skip: []string{"setting-names"}, Preflight: "production"},
	} {
		o.Config, o.Offline, o.Dir = cfg, true, dir
		rep, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if roots := rep.RootCauses(); rep.Verdict() != check.VerdictFail || roots[0].Cause != cause.EnvNameMisspelt {
			t.Errorf("--only %q --skip %q: %s, root causes %+v", o.Only, o.Skip, rep.Verdict(), roots)
		}
	}
}

// loaded are the settings of a folder whose .env file says nothing.
func loaded(t *testing.T) *config.Config {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("A=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(t.Context(), config.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}
