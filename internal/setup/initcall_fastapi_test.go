package setup_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

// ask is a request to an application.
type ask struct {
	method, path string
	header       map[string]string
	want         int // status
}

// visit serves an application with uvicorn, sends it requests, and ends it.
func visit(t *testing.T, sdk pythonSDK, dir, module string, asks ...ask) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	ctx, cancel := context.WithTimeout(t.Context(), initTimeout)
	defer cancel()
	script, err := filepath.Abs(filepath.Join("testdata", "init", "serve.py"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, debianPython, script, module)
	cmd.Dir, cmd.Env = dir, append(sdk.environ(dir), "PYTHONPATH="+strings.Join(append([]string{dir}, pathOf(sdk)...), string(os.PathListSeparator)))
	cmd.ExtraFiles = []*os.File{socket}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	stop, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		// Nobody will answer any more: requests must not wait for it.
		cancel()
	}()
	for _, a := range asks {
		if got := a.send(ctx, listener.Addr().String()); got != a.want {
			cancel()
			<-ended
			t.Fatalf("%s %s was answered %d, expected %d\n%s", a.method, a.path, got, a.want, log.String())
		}
	}
	stop.Close()
	if err := <-ended; err != nil {
		t.Fatalf("the application ended with %v\n%s", err, log.String())
	}
}

func pathOf(sdk pythonSDK) []string {
	var paths []string
	for _, entry := range sdk.env {
		if path, ok := strings.CutPrefix(entry, "PYTHONPATH="); ok {
			paths = append(paths, path)
		}
	}
	return paths
}

// send returns the status of the answer, 0 where there is none. A connection
// of its own for each request lets the server end at once.
func (a ask) send(ctx context.Context, address string) int {
	req, err := http.NewRequestWithContext(ctx, a.method, "http://"+address+a.path, http.NoBody)
	if err != nil {
		return 0
	}
	req.Close = true
	for name, value := range a.header {
		req.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

var fastAPIModules = []string{"fastapi", "uvicorn"}

// TestFastAPIInitTakesTheSettings runs the code that is printed.
func TestFastAPIInitTakesTheSettings(t *testing.T) {
	t.Parallel()
	withPythonSDKs(t, fastAPIModules, func(t *testing.T, sdk pythonSDK) {
		for _, c := range []struct {
			name                 string
			change, to           string
			events, transactions int
			pii                  bool
		}{
			{"everything is sent", "SENTRY_TRACES_SAMPLE_RATE", "1.0", 1, 2, false},
			{"a rate of 0.0 sends no transaction", "SENTRY_TRACES_SAMPLE_RATE", "0.0", 1, 0, false},
			{"a rate of 0.0 sends no error", "SENTRY_SAMPLE_RATE", "0.0", 0, 2, false},
			{"personal data only where it is allowed", "SENTRY_SEND_DEFAULT_PII", "True", 1, 2, true},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				r, dsn := initReceiver(t)
				dir := project(t, everything(dsn).with(c.change, c.to), map[string]string{
					"main.py": initCall(t, "fastapi").Code + initTestdata(t, "pages.py"),
				})
				header := map[string]string{"Cookie": "shop=of-ada"}
				visit(t, sdk, dir, "main",
					ask{http.MethodGet, "/works", header, http.StatusOK},
					ask{http.MethodGet, "/fails", header, http.StatusInternalServerError})
				got := whatArrived(t, r)
				// Old SDKs make a transaction of the application's start and end, too.
				got.transactions = slices.DeleteFunc(got.transactions, func(e *envelope.Event) bool { return e.Request == nil || e.Request.URL == "" })
				if len(got.events) != c.events || len(got.transactions) != c.transactions {
					t.Fatalf("saw %d events and %d transactions, expected %d and %d", len(got.events), len(got.transactions), c.events, c.transactions)
				}
				if wants := sdk.profiles && c.transactions > 0; wants != (got.profiles > 0) {
					t.Errorf("saw %d profiles", got.profiles)
				}
				for _, event := range slices.Concat(got.events, got.transactions) {
					expectSettings(t, event, c.pii)
				}
				for _, event := range got.events {
					if len(event.Exceptions) == 0 || event.Exceptions[0].Value != "the calendar is closed" {
						t.Errorf("saw the exceptions %+v", event.Exceptions)
					}
				}
			})
		}
	})
}

// expectSettings asserts what stands in .env, and nowhere else.
func expectSettings(t *testing.T, event *envelope.Event, pii bool) {
	t.Helper()
	if event.Environment != "staging" || event.Release != "bookedbarber@2.1.0" {
		t.Errorf("saw the environment %q and the release %q", event.Environment, event.Release)
	}
	if cookie := bytes.Contains(event.Raw, []byte("of-ada")); cookie != pii {
		t.Errorf("a cookie is sent: %v, expected %v", cookie, pii)
	}
}

func TestFastAPIDoesNotStartWithARateThatIsNoNumber(t *testing.T) {
	t.Parallel()
	withPythonSDKs(t, fastAPIModules, func(t *testing.T, sdk pythonSDK) {
		for name, value := range map[string]string{"missing": "", "no number": "0,5"} {
			s := everything("")
			if delete(s, "SENTRY_TRACES_SAMPLE_RATE"); value != "" {
				s["SENTRY_TRACES_SAMPLE_RATE"] = value
			}
			dir := project(t, s, map[string]string{"main.py": initCall(t, "fastapi").Code})
			cmd := exec.CommandContext(t.Context(), debianPython, "main.py")
			cmd.Dir, cmd.Env = dir, sdk.environ(dir)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "SENTRY_TRACES_SAMPLE_RATE") {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
	})
}

// TestTheMiddlewareSaysWhoAskedAndForWhat runs the code of docs/python.md.
func TestTheMiddlewareSaysWhoAskedAndForWhat(t *testing.T) {
	t.Parallel()
	withPythonSDKs(t, fastAPIModules, func(t *testing.T, sdk pythonSDK) {
		for _, pii := range []bool{false, true} {
			t.Run(fmt.Sprintf("personal data %v", pii), func(t *testing.T) {
				t.Parallel()
				expectShop(t, sdk, pii)
			})
		}
	})
}

func expectShop(t *testing.T, sdk pythonSDK, pii bool) {
	t.Helper()
	r, dsn := initReceiver(t)
	blocks := pythonBlocks(t)
	dir := project(t, everything(dsn).with("SENTRY_SEND_DEFAULT_PII", fmt.Sprint(pii)), map[string]string{
		"main.py": blocks[0], "sentry_context.py": blocks[2], "routes.py": blocks[3],
		"payments.py": initTestdata(t, "payments.py"), "shop.py": initTestdata(t, "shop.py"),
	})
	known := map[string]string{"Authorization": "Bearer of-ada"}
	visit(t, sdk, dir, "shop",
		ask{http.MethodGet, "/api/v1/appointments/apt-1", known, http.StatusInternalServerError},
		ask{http.MethodPost, "/payments/pi_42?amount_cents=4200", nil, http.StatusServiceUnavailable},
		ask{http.MethodGet, "/captured/booking", nil, http.StatusOK},
		ask{http.MethodGet, "/captured/integration", nil, http.StatusOK})
	saw := map[string]map[string]any{}
	for _, event := range whatArrived(t, r).events {
		area := event.Tags["business_area"]
		thrown := event.Exceptions[0].Value
		saw[thrown] = map[string]any{"area": area}
		delete(event.User, "ip_address") // the SDK's own doing
		if len(event.User) > 0 {
			saw[thrown]["user"] = event.User
		}
		for _, name := range []string{"business", "booking", "payment", "integration"} {
			if fields := event.Contexts[name]; fields != nil {
				delete(fields, "type") // the name again, from the SDK
				saw[thrown][name] = fields
			}
		}
	}
	user := map[string]any{"id": "user-7", "role": "barber", "organization_id": "org-2", "barber_id": "barber-3"}
	if pii {
		user["email"] = "ada" + "@" + "example.org"
	}
	want := map[string]map[string]any{
		"no such slot": {"area": "bookings", "user": user},
		"the payment provider does not answer": {
			"area":     "payments",
			"business": map[string]any{"operation_type": "payment", "resource_id": "pi_42"},
			"payment":  map[string]any{"payment_intent_id": "pi_42", "amount_cents": "4200", "error_stage": "charge_creation"},
		},
		"slot taken": {
			"area":    "bookings",
			"booking": map[string]any{"appointment_id": "apt-1", "error_stage": "validation", "service_type": "cut"},
		},
		"refused": {
			"area":        "integrations",
			"integration": map[string]any{"service_name": "mail", "operation": "send", "response_code": "503", "error_code": "busy"},
		},
	}
	if diff := cmp.Diff(printed(want), printed(saw)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// printed makes numbers and texts that read alike equal.
func printed(events map[string]map[string]any) map[string]string {
	texts := map[string]string{}
	for thrown, parts := range events {
		for name, part := range parts {
			texts[thrown+": "+name] = fmt.Sprint(part)
		}
	}
	return texts
}
