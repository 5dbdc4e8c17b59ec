package doctor

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// production are the team's values, as they are deployed.
func deployed(changes ...string) []string {
	environ := []string{
		"SENTRY_DSN=https://" + strings.Repeat("ab", 16) + "@o1.ingest.sentry.io/2",
		"SENTRY_ENVIRONMENT=production", "SENTRY_RELEASE=bookedbarber@2.1.0",
		"SENTRY_SAMPLE_RATE=1.0", "SENTRY_TRACES_SAMPLE_RATE=0.05", "SENTRY_PROFILES_SAMPLE_RATE=0.05",
		"SENTRY_DEBUG=false", "SENTRY_SEND_DEFAULT_PII=false",
	}
	for _, change := range changes {
		key, _, set := strings.Cut(change, "=")
		environ = slices.DeleteFunc(environ, func(line string) bool { return strings.HasPrefix(line, key+"=") })
		if set {
			environ = append(environ, change)
		}
	}
	return environ
}

// preflown runs the settings' checks and the list, without the network, in a
// folder; what of processes of this machine there is belongs to others.
func preflown(t *testing.T, dir, environment string, environ []string) []check.Item {
	t.Helper()
	cfg, err := config.Load(t.Context(), config.Options{Environ: environ, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	p := newPatient(t.Context(), Options{Config: cfg, Dir: dir, Offline: true, Preflight: environment, Proc: t.TempDir()})
	suite := slices.Concat(fileChecks(), settingChecks(), ingestChecks(), preflightChecks())
	items, err := check.Run(t.Context(), suite, p, check.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func outcomesOf(items []check.Item, group string) map[string]check.Outcome {
	got := map[string]check.Outcome{}
	for _, item := range items {
		if item.Group == group {
			got[item.ID] = item.Outcome
		}
	}
	return got
}

func TestAProductionOfTheTeamsValuesPassesAll(t *testing.T) {
	t.Parallel()
	withFile := t.TempDir()
	if err := os.WriteFile(filepath.Join(withFile, ".env"), []byte(strings.Join(deployed(), "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		dir     string
		environ []string
		secrets check.Outcome // without a file there is nothing to keep
	}{
		"in a .env file":             {withFile, nil, check.Pass},
		"in the process environment": {t.TempDir(), deployed(), check.Skip},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := preflown(t, tt.dir, "production", tt.environ)
			want := map[string]check.Outcome{
				"preflight-dsn": check.Pass, "preflight-environment": check.Pass, "preflight-rates": check.Pass, "preflight-personal-data": check.Pass,
				"preflight-debug": check.Pass, "preflight-spotlight": check.Pass, "preflight-secrets": tt.secrets, "preflight-release": check.Pass,
				"preflight-delivery": check.Skip, "preflight-alerts": check.Skip, "preflight-notifications": check.Skip,
			}
			if diff := cmp.Diff(want, outcomesOf(items, groupPreflight)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if bad := namedCauses(items); len(bad) > 0 {
				t.Errorf("alarms on a healthy setup: %v", bad)
			}
			for _, item := range items {
				if item.ID == "preflight-delivery" && !strings.Contains(item.Detail, "--offline") {
					t.Errorf("the skip of %s does not say what it needs: %s", item.ID, item.Detail)
				}
			}
		})
	}
}

// TestOneFaultIsOneFailure: what fails here, or fails elsewhere and blocks
// here, is named once.
func TestOneFaultIsOneFailure(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("ab", 16)
	tests := map[string]struct {
		change  []string
		item    string // of the list
		outcome check.Outcome
		failing string // the check that fails
		id      cause.ID
	}{
		"no DSN":                {[]string{"SENTRY_DSN"}, "preflight-dsn", check.Blocked, "dsn", cause.DSNMissing},
		"placeholder":           {[]string{"SENTRY_DSN=https://your-key@org.ingest.sentry.io/project-id"}, "preflight-dsn", check.Blocked, "dsn", cause.DSNPlaceholder},
		"receiver":              {[]string{"SENTRY_DSN=http://" + key + "@127.0.0.1:8969/1"}, "preflight-dsn", check.Blocked, "dsn-host", cause.DSNLocalReceiver},
		"half a key":            {[]string{"SENTRY_DSN=https://" + key[:20] + "@o1.ingest.sentry.io/2"}, "preflight-dsn", check.Fail, "preflight-dsn", cause.DSNKeyMalformed},
		"in clear":              {[]string{"SENTRY_DSN=http://" + key + "@sentry.example.com/2"}, "preflight-dsn", check.Fail, "preflight-dsn", cause.DSNPlainHTTP},
		"staging":               {[]string{"SENTRY_ENVIRONMENT=staging", "SENTRY_TRACES_SAMPLE_RATE=0.1"}, "preflight-environment", check.Fail, "preflight-environment", cause.EnvironmentUnexpected},
		"another spelling":      {[]string{"SENTRY_ENVIRONMENT=Production"}, "preflight-environment", check.Fail, "preflight-environment", cause.EnvironmentUnusual},
		"no environment":        {[]string{"SENTRY_ENVIRONMENT"}, "preflight-environment", check.Fail, "preflight-environment", cause.EnvironmentMissing},
		"a slash":               {[]string{"SENTRY_ENVIRONMENT=prod/eu"}, "preflight-environment", check.Blocked, "environment-name", cause.EnvironmentInvalid},
		"all traces":            {[]string{"SENTRY_TRACES_SAMPLE_RATE=1.0"}, "preflight-rates", check.Fail, "preflight-rates", cause.TracesRateCostly},
		"three times as much":   {[]string{"SENTRY_TRACES_SAMPLE_RATE=0.15"}, "preflight-rates", check.Fail, "preflight-rates", cause.TracesRateCostly},
		"all profiles":          {[]string{"SENTRY_PROFILES_SAMPLE_RATE=1.0"}, "preflight-rates", check.Fail, "preflight-rates", cause.TracesRateCostly},
		"half of the errors":    {[]string{"SENTRY_SAMPLE_RATE=0.5"}, "preflight-rates", check.Fail, "preflight-rates", cause.SampleRateLow},
		"no errors":             {[]string{"SENTRY_SAMPLE_RATE=0"}, "preflight-rates", check.Blocked, "sample-rate", cause.SampleRateZero},
		"no rate":               {[]string{"SENTRY_TRACES_SAMPLE_RATE"}, "preflight-rates", check.Fail, "preflight-rates", cause.RateMissing},
		"a comma":               {[]string{"SENTRY_TRACES_SAMPLE_RATE=0,05"}, "preflight-rates", check.Blocked, "traces-rate", cause.RateDecimalComma},
		"personal data":         {[]string{"SENTRY_SEND_DEFAULT_PII=true"}, "preflight-personal-data", check.Fail, "preflight-personal-data", cause.PIIInProduction},
		"no word for it":        {[]string{"SENTRY_SEND_DEFAULT_PII=nope"}, "preflight-personal-data", check.Fail, "preflight-personal-data", cause.BooleanMalformed},
		"debug":                 {[]string{"SENTRY_DEBUG=1"}, "preflight-debug", check.Fail, "preflight-debug", cause.DebugInProduction},
		"a Spotlight":           {[]string{"SENTRY_SPOTLIGHT=1"}, "preflight-spotlight", check.Fail, "preflight-spotlight", cause.SpotlightLeftOn},
		"no release":            {[]string{"SENTRY_RELEASE"}, "preflight-release", check.Fail, "preflight-release", cause.ReleaseMissing},
		"a release of a branch": {[]string{"SENTRY_RELEASE=feature/x"}, "preflight-release", check.Blocked, "release-name", cause.ReleaseInvalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := preflown(t, t.TempDir(), "production", deployed(tt.change...))
			failing := map[string]cause.ID{}
			for _, item := range items {
				if item.Outcome == check.Fail || item.Outcome == check.Broken {
					failing[item.ID] = item.Cause
					if item.Fix == "" || item.Detail == "" {
						t.Errorf("%s fails without evidence or fix", item.ID)
					}
				}
			}
			if diff := cmp.Diff(map[string]cause.ID{tt.failing: tt.id}, failing); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
			if got := outcomeOf(items, tt.item); got != tt.outcome {
				t.Errorf("%s is %s, expected %s", tt.item, got, tt.outcome)
			}
		})
	}
}

func TestWhatDevelopmentMayHaveIsNoFaultThere(t *testing.T) {
	t.Parallel()
	items := preflown(t, t.TempDir(), "development", deployed("SENTRY_DSN=http://"+strings.Repeat("ab", 16)+"@127.0.0.1:8969/1",
		"SENTRY_ENVIRONMENT=development", "SENTRY_TRACES_SAMPLE_RATE=1.0", "SENTRY_PROFILES_SAMPLE_RATE=1.0", "SENTRY_DEBUG=true", "SENTRY_SPOTLIGHT=1"))
	if bad := namedCauses(items); len(bad) > 0 {
		t.Errorf("alarms on development: %v", bad)
	}
}

// TestDevelopmentsReceiverIsNotDeployed: the settings are right for
// development, and two of them are wrong for production.
func TestDevelopmentsReceiverIsNotDeployed(t *testing.T) {
	t.Parallel()
	items := preflown(t, t.TempDir(), "production", deployed("SENTRY_DSN=http://"+strings.Repeat("ab", 16)+"@127.0.0.1:8969/1", "SENTRY_ENVIRONMENT=development",
		"SENTRY_TRACES_SAMPLE_RATE=0.05"))
	want := map[string]cause.ID{"preflight-dsn": cause.DSNLocalReceiver, "preflight-environment": cause.EnvironmentUnexpected}
	got := namedCauses(items)
	delete(got, "traces-rate") // low for development
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
}

// TestTheReleaseIsLookedUpInGit: a tag or commit that is none is a value of
// another build.
func TestTheReleaseIsLookedUpInGit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(line string) bool { return strings.HasPrefix(line, "GIT_") }),
			"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.com",
			"GIT_COMMITTER_NAME=Test", "GIT_COMMITTER_EMAIL=test@example.com")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "--quiet", "--initial-branch=main")
	git("commit", "--quiet", "--allow-empty", "--message=one")
	git("tag", "v2.1.0")
	head := git("rev-parse", "HEAD")
	for release, want := range map[string]check.Outcome{
		"v2.1.0": check.Pass, "2.1.0": check.Pass, "bookedbarber@2.1.0": check.Pass, head: check.Pass, head[:10]: check.Pass,
		"bookedbarber@2.1.0+42": check.Pass, "9.9.9-rc.1+42": check.Warn, "blue": check.Pass, "v9.9.9": check.Warn, strings.Repeat("0", 40): check.Fail,
	} {
		items := preflown(t, dir, "production", deployed("SENTRY_RELEASE="+release))
		if got := outcomeOf(items, "preflight-release"); got != want {
			t.Errorf("release %s: %s, expected %s", release, got, want)
		}
	}
	// The commit of this machine is not known in an image; that of a CI is.
	for environ, want := range map[string]check.Outcome{"SENTRY_RELEASE": check.Warn, "GITHUB_SHA=" + head: check.Warn, "CIRCLE_SHA1=" + head: check.Pass} {
		items := preflown(t, dir, "production", deployed("SENTRY_RELEASE", environ))
		if got := outcomeOf(items, "preflight-release"); got != want {
			t.Errorf("with %s: %s, expected %s", environ, got, want)
		}
	}
}

// TestDeliveryIsProvedOrSkipped plays it against a receiver.
func TestDeliveryIsProvedOrSkipped(t *testing.T) {
	t.Parallel()
	r := receiver.New(receiver.Options{})
	server := httptest.NewServer(r)
	defer server.Close()
	cfg, err := config.Load(t.Context(), config.Options{Dir: t.TempDir(), Environ: []string{
		"SENTRY_DSN=" + r.DSN(strings.TrimPrefix(server.URL, "http://")), "SENTRY_ENVIRONMENT=development",
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		o    Options
		want check.Outcome
		says string
	}{
		"proved":  {Options{}, check.Pass, "accepted a marked test event"},
		"quick":   {Options{Quick: true}, check.Skip, "ingest-again"},
		"no send": {Options{NoSend: true}, check.Skip, "ingest-event"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.o.Config, tt.o.Preflight, tt.o.Proc, tt.o.Only = cfg, "development", t.TempDir(), []string{"preflight-delivery"}
			rep, err := Run(t.Context(), tt.o)
			if err != nil {
				t.Fatal(err)
			}
			last := rep.Checks[len(rep.Checks)-1]
			if last.Outcome != tt.want || !strings.Contains(last.Detail, tt.says) {
				t.Errorf("%s is %s: %s; expected %s with %q", last.ID, last.Outcome, last.Detail, tt.want, tt.says)
			}
		})
	}
}

// findItem is an item of a run.
func findItem(t *testing.T, items []check.Item, id string) check.Item {
	t.Helper()
	for _, item := range items {
		if item.ID == id {
			return item
		}
	}
	t.Fatalf("%s did not run", id)
	return check.Item{}
}

// TestACommitThatTheSDKDoesNotReadIsNamed: the fix hands it on.
func TestACommitThatTheSDKDoesNotReadIsNamed(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"GITHUB_SHA", "CI_COMMIT_SHA"} {
		item := findItem(t, preflown(t, t.TempDir(), "production", deployed("SENTRY_RELEASE", key+"="+strings.Repeat("1", 40))), "preflight-release")
		if item.Outcome != check.Fail || item.Cause != cause.ReleaseMissing || item.Fix != "SENTRY_RELEASE=$"+key+" in the environment of the deployment" {
			t.Errorf("%s: %+v", key, item)
		}
		has(t, item.Detail, key+" is set, which sentry-python does not read")
	}
}

// TestStagingIsWarnedOfWhatOnlyProductionMayNotHave, without a cause that
// speaks of production.
func TestStagingIsWarnedOfWhatOnlyProductionMayNotHave(t *testing.T) {
	t.Parallel()
	for change, id := range map[string]string{
		"SENTRY_DEBUG=true": "preflight-debug", "SENTRY_SEND_DEFAULT_PII=true": "preflight-personal-data", "SENTRY_TRACES_SAMPLE_RATE=1.0": "preflight-rates",
	} {
		items := preflown(t, t.TempDir(), "staging", deployed("SENTRY_ENVIRONMENT=staging", "SENTRY_TRACES_SAMPLE_RATE=0.1", "SENTRY_PROFILES_SAMPLE_RATE=0.1", change))
		item := findItem(t, items, id)
		if item.Outcome != check.Warn || item.Cause != "" || !strings.Contains(item.Detail, "staging") || !strings.HasSuffix(item.Fix, "in the environment of the deployment") {
			t.Errorf("%s: %+v", change, item)
		}
		for _, other := range items {
			if other.Outcome == check.Fail || other.Cause == cause.DebugInProduction || other.Cause == cause.TracesRateCostly {
				t.Errorf("%s: %+v", change, other)
			}
		}
	}
}

// TestAllRatesThatAreMissingAreNamedAtOnce, with the place to write them at.
func TestAllRatesThatAreMissingAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	rates := []string{"SENTRY_SAMPLE_RATE", "SENTRY_TRACES_SAMPLE_RATE", "SENTRY_PROFILES_SAMPLE_RATE"}
	item := findItem(t, preflown(t, t.TempDir(), "production", deployed(rates...)), "preflight-rates")
	if item.Cause != cause.RateMissing || item.Fix != "SENTRY_SAMPLE_RATE=1.0 and SENTRY_TRACES_SAMPLE_RATE=0.05 and SENTRY_PROFILES_SAMPLE_RATE=0.05 in the environment of the deployment" {
		t.Errorf("%+v", item)
	}
	dir := project(t, ".env", strings.Join(deployed(append(rates, "SENTRY_DEBUG=true")...), "\n")+"\n")
	items := preflown(t, dir, "production", nil)
	has(t, findItem(t, items, "preflight-rates").Fix, "SENTRY_PROFILES_SAMPLE_RATE=0.05 in .env")
	has(t, findItem(t, items, "preflight-debug").Fix, "SENTRY_DEBUG=false in .env:")
}
