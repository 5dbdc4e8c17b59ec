package config

import (
	"errors"
	"fmt"
	"strings"
)

// CheckEnvironment says what is wrong with a name of an environment, and nil
// where Sentry keeps it as it is.
func CheckEnvironment(name string) error {
	if strings.TrimSpace(name) == "" {
		return errors.New("an environment needs a name, such as development, staging or production")
	}
	if why := namable(name, environmentMost); why != "" {
		return fmt.Errorf("Sentry would remove that name from events: %s; letters, digits and - are safe", why) //nolint:staticcheck // a name
	}
	if strings.EqualFold(name, "none") {
		return fmt.Errorf("%q is reserved by Sentry", name)
	}
	if expansion().MatchString(name) {
		return errors.New("nothing fills in what a shell would: write the name itself")
	}
	if strings.ContainsAny(name, " \t") {
		return errors.New("a name with blanks is hard to search for: letters, digits and - are safe")
	}
	return nil
}

// CheckRelease says what is wrong with a release, and nil where Sentry keeps it
// as it is.
func CheckRelease(name string) error {
	if strings.TrimSpace(name) == "" {
		return errors.New("a release needs a name, such as bookedbarber@2.1.0")
	}
	if why := namable(name, releaseMost); why != "" {
		return fmt.Errorf("Sentry would remove that release from events: %s; bookedbarber@2.1.0 is of the usual form", why) //nolint:staticcheck // a name
	}
	if strings.EqualFold(name, "latest") {
		return fmt.Errorf("%q is reserved by Sentry", name)
	}
	if expansion().MatchString(name) {
		return errors.New("nothing fills in what a shell would: write the release itself, or let it be detected")
	}
	return nil
}

// CheckRate says what is wrong with a sample rate, and how it is written right.
func CheckRate(text string) error {
	rate, ok := number(text)
	switch {
	case !ok && decimalComma().MatchString(text):
		return errors.New("a rate has a decimal point, not a comma: " + strings.Replace(text, ",", ".", 1))
	case !ok:
		if m := percentage().FindStringSubmatch(text); m != nil {
			if n, isNumber := number(m[1]); isNumber && n <= 100 {
				return errors.New("a rate is a share, not a percentage: " + percent(n))
			}
		}
		return errors.New("a rate is a number from 0.0 to 1.0, such as 0.1 for a tenth")
	case rate > 1 && rate <= 100:
		return fmt.Errorf("a rate is a number from 0.0 to 1.0: a percentage of %s is %s", text, percent(rate))
	case rate < 0 || rate > 1:
		return errors.New("a rate is a number from 0.0 to 1.0")
	}
	return nil
}

// ParseBool reads a switch as Bool does: true t yes y on 1, false f no n off 0.
func ParseBool(text string) (value, ok bool) { return boolean(strings.TrimSpace(text)) }

// PresetOf returns the preset that suits an environment, also one that is
// spelt in another way (prod). A name of the team's own gets staging's values,
// which are those of its table's defaults; known is false then.
func PresetOf(environment string) (p Preset, known bool) {
	if p, known = FindPreset(canonical(environment)); known {
		return p, true
	}
	p, _ = FindPreset("staging")
	return p, false
}

// Production says whether a name is that of production, in any spelling.
func Production(environment string) bool { return canonical(environment) == "production" }

// Developing says whether a receiver on this machine is at home in an
// environment.
func Developing(environment string) bool { return developing(environment) }
