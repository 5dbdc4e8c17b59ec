package doctor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/config"
)

// project writes files into a new folder: path and content in turn.
func project(t testing.TB, files ...string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// patientIn is a patient in a folder, with a process environment for bbctl.
func patientIn(t testing.TB, dir string, environ ...string) *Patient {
	t.Helper()
	return patientOf(t, Options{Dir: dir}, environ...)
}

func patientOf(t testing.TB, o Options, environ ...string) *Patient {
	t.Helper()
	cfg, err := config.Load(context.Background(), config.Options{Dir: o.Dir, Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	o.Config, o.Now = cfg, time.Now
	if o.Proc == "" {
		o.Proc = "/proc"
	}
	return newPatient(context.Background(), o)
}

// aKey makes a key of a DSN from a digit, so that none stands in the source.
func aKey(digit string) string { return strings.Repeat(digit, 32) }

func aDSN(digit string) string { return "https://" + aKey(digit) + "@o1.ingest.sentry.io/42" }

// has fails the test where a text lacks one of some parts.
func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}
