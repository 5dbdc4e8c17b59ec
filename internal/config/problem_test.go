package config

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// scene is a .env file (none where it is empty) and a process environment.
type scene struct {
	file    string
	environ []string
}

// sceneOf is a .env file, and behind it the process environment.
func sceneOf(file string, environ ...string) scene { return scene{file, environ} }

func (s scene) problems(t *testing.T) []Problem {
	t.Helper()
	files := map[string]string{"ca.pem": authorityPEM(t), "certs/x": ""}
	if s.file != "" {
		files[".env"] = s.file
	}
	return load(t, written(t, files), s.environ...).Problems()
}

// authorityPEM is a certificate in the form in which bundles hold it.
func authorityPEM(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// only returns the problems of one cause.
func only(problems []Problem, id cause.ID) []Problem {
	var found []Problem
	for _, p := range problems {
		if p.Cause == id {
			found = append(found, p)
		}
	}
	return found
}

// TestEachCauseHasItsTriggerAndItsNeighbour holds for every cause of the
// configuration a scene in which it is found, and one so near to it that only
// the cause is missing.
func TestEachCauseHasItsTriggerAndItsNeighbour(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("a1", 16)
	with := func(value string) string { return "SENTRY_DSN=" + value }
	production := "SENTRY_ENVIRONMENT=production"
	tests := []struct {
		id        cause.ID
		trigger   scene
		key       string
		severity  cause.Severity
		evidence  string // parts, separated by |
		fix       string
		neighbour scene
	}{
		{cause.DSNMissing, sceneOf("SENTRY_DSN=\n"), KeyDSN, cause.Fail, ".env:1|empty", "write SENTRY_DSN=https://KEY@HOST/PROJECT in .env:1", sceneOf("A=b\n")},
		{cause.DSNMissing, sceneOf("", "SENTRY_DSN="), KeyDSN, cause.Fail, "process environment|empty", "export SENTRY_DSN=", sceneOf("", production)},
		{cause.DSNMissing, sceneOf("A=b\nSENTRY_DEBUG=false\n"), KeyDSN, cause.Fail, ".env|SENTRY_ variables", "add to .env: SENTRY_DSN=", sceneOf("A=b\nMY_SENTRY=false\n")},
		{cause.DSNMissing, sceneOf("SENTRY_DNS=x\n"), KeyDSN, cause.Fail, ".env:1|another name", "rename SENTRY_DNS to SENTRY_DSN in .env:1", sceneOf(with(testDSN()) + "\nSENTRY_DNS=x\n")},
		{cause.DSNMissing, sceneOf("A=b\n", "sentry_dsn=x"), KeyDSN, cause.Fail, "process environment|another name", "rename sentry_dsn to SENTRY_DSN", sceneOf("A=b\n", "my_dsn=x")},
		{cause.DSNMissing, sceneOf("A=b\nSENTRY_DSN: " + testDSN() + "\n"), KeyDSN, cause.Fail, ".env:2|colon", "SENTRY_DSN=https://", sceneOf("A=b\n# SENTRY_DSN: x\n")},
		{cause.DSNMissing, sceneOf("A=\xff\nSENTRY_DSN=x\n"), KeyDSN, cause.Fail, ".env:2|line 1 is not UTF-8", "SENTRY_DSN=https://", sceneOf("A=\xff\n")},
		{cause.DSNQuoted, sceneOf("", with(`"`+testDSN()+`"`)), KeyDSN, cause.Fail, "process environment|quote|****", "quotes", sceneOf(with(`"`+testDSN()+`"`) + "\n")},
		{cause.DSNPrefixed, sceneOf("", with("SENTRY_DSN="+testDSN())), KeyDSN, cause.Fail, "SENTRY_DSN=", "remove", sceneOf("", with(testDSN()))},
		{cause.DSNUnexpanded, sceneOf(with("${REAL_DSN}") + "\n"), KeyDSN, cause.Fail, ".env:1|${REAL_DSN}|set nowhere", "write SENTRY_DSN=https://KEY@HOST/PROJECT in .env:1", sceneOf(with("${REAL_DSN}")+"\n", "REAL_DSN="+testDSN())},
		{cause.DSNUnexpanded, sceneOf("", with("${SENTRY_DSN}")), KeyDSN, cause.Fail, "${SENTRY_DSN}", "DSN", sceneOf("", with(testDSN()))},
		{cause.DSNPlaceholder, sceneOf("", with("https://your-key@org.ingest.sentry.io/project-id")), KeyDSN, cause.Fail, "example", "Client Keys", sceneOf("", with(testDSN()))},
		{cause.DSNNoScheme, sceneOf("", with(key+"@o42.ingest.sentry.io/1")), KeyDSN, cause.Fail, "scheme", "https://", sceneOf("", with("HTTPS://"+key+"@o42.ingest.sentry.io/1"))},
		{cause.DSNNoKey, sceneOf("", with("https://o42.ingest.sentry.io/1")), KeyDSN, cause.Fail, "public key", "Client Keys", sceneOf("", with(testDSN()))},
		{cause.DSNNoProject, sceneOf("", with("https://"+key+"@o42.ingest.sentry.io")), KeyDSN, cause.Fail, "project id", "Client Keys", sceneOf("", with(testDSN()))},
		{cause.DSNProjectNotNumeric, sceneOf("", with("https://"+key+"@o42.ingest.sentry.io/api")), KeyDSN, cause.Fail, `"api"`, "Client Keys", sceneOf("", with("https://"+key+"@sentry.example.com/api/1"))},
		{cause.DSNStrayCharacters, sceneOf("", with(testDSN()+"/")), KeyDSN, cause.Fail, "/", "remove", sceneOf("", with(testDSN()))},
		{cause.DSNBadPort, sceneOf("", with("https://"+key+"@sentry.example.com:70000/1")), KeyDSN, cause.Fail, "70000", "65535", sceneOf("", with("https://"+key+"@sentry.example.com:9000/1"))},
		{cause.DSNIPv6Literal, sceneOf("", with("http://"+key+"@[::1]:9000/1")), KeyDSN, cause.Fail, "IPv6", "host name", sceneOf("", with("http://"+key+"@127.0.0.1:9000/1"))},
		{cause.DSNKeyMalformed, sceneOf("", with("https://"+key[:31]+"@o42.ingest.sentry.io/1")), KeyDSN, cause.Warn, "31", "Client Keys", sceneOf("", with(testDSN()))},
		{cause.DSNQueryOptions, sceneOf("", with(testDSN()+"?timeout=1")), KeyDSN, cause.Warn, "?", "init", sceneOf("", with(testDSN()))},
		{cause.DSNSecretKey, sceneOf("", with("https://"+key+":"+key+"@o42.ingest.sentry.io/1")), KeyDSN, cause.Warn, "secret", "Client Keys", sceneOf("", with(testDSN()))},
		{cause.DSNPlainHTTP, sceneOf("", with("http://"+key+"@sentry.example.com/1")), KeyDSN, cause.Warn, "http", "https://", sceneOf("", with("http://"+key+"@localhost:8969/1"))},
		{cause.DSNInternalHost, sceneOf("", with("https://"+key+"@sentry/1")), KeyDSN, cause.Warn, "sentry", "public name", sceneOf("", with("https://"+key+"@sentry.example.com/1"))},
		{cause.DSNLocalReceiver, sceneOf("", with("http://"+key+"@127.0.0.1:8969/1"), "SENTRY_ENVIRONMENT=staging"), KeyDSN, cause.Fail, "127.0.0.1|staging", "DSN of the project", sceneOf("", with("http://"+key+"@127.0.0.1:8969/1"), "SENTRY_ENVIRONMENT=development")},

		{cause.EnvFileUnreadable, sceneOf("A=\xff\n"), KeyEnvFile, cause.Fail, ".env|line 1 is not UTF-8", "UTF-8", sceneOf("A=\u00ff\n")},
		{cause.EnvFileUnreadable, sceneOf("A=b\nC=\x00\n"), KeyEnvFile, cause.Fail, "line 2|NUL", ".env", sceneOf("A=b\nC=\x01\n")},
		{cause.EnvFileSyntax, sceneOf("A=b\nnot an assignment\nSENTRY_DEBUG=false\n"), KeyEnvFile, cause.Fail, ".env:2|python-dotenv", "write line 2 of .env as KEY=value", sceneOf("A=b\n# not an assignment\nSENTRY_DEBUG=false\n")},
		{cause.EnvFileBOM, sceneOf("\ufeffA=b\n"), KeyEnvFile, cause.Fail, ".env:1|byte-order mark", "sed -i", sceneOf("A=\ufeffb\n")},
		{cause.EnvFileCRLF, sceneOf("A=b\r\nC=d\r\n"), KeyEnvFile, cause.Warn, ".env:1|CR LF", "sed -i", sceneOf("A=b\nC=d\n")},
		{cause.EnvReaderDivergence, sceneOf("\nSENTRY_SAMPLE_RATE=1.0 # all\n"), KeyEnvFile, cause.Warn, `.env:2|SENTRY_SAMPLE_RATE is "1.0" for python-dotenv|docker --env-file`, "write SENTRY_SAMPLE_RATE=1.0 in line 2 of .env", sceneOf("SENTRY_SAMPLE_RATE=1.0\nOURS=1.0 # all\n")},
		{cause.EnvReaderDivergence, sceneOf("OURS =x\nexport SENTRY_DEBUG=0\n"), KeyEnvFile, cause.Warn, `.env:2|a reason to refuse the file for docker --env-file`, "write SENTRY_DEBUG=0 in line 2 of .env", sceneOf("export OURS=x\nSENTRY_DEBUG=0\n")},
		{cause.EnvReaderDivergence, sceneOf("SENTRY_DEBUG: false\n"), KeyEnvFile, cause.Fail, `.env:1|SENTRY_DEBUG is not set for python-dotenv|"false" for godotenv`, "write line 1 of .env as SENTRY_DEBUG=value", sceneOf("SENTRY_DEBUG=false\n")},
		{cause.EnvKeyDuplicate, sceneOf("SENTRY_DEBUG=1\nA=b\nSENTRY_DEBUG=0\n"), KeyEnvFile, cause.Warn, ".env:3|lines 1 and 3; line 3 wins", "remove line 1 of .env", sceneOf("SENTRY_DEBUG=1\nA=b\nA=c\n")},
		{cause.EnvShellShadows, sceneOf("SENTRY_ENVIRONMENT=staging\n", production), KeyEnvironment, cause.Warn, `process environment|production|staging in .env:1`, "unset SENTRY_ENVIRONMENT", sceneOf("SENTRY_ENVIRONMENT=production\n", production)},
		{cause.EnvShellEmptyShadows, sceneOf("A=b\nSENTRY_RELEASE=v1\n", "SENTRY_RELEASE="), KeyRelease, cause.Fail, "process environment|v1 in .env:2", "unset SENTRY_RELEASE", sceneOf("SENTRY_RELEASE=\n", "SENTRY_RELEASE=")},
		{cause.EnvNameMisspelt, sceneOf("SENTY_DSN=x\n"), KeyDSN, cause.Fail, ".env:1|SENTY_DSN ", "rename SENTY_DSN to SENTRY_DSN in .env:1", sceneOf("SENTY_DSN=x\n", with(testDSN()))},
		{cause.EnvNameMisspelt, sceneOf("SENTRY_ENV=production\n"), KeyEnvironment, cause.Warn, ".env:1|SENTRY_ENV ", "rename SENTRY_ENV to SENTRY_ENVIRONMENT in .env:1", sceneOf("SENTRY_ENV=production\nSENTRY_ENVIRONMENT=production\n")},
		{cause.EnvNameMisspelt, sceneOf("", "SENTRY_TRACE_SAMPLE_RATE=1"), KeyTracesSampleRate, cause.Warn, "process environment|SENTRY_TRACE_SAMPLE_RATE", "rename", sceneOf("", "MY_TRACE_SAMPLE_RATE=1")},

		{cause.RateNotANumber, sceneOf("SENTRY_SAMPLE_RATE=10%\n"), KeySampleRate, cause.Fail, `.env:1|"10%"`, "write SENTRY_SAMPLE_RATE=0.1 in .env:1", sceneOf("SENTRY_SAMPLE_RATE=.1\n")},
		{cause.RateDecimalComma, sceneOf("", "SENTRY_TRACES_SAMPLE_RATE=0,25"), KeyTracesSampleRate, cause.Fail, "0,25", "export SENTRY_TRACES_SAMPLE_RATE=0.25", sceneOf("", "SENTRY_TRACES_SAMPLE_RATE=0.25")},
		{cause.RateOutOfRange, sceneOf("", "SENTRY_PROFILES_SAMPLE_RATE=10"), KeyProfilesSampleRate, cause.Fail, "10|percentage", "export SENTRY_PROFILES_SAMPLE_RATE=0.1", sceneOf("", "SENTRY_PROFILES_SAMPLE_RATE=1.0")},
		{cause.RateOutOfRange, sceneOf("", "SENTRY_SAMPLE_RATE=-0.1"), KeySampleRate, cause.Fail, "-0.1", "export SENTRY_SAMPLE_RATE=1.0", sceneOf("", "SENTRY_SAMPLE_RATE=1")},
		{cause.SampleRateZero, sceneOf("", "SENTRY_SAMPLE_RATE=0.0"), KeySampleRate, cause.Fail, "no error is ever sent", "export SENTRY_SAMPLE_RATE=1.0", sceneOf("", "SENTRY_SAMPLE_RATE=0.01")},
		{cause.SampleRateLow, sceneOf("", "SENTRY_SAMPLE_RATE=0.25"), KeySampleRate, cause.Warn, "75 %", "export SENTRY_SAMPLE_RATE=1.0", sceneOf("", "SENTRY_SAMPLE_RATE=1")},
		{cause.TracesRateZero, sceneOf("", "SENTRY_TRACES_SAMPLE_RATE=0", production), KeyTracesSampleRate, cause.Warn, "no transaction", "export SENTRY_TRACES_SAMPLE_RATE=0.05", sceneOf("", "SENTRY_TRACES_SAMPLE_RATE=0.01", production)},
		{cause.TracesRateLow, sceneOf("SENTRY_TRACES_SAMPLE_RATE=0.01\n", production), KeyTracesSampleRate, cause.Warn, ".env:1|0.01|production|0.05|299 requests", "write SENTRY_TRACES_SAMPLE_RATE=0.05 in .env:1", sceneOf("SENTRY_TRACES_SAMPLE_RATE=0.05\n", production)},
		{cause.TracesRateLow, sceneOf("", "SENTRY_TRACES_SAMPLE_RATE=0.05", "SENTRY_ENVIRONMENT=staging"), KeyTracesSampleRate, cause.Warn, "0.05|staging|59 requests", "export SENTRY_TRACES_SAMPLE_RATE=0.1", sceneOf("", "SENTRY_TRACES_SAMPLE_RATE=0.01", "SENTRY_ENVIRONMENT=qa")},
		{cause.TracesRateCostly, sceneOf("", "SENTRY_TRACES_SAMPLE_RATE=1.0", production), KeyTracesSampleRate, cause.Warn, "1.0|production", "export SENTRY_TRACES_SAMPLE_RATE=0.05", sceneOf("", "SENTRY_TRACES_SAMPLE_RATE=1.0", "SENTRY_ENVIRONMENT=development")},
		{cause.ProfilesWithoutTraces, sceneOf("", "SENTRY_PROFILES_SAMPLE_RATE=1", "SENTRY_TRACES_SAMPLE_RATE=0"), KeyProfilesSampleRate, cause.Warn, "send none then", "export SENTRY_TRACES_SAMPLE_RATE=1.0", sceneOf("", "SENTRY_PROFILES_SAMPLE_RATE=1", "SENTRY_TRACES_SAMPLE_RATE=0.1")},
		{cause.ProfilesWithoutTraces, sceneOf("", "SENTRY_PROFILES_SAMPLE_RATE=1"), KeyProfilesSampleRate, cause.Warn, "not set", "export SENTRY_TRACES_SAMPLE_RATE=1.0 where the process is started", sceneOf("", "SENTRY_PROFILES_SAMPLE_RATE=0")},
		{cause.BooleanMalformed, sceneOf("", "SENTRY_DEBUG=enabled"), KeyDebug, cause.Warn, `"enabled"|sentry-python takes it as false`, "export SENTRY_DEBUG=false", sceneOf("", "SENTRY_DEBUG=Yes")},
		{cause.BooleanMalformed, sceneOf("", "SENTRY_SEND_DEFAULT_PII=none"), KeySendDefaultPII, cause.Warn, `"none"|bool(os.getenv(`, "export SENTRY_SEND_DEFAULT_PII=false", sceneOf("", "SENTRY_SEND_DEFAULT_PII=0")},
		{cause.ValueUnexpanded, sceneOf("SENTRY_RELEASE=$(git rev-parse --short HEAD)\n"), KeyRelease, cause.Fail, ".env:1|$(git rev-parse --short HEAD)", "export SENTRY_RELEASE=$(git rev-parse HEAD)", sceneOf("SENTRY_RELEASE=pa$$word\n")},
		{cause.ValueUnexpanded, sceneOf("SENTRY_ENVIRONMENT=${APP_ENV}\n"), KeyEnvironment, cause.Fail, ".env:1|${APP_ENV}|set nowhere", "write SENTRY_ENVIRONMENT=VALUE in .env:1", sceneOf("APP_ENV=qa\nSENTRY_ENVIRONMENT=${APP_ENV}\nSENTRY_RELEASE=${VERSION:-1}\n")},
		{cause.ValueUnexpanded, sceneOf("", "SENTRY_ENVIRONMENT=$APP_ENV"), KeyEnvironment, cause.Fail, "$APP_ENV", "unset SENTRY_ENVIRONMENT", sceneOf("", "SENTRY_ENVIRONMENT=app-env")},
		{cause.ValueUnexpanded, sceneOf("", "REDIS_URL=redis://${REDIS_HOST}:6379"), KeyRedisURL, cause.Fail, "${REDIS_HOST}", "unset REDIS_URL", sceneOf("REDIS_URL=redis://${REDIS_HOST}:6379\n", "REDIS_HOST=cache")},
		{cause.EnvironmentInvalid, sceneOf("", "SENTRY_ENVIRONMENT=staging/eu"), KeyEnvironment, cause.Fail, "'/'", "export SENTRY_ENVIRONMENT=", sceneOf("", "SENTRY_ENVIRONMENT=staging-eu")},
		{cause.EnvironmentInvalid, sceneOf("", "SENTRY_ENVIRONMENT=None"), KeyEnvironment, cause.Fail, "reserved", "export SENTRY_ENVIRONMENT=", sceneOf("", "SENTRY_ENVIRONMENT=nonesuch")},
		{cause.EnvironmentInvalid, sceneOf("", "SENTRY_ENVIRONMENT="+strings.Repeat("x", 65)), KeyEnvironment, cause.Fail, "65 bytes, 64", "export SENTRY_ENVIRONMENT=", sceneOf("", "SENTRY_ENVIRONMENT="+strings.Repeat("x", 64))},
		{cause.EnvironmentUnusual, sceneOf("", "SENTRY_ENVIRONMENT=Prod"), KeyEnvironment, cause.Warn, `"Prod"|"production"`, "export SENTRY_ENVIRONMENT=production", sceneOf("", "SENTRY_ENVIRONMENT=preprod")},
		{cause.EnvironmentUnusual, sceneOf("", "SENTRY_ENVIRONMENT=stagign"), KeyEnvironment, cause.Warn, `"staging"`, "export SENTRY_ENVIRONMENT=staging", sceneOf("", "SENTRY_ENVIRONMENT=staging2")},
		{cause.EnvironmentMissing, sceneOf("A=b\n"), KeyEnvironment, cause.Warn, "not set|sentry-python sends production, sentry-go sends none", "add to .env: SENTRY_ENVIRONMENT=development", sceneOf("SENTRY_ENVIRONMENT=qa\n")},
		{cause.EnvironmentMissing, sceneOf("SENTRY_ENVIRONMENT=\n"), KeyEnvironment, cause.Warn, ".env:1|empty", "write SENTRY_ENVIRONMENT=development in .env:1", sceneOf("", "SENTRY_ENVIRONMENT=qa")},
		{cause.ReleaseInvalid, sceneOf("", "SENTRY_RELEASE=release/1.2"), KeyRelease, cause.Fail, "release/1.2|'/'", "export SENTRY_RELEASE=bookedbarber@2.1.0", sceneOf("", "SENTRY_RELEASE=release-1.2")},
		{cause.ReleaseInvalid, sceneOf("", "SENTRY_RELEASE=latest"), KeyRelease, cause.Fail, "reserved", "export SENTRY_RELEASE=", sceneOf("", "SENTRY_RELEASE=latest-1")},
		{cause.ReleaseInvalid, sceneOf("", "SOURCE_VERSION=feature/x"), KeyRelease, cause.Fail, "SOURCE_VERSION|feature/x", "export SENTRY_RELEASE=", sceneOf("", "SOURCE_VERSION=abc")},
		{cause.ReleaseMissing, sceneOf("", "SENTRY_RELEASE="), KeyRelease, cause.Warn, "not set", "export SENTRY_RELEASE=$(git rev-parse HEAD)", sceneOf("", "K_REVISION=7")},
		{cause.DebugInProduction, sceneOf("", "SENTRY_DEBUG=1", production), KeyDebug, cause.Warn, "production", "export SENTRY_DEBUG=false", sceneOf("", "SENTRY_DEBUG=1", "SENTRY_ENVIRONMENT=staging")},
		{cause.PIIInProduction, sceneOf("", "SENTRY_SEND_DEFAULT_PII=true", "SENTRY_ENVIRONMENT=prod"), KeySendDefaultPII, cause.Warn, "prod", "export SENTRY_SEND_DEFAULT_PII=false", sceneOf("", "SENTRY_SEND_DEFAULT_PII=false", production)},

		{cause.ProxyMalformed, sceneOf("", "HTTPS_PROXY=proxy:3128"), KeyHTTPSProxy, cause.Fail, "proxy:3128", "export HTTPS_PROXY=http://proxy:3128", sceneOf("", "HTTPS_PROXY=http://proxy:3128")},
		{cause.ProxyMalformed, sceneOf("", "http_proxy=htp://proxy:3128"), KeyHTTPProxyLower, cause.Fail, "htp://proxy:3128", "export http_proxy=http://HOST:PORT", sceneOf("", "http_proxy=socks5://proxy:3128")},
		{cause.NoProxyGrammar, sceneOf("", with(testDSN()), "HTTPS_PROXY=http://p:1", "NO_PROXY=localhost,"), KeyNoProxy, cause.Warn, "localhost,|empty entry|directly", "export NO_PROXY=localhost", sceneOf("", with(testDSN()), "NO_PROXY=localhost,")},
		{cause.NoProxyGrammar, sceneOf("no_proxy=a,*.sentry.io\n", with(testDSN()), "HTTP_PROXY=http://p:1"), KeyNoProxyLower, cause.Warn, `.env:1|"*.sentry.io"|through the proxy of HTTP_PROXY`, "write no_proxy=a,o42.ingest.us.sentry.io in .env:1", sceneOf("no_proxy=a,*.example.com\n", with(testDSN()), "HTTP_PROXY=http://p:1")},
		{cause.NoProxyGrammar, sceneOf("", with("https://"+key+"@10.1.2.3/1"), "HTTPS_PROXY=http://p:1", "NO_PROXY=10.0.0.0/8"), KeyNoProxy, cause.Warn, "10.0.0.0/8|does not understand", "export NO_PROXY=10.1.2.3", sceneOf("", with("https://"+key+"@11.1.2.3/1"), "HTTPS_PROXY=http://p:1", "NO_PROXY=10.0.0.0/8")},
		{cause.NoProxyBypasses, sceneOf("", with(testDSN()), "HTTPS_PROXY=http://p:1", "NO_PROXY=localhost,io"), KeyNoProxy, cause.Warn, `"io"|directly`, "export NO_PROXY=localhost", sceneOf("", with(testDSN()), "HTTPS_PROXY=http://p:1", "NO_PROXY=localhost,example.com")},
		{cause.NoProxyBypasses, sceneOf("", with(testDSN()), "HTTPS_PROXY=http://p:1", "NO_PROXY=o42.ingest.us.sentry.io"), KeyNoProxy, cause.Warn, "o42.ingest.us.sentry.io", "unset NO_PROXY", sceneOf("", with("http://"+key+"@127.0.0.1:8969/1"), "HTTP_PROXY=http://p:1", "NO_PROXY=localhost,127.0.0.1")},
		{cause.CAFileMissing, sceneOf("", "SSL_CERT_FILE=absent.pem"), KeySSLCertFile, cause.Fail, "absent.pem", "unset SSL_CERT_FILE", sceneOf("", "SSL_CERT_FILE=ca.pem")},
		{cause.CAFileMissing, sceneOf("", "REQUESTS_CA_BUNDLE=absent.pem"), KeyCABundle, cause.Fail, "absent.pem", "unset REQUESTS_CA_BUNDLE", sceneOf("", "REQUESTS_CA_BUNDLE=ca.pem")},
		{cause.CAFileMissing, sceneOf("", "SSL_CERT_DIR=absent"), KeySSLCertDir, cause.Warn, "absent|Go alone", "unset SSL_CERT_DIR", sceneOf("", "SSL_CERT_DIR=certs")},
		{cause.SpotlightLeftOn, sceneOf("", "SENTRY_SPOTLIGHT=1", production), KeySpotlight, cause.Warn, "production", "unset SENTRY_SPOTLIGHT", sceneOf("", "SENTRY_SPOTLIGHT=1", "SENTRY_ENVIRONMENT=dev")},
		{cause.SpotlightLeftOn, sceneOf("SENTRY_SPOTLIGHT=http://localhost:8969/stream\n", production), KeySpotlight, cause.Warn, ".env:1", "remove SENTRY_SPOTLIGHT from .env:1", sceneOf("SENTRY_SPOTLIGHT=false\n", production)},
	}
	for _, test := range tests {
		t.Run(string(test.id), func(t *testing.T) {
			t.Parallel()
			all := test.trigger.problems(t)
			found := only(all, test.id)
			if len(found) != 1 {
				t.Fatalf("found %d times, want once: %+v", len(found), all)
			}
			p := found[0]
			if p.Key != test.key || p.Severity != test.severity {
				t.Errorf("key %s, severity %s; want %s, %s", p.Key, p.Severity, test.key, test.severity)
			}
			for part := range strings.SplitSeq(test.evidence, "|") {
				if !strings.Contains(p.Evidence, part) {
					t.Errorf("evidence %q lacks %q", p.Evidence, part)
				}
			}
			if !strings.Contains(p.Fix, test.fix) {
				t.Errorf("fix %q lacks %q", p.Fix, test.fix)
			}
			for _, p := range all {
				if strings.Contains(p.Evidence+p.Fix, key) {
					t.Errorf("%s shows the key: %s / %s", p.Cause, p.Evidence, p.Fix)
				}
			}
			if near := only(test.neighbour.problems(t), test.id); len(near) > 0 {
				t.Errorf("the neighbour has it too: %+v", near)
			}
		})
	}
}

// TestSeverityIsTheCatalogues holds the severities to the catalogue, but for
// the causes whose entry says when it is the other one.
func TestSeverityIsTheCatalogues(t *testing.T) {
	t.Parallel()
	both := []cause.ID{cause.EnvReaderDivergence, cause.EnvNameMisspelt, cause.CAFileMissing}
	for _, s := range []scene{
		sceneOf("\ufeffSENTRY_DSN=x\r\nSENTRY_DEBUG=maybe\nSENTRY_DEBUG=maybe\n"),
		sceneOf("", "SENTRY_SAMPLE_RATE=0", "SENTRY_TRACES_SAMPLE_RATE=1", "SENTRY_DEBUG=1", "SENTRY_SEND_DEFAULT_PII=1", "SENTRY_ENVIRONMENT=production", "SENTRY_SPOTLIGHT=1", "HTTP_PROXY=x"),
		sceneOf("", "SENTRY_DSN=", "SENTRY_SAMPLE_RATE=0.5", "SENTRY_TRACES_SAMPLE_RATE=0", "SENTRY_PROFILES_SAMPLE_RATE=1", "SENTRY_ENVIRONMENT=none", "SENTRY_RELEASE=latest"),
		sceneOf("SENTRY_DSN="+testDSN()+"\nREDIS_URL=a\n", "SENTRY_DSN=", "REDIS_URL=b", "SENTRY_ENV=x"),
	} {
	next:
		for _, p := range s.problems(t) {
			entry, ok := cause.Get(p.Cause)
			if !ok {
				t.Errorf("%s is not in the catalogue", p.Cause)
				continue
			}
			for _, id := range both {
				if p.Cause == id {
					continue next
				}
			}
			if entry.Severity != p.Severity {
				t.Errorf("%s is %s, the catalogue says %s", p.Cause, p.Severity, entry.Severity)
			}
		}
	}
}

func ids(problems []Problem) []cause.ID {
	var all []cause.ID
	for _, p := range problems {
		all = append(all, p.Cause)
	}
	return all
}

// TestWhatFollowsFromAKnownCauseIsNotSaidAgain holds what else is found beside
// a cause: nothing that it explains.
func TestWhatFollowsFromAKnownCauseIsNotSaidAgain(t *testing.T) {
	t.Parallel()
	good := "SENTRY_ENVIRONMENT=production\nSENTRY_RELEASE=v1\nSENTRY_DSN=" + testDSN() + "\n"
	tests := []struct {
		name  string
		scene scene
		want  []cause.ID
	}{
		{"a good file", sceneOf(good), nil},
		{"its DSN shadowed by nothing", sceneOf(good, "SENTRY_DSN="), []cause.ID{cause.EnvShellEmptyShadows}},
		{"behind a byte-order mark", sceneOf("\ufeff" + good), []cause.ID{cause.EnvFileBOM}},
		{"the DSN behind a byte-order mark", sceneOf("\ufeffSENTRY_DSN=" + testDSN() + "\n" + before(good, "SENTRY_DSN")), []cause.ID{cause.EnvFileBOM}},
		{"as YAML", sceneOf(strings.ReplaceAll(good, "=", ": ")), []cause.ID{cause.EnvReaderDivergence}},
		{"an unclosed quote before the DSN", sceneOf(strings.Replace(good, "DSN=", `DSN="`, 1)), []cause.ID{cause.EnvFileSyntax}},
		{"an unclosed quote before the environment", sceneOf(strings.Replace(good, "=", "='", 1)), []cause.ID{cause.EnvFileSyntax}},
		{"two quotes that close each other", sceneOf(strings.NewReplacer("production", `"production`, "v1", `v1"`).Replace(good)), []cause.ID{cause.EnvFileSyntax}},
		{"a line of prose", sceneOf("these are our settings\n" + good), []cause.ID{cause.EnvFileSyntax}},
		{"a DSN without =", sceneOf(strings.Replace(good, "DSN=", "DSN ", 1)), []cause.ID{cause.EnvFileSyntax}},
		{"prose, and a comment behind another value", sceneOf("these are our settings\nSENTRY_SAMPLE_RATE=1.0 # all\n" + good), []cause.ID{cause.EnvFileSyntax, cause.EnvReaderDivergence}},
		{"not UTF-8", sceneOf("A=\xff\n" + good), []cause.ID{cause.EnvFileUnreadable}},
		{"a DSN of another name", sceneOf(strings.Replace(good, "DSN", "DNS", 1)), []cause.ID{cause.EnvNameMisspelt}},
		{"an environment of another name", sceneOf(strings.Replace(good, "ENVIRONMENT", "ENV", 1)), []cause.ID{cause.EnvNameMisspelt}},
		{"an environment that is emptied", sceneOf(good, "SENTRY_ENVIRONMENT="), []cause.ID{cause.EnvShellEmptyShadows}},
		{"a DSN in quotes", sceneOf(strings.Replace(good, testDSN(), `"`+testDSN()+`"`, 1)), []cause.ID{cause.EnvReaderDivergence}},
		{"a reference to nothing", sceneOf(strings.Replace(good, "production", "${APP_ENV}", 1)), []cause.ID{cause.ValueUnexpanded}},
		{"export before the DSN", sceneOf(strings.Replace(good, "SENTRY_DSN", "export SENTRY_DSN", 1)), []cause.ID{cause.EnvReaderDivergence}},
		{"blanks around the = of the DSN", sceneOf(strings.Replace(good, "DSN=", "DSN = ", 1)), []cause.ID{cause.EnvReaderDivergence}},
		{"CR LF", sceneOf(strings.ReplaceAll(good, "\n", "\r\n")), []cause.ID{cause.EnvFileCRLF}},
		{"a line for which docker refuses the file", sceneOf(good + "OURS =x\nexport MINE=y\n"), nil},
		{"a rate that nothing has filled in", sceneOf(good, "SENTRY_SAMPLE_RATE=${RATE}"), []cause.ID{cause.ValueUnexpanded}},
		{"an application's own names", sceneOf(good+"SENTRY_DSN_FRONTEND=x\nSENTRY_ENABLED=1\nSENTRY_ORG_ID=7\nENTRY_URL=/\nDATABASE_URI=x\n", "SENTRY_KEEP_ALIVE=1", "SENTRY_TRACE=x"), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := test.scene.problems(t)
			if diff := cmp.Diff(test.want, roots(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, p := range got {
				if p.Follows != "" && len(only(got, p.Follows)) == 0 {
					t.Errorf("%s follows %s, which nobody names", p.Cause, p.Follows)
				}
			}
		})
	}
}

// roots are the causes of problems that follow from no other.
func roots(problems []Problem) []cause.ID {
	return ids(slices.DeleteFunc(slices.Clone(problems), func(p Problem) bool { return p.Follows != "" }))
}

func TestIntended(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"SENTRY_DNS": KeyDSN, "SENRTY_DSN": KeyDSN, "sentry_dsn": KeyDSN, "SENTRY_SDN": KeyDSN, "SENTRYDSN": KeyDSN, "SENTRY-DSN": KeyDSN, "SENTRY__DSN": KeyDSN, "SENTRY_DSN_": KeyDSN, "Sentry.Dsn": KeyDSN,
		"SENTRY_ENVIROMENT": KeyEnvironment, "SENTRY_RELASE": KeyRelease,
		"SENTRY_TRACE_SAMPLE_RATE": KeyTracesSampleRate, "SENTRY_PROFILE_SAMPLE_RATE": KeyProfilesSampleRate,
		"SENTRY_SEND_DEFAULT_PI": KeySendDefaultPII, "SENTRY_AUTHTOKEN": KeyAuthToken,
		"SENTRY_DSN": "", "SENTRY_DSN_2": "", "SENTRY_DSN_WORKER": "", "NEXT_PUBLIC_SENTRY_DSN": "",
		"SENTRY_JS_DSN": "", "SENTRY_URI": "", "SENTRY_NAME": "", "SENTRY_RELAY": "", "ENTRY_URL": "", "RELEASE": "", "GENTRY_PROJECT": "",
		"DATABASE_URI": "", "http_proxy": "", "database_url": "", "SENTRY": "", "": "",
	}
	for name, want := range tests {
		if got, _ := intended(name); got != want {
			t.Errorf("intended(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestTheGuidesOwnFile reads the file that the team's guide recommends: two of
// its readers take the comments for a part of the values.
func TestTheGuidesOwnFile(t *testing.T) {
	t.Parallel()
	c := load(t, tree(t, "seed"), "SENTRY_RELEASE=v1", "SENTRY_DSN="+testDSN())
	got := c.Problems()
	if diff := cmp.Diff([]cause.ID{cause.EnvReaderDivergence}, ids(got)); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
	for _, part := range []string{".env:3", `"1.0          # Capture all errors (important!)"`, "docker --env-file and systemd", "also SENTRY_TRACES_SAMPLE_RATE (line 4)"} {
		if !strings.Contains(got[0].Evidence, part) {
			t.Errorf("evidence %q lacks %q", got[0].Evidence, part)
		}
	}
	if got := load(t, tree(t, "portable"), "SENTRY_DSN="+testDSN()).Problems(); len(got) > 0 {
		t.Errorf("in the portable file: %+v", got)
	}
}

func TestSecretsAreMaskedInEvidence(t *testing.T) {
	t.Parallel()
	secret := "hunter" + "2hunter2"
	s := sceneOf("DATABASE_URL='postgresql://bb:"+secret+"@db/bb'\nSENTRY_AUTH_TOKEN="+secret+" # mine\nHTTPS_PROXY=u:"+secret+"@p\n",
		"DATABASE_URL=postgresql://bb:x"+secret+"@db/bb", "SENTRY_AUTH_TOKEN=")
	all := s.problems(t)
	if len(all) < 4 {
		t.Errorf("found only %v", ids(all))
	}
	for _, p := range all {
		if strings.Contains(p.Evidence+p.Fix, secret) {
			t.Errorf("%s shows a secret: %s / %s", p.Cause, p.Evidence, p.Fix)
		}
	}
}

func TestUnreadableEnvFiles(t *testing.T) {
	t.Parallel()
	prepare := map[string]func(t *testing.T, path string) error{
		"it is a folder":                  func(_ *testing.T, path string) error { return os.Mkdir(path, 0o755) },
		"it is a link that leads nowhere": func(_ *testing.T, path string) error { return os.Symlink("absent", path) },
		"permission denied": func(t *testing.T, path string) error {
			if os.Geteuid() <= 0 {
				t.Skip("root and Windows read everything")
			}
			return os.WriteFile(path, []byte("A=b\n"), 0o000)
		},
	}
	for want, make := range prepare {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := make(t, filepath.Join(dir, ".env")); err != nil {
				t.Fatal(err)
			}
			found := only(load(t, dir).Problems(), cause.EnvFileUnreadable)
			if len(found) != 1 || !strings.Contains(found[0].Evidence, want) {
				t.Errorf("got %+v", found)
			}
		})
	}
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// before is a text up to a part of it.
func before(text, part string) string {
	head, _, _ := strings.Cut(text, part)
	return head
}
