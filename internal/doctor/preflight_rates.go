package doctor

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// leeway is how many times the recommended rate is still taken for cost
// control: a team that has measured its traffic may know better by that much,
// and not by more.
const leeway = 2

// preflightRates: every error is sent, and what is paid by the piece is
// bounded by a rate that somebody has set.
func preflightRates(_ context.Context, p *Patient) check.Result {
	preset := p.preset()
	if result, bad := p.failsOn(cause.SampleRateLow, cause.SampleRateZero); bad {
		return result
	}
	var seen []string
	for _, rate := range []struct{ key, recommended string }{
		{config.KeySampleRate, preset.SampleRate},
		{config.KeyTracesSampleRate, preset.TracesSampleRate},
		{config.KeyProfilesSampleRate, preset.ProfilesSampleRate},
	} {
		v := p.o.Config.Value(rate.key)
		if !v.Set || strings.TrimSpace(v.Value) == "" {
			return check.Failed(cause.RateMissing, rate.key+"="+rate.recommended,
				"%s is not set, expected %s, which is recommended for %s: what is not set is whatever the code says", rate.key, rate.recommended, preset.Name)
		}
		value, err := p.o.Config.Rate(rate.key)
		if err != nil { // the check of the rate has let it pass
			return check.BrokenBy(err)
		}
		recommended, _ := strconv.ParseFloat(rate.recommended, 64) // of our own table
		if value > leeway*recommended {
			return check.Failed(cause.TracesRateCostly, rate.key+"="+rate.recommended,
				"%s is %s (%s), expected %s, which is recommended for %s, or twice that at most", rate.key, v.Shown(), v.Origin, rate.recommended, preset.Name)
		}
		seen = append(seen, fmt.Sprintf("%s %s", strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(rate.key, "SENTRY_"), "_RATE")), v.Shown()))
	}
	return check.Passed("%s", strings.Join(seen, ", "))
}
