// Package servers starts real servers for tests: PostgreSQL, Redis and Celery
// workers, each on a free port of the loopback interface, gone when the test
// ends. No server of the system is touched.
package servers

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// requireVar is set by CI, where no test may be skipped.
const requireVar = "BBCTL_REQUIRE_INTEGRATION"

// readyTimeout bounds the start of a server. It is generous: a machine may be
// busy with other tests.
const readyTimeout = 60 * time.Second

// python is Debian's own: the first python3 of the PATH may be another, which
// knows nothing of Debian's packages.
const python = "/usr/bin/python3"

// Need skips the test where software is missing, with the reason, or fails it
// where BBCTL_REQUIRE_INTEGRATION forbids to skip. Software is named as it is
// installed: "postgresql-15", "redis-server", "python3-celery".
func Need(t testing.TB, packages ...string) {
	t.Helper()
	for _, name := range packages {
		if reason := missing(name); reason != "" {
			unavailable(t, reason)
		}
	}
}

// unavailable ends a test whose real part cannot run here.
func unavailable(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv(requireVar) != "" {
		t.Fatalf("%s, and %s forbids to skip", reason, requireVar)
	}
	t.Skip(reason)
}

func missing(name string) string {
	var found bool
	switch name {
	case "postgresql-15":
		_, found = postgresBin()
	case "redis-server":
		_, err := exec.LookPath("redis-server")
		found = err == nil
	case "python3-celery":
		found = imports("celery", "redis")
	default:
		return "no test knows how to look for " + name
	}
	if found {
		return ""
	}
	return name + " is not installed"
}

// imports says whether Debian's Python has modules.
func imports(modules ...string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	const find = "import sys, importlib.util as u; sys.exit(any(u.find_spec(m) is None for m in sys.argv[1:]))"
	return exec.CommandContext(ctx, python, append([]string{"-c", find}, modules...)...).Run() == nil
}

// postgresBin is the folder of the newest PostgreSQL that is installed.
func postgresBin() (string, bool) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", false
	}
	// As text 9 is after 15; no Debian that is alive has it.
	return filepath.Dir(slices.Max(found)), true
}

// freePort returns a port of the loopback interface that was free just now.
func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// Closed returns a loopback address at which nothing listens.
func Closed(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", freePort(t))
}

// eventually asks until a server is ready, and fails the test with the end of
// its log where it never is, or has ended.
func eventually(t testing.TB, p *Process, ready func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), readyTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-p.ended:
			t.Fatalf("%s ended before it was ready:\n%s", p.name, p.Log())
		case <-ctx.Done():
			t.Fatalf("%s was not ready within %s: %v\n%s", p.name, readyTimeout, err, p.Log())
		case <-tick.C:
		}
	}
}
