package config

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/nearest"
)

// State says what is known of SENTRY_DSN.
type State string

// The states of SENTRY_DSN.
const (
	// DSNAbsent: it is set nowhere, nor is any other SENTRY_ variable in .env.
	// Nobody wants Sentry here, so the embedded receiver stands in.
	DSNAbsent State = "absent"
	// DSNLost: it is set but empty, or misspelt, or .env holds SENTRY_ variables
	// and no DSN that the application would see, or cannot be read at all. A
	// secret of CI that got lost looks so.
	DSNLost State = "lost"
	// DSNPresent: it is set, be it to something that is no DSN.
	DSNPresent State = "present"
)

// DSNState tells a DSN that is missing from one that nobody has asked for.
func (c *Config) DSNState() State {
	value, set := c.Lookup(KeyDSN)
	switch {
	case strings.TrimSpace(value) != "":
		return DSNPresent
	case set, c.file != nil && (c.file.mentionsSentry() || c.file.mayHoldAnything()), len(c.misspelt(KeyDSN)) > 0:
		return DSNLost
	default:
		return DSNAbsent
	}
}

// DSN returns the DSN that the application would see. The error is a
// *dsn.Defect, also where there is none.
func (c *Config) DSN() (*dsn.DSN, error) {
	value, _ := c.Lookup(KeyDSN)
	return dsn.Parse(value)
}

// Environment returns the name of the environment by the team's table:
// development where none is set. (sentry-python would send production then,
// sentry-go none.)
func (c *Config) Environment() string {
	if value, _ := c.Lookup(KeyEnvironment); strings.TrimSpace(value) != "" {
		return strings.TrimSpace(value)
	}
	row, _ := variable(KeyEnvironment)
	return row.Default
}

// Rate returns a sample rate from 0 to 1, the table's default where none is
// set. The error names the variable and what was expected.
func (c *Config) Rate(key string) (float64, error) {
	text, _ := c.Lookup(key)
	if text = strings.TrimSpace(text); text == "" {
		row, _ := variable(key)
		text = row.Default
	}
	rate, ok := number(text)
	if !ok {
		return 0, fmt.Errorf("%s: %q is not a number", key, Mask(key, text))
	}
	if rate < 0 || rate > 1 {
		return 0, fmt.Errorf("%s: %s is not between 0 and 1", key, text)
	}
	return rate, nil
}

// Bool returns a switch, the table's default where it is not set. It
// understands the words of sentry-python: true t yes y on 1, false f no n off
// 0, in any case.
func (c *Config) Bool(key string) (bool, error) {
	text, _ := c.Lookup(key)
	if text = strings.TrimSpace(text); text == "" {
		row, _ := variable(key)
		text = row.Default
	}
	value, ok := boolean(text)
	if !ok {
		return false, fmt.Errorf("%s: %q is neither true nor false", key, Mask(key, text))
	}
	return value, nil
}

// EnvFile returns the absolute path of the .env file, and whether there is
// one, be it one that cannot be read.
func (c *Config) EnvFile() (path string, found bool) {
	if c.file == nil {
		return "", false
	}
	return c.file.path, true
}

// Preset returns the preset of the environment that is set, if it has one.
func (c *Config) Preset() (Preset, bool) { return FindPreset(canonical(c.Environment())) }

func isProxy(key string) bool {
	switch key {
	case KeyHTTPProxy, KeyHTTPProxyLower, KeyHTTPSProxy, KeyHTTPSProxyLower:
		return true
	}
	return false
}

// decimal is a number as Python's float and Go's ParseFloat both read it.
var decimal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$`) })

func number(text string) (float64, bool) {
	if !decimal().MatchString(text) {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsInf(n, 0)
}

func boolean(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "t", "yes", "y", "on", "1":
		return true, true
	case "false", "f", "no", "n", "off", "0":
		return false, true
	}
	return false, false
}

// canonical returns the preset's name for what is another spelling of it, and
// the name itself otherwise. A name with a number or a part of its own, such
// as staging2 or production-eu, is another environment.
func canonical(name string) string {
	name = strings.Trim(name, `"'`) // of a reader that keeps them
	lower := strings.ToLower(strings.TrimSpace(name))
	switch lower {
	case "dev", "devel", "develop":
		return "development"
	case "stage", "stag", "stg":
		return "staging"
	case "prod", "prd":
		return "production"
	}
	if strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz") != "" {
		return name
	}
	for _, p := range Presets() {
		if nearest.Distance(lower, p.Name) <= 2 {
			return p.Name
		}
	}
	return name
}

// developing says whether an environment is one in which a local receiver, a
// log of the SDK and the like are at home.
func developing(name string) bool {
	switch canonical(name) {
	case "development", "local", "test", "testing", "ci":
		return true
	}
	return false
}

// absolute resolves a path as a process in the working directory would.
func (c *Config) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.dir, path)
}
