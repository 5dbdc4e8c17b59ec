package setup_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// initTimeout bounds the run of an application. It is generous: a machine may
// be busy with other tests.
const initTimeout = 2 * time.Minute

// initReceiver serves a receiver until the test ends.
func initReceiver(t *testing.T) (r *receiver.Receiver, dsn string) {
	t.Helper()
	r = receiver.New(receiver.Options{})
	address, stop, err := r.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return r, r.DSN(address)
}

// arrived is what a receiver has got, by kind.
type arrived struct {
	events, transactions []*envelope.Event
	profiles             int
}

func whatArrived(t *testing.T, r *receiver.Receiver) arrived {
	t.Helper()
	var all arrived
	for _, record := range r.Records() {
		got := decoded(t, record)
		all.events = append(all.events, got.events...)
		all.transactions = append(all.transactions, got.transactions...)
		all.profiles += got.profiles
	}
	return all
}

func decoded(t *testing.T, record *receiver.Record) arrived {
	t.Helper()
	e, err := record.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	var got arrived
	for _, item := range e.Items {
		switch item.Type {
		case "event":
			event, err := item.Event()
			if err != nil {
				t.Fatal(err)
			}
			got.events = append(got.events, event)
		case "transaction":
			transaction, err := item.Transaction()
			if err != nil {
				t.Fatal(err)
			}
			got.transactions = append(got.transactions, transaction)
		case "profile":
			got.profiles++
		}
	}
	return got
}

// pythonSDK is an installation of sentry_sdk.
type pythonSDK struct {
	version  string   // how it begins
	env      []string // what makes Python import it
	profiles bool     // it knows profiles_sample_rate
}

const debianPython = "/usr/bin/python3"

// withPythonSDKs runs a test with every SDK that is there: Debian's own, and
// the one that script/clients fetches.
func withPythonSDKs(t *testing.T, modules []string, test func(*testing.T, pythonSDK)) {
	t.Helper()
	fetched, err := filepath.Abs(filepath.Join("..", "..", ".cache", "clients", "python-2.18", "usr", "lib", "python3", "dist-packages"))
	if err != nil {
		t.Fatal(err)
	}
	for _, sdk := range []pythonSDK{
		{version: "1.9."},
		{version: "2.18.", env: []string{"PYTHONPATH=" + fetched}, profiles: true},
	} {
		t.Run("sentry-sdk "+strings.Trim(sdk.version, "."), func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), debianPython, "-c",
				"import "+strings.Join(append(modules, "dotenv", "sentry_sdk"), ", ")+"; print(sentry_sdk.VERSION)")
			cmd.Env = sdk.environ(t.TempDir())
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.HasPrefix(string(out), sdk.version) {
				initNeeds(t, fmt.Sprintf("%s has not all of %s and sentry-sdk %s (run script/deps, script/clients): %s", debianPython, strings.Join(modules, ", "), sdk.version, out))
			}
			test(t, sdk)
		})
	}
}

// environ is an environment without any setting: those stand in .env.
func (sdk pythonSDK) environ(home string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1",
	}, sdk.env...)
}

// initNeeds skips a test whose software is not there, or fails it where
// skipping is forbidden.
func initNeeds(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
		t.Fatalf("integration: %s", what)
	}
	t.Skipf("integration: %s", what)
}

// settings are the lines of a .env file.
type settings map[string]string

func (s settings) with(key, value string) settings {
	changed := settings{key: value}
	for k, v := range s {
		if k != key {
			changed[k] = v
		}
	}
	return changed
}

// everything is sent with these.
func everything(dsn string) settings {
	return settings{
		"SENTRY_DSN": dsn, "SENTRY_ENVIRONMENT": "staging", "SENTRY_RELEASE": "bookedbarber@2.1.0",
		"SENTRY_SAMPLE_RATE": "1.0", "SENTRY_TRACES_SAMPLE_RATE": "1.0", "SENTRY_PROFILES_SAMPLE_RATE": "1.0",
		"SENTRY_DEBUG": "false", "SENTRY_SEND_DEFAULT_PII": "false",
	}
}

// project makes the folder of an application, with its .env.
func project(t *testing.T, s settings, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	var env strings.Builder
	for key, value := range s {
		env.WriteString(key + "=" + value + "\n")
	}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(".env", env.String())
	for name, content := range files {
		write(name, content)
	}
	return dir
}

func initTestdata(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "init", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
