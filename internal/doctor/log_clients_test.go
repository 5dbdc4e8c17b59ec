package doctor

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getsentry/sentry-go"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/servers"
)

// scene is what a client is to live through, and what its log gives away.
type scene struct {
	scenario string                         // of testdata/log/client.py and of speak; empty: a message
	at       func(*testing.T) backdrop      // where it sends
	wants    map[string]map[string]cause.ID // client, check, cause; the client "" stands for all others
	live     bool                           // also played in every run of the tests
}

type backdrop struct {
	dsn string
	env []string
}

// clients are those whose logs are kept in testdata/log, a txtar each.
func loggedClients() []string { return []string{"python-1.9", "python-2.18", "sentry-go-0.50"} }

func (s scene) wanted(client string) map[string]cause.ID {
	if w, ok := s.wants[client]; ok {
		return w
	}
	return s.wants[""]
}

func justOne(check string, id cause.ID) map[string]map[string]cause.ID {
	return map[string]map[string]cause.ID{"": {check: id}}
}

func relayed(answer receiver.Answer) func(*testing.T) backdrop {
	return func(t *testing.T) backdrop {
		t.Helper()
		r := receiver.New(receiver.Options{})
		answer.N = -1
		r.Script(answer)
		server := httptest.NewServer(r)
		t.Cleanup(server.Close)
		return backdrop{dsn: r.DSN(strings.TrimPrefix(server.URL, "http://"))}
	}
}

func wellMeaning(t *testing.T) backdrop { t.Helper(); return relayed(receiver.Answer{})(t) }

func withDSN(make func(key string) string, env ...string) func(*testing.T) backdrop {
	return func(*testing.T) backdrop { return backdrop{make(receiver.Key()), env} }
}

func selfSigned(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that refuse it are what is wanted
	server.StartTLS()
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "https://")
}

func headersOf(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i+1 < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// scenes are the ways in which events get lost, as an SDK tells of them.
func scenes() map[string]scene {
	status := func(code int, body string, h ...string) func(*testing.T) backdrop {
		return relayed(receiver.Answer{Status: code, Body: body, Header: headersOf(h...)})
	}
	return map[string]scene{
		"healthy":   {scenario: "traced", at: wellMeaning, wants: justOne("", "")},
		"duplicate": {scenario: "dedupe", at: wellMeaning, wants: justOne("", "")},

		"key-rejected":    {at: status(403, `{"detail":"event submission rejected with_reason: ProjectId"}`), wants: justOne(logAnswers, cause.KeyRejected), live: true},
		"project-state":   {at: status(403, `{"detail":"event submission rejected with_reason: ProjectState(Invalid)"}`), wants: justOne(logAnswers, cause.ProjectStateUnavailable)},
		"unauthenticated": {at: status(401, `{"detail":"missing authorization information"}`), wants: justOne(logAnswers, cause.IngestUnauthenticated)},
		"not-found":       {at: status(404, "<html><title>404 Not Found</title><center>nginx</center></html>"), wants: justOne(logAnswers, cause.PathNotFound)},
		"csrf":            {at: status(403, "<html><title>CSRF Verification Failed</title></html>"), wants: justOne(logAnswers, cause.ForbiddenNotSentry)},
		"too-large":       {at: status(413, `{"detail":"envelope exceeded size limits for type 'event'"}`), wants: justOne(logAnswers, cause.PayloadTooLarge)},
		"bad-request":     {at: status(400, `{"detail":"bad sentry DSN public key"}`), wants: justOne(logAnswers, cause.BadRequest)},
		"server-error":    {at: status(500, "oops"), wants: justOne(logAnswers, cause.ServerError)},
		"bad-gateway":     {at: status(502, "<html><title>502 Bad Gateway</title><center>nginx</center></html>"), wants: justOne(logAnswers, cause.BadGateway)},
		"overloaded":      {at: status(503, `{"detail":"failed to queue envelope"}`), wants: justOne(logAnswers, cause.ServerUnavailable)},
		"limited": {scenario: "twice", at: status(429, `{"detail":"rate limited"}`, "Retry-After", "60"), wants: map[string]map[string]cause.ID{
			"": {logLimits: cause.RateLimited}, "sentry-go-0.50": {logLimits: cause.AppRateLimited, logAnswers: cause.RateLimited},
		}},
		"limited-beside": {scenario: "twice", at: status(200, `{}`, "X-Sentry-Rate-Limits", "60:error;default:key:key_quota"), wants: justOne(logLimits, cause.AppRateLimited)},

		"names": {at: withDSN(func(key string) string { return "http://" + key + "@sentry.invalid/1" }), wants: justOne(logNetwork, cause.DNSUnresolvable)},
		"refused": {at: func(t *testing.T) backdrop {
			return backdrop{dsn: "http://" + receiver.Key() + "@" + servers.Closed(t) + "/1"}
		}, wants: justOne(logNetwork, cause.TCPRefused), live: true},
		"closed": {at: relayed(receiver.Answer{Close: true}), wants: justOne(logNetwork, cause.ConnectionClosed)},
		"truncated": {at: relayed(receiver.Answer{Status: 200, Body: `{"id":"0123456789"}`, Cut: 3}), wants: map[string]map[string]cause.ID{
			"": {logNetwork: cause.ResponseTruncated}, "sentry-go-0.50": nil, // sentry-go does not read a good answer to its end
		}},
		"untrusted": {at: func(t *testing.T) backdrop {
			return backdrop{dsn: "https://" + receiver.Key() + "@" + selfSigned(t) + "/1"}
		}, wants: justOne(logNetwork, cause.TLSUntrusted)},
		"tls-not-spoken": {at: func(t *testing.T) backdrop {
			return backdrop{dsn: strings.Replace(wellMeaning(t).dsn, "http://", "https://", 1)}
		}, wants: justOne(logNetwork, cause.TLSNotSpoken)},
		"proxy-dead": {at: func(t *testing.T) backdrop {
			return backdrop{"https://" + receiver.Key() + "@sentry.invalid/1", []string{"HTTPS_PROXY=http://" + servers.Closed(t)}}
		}, wants: justOne(logNetwork, cause.ProxyUnreachable)},
		"ca-file": {at: func(t *testing.T) backdrop {
			return backdrop{"https://" + receiver.Key() + "@" + selfSigned(t) + "/1", []string{"SSL_CERT_FILE=/nowhere/ca.pem"}}
		}, wants: map[string]map[string]cause.ID{
			"": {logNetwork: cause.TLSUntrusted}, "python-2.18": {logNetwork: cause.CAFileMissing}, // the others fall back to what they have
		}},

		"dsn-quoted": {at: withDSN(func(key string) string { return `"https://` + key + `@sentry.invalid/1"` }), wants: map[string]map[string]cause.ID{
			"": {logDSN: cause.DSNNoScheme}, "sentry-go-0.50": {logDSN: cause.DSNQuoted},
		}},
		"dsn-project": {at: withDSN(func(key string) string { return "https://" + key + "@sentry.invalid/project-id" }), wants: map[string]map[string]cause.ID{
			"": {logDSN: cause.DSNPlaceholder}, "sentry-go-0.50": {logNetwork: cause.DNSUnresolvable},
		}},
		"dsn-no-key":     {at: withDSN(func(string) string { return "https://sentry.invalid/1" }), wants: justOne(logDSN, cause.DSNNoKey)},
		"dsn-no-project": {at: withDSN(func(key string) string { return "https://" + key + "@sentry.invalid/" }), wants: justOne(logDSN, cause.DSNNoProject)},
		"dsn-port":       {at: withDSN(func(key string) string { return "https://" + key + "@sentry.invalid:abc/1" }), wants: justOne(logDSN, cause.DSNBadPort)},
		"dsn-empty":      {at: withDSN(func(string) string { return "" }), wants: map[string]map[string]cause.ID{"sentry-go-0.50": {logDSN: cause.DSNMissing}}},

		"hook-none":   {scenario: "hook-none", at: wellMeaning, wants: justOne(logHooks, cause.AppHookDrops), live: true},
		"hook-raises": {scenario: "hook-raises", at: wellMeaning, wants: justOne(logHooks, cause.AppHookDrops)},
		"processor":   {scenario: "processor", at: wellMeaning, wants: justOne(logHooks, cause.AppHookDrops)},

		"rate-text":        {scenario: "rate-text", at: wellMeaning, wants: justOne(logSampling, cause.AppTracesSampledOut)},
		"rate-zero":        {scenario: "rate-zero", at: wellMeaning, wants: justOne(logSampling, cause.AppTracesSampledOut)},
		"rate-none":        {scenario: "rate-none", at: wellMeaning, wants: justOne(logSampling, cause.AppTracesSampledOut)},
		"sampler-none":     {scenario: "sampler-none", at: wellMeaning, wants: justOne(logSampling, cause.AppTracesSampledOut)},
		"sampler-zero":     {scenario: "sampler-zero", at: wellMeaning, wants: justOne(logSampling, cause.AppTracesSampledOut)},
		"sampled-out":      {scenario: "sampled-out", at: wellMeaning, wants: map[string]map[string]cause.ID{"": nil, "sentry-go-0.50": {logSampling: cause.AppSampledOut}}},
		"parent-unsampled": {scenario: "parent-unsampled", at: wellMeaning, wants: justOne(logSampling, cause.AppParentUnsampled)},
		"profile-short": {scenario: "profile-short", at: wellMeaning, wants: map[string]map[string]cause.ID{
			"": {logProfiles: cause.AppNoProfiles}, "python-1.9": {logStart: cause.AppSDKOld}, "sentry-go-0.50": nil,
		}},
		"profile-text": {scenario: "profile-text", at: wellMeaning, wants: map[string]map[string]cause.ID{
			"": {logStart: cause.AppSentNothing}, "python-1.9": {logStart: cause.AppSDKOld}, "sentry-go-0.50": nil,
		}},

		"slow":  {scenario: "pending", at: relayed(receiver.Answer{Delay: 3 * time.Second}), wants: justOne(logExit, cause.IngestSlow)},
		"uwsgi": {scenario: "uwsgi", at: wellMeaning, wants: map[string]map[string]cause.ID{"": {logExit: cause.AppNoFlush}, "sentry-go-0.50": nil}},
	}
}

// TestCapturedLogsAreUnderstood reads what the clients have really written.
// BBCTL_CAPTURE_LOGS=1 lets them write it again.
func TestCapturedLogsAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, client := range loggedClients() {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", "log", client+".txtar")
			if os.Getenv("BBCTL_CAPTURE_LOGS") != "" {
				captureLogs(t, client, path)
			}
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all := scenes()
			if len(archive.Files) != len(all) {
				t.Errorf("%s holds %d logs, expected one of each of the %d scenes", path, len(archive.Files), len(all))
			}
			for _, file := range archive.Files {
				t.Run(file.Name, func(t *testing.T) {
					t.Parallel()
					expectCauses(t, string(file.Data), all[file.Name].wanted(client))
				})
			}
		})
	}
}

// TestLiveLogsAreUnderstood plays some of the scenes now.
func TestLiveLogsAreUnderstood(t *testing.T) {
	t.Parallel()
	for name, s := range scenes() {
		if !s.live {
			continue
		}
		for _, client := range loggedClients() {
			t.Run(name+"/"+client, func(t *testing.T) {
				t.Parallel()
				expectCauses(t, playScene(t, client, s), s.wanted(client))
			})
		}
	}
}

// play runs a client through a scene and returns what it wrote.
func playScene(t *testing.T, client string, s scene) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	to := s.at(t)
	scenario := s.scenario
	if scenario == "" {
		scenario = "message"
	}
	var cmd *exec.Cmd
	env := []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "PYTHONDONTWRITEBYTECODE=1", "SENTRY_DSN=" + to.dsn}
	switch client {
	case "sentry-go-0.50":
		cmd = exec.CommandContext(ctx, os.Args[0], "-test.run=^TestSentryGoSpeaks$")
		env = append(env, "BBCTL_SPEAK="+scenario)
	default:
		folder := pythonSDK(t, strings.TrimPrefix(client, "python-"))
		cmd = exec.CommandContext(ctx, "/usr/bin/python3", filepath.Join("testdata", "log", "client.py"), scenario)
		env = append(env, "PYTHONPATH="+folder)
	}
	cmd.Env = slices.Concat(env, to.env)
	out, _ := cmd.CombinedOutput() // some end badly: that is what it is about
	return string(out)
}

// pythonSDK is the folder in which an interpreter finds a version of the SDK.
func pythonSDK(t *testing.T, version string) string {
	t.Helper()
	folder := ""
	if version != "1.9" {
		absolute, err := filepath.Abs(filepath.Join("..", "..", ".cache", "clients", "python-"+version, "usr", "lib", "python3", "dist-packages"))
		if err != nil {
			t.Fatal(err)
		}
		folder = absolute
	}
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", "import sentry_sdk; print(sentry_sdk.VERSION)")
	cmd.Env = []string{"PYTHONPATH=" + folder}
	out, err := cmd.Output()
	if err != nil || !strings.HasPrefix(string(out), version+".") {
		if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
			t.Fatalf("integration: /usr/bin/python3 has no sentry_sdk %s: run script/clients", version)
		}
		t.Skipf("integration: /usr/bin/python3 has no sentry_sdk %s: run script/clients", version)
	}
	return folder
}

// TestSentryGoSpeaks is the process that lets sentry-go write its debug output.
func TestSentryGoSpeaks(t *testing.T) {
	scenario := os.Getenv("BBCTL_SPEAK")
	if scenario == "" {
		t.Skip("only as a process of its own, started by another test")
	}
	o := sentry.ClientOptions{Debug: true, DebugWriter: os.Stderr, Release: "app@1.0", Environment: "production"}
	switch scenario {
	case "hook-none", "hook-raises":
		o.BeforeSend = func(*sentry.Event, *sentry.EventHint) *sentry.Event { return nil }
	case "processor":
		o.IgnoreErrors = []string{"hello"}
	case "sampled-out":
		o.SampleRate = -1
	case "rate-text", "rate-none": // tracing is not switched on
		o.TracesSampleRate = 1
	case "rate-zero":
		o.EnableTracing = true
	case "sampler-none":
		o.EnableTracing, o.TracesSampleRate = true, 2
	case "sampler-zero":
		o.EnableTracing = true
		o.TracesSampler = func(sentry.SamplingContext) float64 { return 0 }
	case "parent-unsampled", "traced":
		o.EnableTracing, o.TracesSampleRate = true, 1
	}
	if err := sentry.Init(o); err != nil {
		_, _ = os.Stderr.WriteString("sentry.Init: " + err.Error() + "\n")
		return
	}
	switch scenario {
	case "rate-text", "rate-none", "rate-zero", "sampler-none", "sampler-zero", "traced":
		sentry.StartTransaction(t.Context(), "GET /bookings").Finish()
	case "parent-unsampled":
		sentry.StartTransaction(t.Context(), "GET /bookings").Finish()
		unsampled := strings.Repeat("0123456789abcdef", 2) + "-0123456789abcdef-0"
		sentry.StartTransaction(t.Context(), "GET /bookings", sentry.ContinueFromTrace(unsampled)).Finish()
	case "twice":
		sentry.CaptureMessage("one")
		sentry.Flush(2 * time.Second)
		sentry.CaptureMessage("two")
	default:
		sentry.CaptureMessage("hello")
	}
	sentry.Flush(2 * time.Second)
}

// capture lets a client live through all scenes, and keeps what it wrote
// without what belongs to this machine.
func captureLogs(t *testing.T, client, path string) {
	t.Helper()
	archive := &txtar.Archive{Comment: []byte("What " + client + " wrote in each scene. BBCTL_CAPTURE_LOGS=1 go test -run Captured ./internal/doctor writes it again.\n")}
	all := scenes()
	for _, name := range sortedKeys(all) {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(tidied(playScene(t, client, all[name])))})
	}
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tidied takes out what is long and the same everywhere, and what only looks
// like a secret.
func tidied(log string) string {
	log = strings.ReplaceAll(log, receiver.Key(), "KEY")
	for _, r := range []struct{ pattern, with string }{
		{`(?m)^.*(?:Setting up |Enabling integration|Did not import|Did not enable|Integration installed|Adding .sentry-trace|\[Profiling\] S).*\n`, ""},
		{`(?m)^(?:PASS|ok).*\n`, ""},
		{`(?m)^ *[~^]+ *\n`, ""},
		{`"[^"\n]*/sentry_sdk/`, `"/usr/lib/python3/dist-packages/sentry_sdk/`},
		{`\S*/sentry_sdk/_compat`, `/usr/lib/python3/dist-packages/sentry_sdk/_compat`},
		{`"[^"\n]*log/client\.py"`, `"/srv/app/client.py"`},
		{`dropped event \(\{.*`, `dropped event ({…})`},
		{`\b[0-9a-f]{32}\b`, "ID"},
		{`0x[0-9a-f]{8,}`, "0x7f"},
		{` on [\d.]+:53:`, " on 127.0.0.53:53:"},
	} {
		log = regexp.MustCompile(r.pattern).ReplaceAllString(log, r.with)
	}
	return log
}
