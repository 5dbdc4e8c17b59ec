package setup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/envfile"
	"github.com/bookedbarber/bbctl/internal/setup"
)

// TestProcessesLoseNothing has 12 processes set a key of their own 20 times
// each, all in one file.
func TestProcessesLoseNothing(t *testing.T) {
	t.Parallel()
	const processes, times = 12, 20
	if key := os.Getenv("BBCTL_TEST_WRITER"); key != "" {
		setKey(t, os.Getenv("BBCTL_TEST_FILE"), key, times)
		return
	}
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte("# ours\nOTHER='it''s'\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var running []*exec.Cmd
	for n := range processes {
		child := exec.CommandContext(t.Context(), executable, "-test.run", "^TestProcessesLoseNothing$")
		child.Env = append(os.Environ(), fmt.Sprintf("BBCTL_TEST_WRITER=KEY_%d", n), "BBCTL_TEST_FILE="+path)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, child)
	}
	for _, child := range running {
		if err := child.Wait(); err != nil {
			t.Errorf("a writer: %v", err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := config.ReadSample(b)
	for n := range processes {
		if got := values[fmt.Sprintf("KEY_%d", n)]; got != fmt.Sprint(times) {
			t.Errorf("KEY_%d is %q, expected %d", n, got, times)
		}
	}
	if !strings.HasPrefix(string(b), "# ours\nOTHER='it''s'\n") {
		t.Errorf("the file is\n%s", b)
	}
}

func setKey(t *testing.T, path, key string, times int) {
	for n := range times {
		_, err := durable.Update(context.Background(), path, durable.Options{Limit: envfile.MaxSize, Mode: 0o600}, func(f *durable.File) ([]byte, error) {
			edited, err := envfile.Edit(f.Bytes, []envfile.Change{{Key: key, Value: fmt.Sprint(n + 1)}})
			return edited.Bytes, err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestDefaultYieldsToWhatAnotherRunWasAsked: the file gets an answer between
// the plan and the lock.
func TestDefaultYieldsToWhatAnotherRunWasAsked(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.write(".env", "A=1\n")
	const meanwhile = "A=1\nSENTRY_ENVIRONMENT=qa\nSENTRY_SEND_DEFAULT_PII=true\nSENTRY_SAMPLE_RATE=0.7\n"
	options := l.options(noProof, withDSN(l.dsn), given(func(g *setup.Given) { g.SampleRate = "0.5" }))
	options.Now = func() time.Time { return l.now }
	options.Show.Redact = func(s string) string { return s }
	options.StateDirs = []string{l.state}
	// The warning is told after the plan's beginning and before the file is
	// written: the moment in which another run may come.
	options.Environ = []string{"SENTRY_DEBUG=true"}
	options.Given.Debug = no()
	options.Show.W = writerFunc(func(b []byte) (int, error) {
		if strings.Contains(string(b), "another value of SENTRY_DEBUG") {
			l.write(".env", meanwhile)
		}
		return len(b), nil
	})
	result := l.well(setup.Run(context.Background(), options))
	values := config.ReadSample([]byte(l.read(".env")))
	if values["SENTRY_ENVIRONMENT"] != "qa" || values["SENTRY_SEND_DEFAULT_PII"] != "true" || values["SENTRY_SAMPLE_RATE"] != "0.5" || values["SENTRY_DSN"] != l.dsn {
		t.Errorf("values %v", values)
	}
	for _, c := range result.Files[0].Changes {
		if c.Key == "SENTRY_ENVIRONMENT" {
			t.Errorf("it is said to be %s", c.Action)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(b []byte) (int, error) { return w(b) }

// TestRunWaitsForAnotherOne, and writes nothing until then.
func TestRunWaitsForAnotherOne(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	first := l.well(l.run(noProof, withDSN(l.dsn)))
	unlock, err := durable.Lock(context.Background(), filepath.Join(filepath.Dir(first.Backup), "run"), 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	was := l.read(".env")
	change := given(func(g *setup.Given) { g.SampleRate = "0.5" })
	if _, err := setup.Run(ctx, l.options(noProof, change)); !errors.Is(err, context.DeadlineExceeded) || l.read(".env") != was {
		t.Errorf("error %v", err)
	}
	unlock()
	l.well(l.run(noProof, change))
}
