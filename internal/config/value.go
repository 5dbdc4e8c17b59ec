package config

import (
	"fmt"
	"slices"
	"strconv"
)

// The kinds of Origin, the highest first.
const (
	KindFlag     = "flag"
	KindProcess  = "process"  // process environment
	KindFile     = "file"     // .env
	KindCLI      = "cli"      // .sentryclirc
	KindDetected = "detected" // CI variable or commit
	KindDefault  = "default"
)

// Origin is where a value stands.
type Origin struct {
	Kind   string
	File   string // of .env and .sentryclirc; relative to the working directory where that is shorter
	Line   int    // 1 is the first; 0: none
	Detail string // what else is to be said: the variable of a detection, whose default it is
}

// String returns the origin in words, such as ".env:3".
func (o Origin) String() string {
	switch o.Kind {
	case KindFlag:
		return "flag"
	case KindProcess:
		return "process environment"
	case KindFile, KindCLI:
		if o.Line == 0 {
			return o.File
		}
		return o.File + ":" + strconv.Itoa(o.Line)
	case KindDetected, KindDefault:
		return o.Detail
	default:
		return "set nowhere"
	}
}

// Found is one value of a variable.
type Found struct {
	Value  string
	Origin Origin
}

// Value is what the loader knows of a variable.
type Value struct {
	Key    string
	Value  string  // the one that wins
	Set    bool    // by someone: not a default, and not detected
	Empty  bool    // set, to nothing
	Origin Origin  // of the one that wins
	All    []Found // every value, highest first
	Why    string  // why it wins
	Secret bool    // Value must not be shown: Shown may
}

// Shown returns the value fit for showing: secrets are masked.
func (v Value) Shown() string { return Mask(v.Key, v.Value) }

// Shadowed returns the values that lose although somebody set them.
func (v Value) Shadowed() []Found {
	var lost []Found
	for i, f := range v.All {
		if i > 0 && f.Origin.Kind != KindDefault && f.Origin.Kind != KindDetected {
			lost = append(lost, f)
		}
	}
	return lost
}

// Value returns what is known of a variable. For SENTRY_RELEASE that takes a
// look at the checkout.
func (c *Config) Value(key string) Value {
	v := Value{Key: key, All: c.user(key)}
	row, known := variable(key)
	v.Secret = row.Secret
	v.Set = len(v.All) > 0
	v.Empty = v.Set && v.All[0].Value == ""
	if key == KeyRelease {
		if detected := c.detect(); detected.Value != "" {
			v.All = append(v.All, detected)
		}
	}
	if known && row.Default != "" {
		v.All = append(v.All, Found{row.Default, Origin{Kind: KindDefault, Detail: row.DefaultNote}})
	}
	if len(v.All) > 0 {
		v.Value, v.Origin = v.All[0].Value, v.All[0].Origin
	}
	v.Why = why(v)
	if found := c.everything(key); c.apart(key, found) {
		v.Why = "the one in " + found[0].Origin.String() + " is not used: a token and the address that it goes to must come from one source"
	}
	return v
}

// Lookup returns what the application would see: what somebody has set, be it
// empty, and no defaults.
func (c *Config) Lookup(key string) (string, bool) {
	if found := c.user(key); len(found) > 0 {
		return found[0].Value, true
	}
	return "", false
}

// Keys are the variables of the table, in its order.
func (c *Config) Keys() []string {
	var keys []string
	for _, v := range Variables() {
		keys = append(keys, v.Key)
	}
	return keys
}

// user returns the values that somebody has set and that may be used, highest
// first.
func (c *Config) user(key string) []Found {
	found := c.everything(key)
	if c.apart(key, found) {
		return nil
	}
	return found
}

// everything returns the values that somebody has set, highest first.
func (c *Config) everything(key string) []Found {
	var found []Found
	if value, ok := c.flags[key]; ok {
		found = append(found, Found{value, Origin{Kind: KindFlag}})
	}
	if value, ok := c.environ[key]; ok {
		found = append(found, Found{value, Origin{Kind: KindProcess}})
	}
	if c.file != nil {
		found = append(found, c.file.values(key)...)
	}
	for _, f := range c.cli {
		if value, ok := f.values[key]; ok {
			found = append(found, value)
		}
	}
	return found
}

// why tells in a sentence why the first value wins.
func why(v Value) string {
	if len(v.All) == 0 {
		return "set nowhere"
	}
	var over string
	if lost := v.Shadowed(); len(lost) > 0 {
		over = lost[0].Origin.String()
	}
	switch v.Origin.Kind {
	case KindFlag:
		return "a flag wins over everything"
	case KindProcess:
		return whyProcess(v, over)
	case KindFile:
		if again := slices.IndexFunc(v.All[1:], func(f Found) bool { return f.Origin.Kind == KindFile }); again >= 0 {
			return fmt.Sprintf("the last line wins, over line %d", v.All[1+again].Origin.Line)
		}
		return "set in the .env file alone"
	case KindCLI:
		if over != "" {
			return "the project's .sentryclirc wins over " + over
		}
		return "set in .sentryclirc alone"
	case KindDetected:
		return "SENTRY_RELEASE is not set"
	default:
		return "set nowhere"
	}
}

func whyProcess(v Value, over string) string {
	switch {
	case over == "":
		return "set in the process environment alone"
	case v.Empty:
		return "the process environment wins over " + over + ", even empty: python-dotenv keeps a variable that exists"
	case v.Shadowed()[0].Value == v.Value:
		return "the process environment holds the same as " + over
	default:
		return "the process environment wins over " + over + ": python-dotenv keeps a variable that exists"
	}
}
