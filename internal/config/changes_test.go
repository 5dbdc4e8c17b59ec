package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// settled is what a file holds beside the fault in question.
func settled(lines string, without ...string) string {
	text := lines
	for _, line := range []string{"SENTRY_DSN=" + testDSN(), "SENTRY_ENVIRONMENT=production", "SENTRY_RELEASE=v1", "SENTRY_TRACES_SAMPLE_RATE=0.05"} {
		key, _, _ := strings.Cut(line, "=")
		skip := strings.Contains("\n"+lines, "\n"+key+"=")
		for _, other := range without {
			skip = skip || other == key
		}
		if !skip {
			text += line + "\n"
		}
	}
	return text
}

// TestChangesMend applies what a Problem says to change in the file, and looks
// again: that Problem must be gone, and no other there instead.
func TestChangesMend(t *testing.T) {
	t.Parallel()
	dsn := testDSN()
	tests := []struct {
		id      cause.ID
		file    string
		want    string // a line of the file afterwards
		environ []string
	}{
		{cause.RateDecimalComma, settled("SENTRY_TRACES_SAMPLE_RATE=0,25\n"), "SENTRY_TRACES_SAMPLE_RATE=0.25", nil},
		{cause.RateNotANumber, settled("SENTRY_TRACES_SAMPLE_RATE=10%\n"), "SENTRY_TRACES_SAMPLE_RATE=0.1", nil},
		{cause.RateNotANumber, settled(`SENTRY_PROFILES_SAMPLE_RATE='"0.1"'` + "\n"), "SENTRY_PROFILES_SAMPLE_RATE=0.1", nil},
		{cause.RateOutOfRange, settled("SENTRY_TRACES_SAMPLE_RATE=20\n"), "SENTRY_TRACES_SAMPLE_RATE=0.2", nil},
		{cause.RateOutOfRange, settled("SENTRY_SAMPLE_RATE=100\n"), "SENTRY_SAMPLE_RATE=1", nil},
		{cause.SampleRateZero, settled("SENTRY_SAMPLE_RATE=0\n"), "SENTRY_SAMPLE_RATE=1.0", nil},
		{cause.TracesRateCostly, settled("SENTRY_TRACES_SAMPLE_RATE=1.0\n"), "SENTRY_TRACES_SAMPLE_RATE=0.05", nil},
		{cause.DebugInProduction, settled("SENTRY_DEBUG=true\n"), "SENTRY_DEBUG=false", nil},
		{cause.PIIInProduction, settled("SENTRY_SEND_DEFAULT_PII=1\n"), "SENTRY_SEND_DEFAULT_PII=false", nil},
		{cause.BooleanMalformed, settled("SENTRY_DEBUG=enabled\n"), "SENTRY_DEBUG=false", nil},
		{cause.EnvironmentUnusual, settled("SENTRY_ENVIRONMENT=Prod\n"), "SENTRY_ENVIRONMENT=production", nil},
		{cause.EnvNameMisspelt, settled("sentry_dsn="+dsn+"\n", KeyDSN), "SENTRY_DSN=" + dsn, nil},
		{cause.EnvNameMisspelt, settled("SENTRY_ENV=staging\nSENTRY_TRACES_SAMPLE_RATE=0.1\n", KeyEnvironment), "SENTRY_ENVIRONMENT=staging", nil},
		{cause.DSNPrefixed, settled("SENTRY_DSN=SENTRY_DSN=" + dsn + "\n"), "SENTRY_DSN=" + dsn, nil},
		{cause.DSNPrefixed, settled("SENTRY_DSN='export SENTRY_DSN=\"" + dsn + "\"'\n"), "SENTRY_DSN=" + dsn, nil},
		{cause.DSNQuoted, settled("SENTRY_DSN='\"" + dsn + "\"'\n"), "SENTRY_DSN=" + dsn, nil},
		{cause.DSNStrayCharacters, settled("SENTRY_DSN=" + dsn + "/\n"), "SENTRY_DSN=" + dsn, nil},
		{cause.DSNStrayCharacters, settled("SENTRY_DSN=" + dsn + ",\n"), "SENTRY_DSN=" + dsn, nil},
		{cause.DSNStrayCharacters, settled("SENTRY_DSN='" + dsn + " # ours'\n"), "SENTRY_DSN=" + dsn, nil},
		{cause.DSNStrayCharacters, settled("SENTRY_DSN=<" + dsn + ">\n"), "SENTRY_DSN=" + dsn, nil},
		{cause.BooleanMalformed, settled("SENTRY_ENVIRONMENT=development\nSENTRY_TRACES_SAMPLE_RATE=1.0\nSENTRY_DEBUG=enabled\n"), "SENTRY_DEBUG=true", nil},
		{cause.DSNQueryOptions, settled("SENTRY_DSN=" + dsn + "?timeout=1\n"), "SENTRY_DSN=" + dsn, nil},
		{cause.ValueUnexpanded, settled("SENTRY_RELEASE=$(git rev-parse HEAD)\n"), "", []string{"SOURCE_VERSION=v1"}},
		{cause.SpotlightLeftOn, settled("SENTRY_SPOTLIGHT=1\n"), "", nil},
		{cause.ProxyMalformed, settled("HTTPS_PROXY=proxy:3128\n"), "HTTPS_PROXY=http://proxy:3128", nil},
	}
	for _, test := range tests {
		t.Run(string(test.id), func(t *testing.T) {
			t.Parallel()
			dir := written(t, map[string]string{".env": test.file})
			before := load(t, dir, test.environ...).Problems()
			found := only(before, test.id)
			if len(found) != 1 || len(found[0].Changes) == 0 {
				t.Fatalf("got %+v", before)
			}
			edited, err := envfile.Edit([]byte(test.file), found[0].Changes)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains("\n"+string(edited.Bytes), "\n"+test.want+"\n") && test.want != "" {
				t.Errorf("no line %s in\n%s", test.want, edited.Bytes)
			}
			for _, c := range found[0].Changes {
				if c.Remove && strings.Contains(string(edited.Bytes), c.Key+"=") || test.want == "" && !c.Remove {
					t.Errorf("%+v in\n%s", c, edited.Bytes)
				}
			}
			if test.id == cause.EnvNameMisspelt && len(found[0].Changes) != 2 {
				t.Errorf("the old name stays: %+v", found[0].Changes)
			}
			if err := os.WriteFile(filepath.Join(dir, ".env"), edited.Bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, p := range load(t, dir, test.environ...).Problems() {
				if p.Cause == test.id || len(only(before, p.Cause)) == 0 {
					t.Errorf("afterwards there is %+v", p)
				}
			}
		})
	}
}

// TestNoChangeWhereAPersonHasToDecide holds what is never changed by itself.
func TestNoChangeWhereAPersonHasToDecide(t *testing.T) {
	t.Parallel()
	production := "SENTRY_ENVIRONMENT=production"
	tests := []struct {
		name  string
		id    cause.ID
		scene scene
	}{
		{"the value stands elsewhere", cause.SampleRateZero, sceneOf("SENTRY_SAMPLE_RATE=0\n", "SENTRY_SAMPLE_RATE=0")},
		{"no number at all", cause.RateNotANumber, sceneOf("SENTRY_SAMPLE_RATE=all\n")},
		{"a percentage that would lose errors", cause.RateOutOfRange, sceneOf("SENTRY_SAMPLE_RATE=10\n")},
		{"a percentage that would cost", cause.RateOutOfRange, sceneOf("SENTRY_TRACES_SAMPLE_RATE=100\n", production)},
		{"below 0", cause.RateOutOfRange, sceneOf("SENTRY_TRACES_SAMPLE_RATE=-1\n")},
		{"what costs money", cause.TracesRateLow, sceneOf("SENTRY_TRACES_SAMPLE_RATE=0.01\n", production)},
		{"tracing that is off", cause.TracesRateZero, sceneOf("SENTRY_TRACES_SAMPLE_RATE=0\n", production)},
		{"two names for one", cause.EnvNameMisspelt, sceneOf("SENTRY_ENV=a\nSENTRY_ENVIROMENT=b\n")},
		{"a misspelt name that is empty", cause.EnvNameMisspelt, sceneOf("SENTRY_ENV=\n")},
		{"a misspelt name of the process", cause.EnvNameMisspelt, sceneOf("A=b\n", "SENTRY_ENV=qa")},
		{"a DSN that is an example", cause.DSNPlaceholder, sceneOf("SENTRY_DSN=https://your-key@org.ingest.sentry.io/project-id\n")},
		{"a DSN with a gap", cause.DSNStrayCharacters, sceneOf("SENTRY_DSN='" + strings.Replace(testDSN(), "sentry", "sen try", 1) + "'\n")},
		{"a release with nothing in its place", cause.ValueUnexpanded, sceneOf("SENTRY_RELEASE=$(git rev-parse HEAD)\n")},
		{"an environment with a slash", cause.EnvironmentInvalid, sceneOf("SENTRY_ENVIRONMENT=production/eu\n")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found := only(test.scene.problems(t), test.id)
			if len(found) == 0 {
				t.Fatal("it is not found")
			}
			for _, p := range found {
				if len(p.Changes) > 0 {
					t.Errorf("changes %+v", p.Changes)
				}
			}
		})
	}
}
