package doctor

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/observe"
)

func (a application) destination() check.Result {
	return a.unlessSilent("app-dsn", a.otherDestination)
}

// otherDestination finds an SDK that sends elsewhere, or was given nowhere to
// send to.
func (a application) otherDestination() check.Result {
	if result := a.hardcoded(); result.Outcome != check.Pass {
		return result
	}
	for _, p := range a.closer() {
		if evidence := emptyDSN(p); evidence != "" {
			return check.Failed(cause.AppDSNEmptyArgument, inWords(p,
				"leave the dsn argument of init out, or write dsn=os.getenv(\"SENTRY_DSN\") or None",
				"leave Dsn out of sentry.ClientOptions",
				"leave dsn out of Sentry.init, or write dsn: process.env.SENTRY_DSN"), "%s", evidence)
		}
	}
	return check.Passed("%s", a.receivedOfAll())
}

// hardcoded finds another host of Sentry that the application asked for.
func (a application) hardcoded() check.Result {
	var hosts []string
	var p observe.Process
	for _, contact := range a.contacts() {
		if contact.Sentry {
			hosts = append(hosts, fmt.Sprintf("%s (%s)", contact.Host, numbered(contact.Count, "time")))
			p = a.first(func(p observe.Process) bool { return p.Name == contact.Process })
		}
	}
	for _, each := range a.closer() {
		if host := foreignHost(each); host != "" && len(hosts) == 0 {
			hosts, p = append(hosts, host), each
		}
	}
	for _, each := range a.closer() {
		if n := each.Seen.OtherKeys; n > 0 && len(hosts) == 0 && deliveredBy(each) == 0 {
			hosts, p = append(hosts, fmt.Sprintf("another one: the trace headers of %s name its key", numbered(n, "envelope"))), each
		}
	}
	if n := a.seen.Stray.Requests; n > 0 && len(hosts) == 0 {
		hosts = append(hosts, fmt.Sprintf("another project of the same host (%s)", numbered(n, "time")))
	}
	if len(hosts) == 0 {
		return check.Passed("")
	}
	return check.Failed(cause.AppDSNHardcoded, inWords(p,
		"remove the dsn argument from init and override=True from load_dotenv, so that SENTRY_DSN is read",
		"leave Dsn out of sentry.ClientOptions, so that SENTRY_DSN is read",
		"remove dsn from Sentry.init, so that SENTRY_DSN is read"),
		"nothing came to the DSN that it was given, and %s asked for %s", nameOf(p), strings.Join(atMost(hosts), ", "))
}

func (a application) contacts() []observe.Contact {
	if a.seen.Second != nil {
		return a.seen.Second.Contacts
	}
	return a.seen.Contacts
}

// foreignHost is the host that an SDK's own log says it sends to, where it is
// none of this machine.
func foreignHost(p observe.Process) string {
	for _, line := range p.Debug.Lines {
		m := sendsTo().FindStringSubmatch(line)
		if m == nil {
			continue
		}
		host := m[1]
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return host
		}
	}
	return ""
}

var sendsTo = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`Sending .* project:\S+ host:(\S+)`) })

// The lines by which sentry-python's log tells how it ended: one without a DSN
// has nothing to flush, and one that was cut off never came to its end.
const (
	logsEnd   = "atexit: got shutdown signal"
	logsFlush = "Flushing HTTP transport"
)

// emptyDSN says how it is seen that an SDK was given an empty DSN.
func emptyDSN(p observe.Process) string {
	if deliveredBy(p) > 0 {
		return ""
	}
	ended, flushed := last(p.Debug.Lines, logsEnd) != "", last(p.Debug.Lines, logsFlush) != ""
	copies := p.Seen.StreamRequests
	switch {
	case flushed:
		return ""
	case ended:
		return fmt.Sprintf("%s initialised the SDK, and at its end there was no way to Sentry to flush, by its log; Spotlight got %s, no request to the DSN that it was given, and no other host of Sentry asked for",
			nameOf(p), numbered(copies, "envelope"))
	case languageOf(p) == node && len(p.Debug.Lines) > 0 && last(p.Debug.Lines, "No DSN provided") == "":
		return "" // an SDK that is switched off, or has a transport or tunnel of its own
	case copies > 0 && (len(p.Debug.Lines) == 0 || p.Exit.Running || languageOf(p) != python):
		return fmt.Sprintf("%s sent %s to Spotlight, none to the DSN that it was given, and asked for no other host of Sentry", nameOf(p), numbered(copies, "envelope"))
	}
	return ""
}

func (a application) flushes() check.Result { return a.unlessSilent("app-flush", a.lostAtEnd) }

// lostAtEnd finds events that were made and never sent, since their process
// ended first.
func (a application) lostAtEnd() check.Result {
	for _, p := range a.closer() {
		if p.Exit.Running || p.Exit.Signal != "" || p.Exit.Err != "" {
			continue
		}
		if evidence := a.lostBy(p); evidence != "" {
			return check.Failed(cause.AppNoFlush, inWords(p,
				"sentry_sdk.flush(timeout=2) before the process ends",
				"sentry.Flush(2 * time.Second) before every exit: os.Exit and log.Fatal skip a deferred one",
				"await Sentry.flush(2000) before process.exit"), "%s; %s", evidence, ending(p))
		}
	}
	return check.Passed("no SDK was seen to lose what it held")
}

// made is how many events and transactions a process is seen to have made.
func made(p observe.Process) int { return p.Seen.Items["event"] + p.Seen.Items["transaction"] }

func (a application) lostBy(p observe.Process) string {
	_, onTheWay := lost(p, func(d observe.Discard) bool { return d.Reason == "network_error" || d.Reason == "send_error" })
	switch copies := p.Seen.StreamRequests; {
	case !a.silent():
		if missing := p.Debug.Sent - deliveredBy(p) - onTheWay; missing > 0 {
			return fmt.Sprintf("%s says that it sends %s, and %d came", nameOf(p), numbered(p.Debug.Sent, "envelope"), deliveredBy(p))
		}
	case p.Held && deliveredBy(p) > 0:
		return fmt.Sprintf("nothing came of %s in a first run; in a second one its end was held back, and %s came", nameOf(p), numbered(deliveredBy(p), "request"))
	case a.seen.Second != nil && deliveredBy(p) > 0:
		return fmt.Sprintf("nothing came of %s in a first run, and %s in a second one, which the SDK's log and Spotlight make slower", nameOf(p), numbered(deliveredBy(p), "request"))
	case copies > 0 && languageOf(p) == python && len(p.Debug.Lines) > 0 && last(p.Debug.Lines, logsEnd) == "":
		return fmt.Sprintf("%s made events (Spotlight got %s) and ended without the SDK's own end, by its log", nameOf(p), numbered(copies, "envelope"))
	case copies > 0 && made(p) > 0 && languageOf(p) == python && last(p.Debug.Lines, logsFlush) != "":
		return fmt.Sprintf("%s made events (Spotlight got %s) and flushed at its end, by its log, and none came: what made them, such as a child process, ended before that", nameOf(p), numbered(copies, "envelope"))
	case a.seen.Second != nil && languageOf(p) == python && p.Debug.Initialised && last(p.Debug.Lines, logsEnd) == "":
		return fmt.Sprintf("%s initialised the SDK and ended without the SDK's own end, by its log, as os._exit does: what it held is lost", nameOf(p))
	case languageOf(p) == node && last(p.Debug.Lines, "Captured error event") != "" && last(p.Debug.Lines, "will not send") == "":
		return fmt.Sprintf("%s captured an error, by the SDK's log, and nothing came", nameOf(p))
	case p.Debug.Pending > 0:
		return fmt.Sprintf("%s pending at the end of %s", numbered(p.Debug.Pending, "event"), nameOf(p))
	case p.Debug.Sent > 0:
		return fmt.Sprintf("%s says that it sends %s, and none came", nameOf(p), numbered(p.Debug.Sent, "envelope"))
	}
	return ""
}
