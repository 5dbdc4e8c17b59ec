package monitoringtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The service of another module: its code, and its test.
const (
	serviceSource = `// Command bookings is a service.
package main

import (
	"fmt"
	"os"

	"github.com/bookedbarber/bbctl/monitoring"
)

func newMonitoring(dsn string, rate float64) (*monitoring.Client, error) {
	return monitoring.New(monitoring.Config{
		DSN: dsn, Environment: "production", Release: "bookings@2.1.0",
		SampleRate: monitoring.Rate{Value: rate, Set: true},
	})
}

func main() {
	client, err := newMonitoring(os.Getenv("SENTRY_DSN"), 1)
	fmt.Println(client.Enabled(), err)
}
`
	serviceTest = `package main

import (
	"testing"

	"github.com/bookedbarber/bbctl/monitoring"
	"github.com/bookedbarber/bbctl/monitoring/monitoringtest"
)

func TestWell(t *testing.T) {
	t.Parallel()
	monitoringtest.Run(t, func(dsn string) (*monitoring.Client, error) { return newMonitoring(dsn, 1) }, monitoringtest.Strict())
}

func TestSilent(t *testing.T) {
	t.Parallel()
	monitoringtest.Run(t, func(dsn string) (*monitoring.Client, error) { return newMonitoring(dsn, 0) })
}
`
)

// otherModule writes a module that uses ours, which stands beside it.
func otherModule(t *testing.T) (dir string) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	_, requirements, _ := strings.Cut(read("go.mod"), "\n") // without its module line
	for name, text := range map[string]string{
		"go.mod": "module example.org/bookings\n" + requirements +
			"\nrequire github.com/bookedbarber/bbctl v0.0.0\n\nreplace github.com/bookedbarber/bbctl => " + root + "\n",
		"go.sum":       read("go.sum"),
		"main.go":      serviceSource,
		"main_test.go": serviceTest,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// goIn runs the go command in a folder, without a network.
func goIn(t *testing.T, dir string, args ...string) (output string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	out, err := command.CombinedOutput()
	return string(out), err
}

// TestServiceOfAnotherModule: the helper works there, tells a fault by its
// check, cause and fix, and nothing of it is in the service itself.
func TestServiceOfAnotherModule(t *testing.T) {
	t.Parallel()
	dir := otherModule(t)
	output, err := goIn(t, dir, "test", "-v", ".")
	if err == nil {
		t.Errorf("a service that sends no errors passes:\n%s", output)
	}
	for _, want := range []string{
		"--- PASS: TestWell ", "--- PASS: TestWell/user-fields ", "--- SKIP: TestWell/celery-broker ",
		"--- FAIL: TestSilent ", "--- FAIL: TestSilent/config-sample-rate ", "--- SKIP: TestSilent/user-fields ",
		"cause: app-sampled-out", "fix: SampleRate: monitoring.Rate{Value: 1, Set: true}", "blocked by config-sample-rate",
	} {
		if !strings.Contains(output, want) {
			t.Errorf("the output lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(output)
	}
	linked, err := goIn(t, dir, "list", "-deps", ".")
	if err != nil {
		t.Fatalf("%v: %s", err, linked)
	}
	var ours []string
	for _, pkg := range strings.Fields(linked) {
		if rest, ok := strings.CutPrefix(pkg, "github.com/bookedbarber/bbctl/"); ok {
			ours = append(ours, rest)
		}
	}
	if !slices.Contains(ours, "monitoring") {
		t.Errorf("the service links %q, and not the library", ours)
	}
	for _, test := range []string{"monitoring/monitoringtest", "internal/verify", "internal/receiver", "internal/config", "internal/check"} {
		if slices.Contains(ours, test) {
			t.Errorf("the service links %s", test)
		}
	}
}
