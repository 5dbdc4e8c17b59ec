package doctor

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

func number(rate float64) string { return strconv.FormatFloat(rate, 'g', -1, 64) }

// profiles finds that none came although they are set. A profile hangs on a
// transaction that was sampled, and needs it to take a while.
func (a application) profiles() check.Result {
	sum := a.countProfiles()
	rate := sum.rate
	if rate == 0 {
		return check.Passed("%s", a.shown(sum.of, config.KeyProfilesSampleRate))
	}
	switch {
	case sum.profiles > 0:
		return check.Passed("%s with %s", numbered(sum.profiles, "profile"), numbered(sum.transactions, "transaction"))
	case sum.transactions == 0 && a.traces().Outcome != check.Pass:
		return check.BlockedBy("app-traces", "there is no transaction to profile")
	case sum.transactions == 0:
		return check.Passed("no transaction came that could be profiled; %s", a.shown(sum.of, config.KeyProfilesSampleRate))
	case sum.old:
		return check.Warned(cause.AppNoProfiles, "pip install --upgrade 'sentry-sdk>=2', which knows profiles",
			"%s and no profile of an SDK that knows none; %s", numbered(sum.transactions, "transaction"), a.shown(sum.of, config.KeyProfilesSampleRate))
	case sum.profiled == 0 && sum.golang:
		return check.Warned(cause.AppNoProfiles, "leave SENTRY_PROFILES_SAMPLE_RATE out where Go services are started",
			"%s of sentry-go, which has no profiler; %s", numbered(sum.transactions, "transaction"), a.shown(sum.of, config.KeyProfilesSampleRate))
	case sum.profiled == 0:
		return check.Passed("%s of SDKs that are not asked for profiles", numbered(sum.transactions, "transaction"))
	}
	return a.noProfiles(rate, sum)
}

// profileCount is what came, of SDKs that can profile and of all.
type profileCount struct {
	transactions, profiles int
	profiled               int // transactions of SDKs that profile
	short                  int // profiles that were given up, as too short
	old, golang            bool
	rate                   float64         // the highest that a process was given
	of                     observe.Process // the process that was given it
}

func (a application) countProfiles() profileCount {
	var sum profileCount
	for _, p := range a.seen.Processes {
		rate, _ := a.rate(p, config.KeyProfilesSampleRate)
		if rate > sum.rate {
			sum.rate, sum.of = rate, p
		}
		sum.profiles += p.Seen.Items["profile"] + p.Seen.Items["profile_chunk"]
		n := p.Seen.Items["transaction"]
		if rate == 0 {
			continue // it is to make none
		}
		sum.transactions += n
		_, short := lost(p, func(d observe.Discard) bool { return d.Reason == "insufficient_data" })
		sum.short += short
		if n == 0 {
			continue
		}
		old := slices.ContainsFunc(clientsOf(p), func(c client) bool { return c.language == python && c.before(1, 18) })
		switch language := languageOf(p); {
		case old:
			sum.old = true
		case language == python:
			sum.profiled += n
		case language == golang:
			sum.golang = true
		}
	}
	return sum
}

// noProfiles says why none came of transactions that could have one.
func (a application) noProfiles(rate float64, sum profileCount) check.Result {
	detail := fmt.Sprintf("%s and no profile", numbered(sum.profiled, "transaction"))
	switch long := sum.profiled - sum.short; {
	case sum.short > 0:
		return check.Warned(cause.AppNoProfiles, "make a request that takes over 100 ms: shorter ones have no profile",
			"%s: client reports name %d insufficient_data/profile, so that they were too short", detail, sum.short)
	case chance(1-rate, long) < unlikely:
		return check.Warned(cause.AppNoProfiles, `profiles_sample_rate=float(os.environ["SENTRY_PROFILES_SAMPLE_RATE"]) in init`,
			"%s, and client reports name none as too short: at %s the chance of that is %s; %s", detail, number(rate), percent(chance(1-rate, long)), a.shown(sum.of, config.KeyProfilesSampleRate))
	}
	return check.Passed("%s: at %s the chance of that is %s", detail, number(rate), percent(chance(1-rate, sum.profiled)))
}
