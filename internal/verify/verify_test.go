package verify_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/verify"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

func TestSuitePassesWithNothing(t *testing.T) {
	t.Parallel()
	rep := suite(t, verify.Options{Config: settings(t)})
	healthy(t, rep)
	if passed := rep.Count()[check.Pass]; passed < 44 {
		t.Errorf("passed: got %d checks, want at least 44", passed)
	}
	outcomes(t, rep, check.Skip, "celery-broker", "celery-workers", "delivery-error", "delivery-transaction", "delivery-message")
	if first := strings.Join(rep.Intro, "\n"); !strings.Contains(first, "embedded receiver") || !strings.Contains(first, "SQLite") {
		t.Errorf("the first lines do not say what stands in: %q", first)
	}
	last := strings.Join(rep.Closing, "\n")
	for _, want := range []string{"not proved:", "your DSN", "your application", "SENTRY_DSN=… bbctl test"} {
		if !strings.Contains(last, want) {
			t.Errorf("the last lines do not say %q: %q", want, last)
		}
	}
}

// A passing check must say what was seen, and each group must hold something.
func TestEveryOutcomeHasAReason(t *testing.T) {
	t.Parallel()
	rep := suite(t, verify.Options{Config: settings(t)})
	for _, item := range rep.Checks {
		if item.Detail == "" {
			t.Errorf("%s: %s without a word", item.ID, item.Outcome)
		}
	}
}

func TestLocalNeverAsksTheDSN(t *testing.T) {
	t.Parallel()
	server, dsn := ingest(t)
	rep := suite(t, verify.Options{Config: settings(t, "SENTRY_DSN="+dsn), Local: true})
	healthy(t, rep)
	if n := server.Stats().Requests; n != 0 {
		t.Errorf("requests at the DSN: got %d, want none", n)
	}
	outcomes(t, rep, check.Skip, "delivery-error", "delivery-transaction", "delivery-message")
}

func TestDryRunSendsNothing(t *testing.T) {
	t.Parallel()
	server, dsn := ingest(t)
	rep := suite(t, verify.Options{Config: settings(t, "SENTRY_DSN="+dsn), DryRun: true})
	healthy(t, rep)
	if n := server.Stats().Requests; n != 0 {
		t.Errorf("requests at the DSN: got %d, want none", n)
	}
}

func TestThreeMarkedEventsGoToTheDSN(t *testing.T) {
	t.Parallel()
	server, dsn := ingest(t)
	rep := suite(t, verify.Options{Config: settings(t, "SENTRY_DSN="+dsn, "SENTRY_ENVIRONMENT=development")})
	healthy(t, rep)
	outcomes(t, rep, check.Pass, "delivery-error", "delivery-transaction", "delivery-message")

	records := server.Records()
	if len(records) != 3 || server.Stats().Requests != 3 {
		t.Fatalf("requests: got %d and %d kept, want 3", server.Stats().Requests, len(records))
	}
	runs := map[string]bool{}
	var kinds []string
	for _, record := range records {
		event := soleEvent(t, record)
		kind := "message"
		switch {
		case event.Transaction != "":
			kind = "transaction"
		case len(event.Exceptions) > 0:
			kind = "error"
		}
		kinds = append(kinds, kind)
		runs[event.Tags["bbctl_run"]] = true
		if event.Tags["bbctl_test"] != "true" || event.Tags["business_area"] != "bbctl-test" {
			t.Errorf("%s: tags %v", kind, event.Tags)
		}
		if kind != "transaction" && (event.Level != "info" || !slices.Equal(event.Fingerprint, []string{"bbctl-test"})) {
			t.Errorf("%s: level %q, fingerprint %q", kind, event.Level, event.Fingerprint)
		}
		if findings := scrub.Default().Audit(record.Raw); len(findings) > 0 {
			t.Errorf("%s: the auditor found %v", kind, findings)
		}
		if !strings.Contains(text(rep), event.EventID) {
			t.Errorf("%s: the report does not name its id", kind)
		}
	}
	if !slices.Equal(kinds, []string{"error", "transaction", "message"}) {
		t.Errorf("what was sent: got %q", kinds)
	}
	if len(runs) != 1 || runs[""] {
		t.Errorf("runs: got %v, want one", runs)
	}
	if last := strings.Join(rep.Closing, "\n"); !strings.Contains(last, "see them:") {
		t.Errorf("the last lines do not say where to see them: %q", last)
	}
	if strings.Contains(text(rep), receiver.Key()) {
		t.Error("the report holds the DSN's key")
	}
}

func soleEvent(t *testing.T, record *receiver.Record) *envelope.Event {
	t.Helper()
	e, err := record.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Items) != 1 {
		t.Fatalf("items: got %d, want 1", len(e.Items))
	}
	decode := envelope.Item.Event
	if e.Items[0].Type == "transaction" {
		decode = envelope.Item.Transaction
	}
	event, err := decode(e.Items[0])
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// SDKs call every one of these a success.
func TestRefusalsOfTheDSNAreNamed(t *testing.T) {
	t.Parallel()
	every := func(a receiver.Answer) []receiver.Answer {
		a.N = -1
		return []receiver.Answer{a}
	}
	cases := []struct {
		name    string
		answers []receiver.Answer
		want    cause.ID
	}{
		{"401", every(receiver.Answer{Status: http.StatusUnauthorized}), cause.IngestUnauthenticated},
		{"403 of the ingest", every(receiver.Answer{Status: http.StatusForbidden}), cause.KeyRejected},
		{"403 of a web server", every(receiver.Answer{Status: http.StatusForbidden, Header: http.Header{"Server": {"nginx"}, "Content-Type": {"text/html"}}, Body: "<html><h1>403 Forbidden</h1></html>"}), cause.ForbiddenNotSentry},
		{"404", every(receiver.Answer{Status: http.StatusNotFound}), cause.PathNotFound},
		{"413", every(receiver.Answer{Status: http.StatusRequestEntityTooLarge}), cause.PayloadTooLarge},
		{"429 of the key", every(receiver.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"60"}, "X-Sentry-Rate-Limits": {"60:error;transaction:key:key_quota"}}}), cause.RateLimitedKey},
		{"429 of the organization", every(receiver.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"X-Sentry-Rate-Limits": {"60::organization:quota"}}}), cause.RateLimitedOrganization},
		{"429 alone", every(receiver.Answer{Status: http.StatusTooManyRequests}), cause.RateLimited},
		{"500", every(receiver.Answer{Status: http.StatusInternalServerError}), cause.ServerError},
		{"502", every(receiver.Answer{Status: http.StatusBadGateway}), cause.BadGateway},
		{"503", every(receiver.Answer{Status: http.StatusServiceUnavailable}), cause.ServerUnavailable},
		{"301", every(receiver.Answer{Status: http.StatusMovedPermanently, Header: http.Header{"Location": {"https://login.example.org/"}}}), cause.HTTPRedirect},
		{"an empty 200", every(receiver.Answer{Status: http.StatusOK, Empty: true}), cause.NotSentry},
		{"a page of HTML", every(receiver.Answer{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<!doctype html><title>Welcome</title>"}), cause.NotSentry},
		{"another id", every(receiver.Answer{Status: http.StatusOK, Header: jsonHeader(), Body: `{"id":"` + strings.Repeat("ab", 16) + `"}`}), cause.NotSentry},
		{"cut in the body", every(receiver.Answer{Cut: 5}), cause.ResponseTruncated},
		{"closed without an answer", every(receiver.Answer{Close: true}), cause.ConnectionClosed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, dsn := ingest(t, c.answers...)
			refused(t, dsn, c.want)
		})
	}
	t.Run("nothing listens", func(t *testing.T) {
		t.Parallel()
		refused(t, unanswered(t), cause.TCPRefused)
	})
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		_, dsn := ingest(t, every(receiver.Answer{Delay: time.Minute})...)
		refused(t, dsn, cause.ResponseTimeout)
	})
}

// refused expects a failure whose first root cause is the one of the DSN, and
// no second one for the same fault.
func refused(t *testing.T, dsn string, want cause.ID) {
	t.Helper()
	rep := suite(t, verify.Options{
		Config: settings(t, "SENTRY_DSN="+dsn, "SENTRY_ENVIRONMENT=development", "SENTRY_RELEASE=1.0"),
		Only:   []string{"configuration", "delivery"},
	})
	roots := rep.RootCauses()
	if len(roots) == 0 || roots[0].Cause != want {
		t.Fatalf("first root cause: got %+v, want %s", roots, want)
	}
	if len(roots) != 1 {
		t.Errorf("root causes: got %d, want 1: %+v", len(roots), roots)
	}
	if rep.ExitCode() != 1 || rep.Verdict() != check.VerdictFail {
		t.Errorf("exit code %d, verdict %s, want 1 and fail", rep.ExitCode(), rep.Verdict())
	}
	if roots[0].Fix == "" || roots[0].Evidence == "" {
		t.Errorf("fix %q, evidence %q: want both", roots[0].Fix, roots[0].Evidence)
	}
	outcomes(t, rep, check.Blocked, "delivery-transaction", "delivery-message")
	if strings.Contains(text(rep), receiver.Key()) {
		t.Error("the report holds the DSN's key")
	}
}

func TestTransactionsAloneAreRefused(t *testing.T) {
	t.Parallel()
	// The second request is the transaction: errors pass, it does not.
	_, dsn := ingest(t, receiver.Answer{N: 2, Status: http.StatusTooManyRequests, Header: http.Header{"X-Sentry-Rate-Limits": {"60:transaction:organization:quota"}}})
	rep := suite(t, verify.Options{Config: settings(t, "SENTRY_DSN="+dsn)})
	outcomes(t, rep, check.Pass, "delivery-error", "delivery-message")
	outcomes(t, rep, check.Fail, "delivery-transaction")
	if got := find(t, rep, "delivery-transaction").Cause; got != cause.RateLimitedOrganization {
		t.Errorf("cause: got %s", got)
	}
}

func TestLostDSNIsRed(t *testing.T) {
	t.Parallel()
	for name, environ := range map[string][]string{
		"set and empty": {"SENTRY_DSN="},
		"blank":         {"SENTRY_DSN=  "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rep := suite(t, verify.Options{Config: settings(t, environ...)})
			roots := rep.RootCauses()
			if len(roots) == 0 || roots[0].Cause != cause.DSNMissing || rep.ExitCode() != 1 {
				t.Errorf("got %+v and exit code %d, want dsn-missing and 1", roots, rep.ExitCode())
			}
			outcomes(t, rep, check.Blocked, "delivery-error")
		})
	}
}

func TestDefectiveDSNIsNamedAndNothingIsSent(t *testing.T) {
	t.Parallel()
	server, dsn := ingest(t)
	rep := suite(t, verify.Options{Config: settings(t, "SENTRY_DSN="+dsn+"/")})
	roots := rep.RootCauses()
	if len(roots) == 0 || roots[0].Cause != cause.DSNStrayCharacters {
		t.Errorf("first root cause: got %+v", roots)
	}
	if n := server.Stats().Requests; n != 0 {
		t.Errorf("requests: got %d, want none", n)
	}
}

// A run without the check for secrets must not send: nobody has looked.
func TestNothingIsSentUnlessSecretsWereLookedFor(t *testing.T) {
	t.Parallel()
	server, dsn := ingest(t)
	rep := suite(t, verify.Options{Config: settings(t, "SENTRY_DSN="+dsn), Skip: []string{"secrets-scrubbed"}})
	if n := server.Stats().Requests; n != 0 {
		t.Errorf("requests: got %d, want none", n)
	}
	outcomes(t, rep, check.Skip, "delivery-error")
}

func TestOnlyBringsWhatItNeeds(t *testing.T) {
	t.Parallel()
	_, dsn := ingest(t)
	rep := suite(t, verify.Options{Config: settings(t, "SENTRY_DSN="+dsn), Only: []string{"delivery-error"}})
	var ids []string
	for _, item := range rep.Checks {
		ids = append(ids, item.ID)
	}
	if want := []string{"config-dsn", "secrets-scrubbed", "test-events", "delivery-error"}; !slices.Equal(ids, want) {
		t.Errorf("checks: got %q, want %q", ids, want)
	}
}

func TestUnknownSelectionIsAnError(t *testing.T) {
	t.Parallel()
	_, err := verify.Run(t.Context(), verify.Options{Config: settings(t), Only: []string{"sample-shares"}})
	var selection *check.SelectionError
	if !errors.As(err, &selection) || !slices.Contains(selection.Near, "sample-share") {
		t.Errorf("got %v", err)
	}
}

func TestCancelledRunEndsAtOnceAndLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	rep, err := verify.Run(ctx, verify.Options{Config: settings(t), Observe: func(check.Item) {
		if seen++; seen == 5 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error: got %v, want cancelled", err)
	}
	if len(rep.Checks) > 6 {
		t.Errorf("checks after the fifth: got %d", len(rep.Checks)-5)
	}
}

func TestWholeRunLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	healthy(t, suite(t, verify.Options{Config: settings(t)}))
}

// What failed, or was not looked at, is not among what was proved.
func TestClosingClaimsOnlyWhatWasSeen(t *testing.T) {
	t.Parallel()
	rep := suite(t, verify.Options{Config: settings(t), Only: []string{"config-dsn"}})
	if last := strings.Join(rep.Closing, "\n"); !strings.Contains(last, "proved: no more than the checks above say") {
		t.Errorf("one check of the DSN's form: %q", last)
	}
	rep = suite(t, verify.Options{Config: settings(t)})
	if last := strings.Join(rep.Closing, "\n"); !strings.Contains(last, "proved: that the Go library captures") {
		t.Errorf("the whole suite: %q", last)
	}
}
