package config

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
)

var (
	decimalComma = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[+-]?\d*,\d+$`) })
	percentage   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d{1,3}(?:\.\d+)?) ?%$`) })
	leading      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^["']?(\d+\.?\d*|\.\d+)["']?(?:\s+#.*)?$`) })
)

func (c *Config) rateProblems(key string) []Problem {
	v, ok := c.set(key)
	if !ok || strings.TrimSpace(v.Value) == "" {
		return nil
	}
	found := c.judgeRate(v)
	for i, p := range found {
		// A right form with which something else is wrong is for a person to
		// decide about; a comma is a comma.
		if p.Cause != cause.RateDecimalComma && len(p.Changes) > 0 && len(c.judgeRate(Value{Key: key, Value: p.Changes[0].Value})) > 0 {
			found[i].Changes = nil
		}
	}
	return found
}

// judgeRate says what is wrong with a rate that is set to something.
func (c *Config) judgeRate(v Value) []Problem {
	text := strings.TrimSpace(v.Value)
	rate, isNumber := number(text)
	switch {
	case !isNumber:
		return rateMalformed(v, text)
	case rate > 1 && rate <= 100:
		value := percent(rate)
		return mending(replacing(v, value), fail(cause.RateOutOfRange, v, writeAt(v.Origin, v.Key, value), "%s is %s, expected a number from 0 to 1: a percentage?", v.Key, text))
	case rate < 0 || rate > 1:
		return fail(cause.RateOutOfRange, v, writeAt(v.Origin, v.Key, defaultOf(v.Key)), "%s is %s, expected a number from 0 to 1", v.Key, text)
	case v.Key == KeySampleRate:
		return sampleRateProblems(v, rate)
	case v.Key == KeyTracesSampleRate:
		return c.tracesRateProblems(v, rate)
	default:
		return c.profilesRateProblems(v, rate)
	}
}

func rateMalformed(v Value, text string) []Problem {
	if decimalComma().MatchString(text) {
		value := strings.Replace(text, ",", ".", 1)
		if strings.HasPrefix(value, ".") {
			value = "0" + value
		}
		return mending(replacing(v, value), fail(cause.RateDecimalComma, v, writeAt(v.Origin, v.Key, value), "%s is %s, with a decimal comma", v.Key, text))
	}
	value, certain := defaultOf(v.Key), false
	if m := percentage().FindStringSubmatch(text); m != nil {
		if n, ok := number(m[1]); ok && n <= 100 {
			value, certain = percent(n), true
		}
	} else if m := leading().FindStringSubmatch(text); m != nil {
		value, certain = m[1], true
	}
	found := fail(cause.RateNotANumber, v, writeAt(v.Origin, v.Key, value), "%s is %q, expected a number from 0 to 1", v.Key, v.Shown())
	if certain {
		return mending(replacing(v, value), found)
	}
	return found
}

func sampleRateProblems(v Value, rate float64) []Problem {
	fix := writeAt(v.Origin, v.Key, "1.0")
	switch {
	case rate == 0:
		return mending(replacing(v, "1.0"), fail(cause.SampleRateZero, v, fix, "SENTRY_SAMPLE_RATE is %s: no error is ever sent", v.Shown()))
	case rate < 1:
		return warn(cause.SampleRateLow, v, fix, "SENTRY_SAMPLE_RATE is %s: %s %% of all errors are never sent",
			v.Shown(), strconv.FormatFloat((1-rate)*100, 'g', 3, 64))
	}
	return nil
}

func (c *Config) tracesRateProblems(v Value, rate float64) []Problem {
	preset, known := c.Preset()
	switch {
	case rate == 0:
		value := defaultOf(KeyTracesSampleRate)
		if known {
			value = preset.TracesSampleRate
		}
		return warn(cause.TracesRateZero, v, writeAt(v.Origin, v.Key, value), "SENTRY_TRACES_SAMPLE_RATE is %s: no transaction is ever sent", v.Shown())
	case rate == 1 && preset.Name == "production":
		return mending(replacing(v, preset.TracesSampleRate), warn(cause.TracesRateCostly, v, writeAt(v.Origin, v.Key, preset.TracesSampleRate)+", the preset of production",
			"SENTRY_TRACES_SAMPLE_RATE is %s and the environment is %s: every transaction is sent and paid for", v.Shown(), c.Environment()))
	case known:
		return c.tracesRateLow(v, rate, preset)
	}
	return nil
}

// tracesRateLow: below the preset of the environment. In development that is
// everything, but 0.1 is the default of the team's table and of its quick
// setup: who has it has chosen nothing, and is left alone.
func (c *Config) tracesRateLow(v Value, rate float64, preset Preset) []Problem {
	usual, _ := number(preset.TracesSampleRate)
	standard, _ := number(defaultOf(KeyTracesSampleRate))
	if name, _ := c.Lookup(KeyEnvironment); rate >= min(usual, standard) || blankValue(name) { // a missing name is a fault of its own
		return nil
	}
	return warn(cause.TracesRateLow, v, writeAt(v.Origin, v.Key, preset.TracesSampleRate),
		"SENTRY_TRACES_SAMPLE_RATE is %s and the environment is %s, for which %s is recommended: it takes %d requests to see one transaction with a chance of 95 %%",
		v.Shown(), c.Environment(), preset.TracesSampleRate, RequestsToSeeOne(rate))
}

// mostRequests is more than anybody waits for: a rate may be as small as a
// number can be.
const mostRequests = 1_000_000_000

// RequestsToSeeOne is how many requests it takes until at least one of them is
// sampled with a chance of 95 %, at a rate above 0; 1,000,000,000 at most.
func RequestsToSeeOne(rate float64) int {
	if rate >= 1 {
		return 1
	}
	return int(min(math.Ceil(math.Log(0.05)/math.Log1p(-rate)), mostRequests))
}

// profilesRateProblems: with a traces rate of 0, or without one, which leaves
// it to an SDK whose own is 0.
func (c *Config) profilesRateProblems(v Value, rate float64) []Problem {
	traces := c.Value(KeyTracesSampleRate)
	text, what := strings.TrimSpace(traces.Value), "0"
	if !traces.Set || text == "" {
		text, what = "0", "not set"
	}
	if n, ok := number(text); !ok || n != 0 || rate == 0 {
		return nil
	}
	if !traces.Set {
		traces.Origin = Origin{}
	}
	value := defaultOf(KeyTracesSampleRate)
	if preset, known := c.Preset(); known {
		value = preset.TracesSampleRate
	}
	follows := c.follows(KeyTracesSampleRate)
	if traces.Set && what == "0" {
		follows = cause.TracesRateZero // with which it goes
	}
	return following(follows, warn(cause.ProfilesWithoutTraces, v, c.give(traces.Origin, KeyTracesSampleRate, value),
		"SENTRY_PROFILES_SAMPLE_RATE is %s and SENTRY_TRACES_SAMPLE_RATE is %s: only sent transactions are profiled, and the SDKs send none then", v.Shown(), what))
}

// percent writes a percentage as a share.
func percent(n float64) string { return strconv.FormatFloat(n/100, 'f', -1, 64) }

func defaultOf(key string) string {
	row, _ := variable(key)
	return row.Default
}
