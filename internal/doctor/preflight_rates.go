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
	var seen, missing, lines, costly []string
	fix := ""
	for _, rate := range []struct{ key, recommended string }{
		{config.KeySampleRate, preset.SampleRate},
		{config.KeyTracesSampleRate, preset.TracesSampleRate},
		{config.KeyProfilesSampleRate, preset.ProfilesSampleRate},
	} {
		v := p.o.Config.Value(rate.key)
		if !v.Set || strings.TrimSpace(v.Value) == "" {
			missing, lines = append(missing, rate.key), append(lines, rate.key+"="+rate.recommended)
			continue
		}
		value, err := p.o.Config.Rate(rate.key)
		if err != nil { // the check of the rate has let it pass
			return check.BrokenBy(err)
		}
		recommended, _ := strconv.ParseFloat(rate.recommended, 64) // of our own table
		if value > leeway*recommended {
			costly = append(costly, fmt.Sprintf("%s is %s (%s), expected %s, which is recommended for %s, or twice that at most", rate.key, v.Shown(), v.Origin, rate.recommended, preset.Name))
			fix = joinedBy(" and ", fix, rate.key+"="+rate.recommended+" "+p.place(rate.key))
		}
		seen = append(seen, fmt.Sprintf("%s %s", strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(rate.key, "SENTRY_"), "_RATE")), v.Shown()))
	}
	switch {
	case len(missing) > 0:
		costly = append([]string{fmt.Sprintf("not set: %s, expected %s, which is recommended for %s: what is not set is whatever the code says",
			strings.Join(missing, ", "), strings.Join(lines, " "), preset.Name)}, costly...)
		return check.Failed(cause.RateMissing, strings.Join(lines, " and ")+" "+p.place(missing[0]), "%s", strings.Join(costly, "; "))
	case len(costly) > 0 && p.inProduction():
		return check.Failed(cause.TracesRateCostly, fix, "%s", strings.Join(costly, "; "))
	case len(costly) > 0:
		return check.Warned("", fix, "%s", strings.Join(costly, "; "))
	}
	return check.Passed("%s", strings.Join(seen, ", "))
}

// joinedBy joins what is not empty.
func joinedBy(between, a, b string) string {
	if a == "" {
		return b
	}
	return a + between + b
}
