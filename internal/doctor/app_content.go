package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/observe"
)

// environment compares the one of events with the one that is set. Where none
// is set, the SDK's own is found wrong, and the application's own left alone.
func (a application) environment() check.Result {
	for _, p := range a.seen.Processes {
		want, _ := a.lookup(p, config.KeyEnvironment)
		want = strings.TrimSpace(want)
		fix := inWords(p,
			"set SENTRY_ENVIRONMENT where this process is started, and remove the environment argument from init",
			"set SENTRY_ENVIRONMENT where this process is started, and leave Environment out of sentry.ClientOptions",
			"set SENTRY_ENVIRONMENT where this process is started, and remove environment from Sentry.init")
		for _, got := range slices.Sorted(maps.Keys(p.Seen.Environments)) {
			n := p.Seen.Environments[got]
			switch {
			case got == "":
				return check.Warned(cause.AppEnvironmentMissing, fix, "%d of %s without environment; %s", n, nameOf(p), a.shown(p, config.KeyEnvironment))
			case config.CheckEnvironment(got) != nil && got != want:
				return check.Warned(cause.AppEnvironmentMissing, fix, "%d of %s with environment %q: %v", n, nameOf(p), got, config.CheckEnvironment(got))
			case want != "" && got != want, want == "" && got == "production":
				return check.Warned(cause.AppEnvironmentMissing, fix, "%d of %s with environment %q; %s", n, nameOf(p), got, a.shown(p, config.KeyEnvironment))
			}
		}
	}
	return check.Passed("%s", a.saying(func(s observe.Seen) map[string]int { return s.Environments }))
}

// release compares the one of events with the one that is set. A detected one
// is a guess, which an application that knows better may contradict.
func (a application) release() check.Result {
	var by []string // releases of processes that were not given one of their own
	for _, p := range a.seen.Processes {
		_, own := byCommand(p, config.KeyRelease)
		want, set := a.lookup(p, config.KeyRelease)
		want = strings.TrimSpace(want)
		set = set && want != ""
		for _, got := range slices.Sorted(maps.Keys(p.Seen.Releases)) {
			switch {
			case got == "":
				return check.Warned(cause.AppReleaseMissing, "set SENTRY_RELEASE once for each build, where all services get it",
					"%d of %s without release; %s", p.Seen.Releases[got], nameOf(p), a.shown(p, config.KeyRelease))
			case set && got != want:
				return check.Warned(cause.AppReleaseMissing, inWords(p, "remove the release argument from init, so that SENTRY_RELEASE is read",
					"leave Release out of sentry.ClientOptions, so that SENTRY_RELEASE is read", "remove release from Sentry.init, so that SENTRY_RELEASE is read"),
					"%d of %s with release %q; %s", p.Seen.Releases[got], nameOf(p), got, a.shown(p, config.KeyRelease))
			case config.CheckRelease(got) != nil && !set:
				return check.Warned(cause.AppReleaseMissing, "set SENTRY_RELEASE once for each build, to a name that Sentry keeps",
					"%d of %s with release %q: %v", p.Seen.Releases[got], nameOf(p), got, config.CheckRelease(got))
			}
			if !own {
				by = append(by, got)
			}
		}
	}
	slices.Sort(by)
	if names := slices.Compact(by); len(names) > 1 {
		return check.Warned(cause.AppReleaseMissing, "set SENTRY_RELEASE once for each build, where all services get it",
			"one application under %d releases: %s; %s", len(names), a.saying(func(s observe.Seen) map[string]int { return s.Releases }), a.shown(observe.Process{}, config.KeyRelease))
	}
	return check.Passed("%s", a.saying(func(s observe.Seen) map[string]int { return s.Releases }))
}

// saying lists a field of what came, by process.
func (a application) saying(field func(observe.Seen) map[string]int) string {
	var parts []string
	for _, p := range a.seen.Processes {
		if counts := field(p.Seen); len(counts) > 0 {
			parts = append(parts, nameOf(p)+": "+tally(counts))
		}
	}
	return strings.Join(parts, "; ")
}

// tight is the size from which the next growth of an event loses it.
const tight = 800_000 // bytes, of 1 MiB

// size finds items that Sentry would refuse, or soon will.
func (a application) size() check.Result {
	fix := func(p observe.Process) string {
		return inWords(p, "cut long texts and documents in before_send, or do not put them into messages, extras and contexts",
			"no documents in extras and contexts", "maxValueLength: 100000 in Sentry.init, and no documents in extras and contexts")
	}
	largest := observe.Size{}
	for _, p := range a.seen.Processes {
		if n := len(p.Seen.TooLarge); n > 0 {
			most := slices.MaxFunc(p.Seen.TooLarge, func(x, y observe.Size) int { return int(x.Bytes - y.Bytes) })
			return check.Failed(cause.AppEventTooLarge, fix(p), "%s of %s over Sentry's limit, the largest of them %s of %d bytes; %s",
				numbered(n, "item"), nameOf(p), most.ItemType, most.Bytes, tally(p.Seen.Rejections))
		}
		if l := p.Seen.Largest; (l.ItemType == "event" || l.ItemType == "transaction") && l.Bytes >= tight {
			return check.Warned(cause.AppEventTooLarge, fix(p), "%s of %s has %d bytes; Sentry refuses more than 1048576", l.ItemType, nameOf(p), l.Bytes)
		}
		if p.Seen.Largest.Bytes > largest.Bytes {
			largest = p.Seen.Largest
		}
	}
	return check.Passed("the largest item is %s of %d bytes", largest.ItemType, largest.Bytes)
}

// privacy finds personal and secret data by where it stands. What the user
// field holds of a person is meant where SENTRY_SEND_DEFAULT_PII allows it.
func (a application) privacy() check.Result {
	var places []string
	var first observe.Process
	for _, p := range a.seen.Processes {
		text, _ := a.lookup(p, config.KeySendDefaultPII)
		allowed, _ := config.ParseBool(text)
		for _, found := range p.Seen.Private {
			if meant(found) || allowed && ofUser(found) {
				continue
			}
			if len(places) == 0 {
				first = p
			}
			places = append(places, fmt.Sprintf("%s in %s of %s (%s)", found.Kind, place(found), nameOf(p), numbered(found.Count, "time")))
		}
	}
	if len(places) == 0 {
		return check.Passed("nothing of that kind was found in what came")
	}
	return check.Failed(cause.AppPII, inWords(first,
		"remove it in before_send, or do not put it into the event", "let package monitoring send, which scrubs, or remove it in BeforeSend", "remove it in beforeSend, or do not put it into the event"),
		"%s", strings.Join(atMost(places), ", "))
}

func place(found observe.Private) string {
	if found.Path == "" {
		return found.ItemType
	}
	return found.ItemType + "." + found.Path
}

// meant says whether what was found is nobody's secret: what somebody wrote
// into a feedback, the DSN, whose key is public, and what the lines of the
// source say by themselves, unless they hold a secret.
func meant(found observe.Private) bool {
	switch last := found.Path[strings.LastIndex(found.Path, ".")+1:]; last {
	case "SENTRY_DSN":
		return true
	case "pre_context[]", "context_line", "post_context[]":
		return slices.Contains([]string{"email", "ip", "card", "phone"}, found.Kind)
	}
	return found.ItemType == "user_report" || found.ItemType == "feedback"
}

// ofUser says whether it is what SENTRY_SEND_DEFAULT_PII allows: who the user
// is, and the addresses that requests come from, wherever they stand.
func ofUser(found observe.Private) bool {
	path := strings.ToLower(found.Path)
	return slices.Contains([]string{"user.email", "user.ip_address", "user.username"}, path) ||
		found.Kind == "ip"
}
