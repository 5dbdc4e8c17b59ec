package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/nearest"
)

// Symptom is what a user sees.
type Symptom string

// The symptoms of the team's troubleshooting.
const (
	EventsMissing       Symptom = "events-missing"
	TransactionsMissing Symptom = "transactions-missing"
	ProfilesMissing     Symptom = "profiles-missing"
	TooExpensive        Symptom = "too-expensive"
	NotConfigured       Symptom = "not-configured"
)

// SymptomTitle is a symptom and what it says.
type SymptomTitle struct {
	ID    Symptom
	Title string
}

// Symptoms are the known ones, in reading order.
func Symptoms() []SymptomTitle {
	return []SymptomTitle{
		{EventsMissing, "errors do not appear in Sentry"},
		{TransactionsMissing, "performance shows no transactions, or few"},
		{ProfilesMissing, "transactions have no profiles"},
		{TooExpensive, "the quota is used up, or the bill is high"},
		{NotConfigured, "the application says that Sentry is not configured"},
	}
}

// ParseSymptom reads the name of a symptom. The error names the known ones,
// the nearest first.
func ParseSymptom(name string) (Symptom, error) {
	var known []string
	for _, s := range Symptoms() {
		if string(s.ID) == name {
			return s.ID, nil
		}
		known = append(known, string(s.ID))
	}
	if near := nearest.To(strings.ToLower(name), known); len(near) > 0 {
		return "", fmt.Errorf("unknown symptom %q: did you mean %s? The symptoms are %s", name, near[0], strings.Join(known, ", "))
	}
	return "", fmt.Errorf("unknown symptom %q: the symptoms are %s", name, strings.Join(known, ", "))
}

// escalates says whether a warning is the very answer to a symptom: then it is
// a failure, since it is what was asked for.
func escalates(s Symptom, id cause.ID) bool { return slices.Contains(answers(s), id) }

// answers are the warnings that answer a symptom. Of two that come of one
// setting only the nearer one stands here.
func answers(s Symptom) []cause.ID {
	switch s {
	case EventsMissing:
		return []cause.ID{cause.SampleRateLow, cause.IngestSlow, cause.AppErrorSwallowed}
	case TransactionsMissing:
		return []cause.ID{
			cause.TracesRateZero, cause.TracesRateLow, cause.AppTracesSampledOut, cause.AppParentUnsampled,
			cause.AppProducerUnsampled, cause.AppNoTraces,
		}
	case ProfilesMissing:
		return []cause.ID{cause.ProfilesWithoutTraces, cause.TracesRateLow, cause.AppNoProfiles}
	case TooExpensive:
		return []cause.ID{cause.TracesRateCostly}
	case NotConfigured:
		return []cause.ID{cause.EnvFileMissing, cause.EnvNameMisspelt}
	}
	return nil
}

// concerns are the causes that matter to a symptom, the likeliest first. The
// others matter too, behind them.
func concerns(s Symptom) []cause.ID {
	switch s {
	case EventsMissing:
		return slices.Concat(unconfigured(), []cause.ID{cause.SampleRateZero, cause.SampleRateLow}, malformedRates(), []cause.ID{
			cause.KeyRejected, cause.RateLimitedOrganization, cause.RateLimitedProject, cause.RateLimitedKey, cause.RateLimited, cause.AppRateLimited,
			cause.AppHookDrops, cause.AppSampledOut, cause.AppNoFlush, cause.IngestSlow, cause.AppQueueOverflow,
			cause.EnvironmentInvalid, cause.EnvironmentUnusual, cause.EnvironmentMissing,
		})
	case TransactionsMissing:
		return slices.Concat([]cause.ID{cause.TracesRateZero}, malformedRates(), []cause.ID{
			cause.TracesRateLow, cause.AppTracesSampledOut, cause.AppNoTraces, cause.AppRatesNotPassed,
			cause.AppParentUnsampled, cause.AppProducerUnsampled,
		}, unconfigured())
	case ProfilesMissing:
		return slices.Concat([]cause.ID{cause.ProfilesWithoutTraces}, malformedRates(), []cause.ID{
			cause.AppNoProfiles, cause.TracesRateZero, cause.TracesRateLow, cause.AppTracesSampledOut, cause.AppNoTraces,
			cause.AppRatesNotPassed, cause.AppSDKOld,
		}, unconfigured())
	case TooExpensive:
		return []cause.ID{
			cause.TracesRateCostly, cause.RateMissing, cause.RateOutOfRange, cause.RateLimitedOrganization, cause.RateLimitedProject,
			cause.RateLimitedKey, cause.RateLimited, cause.AppRateLimited, cause.EnvironmentMissing, cause.SpotlightLeftOn, cause.DebugInProduction,
		}
	case NotConfigured:
		return unconfigured()
	}
	return nil
}

// unconfigured are the reasons why an SDK has no DSN that it could use.
func unconfigured() []cause.ID {
	return []cause.ID{
		cause.DSNMissing, cause.EnvShellEmptyShadows, cause.EnvProcessLacks, cause.EnvNameMisspelt, cause.EnvFileMissing,
		cause.EnvFileUnreadable, cause.EnvFileSyntax, cause.EnvFileBOM, cause.EnvReaderDivergence, cause.DSNUnexpanded, cause.DSNQuoted,
		cause.DSNPrefixed, cause.DSNPlaceholder, cause.DSNNoScheme, cause.DSNNoKey, cause.DSNNoProject, cause.DSNProjectNotNumeric,
		cause.DSNStrayCharacters, cause.DSNBadPort, cause.DSNIPv6Literal, cause.AppDSNEmptyArgument, cause.AppSentNothing,
	}
}

func malformedRates() []cause.ID {
	return []cause.ID{cause.RateNotANumber, cause.RateDecimalComma, cause.RateOutOfRange}
}
