//go:build !windows

package observe_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// nodeClient is an interpreter, and the folder of its Sentry SDK.
func nodeClient(t *testing.T) (node, modules string) {
	t.Helper()
	modules, err := filepath.Abs(filepath.Join("..", "..", ".cache", "clients", "node", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	node, err = exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(modules, "@sentry", "node"))
	}
	if err != nil {
		if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
			t.Fatalf("integration: run script/deps, script/clients: %v", err)
		}
		t.Skipf("integration: run script/deps, script/clients: %v", err)
	}
	return node, modules
}

func TestNodeIsSeenAsPythonIs(t *testing.T) {
	t.Parallel()
	node, modules := nodeClient(t)
	program := func(dsn string) observe.Command {
		return observe.Command{Name: "web", Args: []string{node, "-e", `
const Sentry = require("` + modules + `/@sentry/node");
Sentry.init({` + dsn + ` tracesSampleRate: 1, environment: "tests" });
Sentry.captureException(new RangeError("no slot"));
Sentry.startSpan({ name: "/bookings", op: "http.server" }, () => {});
Sentry.flush(30000);`}}
	}
	t.Run("with the DSN of the environment", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, program(""))
		b.options.Expect = []observe.Expectation{expectation(t, "error type=RangeError environment=tests"), expectation(t, "transaction name=/bookings")}
		e := b.run(t)
		for _, x := range e.Expected {
			if x.Seen != 1 {
				t.Errorf("%s: saw %d, expected 1", x.Text, x.Seen)
			}
		}
		for name := range e.Processes[0].Seen.SDKs {
			if !strings.HasPrefix(name, "sentry.javascript.node/10.") {
				t.Errorf("SDK is %q", name)
			}
		}
	})
	t.Run("with an empty one", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, program(`dsn: "",`))
		b.options.Once = false
		e := b.run(t)
		if e.Second == nil {
			t.Fatalf("there was no second run after %+v", e.Processes[0].Seen)
		}
		if d := e.Second.Processes[0].Debug; !d.Initialised || len(d.Lines) == 0 {
			t.Errorf("the SDK's log told %+v", d)
		}
	})
}

// goClient builds a program on the SDK for Go, within this module: it has its
// version.
func goClient(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "service")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./testdata/service")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

func TestGoIsSeenAsPythonIs(t *testing.T) {
	t.Parallel()
	b := newBench(t, observe.Command{Name: "service", Args: []string{goClient(t)}})
	b.options.Expect = []observe.Expectation{expectation(t, "error message='no slot' process=service")}
	e := b.run(t)
	if x := e.Expected[0]; x.Seen != 1 {
		t.Errorf("%s: saw %d, expected 1", x.Text, x.Seen)
	}
	if d := e.Processes[0].Debug; d.Sent != 1 {
		t.Errorf("the SDK's log told %+v", d)
	}
	if e.Processes[0].Seen.Environments[""] != 1 {
		t.Errorf("environments are %v, expected none: the SDK has no default", e.Processes[0].Seen.Environments)
	}
}
