package monitoring_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/monitoring"
)

// signalled ends a process.
type signalled struct{}

func (signalled) Error() string     { return "ended by a signal" }
func (signalled) Signal() os.Signal { return os.Interrupt }

func TestNoiseIsDroppedAndItsNeighboursPass(t *testing.T) {
	t.Parallel()
	write := func(err error) error {
		return &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", err)}
	}
	tests := []struct {
		name        string
		err         error
		environment string
		reason      string // empty: it passes
	}{
		{"cancelled", fmt.Errorf("loading: %w", context.Canceled), "production", monitoring.DropCancelled},
		{"deadline exceeded", fmt.Errorf("loading: %w", context.DeadlineExceeded), "production", ""},
		{"cancelled beside a real one", errors.Join(errPlanted, context.Canceled), "production", ""},
		{"all parts cancelled", errors.Join(context.Canceled, fmt.Errorf("b: %w", context.Canceled)), "production", monitoring.DropCancelled},
		{"wrapped beside a sentinel", fmt.Errorf("%w: %w", errPlanted, context.Canceled), "production", monitoring.DropCancelled},
		{"text that says cancelled", errors.New("context canceled"), "production", ""},

		{"broken pipe", write(syscall.EPIPE), "production", monitoring.DropDisconnect},
		{"reset while writing", write(syscall.ECONNRESET), "production", monitoring.DropDisconnect},
		{"reset while reading", &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}, "production", ""},
		{"refused", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}, "production", ""},
		{"aborted handler", http.ErrAbortHandler, "production", monitoring.DropDisconnect},
		{"handler timeout", http.ErrHandlerTimeout, "production", ""},

		{"server closed", fmt.Errorf("serving: %w", http.ErrServerClosed), "development", monitoring.DropShutdown},
		{"server closed in production", http.ErrServerClosed, "production", ""},
		{"server closed in staging", http.ErrServerClosed, "staging", ""},
		{"connection closed", net.ErrClosed, "development", monitoring.DropShutdown},
		{"connection closed in production", net.ErrClosed, "production", ""},
		{"reload", fmt.Errorf("main.go: %w", monitoring.ErrReload), "development", monitoring.DropShutdown},
		{"reload in production", monitoring.ErrReload, "production", ""},
		{"signal", signalled{}, "development", monitoring.DropShutdown},
		{"signal in production", signalled{}, "production", ""},
		{"end of file", io.ErrUnexpectedEOF, "development", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			cfg := testConfig(s)
			cfg.Environment = tt.environment
			c := clientOf(t, cfg, monitoring.WithSync())
			id := c.CaptureError(context.Background(), tt.err)
			d := flush(t, c)
			if tt.reason == "" {
				if d.Delivered != 1 || d.Dropped != 0 || id == "" {
					t.Errorf("account: got %+v, want it delivered", d)
				}
				return
			}
			if d.Delivered != 0 || d.Dropped != 1 || d.ByReason[tt.reason] != 1 || id != "" {
				t.Errorf("account: got %+v, want one dropped as %s", d, tt.reason)
			}
		})
	}
}

func TestBrokenConnectionToAnotherServiceIsNews(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	newClient(t, s).CaptureIntegrationError(context.Background(), syscall.EPIPE, monitoring.IntegrationInfo{ServiceName: "stripe"})
	s.event(t)
}

func TestRequestsOfProbesAndTestsAreNotReported(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path, header, value, reason string
	}{
		{"/health", "", "", monitoring.DropHealth},
		{"/healthz", "", "", monitoring.DropHealth},
		{"/ready", "", "", monitoring.DropHealth},
		{"/live", "", "", monitoring.DropHealth},
		{"/metrics", "", "", monitoring.DropHealth},
		{"/favicon.ico", "", "", monitoring.DropHealth},
		{"/health?verbose=1", "", "", monitoring.DropHealth},
		{"/healthy", "", "", ""},
		{"/api/health", "", "", ""},
		{"/ready-to-wear", "", "", ""},
		{"/metrics/daily", "", "", ""},
		{"/healthz/history", "", "", ""},
		{"/live-stream", "", "", ""},
		{"/favicon.icon", "", "", ""},
		{"/bookings", "X-BB-Test", "1", monitoring.DropTestTraffic},
		{"/bookings", "X-BB-Testing", "1", ""},
		{"/bookings", "User-Agent", "bookedbarber-test/1.0", monitoring.DropTestTraffic},
		{"/bookings", "User-Agent", "bookedbarber-app/2.1 (iPhone)", ""},
		{"/bookings", "User-Agent", "Mozilla/5.0 (testing my patience)", ""},
		{"/bookings", "User-Agent", "k6/0.49.0 (https://k6.io/)", monitoring.DropTestTraffic},
		{"/bookings", "User-Agent", "k6-shop/1.0", ""},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.value, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			c := newClient(t, s)
			app := httptest.NewServer(c.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c.CaptureError(r.Context(), errPlanted)
				w.WriteHeader(http.StatusNoContent)
			})))
			defer app.Close()
			header := http.Header{}
			if tt.header != "" {
				header.Set(tt.header, tt.value)
			}
			ask(t, app.URL+tt.path, header)
			d := flush(t, c)
			if tt.reason == "" {
				if len(s.events(t)) != 1 || len(s.transactions(t)) != 1 || d.Dropped != 0 {
					t.Errorf("account: got %+v, want an error and a transaction", d)
				}
				return
			}
			if s.count() != 0 || d.ByReason[tt.reason] != 2 || d.Dropped != 2 {
				t.Errorf("account: got %+v, want two dropped as %s", d, tt.reason)
			}
		})
	}
}

func ask(t *testing.T, url string, header http.Header) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		request.Header = header
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(raw)
}

func TestMiddlewareReportsAPanicOnceAndTheProcessLives(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /bookings/{id}", func(w http.ResponseWriter, r *http.Request) {
		ctx := monitoring.AddUser(r.Context(), monitoring.User{ID: "user_1"})
		w.Header().Set("Content-Length", "100")
		_ = c.Task(ctx, monitoring.TaskInfo{Name: "inner"}, func(context.Context) error { panic("planted panic") })
	})
	mux.HandleFunc("GET /begun", func(w http.ResponseWriter, r *http.Request) {
		monitoring.AddUser(r.Context(), monitoring.User{ID: "user_2"}) // as a middleware further inside does
		fmt.Fprint(w, "half an ans")
		_ = http.NewResponseController(w).Flush()
		panic("planted later")
	})
	mux.HandleFunc("GET /abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("GET /well", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "well") })
	mux.HandleFunc("GET /gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	app := httptest.NewUnstartedServer(c.Middleware(mux))
	app.Config.ErrorLog = nil
	app.Start()
	defer app.Close()

	if status, body := ask(t, app.URL+"/bookings/4711", nil); status != http.StatusInternalServerError || !strings.Contains(body, "Internal Server Error") {
		t.Errorf("answer to the panic: got %d %q, want a 500", status, body)
	}
	if status, body := ask(t, app.URL+"/begun", nil); status != 0 {
		t.Errorf("half an answer looks like a whole one: %d %q", status, body)
	}
	if status, body := ask(t, app.URL+"/abort", nil); status != 0 {
		t.Errorf("aborted: got %d %q, want no answer", status, body)
	}
	if status, _ := ask(t, app.URL+"/gone", nil); status != http.StatusNotFound {
		t.Errorf("got %d, want 404", status)
	}
	if status, body := ask(t, app.URL+"/well", nil); status != http.StatusOK || body != "well" {
		t.Errorf("the next request: got %d %q", status, body)
	}

	events := s.events(t)
	if len(events) != 2 {
		t.Fatalf("events: got %d, want one for each panic", len(events))
	}
	if e := events[0]; e.Transaction != "GET /bookings/{id}" || e.User["id"] != "user_1" || e.Level != "fatal" {
		t.Errorf("the panic: got transaction %q, user %v, level %q", e.Transaction, e.User, e.Level)
	}
	if e := events[1]; e.Transaction != "GET /begun" || e.User["id"] != "user_2" {
		t.Errorf("the later panic: got transaction %q, user %v", e.Transaction, e.User)
	}
	d := flush(t, c)
	if d.ByReason[monitoring.DropDisconnect] != 1 {
		t.Errorf("counted: got %v, want the aborted one as %s", d.ByReason, monitoring.DropDisconnect)
	}
	status := map[string]any{}
	for _, tr := range s.transactions(t) {
		status[tr.Transaction] = tr.Contexts["trace"]["status"]
		if tr.Transaction == "GET /bookings/{id}" && tr.User["id"] != "user_1" {
			t.Errorf("user of the transaction: got %v", tr.User)
		}
	}
	for name, want := range map[string]any{
		"GET /bookings/{id}": "internal_error", "GET /begun": "internal_error", "GET /abort": "cancelled", "GET /gone": "not_found", "GET /well": "ok",
	} {
		if status[name] != want {
			t.Errorf("transaction %s: got status %v, want %v", name, status[name], want)
		}
	}
}

func TestMiddlewareKeepsWhatHandlersAskFor(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	app := httptest.NewServer(c.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/copy" {
			_, _ = io.Copy(w, strings.NewReader("copied"))
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhijacked")
	})))
	defer app.Close()
	for path, want := range map[string]string{"/copy": "copied", "/hijack": "hijacked"} {
		if status, body := ask(t, app.URL+path, nil); status != http.StatusOK || body != want {
			t.Errorf("%s: got %d %q", path, status, body)
		}
	}
	recorder := httptest.NewRecorder()
	c.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var conn net.Conn
		var buffered *bufio.ReadWriter
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err == nil || conn != nil || buffered != nil {
			t.Error("hijacking a recorder: no error")
		}
	})).ServeHTTP(recorder, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/x", http.NoBody))
	// A hijacked answer arrives before its handler has returned.
	deadline := time.Now().Add(5 * time.Second)
	for flush(t, c).Delivered != 3 {
		if time.Now().After(deadline) {
			t.Fatalf("account: %+v, want 3 transactions", flush(t, c))
		}
		runtime.Gosched()
	}
}

func TestMiddlewareContinuesTheCallersTrace(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClient(t, s)
	app := httptest.NewServer(c.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if header, _ := monitoring.TraceHeaders(r.Context()); !strings.HasPrefix(header, traceID) {
			t.Errorf("the header for the next service: got %q", header)
		}
	})))
	defer app.Close()
	ask(t, app.URL+"/slots", http.Header{"Sentry-Trace": {traceID + "-" + parentID + "-0"}})
	ask(t, app.URL+"/slots", http.Header{"Sentry-Trace": {traceID + "-" + parentID + "-1"}})
	if got := s.transaction(t).Contexts["trace"]["trace_id"]; got != traceID {
		t.Errorf("trace: got %v", got)
	}
}
