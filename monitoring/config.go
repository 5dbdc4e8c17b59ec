package monitoring

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/dsn"
)

// Rate is a share from 0 to 1. Set tells a 0 that somebody chose, which sends
// nothing, from a rate that nobody set, which is the default of its table.
type Rate struct {
	Value float64
	Set   bool
}

// or is the rate that is in force.
func (r Rate) or(otherwise float64) float64 {
	if r.Set || r.Value != 0 {
		return r.Value
	}
	return otherwise
}

// Config is what a Client is made of. What is left out is the default of the
// team's table, never what the environment happens to say.
type Config struct {
	DSN         string // empty: off
	Environment string // empty: development
	Release     string // empty: none is sent, and none is looked up
	// ServerName is sent with every event. Empty sends none: the host's name
	// is never taken by itself.
	ServerName string
	// SampleRate is the share of errors and messages that is sent; unset: 1.
	SampleRate Rate
	// TracesSampleRate is the share of transactions that is sent, unless the
	// caller's trace header decides; unset: 0.1.
	TracesSampleRate Rate
	// ProfilesSampleRate is kept for the Python side: there is no profiler for
	// Go in the SDK since 0.31. Status says so.
	ProfilesSampleRate Rate
	// Debug explains on the logger what becomes of each event.
	Debug bool
	// SendDefaultPII lets the user's e-mail address through.
	SendDefaultPII bool
}

// Problem is what is wrong with one setting.
type Problem struct {
	Key    string // the environment variable
	Detail string // what was seen and what is expected; no secret
	Fix    string // an exact line
}

// Defaults of the team's table, the configuration reference of BookedBarber's
// monitoring. SDKs have others: errors 1, the rest off.
const (
	defaultEnvironment  = "development"
	defaultSampleRate   = 1.0
	defaultTracesRate   = 0.1
	defaultProfilesRate = 0.1
)

// FromEnv reads a Config from variables such as os.LookupEnv returns. A value
// that cannot be used is a Problem, and leaves its setting at the safe side: a
// rate at 0, a switch off.
func FromEnv(lookup func(string) (string, bool)) (Config, []Problem) {
	r := envReader{lookup: lookup}
	c := Config{
		DSN:                r.raw("SENTRY_DSN"),
		Environment:        r.text("SENTRY_ENVIRONMENT", defaultEnvironment),
		Release:            r.text("SENTRY_RELEASE", ""),
		SampleRate:         r.rate("SENTRY_SAMPLE_RATE", defaultSampleRate),
		TracesSampleRate:   r.rate("SENTRY_TRACES_SAMPLE_RATE", defaultTracesRate),
		ProfilesSampleRate: r.rate("SENTRY_PROFILES_SAMPLE_RATE", defaultProfilesRate),
		Debug:              r.boolean("SENTRY_DEBUG"),
		SendDefaultPII:     r.boolean("SENTRY_SEND_DEFAULT_PII"),
	}
	return c, append(r.problems, c.dsnProblems()...)
}

// Validate says what is wrong with a Config.
func (c Config) Validate() []Problem {
	var problems []Problem
	for _, r := range []struct {
		key  string
		rate Rate
	}{
		{"SENTRY_SAMPLE_RATE", c.SampleRate},
		{"SENTRY_TRACES_SAMPLE_RATE", c.TracesSampleRate},
		{"SENTRY_PROFILES_SAMPLE_RATE", c.ProfilesSampleRate},
	} {
		if v := r.rate.Value; math.IsNaN(v) || v < 0 || v > 1 {
			problems = append(problems, outOfRange(r.key, strconv.FormatFloat(v, 'g', -1, 64)))
		}
	}
	return append(problems, c.dsnProblems()...)
}

func (c Config) dsnProblems() []Problem {
	if c.DSN == "" {
		return nil
	}
	_, err := dsn.Parse(c.DSN)
	if err == nil {
		return nil
	}
	var defect *dsn.Defect
	if errors.As(err, &defect) {
		return []Problem{{"SENTRY_DSN", defect.Detail, defect.Fix}}
	}
	return []Problem{{"SENTRY_DSN", "not a DSN", "SENTRY_DSN=https://KEY@HOST/PROJECT"}}
}

func outOfRange(key, value string) Problem {
	return Problem{key, fmt.Sprintf("%s is not between 0 and 1", value), key + "=0.1"}
}

type envReader struct {
	lookup   func(string) (string, bool)
	problems []Problem
}

// raw is a value with its blanks: around a DSN they are a defect to be named,
// and not to be hidden.
func (r *envReader) raw(key string) string {
	value, _ := r.lookup(key)
	return value
}

func (r *envReader) text(key, otherwise string) string {
	value, ok := r.lookup(key)
	if value = strings.TrimSpace(value); !ok || value == "" {
		return otherwise
	}
	return value
}

func (r *envReader) rate(key string, otherwise float64) Rate {
	text := r.text(key, "")
	if text == "" {
		return Rate{Value: otherwise}
	}
	value, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && strings.Contains(text, ","):
		r.problems = append(r.problems, Problem{key, fmt.Sprintf("%q has a decimal comma", text), key + "=" + strings.ReplaceAll(text, ",", ".")})
	case err != nil:
		r.problems = append(r.problems, Problem{key, fmt.Sprintf("%q is not a number", text), key + "=" + strconv.FormatFloat(otherwise, 'g', -1, 64)})
	case math.IsNaN(value) || value < 0 || value > 1:
		r.problems = append(r.problems, outOfRange(key, text))
	default:
		return Rate{Value: value, Set: true}
	}
	return Rate{Set: true}
}

func (r *envReader) boolean(key string) bool {
	text := r.text(key, "false")
	switch strings.ToLower(text) {
	case "true", "t", "1", "yes", "y", "on":
		return true
	case "false", "f", "0", "no", "n", "off":
		return false
	}
	r.problems = append(r.problems, Problem{key, fmt.Sprintf("%q is neither true nor false", text), key + "=false"})
	return false
}
