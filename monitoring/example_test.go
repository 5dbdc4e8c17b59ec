package monitoring_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/monitoring"
)

// exampleClient reports to a server that takes everything.
func exampleClient(options ...monitoring.Option) (client *monitoring.Client, done func()) {
	s := &server{}
	s.Server = httptest.NewServer(s)
	client, err := monitoring.New(monitoring.Config{
		DSN: s.dsn(), Environment: "production", Release: "bookings@2.1.0",
		SampleRate: monitoring.Rate{Value: 1, Set: true}, TracesSampleRate: monitoring.Rate{Value: 1, Set: true},
	}, append(options, monitoring.WithSync())...)
	if err != nil {
		panic(err)
	}
	return client, func() {
		_ = client.Close(context.Background())
		s.Close()
	}
}

func Example() {
	client, done := exampleClient()
	defer done()

	ctx := client.WithScope(context.Background())
	ctx = monitoring.AddUser(ctx, monitoring.User{ID: "user_1", Role: "client"})
	ctx = monitoring.AddBusiness(ctx, monitoring.Business{OperationType: "appointment_booking", BarberID: "barber_456"})
	client.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: "create", ResourceType: "appointment", ResourceID: "apt_12345"})
	client.CaptureBookingError(ctx, errors.New("slot is taken"), monitoring.BookingInfo{AppointmentID: "apt_12345", ErrorStage: "validation"})

	delivery, err := client.Flush(ctx)
	fmt.Println(delivery.Delivered, "delivered,", delivery.Rejected, "rejected,", delivery.Dropped, "dropped,", err)
	// Output: 1 delivered, 0 rejected, 0 dropped, <nil>
}

func ExampleFromEnv() {
	cfg, problems := monitoring.FromEnv(func(key string) (string, bool) {
		value, ok := map[string]string{"SENTRY_SAMPLE_RATE": "0,5", "SENTRY_TRACES_SAMPLE_RATE": "0"}[key]
		return value, ok
	})
	fmt.Println(cfg.Environment, cfg.TracesSampleRate.Value, cfg.TracesSampleRate.Set)
	for _, p := range problems {
		fmt.Printf("%s: %s; write %s\n", p.Key, p.Detail, p.Fix)
	}
	// Output:
	// development 0 true
	// SENTRY_SAMPLE_RATE: "0,5" has a decimal comma; write SENTRY_SAMPLE_RATE=0.5
}

func ExampleNew_off() {
	client, err := monitoring.New(monitoring.Config{})
	fmt.Println(client.Enabled(), err)
	fmt.Printf("%q\n", client.CaptureError(context.Background(), errors.New("goes nowhere")))
	// Output:
	// false <nil>
	// ""
}

func ExampleClient_Task() {
	client, done := exampleClient()
	defer done()
	ctx := client.WithScope(context.Background())
	for attempt := 1; attempt <= 3; attempt++ {
		err := client.Task(ctx, monitoring.TaskInfo{Name: "email.send_notification", ID: "task-1", Attempt: attempt, MaxAttempts: 3},
			func(context.Context) error { return errors.New("mailbox is full") })
		delivery, _ := client.Flush(ctx)
		fmt.Println("attempt", attempt, "returned:", err, "- events so far:", delivery.Delivered)
	}
	// Output:
	// attempt 1 returned: mailbox is full - events so far: 0
	// attempt 2 returned: mailbox is full - events so far: 0
	// attempt 3 returned: mailbox is full - events so far: 1
}

func ExampleClient_ObserveQuery() {
	client, done := exampleClient(monitoring.WithReceipts(func(r monitoring.Receipt) { fmt.Println(r.Status, r.ItemTypes) }))
	defer done()
	ctx := context.Background()
	const query = "SELECT * FROM appointments WHERE client_name = 'Anna'"
	client.ObserveQuery(ctx, query, 20*time.Millisecond, nil)   // nothing
	client.ObserveQuery(ctx, query, 1200*time.Millisecond, nil) // a warning: … WHERE client_name = ?
	// Output: 200 [event]
}

func ExampleClient_Middleware() {
	client, done := exampleClient()
	defer done()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /bookings/{id}", func(http.ResponseWriter, *http.Request) { panic("no such slot") })
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "well") })
	handler := client.Middleware(mux)
	for _, path := range []string{"/bookings/42", "/health"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, http.NoBody))
		fmt.Println(path, w.Code, strings.TrimSpace(w.Body.String()))
	}
	delivery, _ := client.Flush(context.Background())
	fmt.Println(delivery.Delivered, "delivered,", delivery.ByReason)
	// Output:
	// /bookings/42 500 Internal Server Error
	// /health 200 well
	// 2 delivered, map[health-check:1]
}
