package setup_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/setup"
)

func TestMissingDSNIsNamedWithItsWays(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "SENTRY_DSN=https://your-key@sentry.io/your-project-id\n")
	_, err := l.run()
	var missing *setup.MissingError
	if !errors.As(err, &missing) || len(missing.Missing) != 1 {
		t.Fatalf("error %v", err)
	}
	for _, part := range []string{"SENTRY_DSN", "--dsn-file", "--dsn -", "dsn-placeholder", ".env:1"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %s", err, part)
		}
	}
}

// TestSourcesOfAnswers holds the order: given, the file, the process
// environment (DSN and environment alone), the preset.
func TestSourcesOfAnswers(t *testing.T) {
	t.Parallel()
	other := sentryDSN("9c31")
	tests := []struct {
		name, file string
		environ    []string
		given      setup.Given
		want       map[string]string
	}{
		{
			"the file's values are kept", "SENTRY_ENVIRONMENT=production\nSENTRY_TRACES_SAMPLE_RATE=0.5\nSENTRY_DEBUG=off\n", nil,
			setup.Given{},
			map[string]string{config.KeyEnvironment: "production", config.KeyTracesSampleRate: "0.5", config.KeyProfilesSampleRate: "0.05", config.KeyDebug: "off"},
		},
		{
			"a preset takes all of its values", "SENTRY_ENVIRONMENT=development\nSENTRY_TRACES_SAMPLE_RATE=0.5\n", nil,
			setup.Given{Preset: "production"},
			map[string]string{config.KeyEnvironment: "production", config.KeyTracesSampleRate: "0.05", config.KeyDebug: "false"},
		},
		{
			"an environment chooses what is missing alone", "SENTRY_TRACES_SAMPLE_RATE=0.5\n", nil,
			setup.Given{Environment: "production"},
			map[string]string{config.KeyEnvironment: "production", config.KeyTracesSampleRate: "0.5", config.KeyProfilesSampleRate: "0.05"},
		},
		{
			"a name of one's own has the values of staging", "", nil,
			setup.Given{Environment: "qa"},
			map[string]string{config.KeyEnvironment: "qa", config.KeyTracesSampleRate: "0.1", config.KeyDebug: "false"},
		},
		{
			"a preset beside a name of one's own", "", nil,
			setup.Given{Environment: "eu", Preset: "production"},
			map[string]string{config.KeyEnvironment: "eu", config.KeyTracesSampleRate: "0.05"},
		},
		{
			"flags win over all", "SENTRY_TRACES_SAMPLE_RATE=0.5\nSENTRY_DEBUG=true\n", nil,
			setup.Given{Preset: "production", TracesSampleRate: "0.2", SampleRate: "0.9", ProfilesRate: "0.3", Debug: yes(), PII: yes(), Release: "web@2"},
			map[string]string{config.KeyTracesSampleRate: "0.2", config.KeySampleRate: "0.9", config.KeyProfilesSampleRate: "0.3", config.KeyDebug: "true", config.KeySendDefaultPII: "true", config.KeyRelease: "web@2"},
		},
		{
			"the process environment names the environment where the file does not", "",
			[]string{"SENTRY_ENVIRONMENT=staging", "SENTRY_TRACES_SAMPLE_RATE=0.7"},
			setup.Given{},
			map[string]string{config.KeyEnvironment: "staging", config.KeyTracesSampleRate: "0.1"},
		},
		{
			"the file wins over the process environment", "SENTRY_ENVIRONMENT=production\nSENTRY_DSN=" + other + "\n",
			[]string{"SENTRY_ENVIRONMENT=staging"},
			setup.Given{},
			map[string]string{config.KeyEnvironment: "production", config.KeyDSN: other},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.environ = test.environ
			if test.file != "" {
				l.write(".env", test.file)
			}
			if !strings.Contains(test.file, "SENTRY_DSN") {
				test.given.DSN = &l.dsn
			}
			l.well(l.run(noProof, func(o *setup.Options) { o.Given = test.given }))
			got := config.ReadSample([]byte(l.read(".env")))
			for key, want := range test.want {
				if got[key] != want {
					t.Errorf("%s is %q, expected %q", key, got[key], want)
				}
			}
		})
	}
}

func TestDSNFromTheProcessEnvironment(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.environ = []string{"SENTRY_DSN=" + l.dsn}
	l.well(l.run())
	if got := config.ReadSample([]byte(l.read(".env")))[config.KeyDSN]; got != l.dsn {
		t.Errorf("the DSN is %q", got)
	}
}

func TestMalformedValuesOfTheFileAreReplacedAndTold(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "SENTRY_SAMPLE_RATE=10%\nSENTRY_DEBUG=maybe\n")
	result := l.well(l.run(withDSN(l.dsn)))
	values := config.ReadSample([]byte(l.read(".env")))
	if values[config.KeySampleRate] != "1.0" || values[config.KeyDebug] != "true" {
		t.Errorf("values %v", values)
	}
	if len(result.Notices) < 2 || !strings.Contains(result.Notices[0].Text, ".env:1") {
		t.Errorf("notices %+v", result.Notices)
	}
}

func TestWrongAnswersAreNamedByTheirFlag(t *testing.T) {
	t.Parallel()
	for flag, answers := range map[string]setup.Given{
		"--environment":          {Environment: "a/b"},
		"--preset":               {Preset: "prod"},
		"--sample-rate":          {SampleRate: "10%"},
		"--traces-sample-rate":   {TracesSampleRate: "0,1"},
		"--profiles-sample-rate": {ProfilesRate: "2"},
		"--release":              {Release: "latest"},
		"--dsn":                  {DSN: ptr("https://your-key@sentry.io/your-project-id")},
	} {
		l := newLab(t)
		if answers.DSN == nil {
			answers.DSN = &l.dsn
		}
		_, err := l.run(func(o *setup.Options) { o.Given = answers })
		var wrong *setup.AnswerError
		if !errors.As(err, &wrong) || wrong.Flag != flag {
			t.Errorf("%s: error %v", flag, err)
		}
		if l.read(".env") != "" {
			t.Errorf("%s: something was written", flag)
		}
	}
}

func ptr(s string) *string { return &s }

// TestWrongPasteIsSeenAndAskedAgain: the validator names the cause, and a line
// that was pasted whole is understood.
func TestWrongPasteIsSeenAndAskedAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	result, script, err := l.ask([]string{
		"https://your-key@sentry.io/your-project-id", "https://sentry.io/42", `  export SENTRY_DSN="` + l.dsn + `"  `, "", "", "",
	})
	l.well(result, err)
	if refused := script.Asked[0].Invalid; len(refused) != 2 || !strings.Contains(refused[0], "dsn-placeholder") || !strings.Contains(refused[1], "dsn-no-key") {
		t.Errorf("refused %q", refused)
	}
	if !script.Asked[0].Secret {
		t.Error("the DSN would be shown")
	}
	if !strings.Contains(l.talk.String(), "project 1") {
		t.Errorf("what was understood is not repeated:\n%s", l.talk.String())
	}
	if got := config.ReadSample([]byte(l.read(".env")))[config.KeyDSN]; got != l.dsn {
		t.Errorf("the DSN is %q", got)
	}
}

func TestPersonalDataInProductionIsAskedOnceMore(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{"yes": "true", "": "false"} {
		l := newLab(t)
		// Nothing is to be changed; the question; the change is confirmed.
		result, _, err := l.ask([]string{"", answer, ""}, withDSN(l.dsn), noProof, given(func(g *setup.Given) { g.Preset, g.PII = "production", yes() }))
		l.well(result, err)
		if got := config.ReadSample([]byte(l.read(".env")))[config.KeySendDefaultPII]; got != want {
			t.Errorf("answer %q: PII is %s, expected %s", answer, got, want)
		}
		if !strings.Contains(l.talk.String(), "GDPR") {
			t.Error("the GDPR is not named")
		}
	}
	l := newLab(t)
	result := l.well(l.run(withDSN(l.dsn), given(func(g *setup.Given) { g.Preset, g.PII = "production", yes() })))
	if !hasNotice(result, cause.PIIInProduction) {
		t.Errorf("without a person it is not told: %+v", result.Notices)
	}
}

func TestReleaseIsWrittenOnlyWhereItIsFixed(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, given, want string }{
		{"detected by default", "", "", ""},
		{"fixed", "", "web@1", "web@1"},
		{"the file's stays", "SENTRY_RELEASE=web@1\n", "", "web@1"},
		{"detected takes it away", "SENTRY_RELEASE=web@1\n", setup.ReleaseDetected, ""},
	}
	for _, test := range tests {
		l := newLab(t)
		if test.file != "" {
			l.write(".env", test.file)
		}
		l.well(l.run(noProof, withDSN(l.dsn), given(func(g *setup.Given) { g.Release = test.given })))
		got, there := config.ReadSample([]byte(l.read(".env")))[config.KeyRelease]
		if got != test.want || there != (test.want != "") {
			t.Errorf("%s: the release is %q (there: %v), expected %q", test.name, got, there, test.want)
		}
	}
}

func TestLocalIsForDevelopmentAlone(t *testing.T) {
	t.Parallel()
	local := func(o *setup.Options) {
		o.Local, o.ReceiverDSN = true, receiver.New(receiver.Options{}).DSN("127.0.0.1:1")
	}
	l := newLab(t)
	result := l.well(l.run(local))
	if result.Verdict() != check.VerdictPass || result.Proof.Sent || !strings.Contains(result.Proof.Reason, "not running") {
		t.Errorf("verdict %s, proof %+v", result.Verdict(), result.Proof)
	}
	if len(result.Next) == 0 || result.Next[0].Command != "bbctl receive" {
		t.Errorf("next %+v", result.Next)
	}
	var wrong *setup.AnswerError
	for _, change := range []func(*setup.Options){
		given(func(g *setup.Given) { g.Environment = "production" }),
		given(func(g *setup.Given) { g.Preset = "staging" }),
	} {
		if _, err := newLab(t).run(local, change); !errors.As(err, &wrong) || wrong.Cause != cause.DSNLocalReceiver {
			t.Errorf("error %v", err)
		}
	}
	l = newLab(t)
	result = l.well(l.run(func(o *setup.Options) { o.Local, o.ReceiverDSN = true, l.dsn }))
	if !result.Proof.Accepted() {
		t.Errorf("a receiver that runs was not asked: %+v", result.Proof)
	}
}

func TestWhatWinsOverTheFileIsTold(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.environ = []string{"SENTRY_DSN=" + sentryDSN("9c31"), "SENTRY_ENVIRONMENT="}
	result := l.well(l.run(withDSN(l.dsn)))
	if !hasNotice(result, cause.EnvShellShadows) || !strings.Contains(strings.Join(strings.Fields(l.talk.String()), " "), "another value of SENTRY_DSN, SENTRY_ENVIRONMENT") {
		t.Errorf("notices %+v", result.Notices)
	}
	if !result.Proof.Accepted() {
		t.Errorf("the DSN that was written is not the one that was proven: %+v", result.Proof)
	}
}

func TestServicesAreWritten(t *testing.T) {
	t.Parallel()
	services, err := setup.ParseServices([]byte("DATABASE_URL=postgresql://u:p%40ss@db:5432/app\nREDIS_URL=redis://localhost:6379/0\n"))
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t)
	l.well(l.run(noProof, withDSN(l.dsn), given(func(g *setup.Given) { g.Services = services })))
	values := config.ReadSample([]byte(l.read(".env")))
	if values[config.KeyDatabaseURL] != services[0].URL || values[config.KeyRedisURL] != services[1].URL {
		t.Errorf("values %v", values)
	}
	for _, wrong := range []string{"", "OTHER=redis://x/0", "REDIS_URL=localhost", "REDIS_URL='redis://x"} {
		if _, err := setup.ParseServices([]byte(wrong)); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}

func ExampleMissingError() {
	fmt.Println(&setup.MissingError{Missing: []setup.Missing{{Key: "SENTRY_DSN", Flag: "--dsn-file FILE"}}})
	// Output: SENTRY_DSN has no default (give --dsn-file FILE)
}
