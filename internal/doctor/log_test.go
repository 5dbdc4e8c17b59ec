package doctor

import (
	"bufio"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// patientWith is a patient with settings of its own and a log.
func patientWith(t *testing.T, log io.Reader, environ ...string) *Patient {
	t.Helper()
	cfg, err := config.Load(t.Context(), config.Options{Environ: environ, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return newPatient(t.Context(), Options{Config: cfg, Log: log, LogName: "app.log"})
}

func examined(t *testing.T, log io.Reader, environ ...string) []check.Item {
	t.Helper()
	items, err := check.Run(t.Context(), logChecks(), patientWith(t, log, environ...), check.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// named are the causes that checks name, by check; what passed is not in it.
func namedCauses(items []check.Item) map[string]cause.ID {
	causes := map[string]cause.ID{}
	for _, item := range items {
		if item.Outcome == check.Fail || item.Outcome == check.Warn || item.Outcome == check.Broken {
			causes[item.ID] = item.Cause
		}
	}
	return causes
}

// expectCauses asserts that a log gives away these causes and no others, each
// with evidence and a fix.
func expectCauses(t *testing.T, log string, want map[string]cause.ID) {
	t.Helper()
	expected := map[string]cause.ID{}
	for id, c := range want {
		if id != "" {
			expected[id] = c
		}
	}
	items := examined(t, strings.NewReader(log))
	if diff := cmp.Diff(expected, namedCauses(items)); diff != "" {
		t.Errorf("causes (-want +got):\n%s\nof the log\n%s", diff, headOf(log))
	}
	for _, item := range items {
		if item.Cause != "" && (item.Detail == "" || item.Fix == "") {
			t.Errorf("%s names %s without evidence or fix", item.ID, item.Cause)
		}
	}
}

func headOf(log string) string {
	if len(log) > 1500 {
		return log[:700] + "\n…\n" + log[len(log)-700:]
	}
	return log
}

func TestMessagesHaveCauses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		log   string
		check string
		id    cause.ID
	}{
		"tls expired":            {goFailed(`tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-24T22:00:00Z is after 2026-01-01T00:00:00Z`), logNetwork, cause.TLSExpired},
		"tls not yet valid":      {goFailed(`tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2020-01-01T00:00:00Z is before 2026-01-01T00:00:00Z`), logNetwork, cause.TLSNotYetValid},
		"tls wrong host":         {goFailed(`tls: failed to verify certificate: x509: certificate is valid for example.com, not sentry.io`), logNetwork, cause.TLSWrongHost},
		"tls handshake":          {goFailed(`remote error: tls: handshake failure`), logNetwork, cause.TLSHandshake},
		"no authorities":         {goFailed(`tls: failed to verify certificate: x509: failed to load system roots and no roots provided`), logNetwork, cause.CABundleMissing},
		"proxy refuses":          {goFailed(`Forbidden`), logNetwork, cause.ProxyRefuses},
		"proxy wants a password": {goFailed(`Proxy Authentication Required`), logNetwork, cause.ProxyAuthRequired},
		"connect timeout":        {goFailed(`dial tcp 192.0.2.1:443: i/o timeout`), logNetwork, cause.TCPTimeout},
		"resolver timeout":       {goFailed(`dial tcp: lookup sentry.io on 192.0.2.1:53: read udp 192.0.2.2:40000->192.0.2.1:53: i/o timeout`), logNetwork, cause.DNSUnresolvable},
		"no route":               {goFailed(`dial tcp 192.0.2.1:443: connect: no route to host`), logNetwork, cause.TCPUnreachable},
		"no answer":              {goFailed(`context deadline exceeded (Client.Timeout exceeded while awaiting headers)`), logNetwork, cause.ResponseTimeout},
		"reset":                  {goFailed(`read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer`), logNetwork, cause.ConnectionReset},
		"an unknown error":       {goFailed(`something new`), logNetwork, cause.AppNetworkError},

		"python expired":         {pythonFailed(`HTTPSConnectionPool(host='sentry.io', port=443): Max retries exceeded with url: /api/1/envelope/ (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:992)')))`), logNetwork, cause.TLSExpired},
		"python wrong host":      {pythonFailed(`HTTPSConnectionPool(host='sentry.io', port=443): Max retries exceeded with url: /api/1/envelope/ (Caused by SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'sentry.io'. (_ssl.c:992)")))`), logNetwork, cause.TLSWrongHost},
		"python connect timeout": {pythonFailed(`HTTPSConnectionPool(host='sentry.io', port=443): Max retries exceeded with url: /api/1/envelope/ (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f>, 'Connection to sentry.io timed out. (connect timeout=30)'))`), logNetwork, cause.TCPTimeout},
		"python read timeout":    {pythonFailed(`HTTPSConnectionPool(host='sentry.io', port=443): Max retries exceeded with url: /api/1/envelope/ (Caused by ReadTimeoutError("HTTPSConnectionPool(host='sentry.io', port=443): Read timed out. (read timeout=30)"))`), logNetwork, cause.ResponseTimeout},
		"python proxy 407":       {pythonFailed(`HTTPSConnectionPool(host='sentry.io', port=443): Max retries exceeded with url: /api/1/envelope/ (Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication Required')))`), logNetwork, cause.ProxyAuthRequired},
		"python proxy 403":       {pythonFailed(`HTTPSConnectionPool(host='sentry.io', port=443): Max retries exceeded with url: /api/1/envelope/ (Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden')))`), logNetwork, cause.ProxyRefuses},

		"413 of newer SDKs":    {" [sentry] ERROR: HTTP 413: Event dropped due to exceeded envelope size limit (body: b'')", logAnswers, cause.PayloadTooLarge},
		"redirect":             {"[Sentry] 2026/11/24 22:00:00 Unexpected status code 302 for event error [x]", logAnswers, cause.HTTPRedirect},
		"plain on TLS":         {` [sentry] ERROR: Unexpected status code: 400 (body: b'<center>The plain HTTP request was sent to HTTPS port</center>')`, logAnswers, cause.TLSRequired},
		"compression refused":  {` [sentry] ERROR: Unexpected status code: 415 (body: b'Unsupported Media Type')`, logAnswers, cause.EncodingRejected},
		"limited by old Relay": {"[Sentry] 2026/11/24 22:00:00 Too many requests for \"error\", backing off till: 2026-11-24", logLimits, cause.AppRateLimited},

		"go buffer full":     {"[Sentry] 2026/11/24 22:00:00 Event dropped due to transport buffer being full. x", logQueue, cause.AppQueueOverflow},
		"back pressure":      {" [sentry] DEBUG: [Monitor] health check negative, downsampling with a factor of 2", logQueue, cause.AppQueueOverflow},
		"no release":         {" [sentry] INFO: Discarded session update because of missing release", logRelease, cause.AppReleaseMissing},
		"span alone":         {" [sentry] DEBUG: Discarding transaction because it was not started with sentry_sdk.start_transaction", logSampling, cause.AppNoTraces},
		"sampled by no rate": {" [sentry] DEBUG: Discarding transaction because sampled = False", logSampling, cause.AppTracesSampledOut},
		"left out by chance": {" [sentry] DEBUG: [Tracing] Discarding <http.server> transaction </> because it's not included in the random sample (sampling rate = 0.01)", logSampling, cause.AppTracesSampledOut},
		"pending at exit":    {"Sentry is attempting to send 3 pending events", logExit, cause.IngestSlow},
		"flush timed out":    {" [sentry] ERROR: flush timed out, dropped 2 events", logExit, cause.IngestSlow},
		"celery child lost":  {"billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 3.", logProcesses, cause.AppExitedBadly},
		"gunicorn timeout":   {"[2026-11-24 22:00:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:42)", logProcesses, cause.AppExitedBadly},
		"gunicorn memory":    {"[2026-11-24 22:00:00 +0000] [7] [ERROR] Worker (pid:42) was sent SIGKILL! Perhaps out of memory?", logProcesses, cause.AppExitedBadly},
		"celery hard limit":  {"[2026-11-24 22:00:00,000: ERROR/MainProcess] Hard time limit (30s) exceeded for app.tasks.send[0]", logProcesses, cause.AppExitedBadly},
		"socks":              {" [sentry] WARNING: You have configured a SOCKS proxy (socks5://127.0.0.1:1080) but support for SOCKS proxies is not installed. Disabling proxy support.", logStart, cause.ProxyMalformed},
		"spotlight":          {" [sentry] WARNING: Too many errors sending to Spotlight, stop sending events there.", logStart, cause.SpotlightLeftOn},
		"proxy no scheme":    {"Traceback (most recent call last):\n  File \"/x/sentry_sdk/transport.py\", line 1, in _make_pool\n    return x\nurllib3.exceptions.ProxySchemeUnknown: Not supported proxy scheme None", logStart, cause.ProxyMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectCauses(t, tt.log, map[string]cause.ID{tt.check: tt.id})
		})
	}
}

func goFailed(text string) string {
	return `[Sentry] 2026/11/24 22:00:00 HTTP request failed: Post "https://sentry.io/api/1/envelope/": ` + text + "\n"
}

func pythonFailed(text string) string {
	return " [sentry] ERROR: Internal error in sentry_sdk\nTraceback (most recent call last):\n" +
		"  File \"/usr/lib/python3/dist-packages/sentry_sdk/transport.py\", line 500, in _send_request\n    response = self._request(\n" +
		"urllib3.exceptions.MaxRetryError: " + text + "\n"
}

// TestTheApplicationsOwnLinesMeanNothing holds what only looks like Sentry's.
func TestTheApplicationsOwnLinesMeanNothing(t *testing.T) {
	t.Parallel()
	for name, log := range map[string]string{
		"another client's status":    "ERROR stripe: Unexpected status code: 403 (body: b'no')",
		"another client's error":     "urllib3.exceptions.MaxRetryError: HTTPSConnectionPool(host='api.stripe.com', port=443): Max retries exceeded with url: /v1/charges (Caused by NewConnectionError('x: [Errno 111] Connection refused'))",
		"the application's traces":   "Traceback (most recent call last):\n  File \"/srv/app/x.py\", line 1, in f\n    raise TypeError(\"Unknown option 'x'\")\nTypeError: Unknown option 'x'",
		"through an integration":     "Traceback (most recent call last):\n  File \"/v/sentry_sdk/integrations/starlette.py\", line 1, in f\n    return await old(x)\n  File \"/srv/app/x.py\", line 1, in f\nValueError: certificate has expired",
		"words about Sentry":         "INFO our sentry: rate-limited via 429, flush timed out, dropped 3 events, before send dropped event",
		"a quotation":                "DEBUG chat: he said Sentry is attempting to send 3 pending events",
		"a normal shutdown":          "[2026-11-24] [7] [INFO] Worker exiting (pid: 42)\n[2026-11-24] [7] [ERROR] Worker (pid:42) was sent SIGTERM!",
		"another's DSN":              "ValueError: Port could not be cast to integer value as 'abc'",
		"a name with sentry in it":   "GET /sentry/ Failed to flush, buffer timed out",
		"a short profile and others": " [sentry] DEBUG: [Profiling] Discarding profile because insufficient samples.\n [sentry] DEBUG: Sending envelope [envelope with 2 items (transaction, profile)] project:1 host:x",
		"sampling as configured":     " [sentry] DEBUG: [Tracing] Starting <http.server> transaction </>\n [sentry] DEBUG: [Tracing] Discarding <http.server> transaction </> because it's not included in the random sample (sampling rate = 0.05)\n [sentry] DEBUG: Discarding transaction because sampled = False",
		"no profiler was asked for":  " [sentry] DEBUG: [Profiling] Discarding profile because profiler was not started.",
		"health checks unsampled":    " [sentry] DEBUG: [Tracing] Starting <http.server> transaction </>\n [sentry] DEBUG: [Tracing] Discarding <http.server> transaction </healthz> because traces_sampler returned 0 or False",
		"duplicates":                 " [sentry] INFO: event processor (<function DedupeIntegration.setup_once.<locals>.processor at 0x7f>) dropped event",
		"default integrations":       " [sentry] DEBUG: Did not import default integration sentry_sdk.integrations.flask.FlaskIntegration: Flask is not installed",
		"binary":                     "\x00\x01\xff\xfe[\x00sentry\xff]\n\x00\x00",
		"empty":                      "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectCauses(t, log, nil)
		})
	}
}

// TestEveryFormIsRead: what collects logs wraps the same line in many ways.
func TestEveryFormIsRead(t *testing.T) {
	t.Parallel()
	line := `[sentry] ERROR: Unexpected status code: 403 (body: b'{"detail":"event submission rejected with_reason: ProjectId"}')`
	inJSON := strings.ReplaceAll(line, `"`, `\"`)
	for name, log := range map[string]string{
		"plain":                line,
		"CRLF":                 " " + line + "\r\n",
		"colours":              "\x1b[31m " + line + "\x1b[0m",
		"colours inside":       strings.Replace(line, "ERROR", "\x1b[1;31mERROR\x1b[0m", 1),
		"docker compose":       "web-1  |  " + line,
		"docker json-file":     `{"log":" ` + inJSON + `\n","stream":"stderr","time":"2026-11-24T22:00:00Z"}`,
		"journalctl":           "Nov 24 22:46:52 host uvicorn[123]:  " + line,
		"Kubernetes":           "2026-11-24T22:46:52.123456789Z stderr F  " + line,
		"JSON of the logger":   `{"level":"error","logger":"sentry_sdk.errors","message":"` + strings.TrimPrefix(inJSON, "[sentry] ERROR: ") + `"}`,
		"basicConfig":          "ERROR:sentry_sdk.errors:" + strings.TrimPrefix(line, "[sentry] ERROR: "),
		"the application's":    "2026-11-24 22:00:00,123 ERROR [sentry_sdk.errors] " + strings.TrimPrefix(line, "[sentry] ERROR: "),
		"behind a long line":   strings.Repeat("x", 3<<20) + "\n" + line,
		"behind junk":          "\x00\xff\xfe\n" + line,
		"without a line end":   "first\n" + line,
		"beside a lot of JSON": `{"a":{"b":[1,2` + "\n" + line,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectCauses(t, log, map[string]cause.ID{logAnswers: cause.KeyRejected})
		})
	}
}

func TestTracebacksAreReadBehindPrefixes(t *testing.T) {
	t.Parallel()
	trace := pythonFailed("HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /api/1/envelope/ (Caused by NewConnectionError('[Errno 111] Connection refused'))")
	for name, prefix := range map[string]string{
		"docker compose": "worker-1  | ", "journalctl": "Nov 24 22:46:52 host celery[7]: ", "Kubernetes": "2026-11-24T22:46:52.1Z stderr F ",
	} {
		var log strings.Builder
		for line := range strings.SplitSeq(strings.TrimSuffix(trace, "\n"), "\n") {
			log.WriteString(prefix + line + "\n")
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectCauses(t, log.String(), map[string]cause.ID{logNetwork: cause.TCPRefused})
		})
	}
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		_, exception, _ := strings.Cut(strings.TrimSuffix(trace, "\n"), "\n")
		quoted := strings.NewReplacer(`"`, `\"`, "\n", `\n`).Replace(exception)
		expectCauses(t, `{"logger":"sentry_sdk.errors","message":"Internal error in sentry_sdk","exc_info":"`+quoted+`"}`,
			map[string]cause.ID{logNetwork: cause.TCPRefused})
	})
}

func TestSeveralCausesAreAllNamed(t *testing.T) {
	t.Parallel()
	log := " [sentry] ERROR: Unexpected status code: 403 (body: b'{\"detail\":\"with_reason: ProjectId\"}')\n" +
		strings.Repeat(" [sentry] ERROR: Unexpected status code: 503 (body: b'')\n", 3) +
		" [sentry] WARNING: Rate-limited via 429\n" +
		" [sentry] ERROR: Internal error in sentry_sdk\nTraceback (most recent call last):\n    new_event = before_send(event, hint or {})\nKeyError: 'logger'\n" +
		" [sentry] INFO: before send dropped event\n"
	items := examined(t, strings.NewReader(log))
	want := map[string]cause.ID{logAnswers: cause.ServerUnavailable, logLimits: cause.RateLimited, logHooks: cause.AppHookDrops}
	if diff := cmp.Diff(want, namedCauses(items)); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
	for _, item := range items {
		if item.ID == logAnswers && (!strings.Contains(item.Detail, "3 times, lines 2 to 4") || !strings.Contains(item.Detail, "also key-rejected")) {
			t.Errorf("the detail tells neither how often nor what else: %s", item.Detail)
		}
	}
}

func TestWhatFollowsFromTheNetworkIsBlocked(t *testing.T) {
	t.Parallel()
	items := examined(t, strings.NewReader(goFailed("dial tcp 127.0.0.1:1: connect: connection refused")+"[Sentry] 2026/11/24 22:00:02 Failed to flush, buffer timed out.\n"))
	for _, item := range items {
		if item.ID == logExit && (item.Outcome != check.Blocked || !slices.Equal(item.BlockedBy, []string{logNetwork})) {
			t.Errorf("%s is %s by %v, expected blocked by %s", item.ID, item.Outcome, item.BlockedBy, logNetwork)
		}
	}
	if diff := cmp.Diff(map[string]cause.ID{logNetwork: cause.TCPRefused}, namedCauses(items)); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
}

// TestTheSettingsKnowTheDefectBetter: sentry-python says of quotes that the
// scheme is not supported.
func TestTheSettingsKnowTheDefectBetter(t *testing.T) {
	t.Parallel()
	items := examined(t, strings.NewReader("sentry_sdk.utils.BadDsn: Unsupported scheme ''\n"),
		`SENTRY_DSN="https://`+strings.Repeat("ab", 16)+`@o1.ingest.sentry.io/2"`)
	if diff := cmp.Diff(map[string]cause.ID{logDSN: cause.DSNQuoted}, namedCauses(items)); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
}

func TestAProfilerThatIsOffIsAFaultWhereItShouldRun(t *testing.T) {
	t.Parallel()
	items := examined(t, strings.NewReader(" [sentry] DEBUG: [Profiling] Discarding profile because profiler was not started."), "SENTRY_PROFILES_SAMPLE_RATE=0.1")
	if diff := cmp.Diff(map[string]cause.ID{logProfiles: cause.AppNoProfiles}, namedCauses(items)); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
}

func TestALogWithoutSentryIsASkipThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	items := examined(t, strings.NewReader("INFO: Application startup complete.\n"))
	for _, item := range items {
		if item.Outcome != check.Skip {
			t.Errorf("%s is %s, expected skip", item.ID, item.Outcome)
		}
	}
	if !strings.Contains(items[0].Detail, "SENTRY_DEBUG=true") || !strings.Contains(items[0].Detail, "Debug: true") {
		t.Errorf("the reason does not say how to switch debug on: %s", items[0].Detail)
	}
}

func TestNoSecretOfALogIsShown(t *testing.T) {
	t.Parallel()
	key, token := strings.Repeat("c0ffee11", 4), "sntry"+"s_"+strings.Repeat("Zz9", 12)
	log := `[Sentry] DsnParseError: invalid url: parse "https://` + key + `@sentry.invalid:abc/1": invalid port ":abc" after host` + "\n" +
		` [sentry] ERROR: Unexpected status code: 403 (body: b'{"detail":"with_reason: ProjectId", "token":"` + token + `", "dsn":"https://` + key + `@h/1", "mail":"anna@example.com"}')` + "\n" +
		` [sentry] WARNING: You have configured a SOCKS proxy (socks5://anna:` + "hunter2" + `@127.0.0.1:1080) but support for SOCKS proxies is not installed.` + "\n"
	for _, item := range examined(t, strings.NewReader(log)) {
		for _, secret := range []string{key, key[4:], token, "hunter2", "anna@example.com"} {
			if strings.Contains(item.Detail+item.Fix, secret) {
				t.Errorf("%s shows a secret of %d characters", item.ID, len(secret))
			}
		}
	}
}

// TestAPipeThatSaysNothingDoesNotHold: a log may come from `tail -f`.
func TestAPipeThatSaysNothingDoesNotHold(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	go func() { _, _ = io.WriteString(w, goFailed("EOF")) }() // and nothing after it
	book := readLogFor(t.Context(), r, 300*time.Millisecond)
	if book.partial == "" || len(book.family(logNetwork)) != 1 {
		t.Errorf("partial %q with %d findings, expected one and to be told", book.partial, len(book.findings))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if book := readLogFor(ctx, r, time.Hour); book.partial == "" {
		t.Error("a cancelled context is not heeded")
	}
}

func TestALogThatCannotBeReadIsBroken(t *testing.T) {
	t.Parallel()
	errDisk := errors.New("input/output error")
	for name, log := range map[string]io.Reader{
		"at once":        iotest.ErrReader(errDisk),
		"after the good": io.MultiReader(strings.NewReader(goFailed("EOF")), iotest.ErrReader(errDisk)),
	} {
		items := examined(t, log)
		if items[0].Outcome != check.Broken || !strings.Contains(items[0].Detail, errDisk.Error()) {
			t.Errorf("%s: %s is %s: %s", name, items[0].ID, items[0].Outcome, items[0].Detail)
		}
	}
}

func TestLinesAreCountedWhole(t *testing.T) {
	t.Parallel()
	log := "one\n" + strings.Repeat("y", 200<<10) + "\nthree\n" + strings.TrimSuffix(goFailed("EOF"), "\n")
	book := readLog(t.Context(), iotest.OneByteReader(strings.NewReader(log)))
	if found := book.family(logNetwork); book.lines != 4 || len(found) != 1 || found[0].first != 4 {
		t.Errorf("%d lines, findings %+v; expected 4, the last at fault", book.lines, found)
	}
}

func TestALongLineIsNotKeptWhole(t *testing.T) {
	t.Parallel()
	text, err := nextLine(bufio.NewReader(strings.NewReader(strings.Repeat("z", 1<<20) + "\nnext\n")))
	if err != nil || len(text) != longestLine {
		t.Errorf("%d bytes are kept, %v; expected %d", len(text), err, longestLine)
	}
}

// TestAHookThatDropsNoiseIsNoFailure: to drop some is what hooks are for, to
// raise is not.
func TestAHookThatDropsNoiseIsNoFailure(t *testing.T) {
	t.Parallel()
	const (
		sent   = " [sentry] DEBUG: Sending envelope [envelope with 1 items (error)] project:1 host:x\n"
		report = " [sentry] DEBUG: Sending envelope [envelope with 1 items (internal)] project:1 host:x\n"
		drops  = " [sentry] INFO: before send dropped event\n"
		raises = " [sentry] ERROR: Internal error in sentry_sdk\nTraceback (most recent call last):\n    new_event = before_send(event, hint or {})\nKeyError: 'logger'\n"
	)
	for name, tt := range map[string]struct {
		log  string
		want check.Outcome
	}{
		"drops some":       {sent + drops, check.Warn},
		"drops all":        {drops, check.Fail},
		"only reports":     {drops + report, check.Fail},
		"raises at times":  {sent + raises + drops, check.Fail},
		"an unclear error": {sent + " [sentry] ERROR: Internal error in sentry_sdk\n", check.Warn},
		"sends all":        {sent, check.Pass},
	} {
		if got := outcomeOf(examined(t, strings.NewReader(tt.log)), logHooks); got != tt.want {
			t.Errorf("%s: %s, expected %s", name, got, tt.want)
		}
	}
}

func BenchmarkReadLog(b *testing.B) {
	line := "2026-11-24 22:00:00,123 INFO uvicorn.access 127.0.0.1:1 - \"GET /bookings HTTP/1.1\" 200\n"
	log := strings.Repeat(line, 100_000) + goFailed("EOF")
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		readLog(b.Context(), strings.NewReader(log))
	}
}

// TestARecordOfTwoHandlersIsOne: the SDK's own handler and the root logger both
// write it. Two records of one handler are two.
func TestARecordOfTwoHandlersIsOne(t *testing.T) {
	t.Parallel()
	own, root := " [sentry] DEBUG: before send dropped event\n", "DEBUG:sentry_sdk.errors:before send dropped event\n"
	formatted := "2026-11-24 10:00:00,000 - sentry_sdk.errors - DEBUG - before send dropped event\n"
	raised := "Internal error in sentry_sdk\nTraceback (most recent call last):\n  File \"/app/sentry_sdk/client.py\", line 1, in _prepare_event\n    new_event = before_send(event, hint)\nKeyError: 'user'\n"
	for log, says := range map[string]string{
		strings.Repeat(own+root, 3):      "3 dropped and nothing",
		strings.Repeat(root+own, 3):      "3 dropped and nothing",
		strings.Repeat(own+formatted, 2): "2 dropped and nothing",
		strings.Repeat(own, 3):           "3 dropped and nothing",
		strings.Repeat(root, 2):          "2 dropped and nothing",
		own + "GET / 200\n" + root:       "2 dropped and nothing",
		" [sentry] ERROR: " + raised + "ERROR:sentry_sdk.errors:" + raised + root: "(app.log, line 1)",
	} {
		var detail string
		for _, item := range examined(t, strings.NewReader(log)) {
			if item.ID == logHooks {
				detail = item.Detail
			}
		}
		if !strings.Contains(detail, says) {
			t.Errorf("%q, expected %q, of\n%s", detail, says, log)
		}
	}
}

func TestALogFromStdinIsCalledSo(t *testing.T) {
	t.Parallel()
	p := patientOf(t, Options{Dir: t.TempDir(), Log: strings.NewReader("[sentry] DEBUG: before send dropped event\n"), LogName: "-"})
	if result := logFamily(logHooks)(t.Context(), p); !strings.Contains(result.Detail, "(stdin, line 1)") {
		t.Error(result.Detail)
	}
}

func TestAnInvalidDSNIsNotCalledAbsent(t *testing.T) {
	t.Parallel()
	for log, want := range map[string]cause.ID{
		"[Sentry] 2026/11/24 23:02:20 Transport initialized with invalid DSN. Using NoopTransport. No events will be delivered.\n":      cause.DSNNoScheme,
		"[Sentry] 2026/11/24 23:02:20 Transport is disabled: invalid dsn: [Sentry] DsnParseError: empty username\n":                     cause.DSNNoKey,
		"[Sentry] 2026/11/24 23:02:20 Sentry client initialized with an empty DSN. Using noopTransport. No events will be delivered.\n": cause.DSNMissing,
	} {
		for _, item := range examined(t, strings.NewReader(log)) {
			if item.ID != logDSN {
				continue
			}
			if item.Cause != want || want != cause.DSNMissing && !strings.Contains(item.Detail, "is invalid") {
				t.Errorf("%s %q, expected %s", item.Cause, item.Detail, want)
			}
		}
	}
}
