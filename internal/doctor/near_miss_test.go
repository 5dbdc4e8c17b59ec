package doctor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/check"
)

// TestNearMissesRaiseNothing holds what looks like a fault and is none: what an
// application keeps for itself, and values that are unusual and right.
func TestNearMissesRaiseNothing(t *testing.T) {
	t.Parallel()
	tests := applicationsOwn()
	for name, more := range rightValues() {
		tests[name] = more
	}
	if len(tests) < 60 {
		t.Errorf("%d near misses", len(tests))
	}
	for name, at := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if roots := at.examine(t).RootCauses(); len(roots) > 0 {
				t.Errorf("got %+v", roots)
			}
		})
	}
}

// applicationsOwn are variables that are none of Sentry's.
func applicationsOwn() map[string]surroundings {
	pem := "-----BEGIN KEY-----\nabc=\n-----END KEY-----"
	return map[string]surroundings{
		"a password with a dollar":         inFile("DATABASE_URL=postgresql://bb:pa$word@db:5432/bb", "DATABASE_URL=x"),
		"a database of the process's own":  {file: healthyFile("DATABASE_URL=postgresql://localhost/bb", "REDIS_URL=redis://localhost"), environ: []string{"DATABASE_URL=postgresql://db/bb", "REDIS_URL="}},
		"a password with two dollars":      inFile("DATABASE_URL=postgresql://bb:pa$$word@db:5432/bb"),
		"a password with #":                inFile("DATABASE_URL=postgresql://bb:pa#word@db:5432/bb"),
		"a URL in quotes":                  inFile(`DATABASE_PRIMARY="postgresql://bb:secret@db:5432/bb"`),
		"a password with a backquote":      inProcess("DATABASE_URL=postgresql://bb:a`b`c@db/bb"),
		"a password with $(":               inProcess("DATABASE_URL=postgresql://bb:a$(b)c@db/bb"),
		"a value with blanks":              inFile("APP_NAME=Booked Barber"),
		"a value with blanks in quotes":    inFile(`APP_NAME="Booked Barber"`),
		"a value with =":                   inFile("SECRET_KEY=abc=def=="),
		"a comment behind a value":         inFile("LOG_LEVEL=info # debug"),
		"a comment that names a variable":  inFile("# SENTRY_DSN=none", "#SENTRY_DEBUG=true"),
		"an apostrophe":                    inFile("OWNER=O'Brien's"),
		"an apostrophe in prose":           inFile("MOTD=it's nice"),
		"a parenthesis":                    inFile("TITLE=Booked (dev)"),
		"rates of a part":                  inFile("SENTRY_TRACES_SAMPLE_RATE_UI=1", "SENTRY_ENVIRONMENT_UI=x", "SENTRY_PROFILE_SESSION_SAMPLE_RATE=1"),
		"services of a cluster":            inProcess("SENTRY_SERVICE_HOST=10.96.0.12", "SENTRY_PORT=tcp://10.96.0.12:9000", "SENTRY_SERVICE_PORT=9000"),
		"an inch":                          inFile(`HEIGHT=5'10"`),
		"JSON":                             inFile(`FEATURES={"a": [1, 2], "b": "c"}`),
		"JSON in quotes":                   inFile(`FEATURES='{"a": "b"}'`),
		"a cron expression":                inFile("CLEANUP=*/5 * * * *"),
		"a path of Windows":                inFile(`HOME_DIR=C:\Users\bb\new`),
		"a URL with &":                     inFile("CALLBACK=https://example.com/?a=1&b=2"),
		"brackets":                         inFile("MATCH=^(a|b)$"),
		"an empty variable":                inFile("SMTP_PASSWORD="),
		"blanks around the =":              inFile("PORT = 8000"),
		"export":                           inFile("export PORT=8000"),
		"export without a value":           inFile("PORT=8000", "export PORT=8000"),
		"a variable twice":                 inFile("PORT=8000", "PORT=8001"),
		"a key of several lines":           inFile(`SIGNING_KEY="` + pem + `"`),
		"a key with \\n":                   inFile(`SIGNING_KEY="` + strings.ReplaceAll(pem, "\n", `\n`) + `"`),
		"a reference":                      inFile("HOST=db", "CACHE_URL=redis://${HOST}:6379/0"),
		"a reference to nothing":           inFile("CACHE_URL=redis://${CACHE_HOST}:6379/0"),
		"a command":                        inFile("BUILD=$(date)"),
		"lower case":                       inFile("debug=true", "port=8000"),
		"letters beyond ASCII":             inFile("STADT=München"),
		"an own DSN":                       inFile("MY_DSN=x", "MYSQL_DSN=user:pw@tcp(db)/bb"),
		"a DSN of the front end":           inFile("SENTRY_DSN_FRONTEND=x", "NEXT_PUBLIC_SENTRY_DSN=x", "VITE_SENTRY_DSN=x"),
		"an own rate":                      inFile("TRACES_SAMPLE_RATE_UI=2", "LOG_SAMPLE_RATE=10"),
		"a rate of Datadog":                inFile("DD_TRACE_SAMPLE_RATE=1"),
		"the web API":                      inFile("SENTRY_ORG=bookedbarber", "SENTRY_PROJECT=web", "SENTRY_URL=https://sentry.example.com/"),
		"a level of sentry-cli":            inFile("SENTRY_LOG_LEVEL=debug"),
		"a switch of the application":      inFile("SENTRY_ENABLED=true", "SENTRY_TIMEOUT=2"),
		"a name of the application":        inFile("SENTRY_RELEASE_NAME=x", "SENTRY_ENVIRONMENT_NAME=x"),
		"the same number":                  {file: healthyFile(), environ: []string{"SENTRY_SAMPLE_RATE=1", "SENTRY_DEBUG=False"}},
		"a DSN of something else":          inFile("DSN=user:pw@tcp(db)/bb"),
		"another debug":                    inFile("DEBUG=True", "APP_DEBUG=1"),
		"another environment":              inFile("APP_ENV=dev", "ENVIRONMENT=local", "FLASK_ENV=development"),
		"headers of a trace":               inProcess("SENTRY_TRACE=x", "SENTRY_BAGGAGE=y"),
		"what the SDK reads beside":        inProcess("SENTRY_SERVER_NAME=web-1", "SENTRY_KEEP_ALIVE=1"),
		"another product's release":        inFile("HELM_RELEASE=latest", "RELEASE=feature/x"),
		"a misspelt name beside the right": inFile("SENTRY_DNS=x", "SENTRY_ENV=production", "SENTRY_TRACE_SAMPLE_RATE=0.050", "SENTRY_SEND_PII=no"),
		"a very long value":                inFile("BLOB=" + strings.Repeat("x", 9000)),
	}
}

// rightValues are settings that are unusual and right.
func rightValues() map[string]surroundings {
	dsn, key := envDSN(), envKey()
	proxied := func(no string) surroundings {
		return surroundings{file: healthyFile(), environ: []string{"HTTPS_PROXY=http://proxy.internal:3128", "NO_PROXY=" + no}}
	}
	return map[string]surroundings{
		"staging2":                        inFile("SENTRY_ENVIRONMENT=staging2"),
		"production-eu":                   inFile("SENTRY_ENVIRONMENT=production-eu"),
		"a branch's environment":          inFile("SENTRY_ENVIRONMENT=feature-booking-42"),
		"preprod":                         inFile("SENTRY_ENVIRONMENT=preprod"),
		"qa":                              inFile("SENTRY_ENVIRONMENT=qa", "SENTRY_DEBUG=true"),
		"test, with a receiver":           inFile("SENTRY_ENVIRONMENT=test", "SENTRY_DSN=http://"+key+"@127.0.0.1:8969/1"),
		"a semantic version":              inFile("SENTRY_RELEASE=1.2.3"),
		"a version with build data":       inFile("SENTRY_RELEASE=bookedbarber@1.2.3-rc.1+build.5"),
		"a commit":                        inFile("SENTRY_RELEASE=0123456789abcdef0123456789abcdef01234567"),
		"a short commit":                  inFile("SENTRY_RELEASE=0123abc"),
		"a release with blanks":           inProcess("SENTRY_RELEASE=booked barber 2.1"),
		"latest-1":                        inFile("SENTRY_RELEASE=latest-1"),
		"a release of the platform":       {file: healthyFile("-SENTRY_RELEASE"), environ: []string{"HEROKU_SLUG_COMMIT=0123abc"}},
		"a rate of 1":                     inFile("SENTRY_SAMPLE_RATE=1"),
		"a rate of .05":                   inFile("SENTRY_TRACES_SAMPLE_RATE=.05"),
		"a rate of 1e-1":                  inFile("SENTRY_TRACES_SAMPLE_RATE=1e-1"),
		"a rate of +0.5":                  inFile("SENTRY_TRACES_SAMPLE_RATE=+0.5"),
		"a rate of 0.1000":                inFile("SENTRY_TRACES_SAMPLE_RATE=0.1000"),
		"blanks around a rate":            inProcess("SENTRY_SAMPLE_RATE= 1.0 "),
		"profiles off":                    inFile("SENTRY_PROFILES_SAMPLE_RATE=0"),
		"the table's rate in development": inFile("SENTRY_ENVIRONMENT=development", "SENTRY_TRACES_SAMPLE_RATE=0.1"),
		"a low rate of an own name":       inFile("SENTRY_ENVIRONMENT=load-test", "SENTRY_TRACES_SAMPLE_RATE=0.001"),
		"debug in development":            inFile("SENTRY_ENVIRONMENT=development", "SENTRY_DEBUG=true", "SENTRY_TRACES_SAMPLE_RATE=1.0"),
		"False":                           inFile("SENTRY_DEBUG=False", "SENTRY_SEND_DEFAULT_PII=0"),
		"off":                             inFile("SENTRY_DEBUG=off", "SENTRY_SEND_DEFAULT_PII=no"),
		"the same in process and file":    {file: healthyFile(), environ: []string{"SENTRY_DSN=" + dsn, "SENTRY_ENVIRONMENT=production"}},
		"the file's DSN empty, not the process's": {file: healthyFile("SENTRY_DSN="), environ: []string{"SENTRY_DSN=" + dsn}},
		"NO_PROXY without a proxy":                {file: healthyFile(), environ: []string{"NO_PROXY=*,.io,"}},
		"NO_PROXY for others":                     proxied("localhost,127.0.0.1,.internal,10.0.0.0/8"),
		"NO_PROXY with a star for others":         proxied("localhost,*.internal"),
		"NO_PROXY with blanks":                    proxied("localhost, 127.0.0.1"),
		"NO_PROXY and loopback": {
			file:    healthyFile("SENTRY_ENVIRONMENT=development", "SENTRY_TRACES_SAMPLE_RATE=1.0", "SENTRY_DSN=http://"+key+"@127.0.0.1:8969/1"),
			environ: []string{"HTTP_PROXY=http://proxy.internal:3128", "NO_PROXY=localhost,127.0.0.1"},
		},
		"an http proxy, and an exception for https": {file: healthyFile(), environ: []string{"http_proxy=http://proxy.internal:3128", "NO_PROXY=other.example.com:443"}},
		"an empty proxy":              {file: healthyFile(), environ: []string{"HTTPS_PROXY=", "https_proxy=", "NO_PROXY=sentry.io"}},
		"a SOCKS proxy":               {file: healthyFile(), environ: []string{"ALL_PROXY=socks5://proxy.internal:1080"}},
		"a proxy with a password":     {file: healthyFile(), environ: []string{"HTTPS_PROXY=http://bb:p%40ss@proxy.internal:3128/"}},
		"an empty SSL_CERT_FILE":      {file: healthyFile(), environ: []string{"SSL_CERT_FILE="}},
		"Spotlight off":               inFile("SENTRY_SPOTLIGHT=false"),
		"Spotlight in development":    inFile("SENTRY_ENVIRONMENT=development", "SENTRY_TRACES_SAMPLE_RATE=1.0", "SENTRY_SPOTLIGHT=1"),
		"a self-hosted server":        inFile("SENTRY_DSN=https://" + key + "@sentry.example.com:9443/sentry/2"),
		"the oldest host":             inFile("SENTRY_DSN=https://" + key + "@sentry.io/1"),
		"no newline at the end":       {file: strings.TrimSpace(healthyFile())},
		"empty lines and comments":    {file: "\n\n# ours\n\n" + strings.ReplaceAll(healthyFile(), "\n", "\n\n# x\n")},
		"a file for its group":        {file: healthyFile(), mode: 0o640},
		"development for all to read": {file: healthyFile("SENTRY_ENVIRONMENT=development", "SENTRY_TRACES_SAMPLE_RATE=1.0"), mode: 0o644},
		"a virtual environment":       {file: "none", environ: strings.Split(strings.TrimSpace(healthyFile()), "\n"), prepare: virtualenvInstead},
		"git ignores the file":        {file: healthyFile(), prepare: inCheckout(".env\n")},
		"git ignores all such files":  {file: healthyFile(), prepare: inCheckout(".env*\n!.env.example\n")},
	}
}

// virtualenvInstead is a folder of Python's, which some call .env.
func virtualenvInstead(t *testing.T, dir string) {
	t.Helper()
	folderInstead(t, dir)
	if err := os.WriteFile(filepath.Join(dir, ".env", "pyvenv.cfg"), []byte("home = /usr/bin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestHealthySetupsAreClean holds setups as people have them: nothing failed,
// and nothing to know.
func TestHealthySetupsAreClean(t *testing.T) {
	t.Parallel()
	everything := strings.Split(strings.TrimSpace(healthyFile()), "\n")
	tests := map[string]surroundings{
		"production":         {file: healthyFile(), mode: 0o600},
		"a container":        {file: "none", environ: append(everything, "PATH=/usr/bin", "HOSTNAME=web-1", "HOME=/")},
		"CI":                 {file: "none", environ: append(everything, "CI=true", "GITHUB_SHA=0123abc", "GITHUB_REF=refs/heads/feature/x", "SENTRY_ORG=bb", "SENTRY_PROJECT=web")},
		"CI with a token":    {file: "none", environ: append(everything, "CI=true", "SENTRY_AUTH_TOKEN=x", "SENTRY_LOG_LEVEL=info")},
		"both, and the same": {file: healthyFile(), environ: everything},
		"without the rates":  {file: healthyFile("-SENTRY_SAMPLE_RATE", "-SENTRY_TRACES_SAMPLE_RATE", "-SENTRY_PROFILES_SAMPLE_RATE", "-SENTRY_DEBUG", "-SENTRY_SEND_DEFAULT_PII")},
	}
	for name, at := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := at.examine(t)
			for _, item := range report.Checks {
				noFile := strings.HasPrefix(item.ID, "env-") && item.Outcome == check.Skip && at.file == "none"
				if item.Group != "ingest" && item.Group != "processes" && item.Outcome != check.Pass && !noFile {
					t.Errorf("%s: %s %s %s", item.ID, item.Outcome, item.Cause, item.Detail)
				}
			}
		})
	}
}

// TestFilesThatSetupWritesAreClean looks at what `bbctl setup --preset` writes.
func TestFilesThatSetupWritesAreClean(t *testing.T) {
	t.Parallel()
	for _, preset := range []string{"development", "staging", "production"} {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "env", "setup", preset+".env"))
			if err != nil {
				t.Fatal(err)
			}
			at := surroundings{
				file:    strings.Replace(string(text), "SENTRY_DSN=\n", "SENTRY_DSN="+envDSN()+"\n", 1),
				environ: []string{"SENTRY_RELEASE=0123abc"}, prepare: inCheckout(".env\n"),
			}
			if !strings.Contains(at.file, envDSN()) {
				t.Fatal("the file has no place for a DSN")
			}
			if roots := at.examine(t).RootCauses(); len(roots) > 0 {
				t.Errorf("got %+v", roots)
			}
		})
	}
}
