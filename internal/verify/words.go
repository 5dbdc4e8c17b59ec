package verify

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
)

// intro says first what is real and what stands in.
func (l *Lab) intro() []string {
	var lines []string
	switch {
	case l.o.Local:
		lines = append(lines, "--local: everything is judged on an embedded receiver; nothing is sent to a DSN")
	case l.o.Config.DSNState() == config.DSNAbsent:
		lines = append(lines, "SENTRY_DSN is set nowhere: everything is judged on an embedded receiver")
	case l.dsn == nil:
		lines = append(lines, "everything is judged on an embedded receiver; SENTRY_DSN cannot be used")
	case l.o.DryRun:
		lines = append(lines, fmt.Sprintf("--dry-run: everything is judged on an embedded receiver; nothing is sent to %s", l.dsn.Redacted()))
	default:
		lines = append(lines, fmt.Sprintf("everything is judged on an embedded receiver first; then three test events go to %s", l.dsn.Redacted()))
	}
	real, standIns := l.parties()
	if len(real) > 0 {
		lines = append(lines, "real: "+strings.Join(real, ", "))
	}
	if len(standIns) > 0 {
		lines = append(lines, "stand-ins: "+strings.Join(standIns, ", "))
	}
	return lines
}

// parties says which parts are real, and what stands in for the others.
func (l *Lab) parties() (real, standIns []string) {
	for _, part := range []struct{ key, real, standIn string }{
		{config.KeyDatabaseURL, "the database of DATABASE_URL", "SQLite for the database"},
		{config.KeyRedisURL, "the Redis of REDIS_URL", "an in-process Redis"},
		{config.KeyCeleryBrokerURL, "the workers behind CELERY_BROKER_URL", "nothing for Celery (its workers are not tested)"},
	} {
		if _, ok := l.set(part.key); ok {
			real = append(real, part.real)
		} else {
			standIns = append(standIns, part.standIn)
		}
	}
	return real, standIns
}

// stages says which stages of the report ran, and what the others need.
func (l *Lab) stages(items []check.Item) []check.StageRun {
	probe := check.StageRun{Stage: "probe", Ran: true}
	switch {
	case l.o.Local:
		probe = check.StageRun{Stage: "probe", Reason: "--local"}
	case l.o.Config.DSNState() == config.DSNAbsent:
		probe = check.StageRun{Stage: "probe", Reason: "SENTRY_DSN is set nowhere"}
	case l.o.DryRun:
		probe = check.StageRun{Stage: "probe", Reason: "--dry-run"}
	case !ran(items, "delivery-error"):
		probe = check.StageRun{Stage: "probe", Reason: "nothing was sent: " + unsent(items)}
	}
	services := check.StageRun{Stage: "services", Reason: "DATABASE_URL, REDIS_URL and CELERY_BROKER_URL are set nowhere"}
	for _, key := range []string{config.KeyDatabaseURL, config.KeyRedisURL, config.KeyCeleryBrokerURL} {
		if _, ok := l.set(key); ok {
			services = check.StageRun{Stage: "services", Ran: true}
		}
	}
	return []check.StageRun{
		{Stage: "environment", Ran: true},
		{Stage: "suite", Ran: true},
		services,
		probe,
		{Stage: "app", Reason: "bbctl test does not run your application"},
		{Stage: "api", Reason: "the web API is not asked"},
	}
}

// unsent says why no test event went out.
func unsent(items []check.Item) string {
	for _, item := range items {
		if item.ID == "delivery-error" {
			return item.Detail
		}
	}
	return "the checks of the group delivery were left out"
}

// ran says whether a check was carried out, with whatever outcome.
func ran(items []check.Item, id string) bool {
	for _, item := range items {
		if item.ID == id {
			return item.Outcome == check.Pass || item.Outcome == check.Warn || item.Outcome == check.Fail
		}
	}
	return false
}

// passed says whether a check went well.
func passed(items []check.Item, id string) bool {
	for _, item := range items {
		if item.ID == id {
			return item.Outcome == check.Pass || item.Outcome == check.Warn
		}
	}
	return false
}

// sound says whether the library was seen to capture, filter and scrub, and
// not to be broken anywhere.
func sound(items []check.Item) bool {
	for _, item := range items {
		if item.Outcome == check.Fail && item.Cause == cause.LibraryBroken || item.Outcome == check.Broken {
			return false
		}
	}
	return passed(items, "error-chain") && passed(items, "filter-paths") && passed(items, "secrets-scrubbed")
}

// closing says last what was proved, what was not, and the command that would.
func (l *Lab) closing(items []check.Item) []string {
	var proved, unproved []string
	say := func(ok bool, what string) {
		if ok {
			proved = append(proved, what)
		} else {
			unproved = append(unproved, what)
		}
	}
	part := len(l.o.Only)+len(l.o.Skip) > 0
	say(!part && sound(items), "that the Go library captures, filters and scrubs")
	delivered := passed(items, "delivery-error")
	say(delivered, "your DSN")
	for _, part := range []struct{ key, id, what string }{
		{config.KeyDatabaseURL, "database-connection", "your database"},
		{config.KeyRedisURL, "redis-connection", "your Redis"},
		{config.KeyCeleryBrokerURL, "celery-workers", "your Celery workers"},
	} {
		if _, ok := l.set(part.key); ok {
			say(passed(items, part.id), part.what)
		}
	}
	if !l.o.ApplicationFollows {
		unproved = append(unproved, "your application")
	}

	if len(proved) == 0 {
		proved = []string{"no more than the checks above say"}
	}
	lines := []string{"proved: " + strings.Join(proved, ", ")}
	if len(unproved) > 0 {
		lines = append(lines, "not proved: "+strings.Join(unproved, ", "))
	}
	switch {
	case delivered && l.dsn.Loopback():
		lines = append(lines, "see them: where bbctl receive, or whatever listens there, shows what arrives")
	case delivered:
		lines = append(lines, "see them: "+l.link())
	case l.o.Local || l.o.Config.DSNState() == config.DSNAbsent:
		lines = append(lines, "next: SENTRY_DSN=… bbctl test proves the DSN; bbctl receive gives your application a DSN to send to here")
	case l.o.DryRun:
		lines = append(lines, "next: bbctl test without --dry-run sends three test events")
	}
	return lines
}

// link leads to the events of this run, by their tag. Without SENTRY_ORG the
// address is one that Sentry itself completes with the organization of who
// opens it.
func (l *Lab) link() string {
	base := url.URL{Scheme: "https", Host: "sentry.io", Path: "/issues/"}
	org, hasOrg := l.set(config.KeyOrg)
	switch {
	case !strings.HasSuffix(l.dsn.Host, ".sentry.io"):
		base.Scheme, base.Host = l.dsn.Scheme, l.dsn.Host
		if l.dsn.Port != 0 {
			base.Host = fmt.Sprintf("%s:%d", l.dsn.Host, l.dsn.Port)
		}
		if hasOrg {
			base.Path = "/organizations/" + url.PathEscape(org) + "/issues/"
		}
	case hasOrg:
		base.Host = org + ".sentry.io"
	}
	base.RawQuery = url.Values{
		"project": {l.dsn.ProjectID},
		"query":   {"bbctl_run:" + l.id},
	}.Encode()
	return base.String()
}
