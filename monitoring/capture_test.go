package monitoring_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/monitoring"
)

func TestCaptureHelpersUseTheWireNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name            string
		capture         func(context.Context, *monitoring.Client) monitoring.EventID
		title, area     string
		context         string
		fields          map[string]any
		fingerprintHead []string
	}{
		{
			"booking", func(ctx context.Context, c *monitoring.Client) monitoring.EventID {
				return c.CaptureBookingError(ctx, errPlanted, monitoring.BookingInfo{AppointmentID: "apt_1", ErrorStage: "validation", ServiceType: "haircut"})
			},
			"BookingError: validation", "bookings", "booking",
			map[string]any{"appointment_id": "apt_1", "error_stage": "validation", "service_type": "haircut"},
			[]string{"BookingError", "validation", "error"},
		},
		{
			"payment", func(ctx context.Context, c *monitoring.Client) monitoring.EventID {
				return c.CapturePaymentError(ctx, errPlanted, monitoring.PaymentInfo{PaymentIntentID: "pi_3Nx", AmountCents: 4500, ErrorStage: "charge_creation"})
			},
			"PaymentError: charge_creation", "payments", "payment",
			map[string]any{"payment_intent_id": "pi_3Nx", "amount_cents": 4500.0, "error_stage": "charge_creation"},
			[]string{"PaymentError", "charge_creation", "error"},
		},
		{
			"integration", func(ctx context.Context, c *monitoring.Client) monitoring.EventID {
				return c.CaptureIntegrationError(ctx, errPlanted, monitoring.IntegrationInfo{ServiceName: "sendgrid", Operation: "send_email", ResponseCode: 503, ErrorCode: "unavailable"})
			},
			"IntegrationError: sendgrid", "integrations", "integration",
			map[string]any{"service_name": "sendgrid", "operation": "send_email", "response_code": 503.0, "error_code": "unavailable"},
			[]string{"IntegrationError", "sendgrid", "send_email", "503", "unavailable", "error"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			c := newClient(t, s)
			id := tt.capture(context.Background(), c)
			event := s.event(t)
			if event.EventID != string(id) {
				t.Errorf("event id on the wire: got %q, want %q", event.EventID, id)
			}
			if event.Level != "error" || event.Tags["business_area"] != tt.area {
				t.Errorf("level %q, business_area %q; want error, %q", event.Level, event.Tags["business_area"], tt.area)
			}
			if diff := cmp.Diff(tt.fields, event.Contexts[tt.context]); diff != "" {
				t.Errorf("context %s (-want +got):\n%s", tt.context, diff)
			}
			if diff := cmp.Diff(tt.fingerprintHead, event.Fingerprint); diff != "" {
				t.Errorf("fingerprint (-want +got):\n%s", diff)
			}
			if got := event.Exceptions[len(event.Exceptions)-1]; got.Type != tt.title || got.Value != errPlanted.Error() {
				t.Errorf("exception: got %q %q, want %q %q", got.Type, got.Value, tt.title, errPlanted)
			}
		})
	}
}

func TestEventsCarryConfigurationAndSystem(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	newClient(t, s).CaptureMessage(context.Background(), monitoring.LevelWarning, "queue is long", monitoring.Tag("k", "v"))
	event := s.event(t)
	got := []string{event.Message, event.Level, event.Environment, event.Release, event.ServerName, event.Tags["k"]}
	if diff := cmp.Diff([]string{"queue is long", "warning", "testing", "bookings@1.2.3", "test-host", "v"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	system := event.Contexts["system"]
	if _, ok := system["container"].(bool); !ok || system["host"] != "test-host" {
		t.Errorf("contexts.system: got %v, want container and host", system)
	}
	if memory, ok := system["memory_bytes"].(float64); !ok || memory <= 0 {
		t.Errorf("contexts.system.memory_bytes: got %v", system["memory_bytes"])
	}
	if event.Contexts["runtime"]["name"] != "go" || event.Contexts["os"]["name"] == nil {
		t.Errorf("contexts.runtime %v, contexts.os %v", event.Contexts["runtime"], event.Contexts["os"])
	}
}

type codedError struct{ code int }

func (e *codedError) Error() string { return fmt.Sprintf("code %d", e.code) }

func TestChainIsKept(t *testing.T) {
	t.Parallel()
	coded := &codedError{503}
	tests := []struct {
		name string
		err  error
		want []string // type|value, innermost first
	}{
		{"wrapped", fmt.Errorf("paying: %w", fmt.Errorf("charging: %w", coded)), []string{
			"monitoring_test.codedError|code 503", "error|charging: code 503", "PaymentError: charge|paying: charging: code 503",
		}},
		{"joined", errors.Join(errPlanted, coded), []string{
			"monitoring_test.codedError|code 503", "error|slot is taken", "PaymentError: charge|slot is taken\ncode 503",
		}},
		{"two verbs", fmt.Errorf("%w after %w", errPlanted, coded), []string{
			"monitoring_test.codedError|code 503", "error|slot is taken", "PaymentError: charge|slot is taken after code 503",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			newClient(t, s).CapturePaymentError(context.Background(), tt.err, monitoring.PaymentInfo{ErrorStage: "charge"})
			var got []string
			for _, x := range s.event(t).Exceptions {
				got = append(got, x.Type+"|"+x.Value)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestLongChainIsCut(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	newClient(t, s).CaptureError(context.Background(), deepChain(500))
	if n := len(s.event(t).Exceptions); n != 20 {
		t.Errorf("exceptions: got %d, want 20", n)
	}
}

func deepChain(depth int) error {
	err := errPlanted
	for range depth {
		err = fmt.Errorf("w: %w", err)
	}
	return err
}

//go:noinline
func captureInBusinessCode(c *monitoring.Client) {
	c.CaptureError(context.Background(), errPlanted)
}

func TestStackIsThatOfTheCallerWithoutOurOwnFrames(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	captureInBusinessCode(newClient(t, s))
	frames := s.event(t).Exceptions[0].Frames
	if len(frames) == 0 {
		t.Fatal("no frames")
	}
	last := frames[len(frames)-1]
	if last.Function != "captureInBusinessCode" || !last.InApp || last.Line == 0 {
		t.Errorf("innermost frame: got %+v, want captureInBusinessCode, in_app", last)
	}
	for _, f := range frames {
		if f.Module == "github.com/bookedbarber/bbctl/monitoring" || f.Module == "runtime" {
			t.Errorf("a frame of our own: %s %s", f.Module, f.Function)
		}
		if f.Module == "testing" && f.InApp {
			t.Errorf("frame %s of the standard library is in_app", f.Function)
		}
	}
}

// stacked carries the stack of where it was made, as github.com/pkg/errors does.
type stacked struct {
	error
	pcs []uintptr
}

func (s stacked) StackTrace() []uintptr { return s.pcs }

//go:noinline
func makeStacked() error { return stacked{errPlanted, callersOf()} }

func TestErrorsOwnStackWins(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	newClient(t, s).CaptureError(context.Background(), makeStacked())
	for _, x := range s.event(t).Exceptions {
		for _, f := range x.Frames {
			if f.Function == "makeStacked" {
				return
			}
		}
	}
	t.Error("no frame of where the error was made")
}

type panicking struct{}

func (*panicking) Error() string { panic("in Error") }

func TestErrorWhoseMethodPanicsIsCountedAndHarmless(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	if id := c.CaptureError(context.Background(), &panicking{}); id != "" {
		t.Errorf("event id: got %q, want none", id)
	}
	c.CaptureMessage(context.Background(), monitoring.LevelInfo, "alive", monitoring.Data("e", &panicking{}))
	if got := s.event(t).Message; got != "alive" {
		t.Errorf("message: got %q", got)
	}
	if n := flush(t, c).ByReason[monitoring.DropFault]; n != 1 {
		t.Errorf("counted as %s: got %d, want 1", monitoring.DropFault, n)
	}
}

func TestUnencodableValuesCostNoContext(t *testing.T) {
	t.Parallel()
	type node struct {
		Name string `json:"name"`
		Next *node  `json:"next"`
		key  string
	}
	cycle := &node{Name: "a", key: "hidden"}
	cycle.Next = cycle
	deep := map[string]any{}
	at := deep
	for range 50 {
		next := map[string]any{}
		at["in"] = next
		at = next
	}
	s := newServer(t)
	ctx := monitoring.AddBusiness(context.Background(), monitoring.Business{ResourceID: "apt_1"})
	newClient(t, s).CaptureError(ctx, errPlanted,
		monitoring.Data("nan", math.NaN()),
		monitoring.Data("inf", []float64{1, math.Inf(1)}),
		monitoring.Data("func", func() {}),
		monitoring.Data("chan", map[string]any{"c": make(chan int), "kept": 1}),
		monitoring.Data("cycle", cycle),
		monitoring.Data("deep", deep),
		monitoring.Data("bytes", []byte("secret bytes")),
		monitoring.Data("error", errPlanted),
		monitoring.Data("invalid", "a\xffb"),
		monitoring.Data("nil", (*node)(nil)),
	)
	event := s.event(t)
	if event.Contexts["business"]["resource_id"] != "apt_1" {
		t.Errorf("contexts.business: got %v", event.Contexts["business"])
	}
	data := event.Contexts["data"]
	for key, want := range map[string]any{
		"nan": "NaN", "inf": []any{1.0, "+Inf"}, "func": "func() (cannot be encoded)",
		"chan":  map[string]any{"c": "chan int (cannot be encoded)", "kept": 1.0},
		"bytes": "[]uint8 (12 bytes)", "error": "slot is taken", "invalid": "a\uFFFDb", "nil": nil,
	} {
		if diff := cmp.Diff(want, data[key]); diff != "" {
			t.Errorf("data.%s (-want +got):\n%s", key, diff)
		}
	}
	for _, key := range []string{"cycle", "deep"} {
		raw, _ := json.Marshal(data[key])
		if !strings.Contains(string(raw), "too deep") || strings.Contains(string(raw), "hidden") {
			t.Errorf("data.%s: got %s", key, raw)
		}
	}
}

func TestEventsStayUnderSentrysLimit(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	large := strings.Repeat("much too long ", 3*limit/14)
	escaped := strings.Repeat("\x01\x02", limit)
	tests := []struct {
		name    string
		capture func(context.Context, *monitoring.Client)
	}{
		{"text", func(ctx context.Context, c *monitoring.Client) { c.CaptureError(ctx, errors.New(large)) }},
		{"escaped text", func(ctx context.Context, c *monitoring.Client) { c.CaptureError(ctx, errors.New(escaped)) }},
		{"chain", func(ctx context.Context, c *monitoring.Client) {
			c.CaptureError(ctx, fmt.Errorf("%w: %w: %w", errors.New(large), errors.New(escaped), errors.New(large)))
		}},
		{"message", func(ctx context.Context, c *monitoring.Client) { c.CaptureMessage(ctx, monitoring.LevelInfo, large) }},
		{"breadcrumbs", func(ctx context.Context, c *monitoring.Client) {
			for range 100 {
				c.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: escaped, ResourceType: escaped, ResourceID: escaped, BarberID: escaped})
			}
			c.CaptureError(ctx, errPlanted)
		}},
		{"data", func(ctx context.Context, c *monitoring.Client) {
			var opts []monitoring.CaptureOption
			for i := range 500 {
				opts = append(opts, monitoring.Data(fmt.Sprint("k", i), escaped), monitoring.Tag(fmt.Sprint("t", i), escaped))
			}
			c.CaptureError(ctx, errPlanted, opts...)
		}},
		{"business", func(ctx context.Context, c *monitoring.Client) {
			ctx = monitoring.AddUser(ctx, monitoring.User{ID: large, Role: escaped})
			c.CaptureError(monitoring.AddBusiness(ctx, monitoring.Business{ResourceID: large, OperationType: escaped}), errPlanted)
		}},
		{"list", func(ctx context.Context, c *monitoring.Client) {
			c.CaptureError(ctx, errPlanted, monitoring.Data("list", make([]float64, limit)))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			c := newClient(t, s)
			tt.capture(c.WithScope(context.Background()), c)
			items := s.items(t, "event")
			if len(items) != 1 {
				t.Fatalf("events: got %d, want 1", len(items))
			}
			if n := len(items[0].Payload); n > limit {
				t.Errorf("size: got %d, want at most %d", n, limit)
			}
			if !strings.Contains(s.bytes(), "(cut: ") {
				t.Error("nothing says what was cut")
			}
		})
	}
}

func TestSamplingIsDecidedByOurDiceAndCounted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		rate monitoring.Rate
		draw float64
		want int
	}{
		{"just below", monitoring.Rate{Value: 0.25, Set: true}, 0.2499, 1},
		{"the rate itself", monitoring.Rate{Value: 0.25, Set: true}, 0.25, 0},
		{"zero is zero", monitoring.Rate{Set: true}, 0, 0},
		{"one takes all", monitoring.Rate{Value: 1, Set: true}, 0.9999, 1},
		{"unset is the table's default", monitoring.Rate{}, 0.9999, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			cfg := testConfig(s)
			cfg.SampleRate = tt.rate
			c := clientOf(t, cfg, monitoring.WithSync(), monitoring.WithRand(func() float64 { return tt.draw }))
			id := c.CaptureError(context.Background(), errPlanted)
			if got := len(s.events(t)); got != tt.want || (id != "") != (tt.want == 1) {
				t.Errorf("events: got %d (id %q), want %d", got, id, tt.want)
			}
			if got := flush(t, c).ByReason[monitoring.DropSampleRate]; got != 1-tt.want {
				t.Errorf("counted as %s: got %d, want %d", monitoring.DropSampleRate, got, 1-tt.want)
			}
		})
	}
}

// walked counts how often its chain is asked for: the dice come first.
type walked struct{ n *int }

func (w walked) Error() string { *w.n++; return "walked" }

func TestDiceAreThrownBeforeTheEventIsMade(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	cfg := testConfig(s)
	cfg.SampleRate = monitoring.Rate{Set: true}
	n := 0
	clientOf(t, cfg, monitoring.WithSync()).CaptureError(context.Background(), walked{&n})
	if n != 0 {
		t.Errorf("the error's text was asked for %d times", n)
	}
}

func TestOptionsChangeOneEvent(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	c.CaptureError(context.Background(), errPlanted, monitoring.AtLevel(monitoring.LevelInfo),
		monitoring.Fingerprint("one-issue"), monitoring.Tag("bbctl_test", "true"), monitoring.Data("attempt", 2))
	event := s.event(t)
	if event.Level != "info" || event.Tags["bbctl_test"] != "true" || event.Contexts["data"]["attempt"] != 2.0 {
		t.Errorf("level %q, tags %v, data %v", event.Level, event.Tags, event.Contexts["data"])
	}
	if diff := cmp.Diff([]string{"one-issue"}, event.Fingerprint); diff != "" {
		t.Errorf("fingerprint (-want +got):\n%s", diff)
	}
}

func TestCapturePanicReportsOnceAndDoesNotPanic(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	ctx := c.WithScope(context.Background())
	var first monitoring.EventID
	func() {
		defer func() { first = c.CapturePanic(ctx, recover()) }()
		panicInBusinessCode()
	}()
	if again := c.CapturePanic(ctx, "planted panic"); again != first {
		t.Errorf("the same panic further outside: got id %q, want %q", again, first)
	}
	if id := c.CapturePanic(ctx, nil); id != "" {
		t.Errorf("no panic: got id %q", id)
	}
	event := s.event(t)
	x := event.Exceptions[len(event.Exceptions)-1]
	if event.Level != "fatal" || x.Type != "panic" || x.Value != "planted panic" || x.Mechanism.Handled == nil || *x.Mechanism.Handled {
		t.Errorf("got level %q, exception %q %q, mechanism %+v", event.Level, x.Type, x.Value, x.Mechanism)
	}
	if last := x.Frames[len(x.Frames)-1]; last.Function != "panicInBusinessCode" {
		t.Errorf("innermost frame: got %q, want the function that panicked", last.Function)
	}
	// What cannot be compared is reported each time, and does no harm.
	c.CapturePanic(ctx, []int{1})
	c.CapturePanic(ctx, []int{1})
	if n := len(s.events(t)); n != 3 {
		t.Errorf("events: got %d, want 3", n)
	}
}

//go:noinline
func panicInBusinessCode() { panic("planted panic") }

func TestConcurrentUsersDoNotMix(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	base := c.WithScope(context.Background())
	var together sync.WaitGroup
	for n := range 8 {
		together.Go(func() {
			own := fmt.Sprintf("user_%d", n)
			ctx := monitoring.AddUser(c.WithScope(base), monitoring.User{ID: own, Role: own})
			ctx = monitoring.AddBusiness(ctx, monitoring.Business{ResourceID: own})
			ctx, root := c.StartTransaction(ctx, own, "test")
			for range 10 {
				c.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: own})
				_, span := c.StartSpan(ctx, "step", own)
				c.CaptureMessage(ctx, monitoring.LevelInfo, own)
				span.Finish()
			}
			root.Finish()
		})
	}
	together.Wait()
	events := append(s.events(t), s.transactions(t)...)
	if len(events) != 88 {
		t.Fatalf("events and transactions: got %d, want 88", len(events))
	}
	for _, event := range events {
		own := event.Message + event.Transaction
		if event.User["id"] != own || event.User["role"] != own || event.Contexts["business"]["resource_id"] != own {
			t.Errorf("an event of %s: user %v, business %v", own, event.User, event.Contexts["business"])
		}
		for _, crumb := range event.Breadcrumbs {
			if crumb.Data["action"] != own {
				t.Errorf("an event of %s: breadcrumb of %v", own, crumb.Data["action"])
			}
		}
	}
}

func TestEnvironmentIsNotLookedUp(t *testing.T) {
	for key, value := range map[string]string{
		"SENTRY_DSN": "https://k@example.org/1", "SENTRY_ENVIRONMENT": "leaked-environment", "SENTRY_RELEASE": "leaked-release",
		"SENTRY_TAGS_TEAM": "leaked-tag", "SENTRYGODEBUG": "httpdump=1",
	} {
		t.Setenv(key, value)
	}
	s := newServer(t)
	c := clientOf(t, monitoring.Config{DSN: s.dsn()}, monitoring.WithSync(), monitoring.WithRand(func() float64 { return 0 }))
	c.CaptureError(context.Background(), errPlanted)
	_, span := c.StartTransaction(context.Background(), "t", "test")
	span.Finish()
	host, _ := os.Hostname()
	for _, event := range append(s.events(t), s.transactions(t)...) {
		if event.Environment != "development" || event.Release != "" || event.ServerName != "" || event.Tags["TEAM"] != "" {
			t.Errorf("got environment %q, release %q, server %q, tags %v", event.Environment, event.Release, event.ServerName, event.Tags)
		}
	}
	for _, leak := range []string{"leaked", `"unset"`, `"` + host + `"`} {
		if strings.Contains(s.bytes(), leak) {
			t.Errorf("%q is on the wire: %s", leak, s.bytes())
		}
	}
	off, err := monitoring.New(monitoring.Config{})
	if err != nil || off.Enabled() {
		t.Errorf("an empty DSN with SENTRY_DSN in the environment: got enabled %t, error %v; want off", off.Enabled(), err)
	}
}
