package doctor

import (
	"slices"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
)

func TestParseSymptom(t *testing.T) {
	t.Parallel()
	for _, s := range Symptoms() {
		if got, err := ParseSymptom(string(s.ID)); err != nil || got != s.ID || s.Title == "" {
			t.Errorf("ParseSymptom(%q) = %q, %v; title %q", s.ID, got, err, s.Title)
		}
	}
	for name, want := range map[string]string{
		"event-missing": "did you mean events-missing?", "expensive": "did you mean too-expensive?", "Profiles-Missing": "did you mean profiles-missing?",
		"frobnicate": "the symptoms are events-missing, transactions-missing, profiles-missing, too-expensive, not-configured",
	} {
		if _, err := ParseSymptom(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseSymptom(%q): %v, want it to say %q", name, err, want)
		}
	}
}

// TestSymptomsExplain holds the arithmetic, and that only what is true of the
// settings is said.
func TestSymptomsExplain(t *testing.T) {
	t.Parallel()
	const notRead = "neither sentry-python nor sentry-go reads"
	tests := map[string]struct {
		symptom Symptom
		environ []string
		says    []string
		not     string
	}{
		"all errors":       {EventsMissing, []string{"SENTRY_SAMPLE_RATE=1.0"}, []string{"SENTRY_SAMPLE_RATE is 1.0 (process environment): every error is sent", notRead}, "95 %"},
		"no rate":          {EventsMissing, nil, []string{"SENTRY_SAMPLE_RATE is not set: SDKs send every error then"}, "95 %"},
		"half":             {EventsMissing, []string{"SENTRY_SAMPLE_RATE=0.5"}, []string{"at 0.5 about 10 of 20 errors are sent", "to see one with 95 % certainty takes 5 errors"}, "every error"},
		"no error":         {EventsMissing, []string{"SENTRY_SAMPLE_RATE=0"}, []string{"no error is ever sent"}, "every error"},
		"a rate in words":  {EventsMissing, []string{"SENTRY_SAMPLE_RATE=all"}, []string{"which is no rate"}, "every error"},
		"one of twenty":    {TransactionsMissing, []string{"SENTRY_TRACES_SAMPLE_RATE=0.05"}, []string{"about 1 of 20 requests", "not one of 20 is seen is 35.8 %", "takes 59 requests", notRead, "SENTRY_TRACES_SAMPLE_RATE=1.0"}, ""},
		"one of a hundred": {TransactionsMissing, []string{"SENTRY_TRACES_SAMPLE_RATE=0.01"}, []string{"about 1 of 100 requests", "takes 299 requests"}, ""},
		"no tracing":       {TransactionsMissing, nil, []string{"SENTRY_TRACES_SAMPLE_RATE is not set: SDKs trace nothing then"}, "95 %"},
		"traces off":       {TransactionsMissing, []string{"SENTRY_TRACES_SAMPLE_RATE=0"}, []string{"no transaction is ever sent"}, "95 %"},
		"all traces":       {TransactionsMissing, []string{"SENTRY_TRACES_SAMPLE_RATE=1"}, []string{"this rate keeps none back", "-0 overrides"}, "while testing"},
		"multiplied":       {ProfilesMissing, []string{"SENTRY_TRACES_SAMPLE_RATE=0.05", "SENTRY_PROFILES_SAMPLE_RATE=0.05"}, []string{"0.05 × 0.05 = 0.25 % of all requests", "about 1 of 400 requests", "takes 1,197 requests"}, ""},
		"nothing profiled": {ProfilesMissing, []string{"SENTRY_TRACES_SAMPLE_RATE=0", "SENTRY_PROFILES_SAMPLE_RATE=1"}, []string{"0 × 1 = 0 % of all requests: none"}, "95 %"},
		"half of a pair":   {ProfilesMissing, []string{"SENTRY_PROFILES_SAMPLE_RATE=1"}, []string{"SENTRY_TRACES_SAMPLE_RATE is not set", "both rates have to be there"}, "×"},
		"the bill": {TooExpensive, []string{"SENTRY_ENVIRONMENT=production", "SENTRY_TRACES_SAMPLE_RATE=1.0", "SENTRY_PROFILES_SAMPLE_RATE=0.5"}, []string{
			"1 request a second makes in 30 days, at 1 and 0.5: 2,592,000 transactions and 1,296,000 profiles; at 0.05 and 0.05, recommended for production: 129,600 transactions and 6,480 profiles",
			"10 requests a second", "100 requests a second make in 30 days, at 1 and 0.5: 259,200,000 transactions", notRead,
		}, "troubleshooting"},
		"as recommended":        {TooExpensive, []string{"SENTRY_ENVIRONMENT=production", "SENTRY_TRACES_SAMPLE_RATE=0.05", "SENTRY_PROFILES_SAMPLE_RATE=0.05"}, []string{"at 0.01 and 0.01, the least of the team's troubleshooting: 25,920 transactions and 259 profiles"}, "recommended for"},
		"bill unknown":          {TooExpensive, nil, []string{"SENTRY_TRACES_SAMPLE_RATE is not set", "recommended for development: 2,592,000 transactions"}, "; at 1"},
		"nowhere":               {NotConfigured, nil, []string{"SENTRY_DSN is set nowhere", "there is no .env file", "bbctl config", "bbctl setup", "load_dotenv"}, "the settings are there"},
		"empty":                 {NotConfigured, []string{"SENTRY_DSN="}, []string{"SENTRY_DSN is empty, from process environment"}, "the settings are there"},
		"there":                 {NotConfigured, []string{"SENTRY_DSN=https://" + strings.Repeat("ab", 16) + "@o1.ingest.sentry.io/2"}, []string{"o1.ingest.sentry.io/2, from process environment", "the application does not get them"}, strings.Repeat("ab", 16)},
		"a comma":               {EventsMissing, []string{"SENTRY_SAMPLE_RATE=1,0"}, []string{`float("1,0") in the application raises and stops its start`, "passed as a text sentry-python ignores it and sends 100 %"}, "drops errors"},
		"traces in words":       {TransactionsMissing, []string{"SENTRY_TRACES_SAMPLE_RATE=abc"}, []string{`float("abc") in the application raises and stops its start`, "passed as a text it drops every transaction"}, ""},
		"one of a million":      {EventsMissing, []string{"SENTRY_SAMPLE_RATE=0.000001"}, []string{"at 0.000001 about 1 of 1,000,000 errors"}, "e-0"},
		"a bill with no errors": {TooExpensive, []string{"SENTRY_SAMPLE_RATE=0"}, []string{"errors are all wanted: SENTRY_SAMPLE_RATE is 0 (process environment), expected 1.0"}, "(SENTRY_SAMPLE_RATE=1.0)"},
		"a bill with a comma":   {TooExpensive, []string{"SENTRY_SAMPLE_RATE=1,0"}, []string{"SENTRY_SAMPLE_RATE is 1,0 (process environment), which is no rate, expected 1.0"}, ""},
		"none":                  {"", []string{"SENTRY_SAMPLE_RATE=0.5"}, nil, "0.5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := patientWith(t, nil, tt.environ...)
			p.o.Symptom = tt.symptom
			items, err := check.Run(t.Context(), settingChecks(), p, check.Options{})
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(p.explain(items), "\n")
			for _, want := range tt.says {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %q:\n%s", want, text)
				}
			}
			if tt.not != "" && strings.Contains(text, tt.not) {
				t.Errorf("it says %q, which is not so:\n%s", tt.not, text)
			}
		})
	}
}

func TestTheAnswerToASymptomIsAFailure(t *testing.T) {
	t.Parallel()
	for s, id := range map[Symptom]cause.ID{
		TransactionsMissing: cause.TracesRateZero, ProfilesMissing: cause.ProfilesWithoutTraces, TooExpensive: cause.TracesRateCostly,
		EventsMissing: cause.SampleRateLow, NotConfigured: cause.EnvFileMissing,
	} {
		if !escalates(s, id) {
			t.Errorf("%s under %s stays a warning", id, s)
		}
		if escalates("", id) {
			t.Errorf("%s is a failure without a symptom", id)
		}
	}
	if escalates(EventsMissing, cause.TracesRateCostly) || escalates(ProfilesMissing, cause.TracesRateZero) {
		t.Error("what does not answer the symptom, or a second one of the same setting, is a failure")
	}
}

// TestConcernsAreCausesAndHoldTheAnswers: each stands there once, and what
// fails for a symptom comes before what does not matter to it.
func TestConcernsAreCausesAndHoldTheAnswers(t *testing.T) {
	t.Parallel()
	for _, s := range Symptoms() {
		order := concerns(s.ID)
		if len(order) == 0 {
			t.Errorf("%s concerns nothing", s.ID)
		}
		for i, id := range order {
			if _, ok := cause.Get(id); !ok || slices.Contains(order[:i], id) {
				t.Errorf("%s: %s is no cause, or stands twice", s.ID, id)
			}
		}
		for _, id := range answers(s.ID) {
			known, _ := cause.Get(id)
			if !slices.Contains(order, id) && known.Stage == cause.StageEnvironment {
				t.Errorf("%s: the answer %s is not among the concerns", s.ID, id)
			}
		}
	}
}

// TestNotConfiguredLooksIntoTheProcesses: what runs tells more than what is set.
func TestNotConfiguredLooksIntoTheProcesses(t *testing.T) {
	t.Parallel()
	const notGot = "the application does not get them"
	dir := project(t, ".env", "SENTRY_DSN="+aDSN("a")+"\n")
	for name, tt := range map[string]struct {
		environ map[string]string
		says    []string
	}{
		"it has it":      {map[string]string{"SENTRY_DSN": aDSN("a")}, []string{"web 7 (uvicorn) has SENTRY_DSN", "bbctl explain init"}},
		"it is empty":    {map[string]string{"SENTRY_DSN": ""}, []string{"web 7 (uvicorn): SENTRY_DSN is empty in its environment, which hides https://", "o1.ingest.sentry.io/42 of .env:1"}},
		"it has it not":  {map[string]string{}, []string{"web 7 (uvicorn): no SENTRY_DSN in the environment"}},
		"nothing is run": {nil, []string{notGot}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := patientOf(t, Options{Dir: dir, Symptom: NotConfigured, Proc: t.TempDir()})
			if tt.environ != nil {
				q := &process{pid: 7, command: command{name: "uvicorn", role: roleWeb}, environ: tt.environ, access: func() access { return access{} }}
				p.processes = func() census { return census{processes: []*process{q}} }
			}
			items, err := check.Run(t.Context(), settingChecks(), p, check.Options{})
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(p.explain(items), "\n")
			has(t, text, tt.says...)
			if strings.Contains(text, aKey("a")) || tt.environ != nil && strings.Contains(text, notGot) {
				t.Errorf("a key is shown, or what is not so is said:\n%s", text)
			}
		})
	}
}
