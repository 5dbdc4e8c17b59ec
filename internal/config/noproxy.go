package config

import (
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// An exception says whether an entry of NO_PROXY, without blanks around it,
// covers an address in the eyes of a client.
type exception func(entry string, u *url.URL) bool

// entries are those of NO_PROXY.
func entries(value string) []string {
	if value == "" {
		return nil
	}
	all := strings.Split(value, ",")
	for i, entry := range all {
		all[i] = strings.TrimSpace(entry)
	}
	return all
}

// pythonEntry is sentry-python's rule: the end of the host's name, or of it
// with a port other than the scheme's own. An empty entry is the end of all.
func pythonEntry(entry string, u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	address := host
	if port := u.Port(); port != "" && port != defaultPort(u.Scheme) {
		address += ":" + port
	}
	return strings.HasSuffix(host, entry) || strings.HasSuffix(address, entry)
}

func pythonExcepts(value string, u *url.URL) bool { return covered(value, u, pythonEntry) }

// goExcepts is the rule of Go's net/http: loopback and localhost are never
// reached through a proxy.
func goExcepts(value string, u *url.URL) bool {
	host := u.Hostname()
	if host == "localhost" {
		return true
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsLoopback() {
		return true
	}
	return covered(value, u, goEntry)
}

func covered(value string, u *url.URL, covers exception) bool {
	return slices.ContainsFunc(entries(value), func(entry string) bool { return covers(entry, u) })
}

// goEntry is one entry in the eyes of Go: an address, a network, a domain with
// all below it, .domain for those below it alone, each with a port or without;
// * is everything. Names outside ASCII are not looked at: no DSN has one.
func goEntry(entry string, u *url.URL) bool {
	entry = strings.ToLower(entry)
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = defaultPort(u.Scheme)
	}
	if entry == "*" {
		return true
	}
	ip := net.ParseIP(host)
	if _, network, err := net.ParseCIDR(entry); err == nil {
		return ip != nil && network.Contains(ip)
	}
	name, only, err := net.SplitHostPort(entry)
	if err != nil {
		name, only = entry, ""
	}
	if name == "" || only != "" && only != port {
		return false
	}
	if address := net.ParseIP(name); address != nil {
		return ip != nil && address.Equal(ip)
	}
	if ip != nil {
		return false
	}
	if strings.HasPrefix(name, "*.") { // other stars stand for themselves
		name = name[1:]
	}
	if below, ok := strings.CutPrefix(name, "."); ok {
		return strings.HasSuffix(host, "."+below)
	}
	return host == name || strings.HasSuffix(host, "."+name)
}

// meant says whether a person means the address by an entry: what Go takes it
// for, any other star, names with other marks between them, and URLs.
func meant(entry string, u *url.URL) bool {
	if goEntry(entry, u) {
		return true
	}
	for _, part := range strings.FieldsFunc(strings.ToLower(entry), func(r rune) bool { return r == ';' || r == ' ' || r == '\t' }) {
		if _, rest, ok := strings.Cut(part, "://"); ok {
			part = strings.TrimRight(rest, "/")
		}
		matched, err := path.Match(part, strings.ToLower(u.Hostname()))
		if goEntry(part, u) || strings.Contains(part, "*") && err == nil && matched {
			return true
		}
	}
	return false
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// bypass is the Problem of a NO_PROXY that keeps a client from a proxy. That
// loopback is reached directly is none.
func bypass(no Value, u *url.URL, covers exception, client string) Problem {
	var hits []string
	for _, entry := range entries(no.Value) {
		if entry != "" && covers(entry, u) {
			hits = append(hits, entry)
		}
	}
	switch {
	case !covered(no.Value, u, covers), len(hits) > 0 && loopback(u.Hostname()):
		return Problem{}
	case len(hits) == 0:
		return problem(cause.NoProxyGrammar, cause.Warn, no, withoutEntries(no, func(entry string) bool { return entry == "" }),
			"%s is %s: %s takes the empty entry for the end of every name and goes to %s directly, without the proxy", no.Key, no.Shown(), client, u.Hostname())
	case slices.ContainsFunc(hits, func(entry string) bool { return strings.Contains(entry, "*") }):
		return problem(cause.NoProxyGrammar, cause.Warn, no, plainEntries(no, hits, u),
			"%s is %s: %s goes to %s directly because of %s, which sentry-python does not understand", no.Key, no.Shown(), client, u.Hostname(), quoted(hits))
	}
	return problem(cause.NoProxyBypasses, cause.Warn, no, withoutEntries(no, func(entry string) bool { return slices.Contains(hits, entry) }),
		"%s is %s: because of %s %s goes to %s directly, without the proxy; expected where the direct way is open, and nowhere else",
		no.Key, no.Shown(), quoted(hits), client, u.Hostname())
}

// noProxyProblems are those of the exceptions that decide about the DSN's host,
// where a proxy is set that it would be reached through.
func (c *Config) noProxyProblems() []Problem {
	target, err := c.DSN()
	if err != nil {
		return nil
	}
	u, err := url.Parse(target.EnvelopeURL())
	if err != nil {
		return nil
	}
	set := c.pythonProxies()
	no := set["no"]
	proxy, ok := pythonProxyFor(set, u)
	if _, err := pythonProxyURL(proxy); !ok || err != nil || no.Value == "" {
		return nil
	}
	if pythonExcepts(no.Value, u) {
		return c.exceptions(no, u)
	}
	var misread []string
	for _, entry := range entries(no.Value) {
		if meant(entry, u) {
			misread = append(misread, entry)
		}
	}
	if len(misread) == 0 {
		return nil
	}
	return warn(cause.NoProxyGrammar, no, plainEntries(no, misread, u),
		"%s is %s: sentry-python does not understand %s, and goes to %s through the proxy of %s all the same",
		no.Key, no.Shown(), quoted(misread), u.Hostname(), proxy.Key)
}

// exceptions are the Problems of entries that keep sentry-python from its proxy:
// of those that name the host, and of an empty one.
func (c *Config) exceptions(no Value, u *url.URL) []Problem {
	var found []Problem
	first := bypass(no, u, pythonEntry, "sentry-python")
	if first.Cause != "" {
		found = append(found, first)
	}
	if first.Cause != cause.NoProxyGrammar && slices.Contains(entries(no.Value), "") {
		found = append(found, bypass(no, u, func(entry string, _ *url.URL) bool { return entry == "" }, "sentry-python"))
	}
	return found
}

// withoutEntries is the fix that takes entries away.
func withoutEntries(no Value, drop func(string) bool) string {
	kept := slices.DeleteFunc(entries(no.Value), func(entry string) bool { return entry == "" || drop(entry) })
	if len(kept) == 0 {
		return removeAt(no.Origin, no.Key)
	}
	return writeAt(no.Origin, no.Key, strings.Join(kept, ","))
}

// plainEntries is the fix that writes the host in place of entries that not
// every client understands.
func plainEntries(no Value, misread []string, u *url.URL) string {
	kept := slices.DeleteFunc(entries(no.Value), func(entry string) bool { return entry == "" || slices.Contains(misread, entry) })
	return writeAt(no.Origin, no.Key, strings.Join(append(kept, u.Hostname()), ","))
}

func quoted(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = `"` + short(name) + `"`
	}
	return listed(all)
}
