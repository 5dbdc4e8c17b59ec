package doctor

import (
	"context"
	"slices"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// Check is a check of this suite.
type Check = check.Check[*Patient]

// The groups of `bbctl doctor`.
const (
	groupFile      = "file"
	groupSettings  = "settings"
	groupNetwork   = "network-settings"
	groupProcesses = "processes"
	groupIngest    = "ingest"
	groupLog       = "log"
	groupPreflight = "preflight"
)

// Groups are the groups of the suite, in reading order.
func Groups() []check.Group {
	return []check.Group{
		{ID: groupFile, Title: "The .env file: what its readers see"},
		{ID: groupSettings, Title: "Settings: the values that win"},
		{ID: groupNetwork, Title: "Network settings: proxies and authorities"},
		{ID: groupProcesses, Title: "Processes: what runs now"},
		{ID: groupIngest, Title: "Ingest: the way to Sentry, layer by layer"},
		{ID: groupApp, Title: "Application: what it sends while it runs"},
		{ID: groupLog, Title: "Log: what the SDK said"},
		{ID: groupPreflight, Title: "Before the deployment"},
	}
}

// answer bounds a check that waits for the ingest: the examination has a bound
// of its own, which is shorter.
const answer = 30 * time.Second

// Checks is the suite for the options, in reading order: which checks there
// are depends on whether a log is given and a checklist asked for.
func Checks(o Options) []Check {
	if o.AppAlone {
		return appChecks()
	}
	suite := slices.Concat(fileChecks(), settingChecks(), processChecks(), ingestChecks())
	if o.App != nil {
		suite = append(suite, appChecks()...)
	}
	if o.Log != nil {
		suite = append(suite, logChecks()...)
	}
	if o.Preflight != "" {
		suite = append(suite, preflightChecks()...)
	}
	for i, c := range suite {
		suite[i].Run = answering(o.Symptom, c.Run)
	}
	return suite
}

// answering makes a failure of a warning that is what the user is looking for.
func answering(s Symptom, run func(context.Context, *Patient) check.Result) func(context.Context, *Patient) check.Result {
	return func(ctx context.Context, p *Patient) check.Result {
		result := run(ctx, p)
		if result.Outcome == check.Warn && escalates(s, result.Cause) {
			result.Outcome = check.Fail
		}
		return result
	}
}

// AllChecks are the checks that any options can bring, for the documentation.
func AllChecks() []Check {
	return slices.Concat(fileChecks(), settingChecks(), processChecks(), ingestChecks(), appChecks(), logChecks(), preflightChecks())
}

func fileChecks() []Check {
	return []Check{
		found("env-file", groupFile, "there is a .env file, and it can be read", cause.EnvFileUnreadable, cause.EnvFileMissing),
		found("env-start", groupFile, "nothing stands before its first line", cause.EnvFileBOM),
		found("env-syntax", groupFile, "python-dotenv and godotenv take every line", cause.EnvFileSyntax),
		found("env-readers", groupFile, "the readers that take the file see Sentry's settings alike", cause.EnvReaderDivergence),
		found("env-line-ends", groupFile, "its lines end in LF", cause.EnvFileCRLF),
		found("env-duplicates", groupFile, "every variable stands once", cause.EnvKeyDuplicate),
		found("env-git", groupFile, "git ignores it", cause.EnvFileTracked),
		found("env-permissions", groupFile, "nobody else can read or change it who should not", cause.EnvFileExposed),
	}
}

func settingChecks() []Check {
	return []Check{
		found("setting-names", groupSettings, "no variable is nearly one of Sentry's", cause.EnvNameMisspelt),
		found("setting-emptied", groupSettings, "no empty variable of the process hides one of the .env file", cause.EnvShellEmptyShadows),
		found("setting-shadows", groupSettings, "the process environment and the .env file agree", cause.EnvShellShadows),
		found("setting-expansion", groupSettings, "no value holds what a shell should have filled in", cause.ValueUnexpanded),
		found("dsn", groupSettings, "SENTRY_DSN is one that every SDK understands",
			cause.DSNMissing, cause.DSNQuoted, cause.DSNPrefixed, cause.DSNUnexpanded, cause.DSNPlaceholder, cause.DSNNoScheme,
			cause.DSNNoKey, cause.DSNNoProject, cause.DSNProjectNotNumeric, cause.DSNStrayCharacters, cause.DSNBadPort, cause.DSNIPv6Literal),
		needing("dsn", found("dsn-key", groupSettings, "its key is a whole one", cause.DSNKeyMalformed)),
		needing("dsn", found("dsn-secret", groupSettings, "it carries no secret key of old", cause.DSNSecretKey)),
		needing("dsn", found("dsn-options", groupSettings, "it carries no options, which SDKs would ignore", cause.DSNQueryOptions)),
		needing("dsn", found("dsn-scheme", groupSettings, "nothing travels in clear", cause.DSNPlainHTTP)),
		needing("dsn", found("dsn-host", groupSettings, "its host fits the environment", cause.DSNLocalReceiver, cause.DSNInternalHost)),
		found("environment-name", groupSettings, "SENTRY_ENVIRONMENT is set to a name that Sentry keeps",
			cause.EnvironmentInvalid, cause.EnvironmentUnusual, cause.EnvironmentMissing),
		found("release-name", groupSettings, "there is a release, of a name that Sentry keeps", cause.ReleaseInvalid, cause.ReleaseMissing),
		foundFor(config.KeySampleRate, "sample-rate", "SENTRY_SAMPLE_RATE sends every error"),
		foundFor(config.KeyTracesSampleRate, "traces-rate", "SENTRY_TRACES_SAMPLE_RATE fits the environment"),
		foundFor(config.KeyProfilesSampleRate, "profiles-rate", "SENTRY_PROFILES_SAMPLE_RATE has transactions to profile"),
		foundFor(config.KeyDebug, "debug", "SENTRY_DEBUG is true or false, and off in production"),
		foundFor(config.KeySendDefaultPII, "personal-data", "SENTRY_SEND_DEFAULT_PII is true or false, and off in production"),
		found("spotlight", groupSettings, "no copies go to a Spotlight outside development", cause.SpotlightLeftOn),
		found("proxy-setting", groupNetwork, "every proxy is given as a URL", cause.ProxyMalformed),
		found("proxy-exceptions", groupNetwork, "NO_PROXY says the same to every SDK", cause.NoProxyGrammar, cause.NoProxyBypasses),
		found("ca-setting", groupNetwork, "the files of certificate authorities are there", cause.CAFileMissing),
	}
}

func processChecks() []Check {
	return []Check{
		{ID: "process-settings", Group: groupProcesses, Title: "every process of the application has the settings", Run: processesHave},
		{ID: "process-values", Group: groupProcesses, Title: "their values are the ones that count now", Run: processesAgree},
	}
}
