package config

import (
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/nearest"
)

// aliases are names that people expect to work. None of the SDKs reads them.
func aliases() map[string]string {
	return map[string]string{
		"SENTRY_ENV":                      KeyEnvironment,
		"SENTRY_TRACES_RATE":              KeyTracesSampleRate,
		"SENTRY_TRACE_RATE":               KeyTracesSampleRate,
		"SENTRY_TRACING_SAMPLE_RATE":      KeyTracesSampleRate,
		"SENTRY_TRACING_RATE":             KeyTracesSampleRate,
		"SENTRY_PROFILES_RATE":            KeyProfilesSampleRate,
		"SENTRY_PROFILE_RATE":             KeyProfilesSampleRate,
		"SENTRY_PROFILING_RATE":           KeyProfilesSampleRate,
		"SENTRY_TRACES_SAMPLING_RATE":     KeyTracesSampleRate,
		"SENTRY_TRACE_SAMPLING_RATE":      KeyTracesSampleRate,
		"SENTRY_TRANSACTIONS_SAMPLE_RATE": KeyTracesSampleRate,
		"SENTRY_TRANSACTION_SAMPLE_RATE":  KeyTracesSampleRate,
		"SENTRY_PERFORMANCE_SAMPLE_RATE":  KeyTracesSampleRate,
		"SENTRY_PROFILES_SAMPLING_RATE":   KeyProfilesSampleRate,
		"SENTRY_PROFILING_SAMPLE_RATE":    KeyProfilesSampleRate,
		"SENTRY_SAMPLING_RATE":            KeySampleRate,
		"SENTRY_ERROR_SAMPLE_RATE":        KeySampleRate,
		"SENTRY_ERRORS_SAMPLE_RATE":       KeySampleRate,
		"SENTRY_PII":                      KeySendDefaultPII,
		"SENTRY_SEND_PII":                 KeySendDefaultPII,
		"SENTRY_DEFAULT_PII":              KeySendDefaultPII,
	}
}

// ownAliases are names that people expect to work, and that an application may
// have for itself as well: they are mistakes only where the right one is not
// set.
func ownAliases() map[string]string {
	return map[string]string{
		"SENTRY_ENVIRONMENT_NAME": KeyEnvironment,
		"SENTRY_APP_ENV":          KeyEnvironment,
		"SENTRY_STAGE":            KeyEnvironment,
		"SENTRY_RELEASE_VERSION":  KeyRelease,
	}
}

// dsnNames are names under which a DSN may stand that is meant to be read, and
// which are another thing's where their value is no DSN.
func dsnNames() []string {
	return []string{"DSN", "SENTRY", "SENTRY_URL", "SENTRY_DSN_URL", "SENTRY_ENDPOINT", "SENTRY_CLIENT_KEY", "RAVEN_DSN"}
}

// others are names that look like ours and belong to the SDKs or to sentry-cli.
func others() []string {
	return []string{
		"SENTRY_TRACE", "SENTRY_BAGGAGE", "SENTRY_DIST", "SENTRY_NAME", "SENTRY_SERVER_NAME",
		"SENTRY_KEEP_ALIVE", "SENTRY_PRINT_ENVELOPES", "SENTRY_USE_ENVIRONMENT",
		"SENTRY_SPOTLIGHT_ON_ERROR", "SENTRY_SPOTLIGHT_MIDDLEWARE",
		"SENTRY_API_KEY", "SENTRY_PIPELINE", "SENTRY_PROPERTIES", "SENTRY_LOG_LEVEL", "SENTRY_VCS_REMOTE",
	}
}

// intended returns the variable of ours that a name is nearly the same as. An
// application's own names (another first word, or a part more or less) are
// left alone: only SENTRY_ variables are compared, and as wholes.
func intended(name string) (string, bool) {
	upper := strings.ToUpper(name)
	if !strings.Contains(upper, "SENTRY") && !strings.Contains(upper, "_DSN") && !strings.HasSuffix(upper, "_SAMPLE_RATE") && !strings.HasSuffix(upper, "_PII") &&
		(!strings.HasPrefix(upper, "S") || !strings.HasSuffix(upper, "_ENVIRONMENT") && !strings.HasSuffix(upper, "_RELEASE")) {
		return "", false // most names of most files
	}
	if _, known := variable(name); known || slices.Contains(others(), upper) {
		return "", false
	}
	if row, known := variable(upper); known && strings.HasPrefix(upper, "SENTRY_") {
		return row.Key, true // only its case is wrong
	}
	if key, ok := aliases()[upper]; ok {
		return key, true
	}
	if key, ok := ownAliases()[upper]; ok {
		return key, true
	}
	whole := joined(upper)
	for _, row := range Variables() {
		if strings.HasPrefix(row.Key, "SENTRY_") && joined(row.Key) == whole {
			return row.Key, true // only what stands between its words is wrong
		}
	}
	head, rest, ok := strings.Cut(upper, "_")
	if !ok || strings.ContainsAny(rest, "0123456789") {
		return "", false
	}
	if head != "SENTRY" {
		return intendedHead(head, rest)
	}
	for _, key := range []string{
		KeyDSN, KeyEnvironment, KeyRelease, KeySampleRate, KeyTracesSampleRate,
		KeyProfilesSampleRate, KeyDebug, KeySendDefaultPII, KeyAuthToken,
	} {
		target := strings.TrimPrefix(key, "SENTRY_")
		tolerance := 2
		if len(target) <= 5 {
			tolerance = 1
		}
		if nearest.Distance(rest, target) <= tolerance {
			return key, true
		}
	}
	return "", false
}

// joined is a name without what stands between its words.
func joined(name string) string { return strings.NewReplacer("_", "", "-", "", ".", "").Replace(name) }

// intendedHead is for a first word that was misspelt. Only rests that no other
// product has are taken for ours.
func intendedHead(head, rest string) (string, bool) {
	switch rest {
	case "DSN", "TRACES_SAMPLE_RATE", "PROFILES_SAMPLE_RATE", "SEND_DEFAULT_PII":
		if nearest.Distance(head, "SENTRY") <= 2 && len(head) >= 4 {
			return "SENTRY_" + rest, true
		}
	case "ENVIRONMENT", "RELEASE", "SAMPLE_RATE":
		// Other products have these too: one slip, and not in the first letter.
		if strings.HasPrefix(head, "S") && nearest.Distance(head, "SENTRY") == 1 {
			return "SENTRY_" + rest, true
		}
	}
	return "", false
}
