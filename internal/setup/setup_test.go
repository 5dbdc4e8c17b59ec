package setup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// development is what a new file holds after the shortest way through.
func development(dsn string) string {
	return "SENTRY_DSN=" + dsn + `
SENTRY_ENVIRONMENT=development
SENTRY_SAMPLE_RATE=1.0
SENTRY_TRACES_SAMPLE_RATE=1.0
SENTRY_PROFILES_SAMPLE_RATE=1.0
SENTRY_DEBUG=true
SENTRY_SEND_DEFAULT_PII=false
`
}

// TestDSNAndThreeEntersMakeAProvenFile is the way of most people.
func TestDSNAndThreeEntersMakeAProvenFile(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	result, script, err := l.ask([]string{l.dsn, "", "", ""})
	l.well(result, err)
	if diff := cmp.Diff(development(l.dsn), l.read(".env")); diff != "" {
		t.Errorf("-expected +written\n%s", diff)
	}
	var asked []string
	for _, q := range script.Asked {
		asked = append(asked, q.Message)
	}
	if diff := cmp.Diff([]string{"Sentry DSN", "Environment", "Change any of these?", "Write .env?"}, asked); diff != "" {
		t.Errorf("questions: -expected +asked\n%s", diff)
	}
	if info, err := os.Stat(l.path(".env")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, expected 0600 (%v)", info.Mode(), err)
	}
	if !result.Proof.Accepted() || result.Verdict() != check.VerdictPass {
		t.Errorf("proof %+v", result.Proof)
	}
}

// TestTestEventAlarmsNobody holds what a test event must be.
func TestTestEventAlarmsNobody(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	result := l.well(l.run(withDSN(l.dsn), given(func(g *setup.Given) { g.Environment, g.Release = "staging", "bookedbarber@2.1.0" })))
	got := whatArrived(t, l.receiver)
	if len(got.events) != 1 || len(got.transactions) != 0 {
		t.Fatalf("%d events and %d transactions arrived, expected one event", len(got.events), len(got.transactions))
	}
	event := got.events[0]
	if event.Level != "info" || event.EventID != result.Proof.EventID || event.Environment != "staging" || event.Release != "bookedbarber@2.1.0" {
		t.Errorf("level %q, id %q, environment %q, release %q", event.Level, event.EventID, event.Environment, event.Release)
	}
	if diff := cmp.Diff([]string{"bbctl-test"}, event.Fingerprint); diff != "" {
		t.Error(diff)
	}
	if event.Tags["bbctl_test"] != "true" || event.Tags["business_area"] != "bbctl-test" || event.Tags["bbctl_run"] == "" {
		t.Errorf("tags %v", event.Tags)
	}
}

func TestSameAnswersAgainTouchNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.well(l.run(withDSN(l.dsn)))
	before, err := os.Stat(l.path(".env"))
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func() (setup.Result, error){
		"without a person": func() (setup.Result, error) { return l.run() },
		"with one": func() (setup.Result, error) {
			result, _, err := l.ask([]string{"", "", ""})
			return result, err
		},
	} {
		result := l.well(run())
		after, err := os.Stat(l.path(".env"))
		if err != nil {
			t.Fatal(err)
		}
		if result.Planned || result.Written || !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
			t.Errorf("%s: planned %v, written %v, the same file %v", name, result.Planned, result.Written, os.SameFile(before, after))
		}
	}
}

// TestLeavingAtAnyQuestionWritesNothing ends the answers after each question
// in turn.
func TestLeavingAtAnyQuestionWritesNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const old = "# mine\nSENTRY_ENVIRONMENT=production\nOTHER=1\n"
	answers := []string{
		l.dsn, "", "yes", "errors sent", "0.5", "release", "fixed", "web@1", "personal data sent", "yes",
		"service URLs", "", "redis://localhost/0", "", "", "nothing more", "yes", "",
	}
	l.write(".env", old)
	for n := range answers {
		_, script, err := l.ask(answers[:n])
		if !errors.Is(err, prompt.ErrCanceled) {
			t.Fatalf("after %d answers: %v", n, err)
		}
		if got := l.read(".env"); got != old {
			t.Fatalf("after %d answers, at %q, the file is\n%s", n, script.Asked[len(script.Asked)-1].Message, got)
		}
		if !strings.Contains(l.talk.String(), "nothing was written") {
			t.Errorf("after %d answers it is not said that nothing was written", n)
		}
	}
	if len(l.receiver.Records()) != 0 {
		t.Error("something was sent")
	}
	result, _, err := l.ask(answers)
	l.well(result, err)
	want := "# mine\nSENTRY_ENVIRONMENT=production\nSENTRY_DSN=" + l.dsn +
		"\nSENTRY_RELEASE=web@1\nSENTRY_SAMPLE_RATE=0.5\nSENTRY_TRACES_SAMPLE_RATE=0.05\nSENTRY_PROFILES_SAMPLE_RATE=0.05\nSENTRY_DEBUG=false\nSENTRY_SEND_DEFAULT_PII=true\nOTHER=1\nREDIS_URL=redis://localhost/0\n"
	if diff := cmp.Diff(want, l.read(".env")); diff != "" {
		t.Errorf("-expected +written\n%s", diff)
	}
}

func TestDecliningTheChangeWritesNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	_, _, err := l.ask([]string{l.dsn, "", "", "no"})
	if !errors.Is(err, setup.ErrDeclined) || !errors.Is(err, prompt.ErrCanceled) || l.read(".env") != "" {
		t.Errorf("error %v, file %q", err, l.read(".env"))
	}
}

// TestNobodyIsAskedFromAnyState: a nil Prompter would panic if it were.
func TestNobodyIsAskedFromAnyState(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]string{
		"no file":            "",
		"an empty file":      "\n",
		"all there":          development(sentryDSN("4b7a")),
		"a placeholder":      "SENTRY_DSN=https://your-key@sentry.io/your-project-id\n",
		"malformed values":   "SENTRY_SAMPLE_RATE=10%\nSENTRY_DEBUG=maybe\nSENTRY_ENVIRONMENT=a/b\n",
		"personal data":      "SENTRY_ENVIRONMENT=production\nSENTRY_SEND_DEFAULT_PII=true\nSENTRY_DEBUG=1\n",
		"a release":          "SENTRY_RELEASE=web@1\n",
		"duplicates":         "SENTRY_DEBUG=true\nSENTRY_DEBUG=false\n",
		"Windows line ends":  "A=1\r\nSENTRY_ENVIRONMENT=qa\r\n",
		"a byte-order mark":  "\ufeffSENTRY_ENVIRONMENT=qa\n",
		"export and comment": "export SENTRY_ENVIRONMENT=qa # ours\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			if old != "" {
				l.write(".env", old)
			}
			result := l.well(l.run(withDSN(l.dsn)))
			if !result.Proof.Accepted() || len(result.Unread) > 0 {
				t.Errorf("proof %+v, unread %v\n%s", result.Proof, result.Unread, l.talk.String())
			}
			if result = l.well(l.run()); result.Planned {
				t.Errorf("the second run would change\n%s", result.Diff())
			}
		})
	}
}

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

func hasNotice(r setup.Result, id cause.ID) bool {
	for _, n := range r.Notices {
		if n.Cause == id {
			return true
		}
	}
	return false
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

func TestDryRunWritesAndSendsNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	dry := func(o *setup.Options) { o.DryRun = true }
	result := l.well(l.run(withDSN(l.dsn), dry))
	if l.read(".env") != "" || len(l.receiver.Records()) != 0 || result.Written || !result.Planned || result.Verdict() != check.VerdictFail {
		t.Errorf("written %v, planned %v, verdict %s", result.Written, result.Planned, result.Verdict())
	}
	if _, err := os.Stat(l.state); !os.IsNotExist(err) {
		t.Error("a backup was made")
	}
	l.well(l.run(withDSN(l.dsn)))
	if result = l.well(l.run(dry)); result.Planned || result.Verdict() != check.VerdictPass {
		t.Errorf("nothing would change, and it is planned %v", result.Planned)
	}
}

// onConfirm does something behind the wizard's back while the person reads.
type onConfirm struct {
	*prompt.Scripted
	act func()
}

// Confirm acts when the change is to be confirmed, which is asked last.
func (c onConfirm) Confirm(ctx context.Context, q prompt.Confirm) (bool, error) {
	if strings.HasPrefix(q.Message, "Write") {
		c.act()
	}
	return c.Scripted.Confirm(ctx, q)
}

func TestAFileThatChangedMeanwhileIsNotWritten(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "A=1\n")
	script := &prompt.Scripted{Answers: []string{l.dsn, "", "", ""}}
	_, err := l.run(func(o *setup.Options) { o.Prompter = onConfirm{script, func() { l.write(".env", "A=2\n") }} })
	if !errors.Is(err, durable.ErrChanged) || l.read(".env") != "A=2\n" {
		t.Errorf("error %v, file %q", err, l.read(".env"))
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
