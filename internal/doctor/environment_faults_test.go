package doctor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// environmentFault is a fault and the surroundings in which it is found.
type environmentFault struct {
	id       cause.ID
	name     string
	at       surroundings
	evidence string     // parts, separated by |
	beside   []cause.ID // warnings that are right too
}

// inFile is a healthy .env in which lines take the place of their like.
func inFile(lines ...string) surroundings { return surroundings{file: healthyFile(lines...)} }

// inProcess is a healthy .env without some variables, and a process environment
// that holds them.
func inProcess(environ ...string) surroundings {
	var without []string
	for _, line := range environ {
		if key, _, _ := strings.Cut(line, "="); strings.HasPrefix(key, "SENTRY_") {
			without = append(without, "-"+key)
		}
	}
	return surroundings{file: healthyFile(without...), environ: environ}
}

func environmentFaults() []environmentFault {
	return append(append(dsnFaults(), fileFaults()...), settingFaults()...)
}

func dsnFaults() []environmentFault {
	key, host := envKey(), "@o42.ingest.us.sentry.io"
	const line, process = ".env:1|SENTRY_DSN", "process environment|SENTRY_DSN"
	return []environmentFault{
		{cause.DSNMissing, "empty in the file", inFile("SENTRY_DSN="), line + "|empty", nil},
		{cause.DSNMissing, "not in the file", inFile("-SENTRY_DSN"), ".env|set nowhere", nil},
		{cause.DSNMissing, "blanks in the process", inProcess("SENTRY_DSN=  "), process, nil},
		{cause.DSNQuoted, "in the process", inProcess(`SENTRY_DSN="` + envDSN() + `"`), process + "|quote", nil},
		{cause.DSNQuoted, "a backquote", inProcess("SENTRY_DSN=`" + envDSN()), process + "|quote", nil},
		{cause.DSNQuoted, "one, at the end", inFile("SENTRY_DSN=" + envDSN() + `"`), line, nil},
		{cause.DSNPrefixed, "by its name", inFile("SENTRY_DSN=SENTRY_DSN=" + envDSN()), line, nil},
		{cause.DSNPrefixed, "by export", inProcess("SENTRY_DSN=export SENTRY_DSN=" + envDSN()), process, nil},
		{cause.DSNUnexpanded, "in the process", inProcess("SENTRY_DSN=${SENTRY_DSN}"), process + "|${SENTRY_DSN}", nil},
		{cause.DSNUnexpanded, "without braces", inFile("SENTRY_DSN=$SENTRY_DSN"), line, nil},
		{cause.DSNUnexpanded, "in the file", inFile("SENTRY_DSN=${REAL_DSN}"), line + "|${REAL_DSN}", nil},
		{cause.DSNUnexpanded, "of itself", inFile("SENTRY_DSN=${SENTRY_DSN}"), line + "|${SENTRY_DSN}", nil},
		{cause.DSNUnexpanded, "a key in it", inFile("SENTRY_DSN=https://${SENTRY_KEY}" + host + "/1"), line + "|${SENTRY_KEY}", nil},
		{cause.DSNUnexpanded, "a template", inProcess("SENTRY_DSN={{ sentry_dsn }}"), process, nil},
		{cause.DSNUnexpanded, "None", inFile("SENTRY_DSN=None"), line, nil},
		{cause.DSNUnexpanded, "angle brackets", inProcess("SENTRY_DSN=<your dsn>"), process, nil},
		{cause.DSNPlaceholder, "the guide's", inFile("SENTRY_DSN=https://your-key@org.ingest.sentry.io/project-id"), line, nil},
		{cause.DSNPlaceholder, "the documentation's", inProcess("SENTRY_DSN=https://examplePublicKey@o0.ingest.sentry.io/0"), process, nil},
		{cause.DSNNoScheme, "none", inFile("SENTRY_DSN=" + key + host + "/1"), line, nil},
		{cause.DSNNoScheme, "another", inFile("SENTRY_DSN=htps://" + key + host + "/1"), line, nil},
		{cause.DSNNoKey, "no @", inFile("SENTRY_DSN=https://o42.ingest.us.sentry.io/1"), line, nil},
		{cause.DSNKeyMalformed, "cut", inFile("SENTRY_DSN=https://" + key[:31] + host + "/1"), line + "|31", nil},
		{cause.DSNNoKey, "a colon alone", inFile("SENTRY_DSN=https://:" + host + "/1"), line + "|no public key", nil},
		{cause.DSNPlaceholder, "a word", inFile("SENTRY_DSN=REPLACE_ME"), line, nil},
		{cause.DSNPlaceholder, "a name between marks", inFile("SENTRY_DSN=@@SENTRY_DSN@@"), line, nil},
		{cause.DSNPlaceholder, "a key in angle brackets", inFile("SENTRY_DSN=https://<key>" + host + "/1"), line + "|the key", nil},
		{cause.DSNUnexpanded, "a secret that is still encrypted", inFile("SENTRY_DSN=ENC[AES256_GCM,data:abc]"), line, nil},
		{cause.DSNUnexpanded, "a reference to a secret", inProcess("SENTRY_DSN=!!SecretRef sentry"), process, nil},
		{cause.DSNStrayCharacters, "angle brackets", inFile("SENTRY_DSN=<" + envDSN() + ">"), line + "|angle brackets around", nil},
		{cause.DSNStrayCharacters, "a semicolon", inFile("SENTRY_DSN=" + envDSN() + ";"), line + "|a ;", nil},
		{cause.DSNStrayCharacters, "a parenthesis", inFile("SENTRY_DSN=" + envDSN() + ")"), line + "|a )", nil},
		{cause.DSNStrayCharacters, "a blank inside", inFile("SENTRY_DSN=" + envDSN()[:40] + " " + envDSN()[40:]), line + "|a blank inside", nil},
		{cause.DSNQueryOptions, "two", inFile("SENTRY_DSN=" + envDSN() + "?verify_ssl=0&timeout=3"), line, nil},
		{cause.DSNMissing, "empty quotes", inFile(`SENTRY_DSN=""`), line + "|empty", nil},
		{cause.DSNMissing, "blanks in the file", inFile("SENTRY_DSN=   "), line + "|empty", nil},
		{cause.DSNNoProject, "none", inFile("SENTRY_DSN=https://" + key + host), line, nil},
		{cause.DSNProjectNotNumeric, "a name", inFile("SENTRY_DSN=https://" + key + host + "/web"), line, nil},
		{cause.DSNStrayCharacters, "a slash", inFile("SENTRY_DSN=" + envDSN() + "/"), line + "|slash", nil},
		{cause.DSNStrayCharacters, "a newline", inProcess("SENTRY_DSN=" + envDSN() + "\n"), process + "|newline", nil},
		{cause.DSNStrayCharacters, "a comment", inProcess("SENTRY_DSN=" + envDSN() + " # ours"), process + "|comment", nil},
		{cause.DSNBadPort, "too high", inFile("SENTRY_DSN=https://" + key + "@sentry.example.com:99999/1"), line + "|99999", nil},
		{cause.DSNIPv6Literal, "in brackets", inFile("SENTRY_DSN=https://" + key + "@[2001:db8::1]/1"), line + "|IPv6", nil},
		{cause.DSNQueryOptions, "a time-out", inFile("SENTRY_DSN=" + envDSN() + "?timeout=1"), line + "|?", nil},
		{cause.DSNSecretKey, "of old", inFile("SENTRY_DSN=https://" + key + ":" + key + host + "/1"), line + "|secret", nil},
		{cause.DSNPlainHTTP, "to a public host", inFile("SENTRY_DSN=http://" + key + "@sentry.example.com/1"), line + "|clear", nil},
		{cause.DSNLocalReceiver, "in production", inFile("SENTRY_DSN=http://" + key + "@localhost:8969/1"), line + "|production", nil},
		{cause.DSNInternalHost, "of one word", inFile("SENTRY_DSN=https://" + key + "@sentry/1"), line + "|inside", nil},
	}
}

func fileFaults() []environmentFault {
	everything := strings.Split(strings.TrimSpace(healthyFile()), "\n")
	return []environmentFault{
		{cause.EnvFileMissing, "and no DSN in the process", surroundings{file: "none", environ: []string{"SENTRY_DSN=" + envDSN(), "SENTRY_RELEASE=v1"}}, "no .env file|SENTRY_ENVIRONMENT", []cause.ID{cause.EnvironmentMissing}},
		{cause.EnvFileUnreadable, "a folder", surroundings{file: "none", environ: everything, prepare: folderInstead}, ".env|folder", nil},
		{cause.EnvFileUnreadable, "not UTF-8", inFile("A=\xff"), ".env|line 1 is not UTF-8", nil},
		{cause.EnvFileUnreadable, "NUL", inFile("A=\x00"), ".env|NUL", nil},
		{cause.EnvFileSyntax, "a line of prose", inFile("these are our settings"), ".env:1|python-dotenv|line 1", nil},
		{cause.EnvFileSyntax, "an open quote", inFile(`SENTRY_ENVIRONMENT="production`), ".env:1|python-dotenv|line 1|quote", nil},
		{cause.EnvFileSyntax, "an open quote at a variable of the application's", inFile(`SECRET_KEY="abc`), ".env:1|line 1", nil},
		{cause.EnvFileSyntax, "a marker of a merge", inFile("<<<<<<< HEAD", "A=b", "=======", "A=c", ">>>>>>> main"), ".env:1", nil},
		{cause.EnvFileSyntax, "a section", inFile("[sentry]"), ".env:1", nil},
		{cause.EnvFileSyntax, "prose before a DSN as in YAML", inFile("FOO bar baz", "SENTRY_DSN: "+envDSN()), ".env:1|python-dotenv drops line 1|godotenv refuses the whole file", nil},
		{cause.EnvFileSyntax, "prose, and who refuses the file", inFile("this is not a setting"), "godotenv refuses the whole file|docker --env-file refuses the whole file", nil},
		{cause.EnvFileSyntax, "a DSN without its name", inFile("-SENTRY_DSN", envDSN()), ".env:2|without SENTRY_DSN=", nil},
		{cause.EnvFileSyntax, "a file for a shell that the shell refuses", inFile("export PORT=8000", "MOTD=it's nice"), ".env:2|a shell refuses the file at line 2", nil},
		{cause.EnvFileBOM, "before a variable", surroundings{file: "\ufeff" + healthyFile()}, ".env:1|byte-order mark", nil},
		{cause.EnvFileBOM, "before a comment", surroundings{file: "\ufeff# ours\n" + healthyFile()}, ".env:1|byte-order mark", nil},
		{cause.EnvFileCRLF, "throughout", surroundings{file: strings.ReplaceAll(healthyFile(), "\n", "\r\n")}, ".env:1|CR LF", nil},
		{cause.EnvReaderDivergence, "a comment behind a value", inFile("SENTRY_SAMPLE_RATE=1.0 # all"), ".env:1|SENTRY_SAMPLE_RATE|docker --env-file and systemd", nil},
		{cause.EnvReaderDivergence, "quotes", inFile(`SENTRY_DSN="` + envDSN() + `"`), ".env:1|SENTRY_DSN|docker", nil},
		{cause.EnvReaderDivergence, "single quotes", inFile("SENTRY_ENVIRONMENT='production'"), ".env:1|SENTRY_ENVIRONMENT|docker", nil},
		{cause.EnvReaderDivergence, "blanks around the =", inFile("SENTRY_DSN = " + envDSN()), ".env:1|SENTRY_DSN|shell|docker", nil},
		{cause.EnvReaderDivergence, "export", inFile("export SENTRY_DSN=" + envDSN()), ".env:1|SENTRY_DSN|docker|systemd", nil},
		{cause.EnvReaderDivergence, "a colon", inFile("SENTRY_DSN: " + envDSN()), ".env:1|SENTRY_DSN|not set for python-dotenv|godotenv", nil},
		{cause.EnvReaderDivergence, "a colon without a blank", inFile("SENTRY_ENVIRONMENT:production"), ".env:1|SENTRY_ENVIRONMENT|not set for python-dotenv", nil},
		{cause.EnvReaderDivergence, "a dollar", inFile("SENTRY_RELEASE=v1$build"), ".env:1|SENTRY_RELEASE|shell", nil},
		{cause.EnvReaderDivergence, "a reference", inFile("VERSION=2", "SENTRY_RELEASE=app@${VERSION}"), ".env:2|SENTRY_RELEASE|docker", nil},
		{cause.EnvReaderDivergence, "a no-break space", inFile("SENTRY_DSN=" + envDSN() + "\u00a0"), ".env:1|SENTRY_DSN|a no-break space (U+00A0)", nil},
		{cause.EnvKeyDuplicate, "of two values", inFile("SENTRY_ENVIRONMENT=staging", "SENTRY_ENVIRONMENT=production"), ".env:2|SENTRY_ENVIRONMENT|lines 1 and 2; line 2 wins", nil},
		{cause.EnvShellShadows, "another environment", surroundings{file: healthyFile(), environ: []string{"SENTRY_ENVIRONMENT=qa"}}, "process environment|SENTRY_ENVIRONMENT|qa|production in .env:2", nil},
		{cause.EnvShellEmptyShadows, "the DSN", surroundings{file: healthyFile(), environ: []string{"SENTRY_DSN="}}, "process environment|SENTRY_DSN|.env:1", nil},
		{cause.EnvShellEmptyShadows, "the environment", surroundings{file: healthyFile(), environ: []string{"SENTRY_ENVIRONMENT="}}, "process environment|SENTRY_ENVIRONMENT|.env:2", nil},
		{cause.EnvNameMisspelt, "SENTRY_ENV", inFile("-SENTRY_ENVIRONMENT", "SENTRY_ENV=staging", "SENTRY_TRACES_SAMPLE_RATE=0.1"), ".env:2|SENTRY_ENV |SENTRY_ENVIRONMENT", nil},
		{cause.EnvNameMisspelt, "a rate", inFile("-SENTRY_TRACES_SAMPLE_RATE", "SENTRY_TRACE_SAMPLE_RATE=0.05"), ".env:2|SENTRY_TRACE_SAMPLE_RATE", nil},
		{cause.EnvNameMisspelt, "beside the right one", inFile("SENTRY_ENV=staging"), ".env:1|SENTRY_ENV is staging|SENTRY_ENVIRONMENT is production (.env:3)", nil},
		{cause.EnvNameMisspelt, "the DSN beside the right one", inFile("SENTRY_DNS=" + envDSN() + "1"), ".env:1|SENTRY_DNS", nil},
		{cause.EnvNameMisspelt, "another name for sampling", inFile("-SENTRY_TRACES_SAMPLE_RATE", "SENTRY_TRACES_SAMPLING_RATE=0.05"), ".env:2|SENTRY_TRACES_SAMPLING_RATE", nil},
		{cause.EnvNameMisspelt, "another name for errors", inFile("-SENTRY_SAMPLE_RATE", "SENTRY_SAMPLING_RATE=1.0"), ".env:2|SENTRY_SAMPLING_RATE", nil},
		{cause.EnvNameMisspelt, "another name for profiles", inFile("-SENTRY_PROFILES_SAMPLE_RATE", "SENTRY_PROFILING_SAMPLE_RATE=0.05"), ".env:2|SENTRY_PROFILING_SAMPLE_RATE", nil},
		{cause.EnvNameMisspelt, "another name for transactions", inFile("-SENTRY_TRACES_SAMPLE_RATE", "SENTRY_TRANSACTIONS_SAMPLE_RATE=0.05"), ".env:2|SENTRY_TRANSACTIONS_SAMPLE_RATE", nil},
		{cause.EnvNameMisspelt, "another name for performance", inFile("-SENTRY_TRACES_SAMPLE_RATE", "SENTRY_PERFORMANCE_SAMPLE_RATE=0.05"), ".env:2|SENTRY_PERFORMANCE_SAMPLE_RATE", nil},
		{cause.EnvNameMisspelt, "a part too many", inFile("-SENTRY_ENVIRONMENT", "SENTRY_ENVIRONMENT_NAME=production"), ".env:2|SENTRY_ENVIRONMENT_NAME", nil},
		{cause.EnvNameMisspelt, "a release with a part too many", inFile("-SENTRY_RELEASE", "SENTRY_RELEASE_VERSION=v1"), ".env:2|SENTRY_RELEASE_VERSION", nil},
		{cause.EnvNameMisspelt, "letters that have changed places", inFile("-SENTRY_ENVIRONMENT", "SETNRY_ENVIRONMENT=production"), ".env:2|SETNRY_ENVIRONMENT", nil},
		{cause.EnvNameMisspelt, "a part too few", inFile("-SENTRY_SEND_DEFAULT_PII", "SENTRY_PII=false"), ".env:2|SENTRY_PII", nil},
		{cause.EnvNameMisspelt, "the DSN", inFile("-SENTRY_DSN", "SENTRY_DNS="+envDSN()), ".env:2|SENTRY_DNS", nil},
		{cause.EnvNameMisspelt, "the DSN in lower case", inFile("-SENTRY_DSN", "sentry_dsn="+envDSN()), ".env:2|sentry_dsn", nil},
		{cause.EnvNameMisspelt, "the DSN, its first word", inFile("-SENTRY_DSN", "SENTY_DSN="+envDSN()), ".env:2|SENTY_DSN", nil},
		{cause.EnvNameMisspelt, "the DSN without its underscore", inFile("-SENTRY_DSN", "SENTRYDSN="+envDSN()), ".env:2|SENTRYDSN", nil},
		{cause.EnvNameMisspelt, "the DSN with an underscore more", surroundings{file: healthyFile("-SENTRY_DSN"), environ: []string{"SENTRY_DSN_=" + envDSN()}}, "process environment|SENTRY_DSN_", nil},
		{cause.EnvNameMisspelt, "the DSN as SENTRY_URL", inFile("-SENTRY_DSN", "SENTRY_URL="+envDSN()), ".env:2|SENTRY_URL", nil},
		{cause.EnvNameMisspelt, "the DSN as DSN", inFile("-SENTRY_DSN", "DSN="+envDSN()), ".env:2|DSN ", nil},
		{cause.EnvFileSyntax, "JSON", surroundings{file: `{"SENTRY_DSN": "` + envDSN() + `"}`, environ: []string{"SENTRY_ENVIRONMENT=qa", "SENTRY_RELEASE=v1"}}, ".env:1|line 1", nil},
		{cause.EnvFileSyntax, "a command of Windows", inFile("set SENTRY_DSN="+envDSN(), "-SENTRY_DSN"), ".env:1|line 1", nil},
		{cause.EnvFileUnreadable, "UTF-16", surroundings{file: "\xff\xfeS\x00E\x00", environ: []string{"SENTRY_ENVIRONMENT=qa", "SENTRY_RELEASE=v1"}}, ".env|NUL", nil},
		{cause.EnvShellEmptyShadows, "a blank", surroundings{file: healthyFile(), environ: []string{"SENTRY_DSN= "}}, "process environment|SENTRY_DSN", nil},
		{cause.EnvFileTracked, "not ignored", surroundings{file: healthyFile(), prepare: inCheckout("*.log\n")}, ".env|ignore", nil},
		{cause.EnvFileExposed, "production, for all to read", surroundings{file: healthyFile(), mode: 0o644}, ".env|0644|production", nil},
		{cause.EnvFileExposed, "for all to change", surroundings{file: healthyFile("SENTRY_ENVIRONMENT=development", "SENTRY_TRACES_SAMPLE_RATE=1.0"), mode: 0o666}, ".env|0666", nil},
		{cause.EnvFileExposed, "a token, for all to read", surroundings{file: healthyFile("SENTRY_ENVIRONMENT=development", "SENTRY_TRACES_SAMPLE_RATE=1.0", "SENTRY_AUTH_TOKEN=x"), mode: 0o644}, ".env|SENTRY_AUTH_TOKEN", nil},
	}
}

func settingFaults() []environmentFault {
	proxied := func(environ ...string) surroundings {
		return surroundings{file: healthyFile(), environ: append(environ, "HTTPS_PROXY=http://proxy.internal:3128")}
	}
	return []environmentFault{
		{cause.RateNotANumber, "a percentage", inFile("SENTRY_TRACES_SAMPLE_RATE=10%"), ".env:1|SENTRY_TRACES_SAMPLE_RATE|10%", nil},
		{cause.RateNotANumber, "a word", inProcess("SENTRY_SAMPLE_RATE=all"), "process environment|SENTRY_SAMPLE_RATE|all", nil},
		{cause.RateNotANumber, "with its comment", inProcess("SENTRY_SAMPLE_RATE=1.0   # all"), "process environment|SENTRY_SAMPLE_RATE", nil},
		{cause.RateDecimalComma, "a twentieth", inFile("SENTRY_TRACES_SAMPLE_RATE=0,05"), ".env:1|SENTRY_TRACES_SAMPLE_RATE|0,05", nil},
		{cause.RateOutOfRange, "a percentage", inFile("SENTRY_TRACES_SAMPLE_RATE=10"), ".env:1|SENTRY_TRACES_SAMPLE_RATE|10|percentage", nil},
		{cause.RateOutOfRange, "below 0", inFile("SENTRY_PROFILES_SAMPLE_RATE=-0.5"), ".env:1|SENTRY_PROFILES_SAMPLE_RATE|-0.5", nil},
		{cause.SampleRateZero, "0", inFile("SENTRY_SAMPLE_RATE=0"), ".env:1|SENTRY_SAMPLE_RATE|no error", nil},
		{cause.SampleRateZero, "0.00", inFile("SENTRY_SAMPLE_RATE=0.00"), ".env:1|SENTRY_SAMPLE_RATE", nil},
		{cause.SampleRateLow, "a quarter", inFile("SENTRY_SAMPLE_RATE=0.25"), ".env:1|SENTRY_SAMPLE_RATE|75 %", nil},
		{cause.TracesRateZero, "0", inFile("SENTRY_TRACES_SAMPLE_RATE=0", "SENTRY_PROFILES_SAMPLE_RATE=0"), ".env:1|SENTRY_TRACES_SAMPLE_RATE", nil},
		{cause.TracesRateLow, "in production", inFile("SENTRY_TRACES_SAMPLE_RATE=0.001"), ".env:1|SENTRY_TRACES_SAMPLE_RATE|2995 requests", nil},
		{cause.TracesRateLow, "in development, below the table's", inFile("SENTRY_ENVIRONMENT=development", "SENTRY_TRACES_SAMPLE_RATE=0.05"), ".env:2|SENTRY_TRACES_SAMPLE_RATE|development", nil},
		{cause.TracesRateCostly, "in production", inFile("SENTRY_TRACES_SAMPLE_RATE=1.0"), ".env:1|SENTRY_TRACES_SAMPLE_RATE|production", nil},
		{cause.ProfilesWithoutTraces, "without traces", inFile("-SENTRY_TRACES_SAMPLE_RATE", "SENTRY_PROFILES_SAMPLE_RATE=1.0"), "SENTRY_PROFILES_SAMPLE_RATE|SENTRY_TRACES_SAMPLE_RATE", nil},
		{cause.BooleanMalformed, "a word", inFile("SENTRY_DEBUG=enabled"), ".env:1|SENTRY_DEBUG|enabled", nil},
		{cause.BooleanMalformed, "two words", inFile("SENTRY_DEBUG=TRUE false"), ".env:1|SENTRY_DEBUG|TRUE false", nil},
		{cause.BooleanMalformed, "with its comment", inProcess("SENTRY_SEND_DEFAULT_PII=false   # GDPR"), "process environment|SENTRY_SEND_DEFAULT_PII", nil},
		{cause.ValueUnexpanded, "a command", inFile("SENTRY_RELEASE=$(git rev-parse --short HEAD)"), ".env:1|SENTRY_RELEASE|$(git", nil},
		{cause.ValueUnexpanded, "backquotes", inProcess("SENTRY_RELEASE=`git describe`"), "process environment|SENTRY_RELEASE|`git describe`", nil},
		{cause.ValueUnexpanded, "a reference in the process", inProcess("SENTRY_ENVIRONMENT=${APP_ENV}"), "process environment|SENTRY_ENVIRONMENT|${APP_ENV}", nil},
		{cause.ValueUnexpanded, "a reference of Windows", inProcess("SENTRY_ENVIRONMENT=%APP_ENV%"), "process environment|SENTRY_ENVIRONMENT|%APP_ENV%", nil},
		{cause.ValueUnexpanded, "a reference to nothing", inFile("SENTRY_ENVIRONMENT=${APP_ENV}"), ".env:1|SENTRY_ENVIRONMENT|${APP_ENV}", nil},
		{cause.EnvironmentInvalid, "a slash", inFile("SENTRY_ENVIRONMENT=production/eu"), ".env:1|SENTRY_ENVIRONMENT|'/'", nil},
		{cause.EnvironmentInvalid, "a newline", inProcess("SENTRY_ENVIRONMENT=production\n"), "process environment|SENTRY_ENVIRONMENT|'\\n'", nil},
		{cause.EnvironmentInvalid, "reserved", inFile("SENTRY_ENVIRONMENT=none"), ".env:1|SENTRY_ENVIRONMENT|reserved", nil},
		{cause.EnvironmentInvalid, "too long", inFile("SENTRY_ENVIRONMENT=" + strings.Repeat("x", 65)), ".env:1|SENTRY_ENVIRONMENT|65", nil},
		{cause.EnvironmentUnusual, "another case", inFile("SENTRY_ENVIRONMENT=Production"), ".env:1|SENTRY_ENVIRONMENT|Production", nil},
		{cause.EnvironmentUnusual, "an abbreviation", inFile("SENTRY_ENVIRONMENT=prod"), ".env:1|SENTRY_ENVIRONMENT|prod", nil},
		{cause.EnvironmentUnusual, "a blank behind it", inProcess("SENTRY_ENVIRONMENT=staging ", "SENTRY_TRACES_SAMPLE_RATE=0.1"), "process environment|SENTRY_ENVIRONMENT", nil},
		{cause.EnvironmentUnusual, "quotes", inProcess(`SENTRY_ENVIRONMENT="production"`), `process environment|SENTRY_ENVIRONMENT|\"production\"`, nil},
		{cause.EnvironmentMissing, "not set", inFile("-SENTRY_ENVIRONMENT"), "SENTRY_ENVIRONMENT|not set", nil},
		{cause.EnvironmentMissing, "empty", inFile("SENTRY_ENVIRONMENT="), ".env:1|SENTRY_ENVIRONMENT|empty", nil},
		{cause.ReleaseInvalid, "a slash", inFile("SENTRY_RELEASE=feature/x"), ".env:1|feature/x", nil},
		{cause.ReleaseInvalid, "a newline", inProcess("SENTRY_RELEASE=v1\n"), `process environment|'\n'`, nil},
		{cause.ReleaseInvalid, "latest", inFile("SENTRY_RELEASE=latest"), ".env:1|latest", nil},
		{cause.ReleaseInvalid, "too long", inFile("SENTRY_RELEASE=" + strings.Repeat("x", 201)), ".env:1|201", nil},
		{cause.ReleaseMissing, "and no checkout", inFile("-SENTRY_RELEASE"), "SENTRY_RELEASE|not set", nil},
		{cause.DebugInProduction, "true", inFile("SENTRY_DEBUG=true"), ".env:1|SENTRY_DEBUG|production", nil},
		{cause.PIIInProduction, "1", inFile("SENTRY_SEND_DEFAULT_PII=1"), ".env:1|SENTRY_SEND_DEFAULT_PII|production", nil},
		{cause.ProxyMalformed, "no scheme", inProcess("HTTPS_PROXY=proxy.internal:3128"), "process environment|HTTPS_PROXY|proxy.internal:3128", nil},
		{cause.ProxyMalformed, "quotes", inProcess(`HTTPS_PROXY="http://proxy.internal:3128"`), "process environment|HTTPS_PROXY", nil},
		{cause.ProxyMalformed, "in the file", inFile("http_proxy=proxy.internal"), ".env:1|http_proxy", nil},
		{cause.NoProxyGrammar, "a comma at the end", proxied("NO_PROXY=localhost,"), "process environment|NO_PROXY|empty entry", nil},
		{cause.NoProxyGrammar, "two commas", proxied("no_proxy=localhost,,internal"), "process environment|no_proxy|empty entry", nil},
		{cause.NoProxyGrammar, "a star", proxied("NO_PROXY=*"), "process environment|NO_PROXY|*", nil},
		{cause.NoProxyGrammar, "a star before a domain", proxied("NO_PROXY=localhost,*.sentry.io"), "process environment|NO_PROXY|*.sentry.io", nil},
		{cause.NoProxyGrammar, "semicolons", proxied("NO_PROXY=localhost;.sentry.io"), "process environment|NO_PROXY|localhost;.sentry.io", nil},
		{cause.NoProxyGrammar, "a URL", proxied("NO_PROXY=https://o42.ingest.us.sentry.io"), "process environment|NO_PROXY|does not understand", nil},
		{cause.NoProxyBypasses, "the host", proxied("NO_PROXY=o42.ingest.us.sentry.io"), "process environment|NO_PROXY|directly", nil},
		{cause.NoProxyBypasses, "the end of its name", proxied("NO_PROXY=localhost,io"), `process environment|NO_PROXY|"io"`, nil},
		{cause.CAFileMissing, "SSL_CERT_FILE", inProcess("SSL_CERT_FILE=/absent/ca.pem"), "process environment|SSL_CERT_FILE|/absent/ca.pem", nil},
		{cause.CAFileMissing, "REQUESTS_CA_BUNDLE", inFile("REQUESTS_CA_BUNDLE=absent.pem"), ".env:1|REQUESTS_CA_BUNDLE|absent.pem", nil},
		{cause.CAFileMissing, "SSL_CERT_DIR", inProcess("SSL_CERT_DIR=/absent"), "process environment|SSL_CERT_DIR|/absent", nil},
		{cause.CAFileMissing, "SSL_CERT_FILE is a folder", surroundings{file: healthyFile(), environ: []string{"SSL_CERT_FILE=certs"}, prepare: func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Mkdir(filepath.Join(dir, "certs"), 0o755); err != nil {
				t.Fatal(err)
			}
		}}, "process environment|SSL_CERT_FILE|folder", nil},
		{cause.SpotlightLeftOn, "in production", inFile("SENTRY_SPOTLIGHT=1"), ".env:1|SENTRY_SPOTLIGHT|production", nil},
	}
}
