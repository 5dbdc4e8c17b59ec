package verify_test

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/verify"
)

// settings loads a configuration from variables alone, in an empty folder.
func settings(t *testing.T, environ ...string) *config.Config {
	t.Helper()
	cfg, err := config.Load(t.Context(), config.Options{Environ: environ, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// suite runs the suite and fails the test where it could not.
func suite(t *testing.T, o verify.Options) check.Report {
	t.Helper()
	o.Version = "test"
	rep, err := verify.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// ingest is a receiver that plays the real Sentry of a DSN.
func ingest(t *testing.T, answers ...receiver.Answer) (r *receiver.Receiver, dsn string) {
	t.Helper()
	r = receiver.New(receiver.Options{})
	r.Script(answers...)
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

// unanswered is a DSN at which nothing listens.
func unanswered(t *testing.T) string {
	t.Helper()
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return receiver.New(receiver.Options{}).DSN(address)
}

func find(t *testing.T, rep check.Report, id string) check.Item {
	t.Helper()
	i := slices.IndexFunc(rep.Checks, func(item check.Item) bool { return item.ID == id })
	if i < 0 {
		t.Fatalf("%s is not in the report", id)
	}
	return rep.Checks[i]
}

// outcomes asserts how some checks ended.
func outcomes(t *testing.T, rep check.Report, want check.Outcome, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if item := find(t, rep, id); item.Outcome != want {
			t.Errorf("%s: got %s (%s), want %s", id, item.Outcome, item.Detail, want)
		}
	}
}

// healthy fails for every check that neither passed nor had a reason to skip.
func healthy(t *testing.T, rep check.Report) {
	t.Helper()
	for _, item := range rep.Checks {
		switch item.Outcome {
		case check.Pass, check.Warn, check.Skip:
		default:
			t.Errorf("%s: %s (%s)", item.ID, item.Outcome, item.Detail)
		}
	}
	if rep.Verdict() != check.VerdictPass {
		t.Errorf("verdict: got %s, want pass", rep.Verdict())
	}
}

// text is all that a report says.
func text(rep check.Report) string {
	var b strings.Builder
	for _, line := range slices.Concat(rep.Intro, rep.Closing) {
		b.WriteString(line + "\n")
	}
	for _, item := range rep.Checks {
		b.WriteString(item.ID + " " + item.Title + " " + item.Detail + " " + item.Fix + "\n")
	}
	return b.String()
}

// json is a header of an answer that holds JSON.
func jsonHeader() http.Header { return http.Header{"Content-Type": {"application/json"}} }

func port(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
