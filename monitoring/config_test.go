package monitoring_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/monitoring"
)

const validDSN = "https://0123456789abcdef0123456789abcdef@o1.ingest.example.org/42"

func lookup(values map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) {
		value, ok := values[key]
		return value, ok
	}
}

func TestFromEnvDefaultsAreOurTables(t *testing.T) {
	t.Parallel()
	got, problems := monitoring.FromEnv(lookup(nil))
	want := monitoring.Config{
		Environment: "development", SampleRate: monitoring.Rate{Value: 1},
		TracesSampleRate: monitoring.Rate{Value: 0.1}, ProfilesSampleRate: monitoring.Rate{Value: 0.1},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
		t.Errorf("problems %v, -want +got:\n%s", problems, diff)
	}
}

func TestFromEnvReadsTheLoadersVariables(t *testing.T) {
	t.Parallel()
	got, problems := monitoring.FromEnv(lookup(map[string]string{
		"SENTRY_DSN": validDSN, "SENTRY_ENVIRONMENT": "production", "SENTRY_RELEASE": "v1",
		"SENTRY_SAMPLE_RATE": "0", "SENTRY_TRACES_SAMPLE_RATE": "0.05", "SENTRY_PROFILES_SAMPLE_RATE": "1.0",
		"SENTRY_DEBUG": "True", "SENTRY_SEND_DEFAULT_PII": "no",
	}))
	want := monitoring.Config{
		DSN: validDSN, Environment: "production", Release: "v1",
		SampleRate: monitoring.Rate{Set: true}, TracesSampleRate: monitoring.Rate{Value: 0.05, Set: true},
		ProfilesSampleRate: monitoring.Rate{Value: 1, Set: true}, Debug: true,
	}
	if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
		t.Errorf("problems %v, -want +got:\n%s", problems, diff)
	}
}

func TestProblemsNameTheVariable(t *testing.T) {
	t.Parallel()
	tests := []struct{ key, value, detail string }{
		{"SENTRY_SAMPLE_RATE", "0,5", "comma"},
		{"SENTRY_SAMPLE_RATE", "half", "not a number"},
		{"SENTRY_SAMPLE_RATE", "10%", "not a number"},
		{"SENTRY_TRACES_SAMPLE_RATE", "1.01", "between 0 and 1"},
		{"SENTRY_TRACES_SAMPLE_RATE", "-0.1", "between 0 and 1"},
		{"SENTRY_TRACES_SAMPLE_RATE", "NaN", "between 0 and 1"},
		{"SENTRY_PROFILES_SAMPLE_RATE", "Inf", "between 0 and 1"},
		{"SENTRY_DEBUG", "maybe", "neither true nor false"},
		{"SENTRY_SEND_DEFAULT_PII", "2", "neither true nor false"},
		{"SENTRY_DSN", "https://o1.ingest.example.org/42", ""},
		{"SENTRY_DSN", " " + validDSN, ""},
		{"SENTRY_DSN", "https://your-key@org.ingest.sentry.io/project-id", ""},
	}
	for _, tt := range tests {
		t.Run(tt.key+"="+tt.value, func(t *testing.T) {
			t.Parallel()
			cfg, problems := monitoring.FromEnv(lookup(map[string]string{tt.key: tt.value}))
			if len(problems) != 1 || problems[0].Key != tt.key || !strings.Contains(problems[0].Detail, tt.detail) || problems[0].Fix == "" {
				t.Fatalf("problems: got %+v, want one of %s with %q", problems, tt.key, tt.detail)
			}
			if cfg.SampleRate.Value > 1 || cfg.TracesSampleRate.Value > 1 || cfg.Debug || cfg.SendDefaultPII {
				t.Errorf("the setting is not at the safe side: %+v", cfg)
			}
		})
	}
}

func TestNewRefusesWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]monitoring.Config{
		"SENTRY_SAMPLE_RATE":          {DSN: validDSN, SampleRate: monitoring.Rate{Value: 7, Set: true}},
		"SENTRY_TRACES_SAMPLE_RATE":   {DSN: validDSN, TracesSampleRate: monitoring.Rate{Value: math.NaN()}},
		"SENTRY_PROFILES_SAMPLE_RATE": {ProfilesSampleRate: monitoring.Rate{Value: -1}},
		"SENTRY_DSN":                  {DSN: "https://secretkey0123456789@example.org/abc"},
	} {
		c, err := monitoring.New(cfg)
		if err == nil || !strings.Contains(err.Error(), name) || c != nil {
			t.Errorf("%s: got client %t, error %v; want an error that names it", name, c.Enabled(), err)
		}
		if err != nil && strings.Contains(err.Error(), "secretkey") {
			t.Errorf("%s: the error holds the key", name)
		}
	}
}

func TestStatusSaysWhatIsInForce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := clientOf(t, monitoring.Config{DSN: s.dsn(), ProfilesSampleRate: monitoring.Rate{Value: 0.1}}, monitoring.WithSync())
	status := c.Status()
	if !status.Enabled || status.SampleRate != 1 || status.TracesSampleRate != 0.1 || status.ProfilesSampleRate != 0.1 || status.Environment != "development" {
		t.Errorf("got %+v", status)
	}
	if !strings.Contains(status.Profiling, "not supported") || !strings.Contains(status.SDK, "0.50.0") {
		t.Errorf("got profiling %q, SDK %q", status.Profiling, status.SDK)
	}
	var off *monitoring.Client
	if off.Status().Enabled {
		t.Error("a nil client says that it is enabled")
	}
}

func TestNilClientTakesEveryCall(t *testing.T) {
	t.Parallel()
	var c *monitoring.Client
	ctx := c.WithScope(context.Background())
	ctx = monitoring.AddUser(ctx, monitoring.User{ID: "u"})
	c.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{})
	c.PerformanceBreadcrumb(ctx, monitoring.PerformanceCrumb{})
	ctx, span := c.StartTransaction(ctx, "t", "op")
	_, child := c.StartSpan(ctx, "op", "d")
	for _, s := range []*monitoring.Span{span, child} {
		s.SetName("n")
		s.SetStatus(monitoring.StatusOK)
		s.SetTag("k", "v")
		s.SetData("k", 1)
		s.Finish()
		if s.TraceHeader() != "" || s.Baggage() != "" || s.Sampled() {
			t.Error("a span of a nil client has headers")
		}
	}
	for i, id := range []monitoring.EventID{
		c.CaptureError(ctx, errPlanted), c.CaptureMessage(ctx, monitoring.LevelInfo, "m"), c.CapturePanic(ctx, "p"),
		c.CaptureBookingError(ctx, errPlanted, monitoring.BookingInfo{}), c.CapturePaymentError(ctx, errPlanted, monitoring.PaymentInfo{}),
		c.CaptureIntegrationError(ctx, errPlanted, monitoring.IntegrationInfo{}),
		c.ObserveQuery(ctx, "SELECT 1", 1<<60, errPlanted), c.ObserveRedis(ctx, "get", 1<<60, errPlanted),
	} {
		if id != "" {
			t.Errorf("call %d: got id %q", i, id)
		}
	}
	if err := c.Task(ctx, monitoring.TaskInfo{}, func(context.Context) error { return errPlanted }); err != errPlanted { //nolint:errorlint // this very error
		t.Errorf("task: got %v", err)
	}
	if c.Middleware(nil) != nil {
		t.Error("middleware: got another handler")
	}
	if c.Enabled() || c.Status().Enabled {
		t.Error("it says that it is enabled")
	}
	if d, err := c.Flush(ctx); err != nil || d.Delivered+d.Dropped != 0 {
		t.Errorf("flush: got %+v, %v", d, err)
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
}

func TestOffCostsNoMemory(t *testing.T) {
	var c *monitoring.Client
	ctx := context.Background()
	if n := testing.AllocsPerRun(100, func() {
		c.CaptureError(ctx, errPlanted)
		c.CaptureMessage(ctx, monitoring.LevelInfo, "m")
		c.CaptureBookingError(ctx, errPlanted, monitoring.BookingInfo{AppointmentID: "a"})
		c.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: "a"})
		c.ObserveQuery(ctx, "SELECT 1", 1, nil)
		c.ObserveRedis(ctx, "get", 1, nil)
		_, span := c.StartSpan(ctx, "op", "d")
		span.Finish()
	}); n != 0 {
		t.Errorf("allocations of a nil client: got %g, want 0", n)
	}
}
