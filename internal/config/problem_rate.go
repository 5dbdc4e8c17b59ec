package config

import (
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
	text := strings.TrimSpace(v.Value)
	if !ok || text == "" {
		return nil
	}
	rate, isNumber := number(text)
	if !isNumber {
		return rateMalformed(v, text)
	}
	if rate < 0 || rate > 1 {
		fix, hint := writeAt(v.Origin, key, defaultOf(key)), ""
		if rate > 1 && rate <= 100 {
			fix, hint = writeAt(v.Origin, key, percent(rate)), ": a percentage?"
		}
		return fail(cause.RateOutOfRange, v, fix, "%s is %s, expected a number from 0 to 1%s", key, text, hint)
	}
	switch key {
	case KeySampleRate:
		return sampleRateProblems(v, rate)
	case KeyTracesSampleRate:
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
		return fail(cause.RateDecimalComma, v, writeAt(v.Origin, v.Key, value), "%s is %s, with a decimal comma", v.Key, text)
	}
	value := defaultOf(v.Key)
	if m := percentage().FindStringSubmatch(text); m != nil {
		if n, ok := number(m[1]); ok && n <= 100 {
			value = percent(n)
		}
	} else if m := leading().FindStringSubmatch(text); m != nil {
		value = m[1]
	}
	return fail(cause.RateNotANumber, v, writeAt(v.Origin, v.Key, value), "%s is %q, expected a number from 0 to 1", v.Key, v.Shown())
}

func sampleRateProblems(v Value, rate float64) []Problem {
	fix := writeAt(v.Origin, v.Key, "1.0")
	switch {
	case rate == 0:
		return fail(cause.SampleRateZero, v, fix, "SENTRY_SAMPLE_RATE is 0: no error is ever sent")
	case rate < 1:
		return warn(cause.SampleRateLow, v, fix, "SENTRY_SAMPLE_RATE is %s: %s %% of all errors are never sent",
			v.Shown(), strconv.FormatFloat((1-rate)*100, 'g', 3, 64))
	}
	return nil
}

func (c *Config) tracesRateProblems(v Value, rate float64) []Problem {
	switch {
	case rate == 0:
		value := "0.1"
		if p, ok := c.Preset(); ok {
			value = p.TracesSampleRate
		}
		return warn(cause.TracesRateZero, v, writeAt(v.Origin, v.Key, value), "SENTRY_TRACES_SAMPLE_RATE is 0: no transaction is ever sent")
	case rate == 1 && canonical(c.Environment()) == "production":
		return warn(cause.TracesRateCostly, v, writeAt(v.Origin, v.Key, "0.05"),
			"SENTRY_TRACES_SAMPLE_RATE is %s and the environment is %s: every transaction is sent and paid for", v.Shown(), c.Environment())
	}
	return nil
}

func (c *Config) profilesRateProblems(v Value, rate float64) []Problem {
	traces, ok := c.set(KeyTracesSampleRate)
	if !ok || rate == 0 {
		return nil
	}
	if n, ok := number(strings.TrimSpace(traces.Value)); !ok || n != 0 {
		return nil
	}
	return warn(cause.ProfilesWithoutTraces, v, writeAt(traces.Origin, KeyTracesSampleRate, "0.1"),
		"SENTRY_PROFILES_SAMPLE_RATE is %s and SENTRY_TRACES_SAMPLE_RATE is 0: only sent transactions are profiled, and there are none", v.Shown())
}

// percent writes a percentage as a share.
func percent(n float64) string { return strconv.FormatFloat(n/100, 'f', -1, 64) }

func defaultOf(key string) string {
	row, _ := variable(key)
	return row.Default
}
