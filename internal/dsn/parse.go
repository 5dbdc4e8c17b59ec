package dsn

import (
	"net/netip"
	"strconv"
	"strings"
)

// Parse reads a DSN. The error is a *Defect: the first that applies, in the
// order missing, prefixed, unexpanded, placeholder, quoted, stray characters,
// no scheme, bad port, IPv6 literal, no key, no project, project not numeric.
func Parse(raw string) (*DSN, error) {
	if found := textual(raw); found != nil {
		return nil, found
	}
	p := cut(raw)
	for _, rule := range []func(*parts) *Defect{
		strayParts, scheme, port, ipv6, key, project,
	} {
		if found := rule(p); found != nil {
			return nil, found
		}
	}
	d := &DSN{
		Scheme: strings.ToLower(p.scheme), PublicKey: p.key, SecretKey: p.secret,
		Host: p.host, ProjectID: p.segments[len(p.segments)-1],
	}
	if p.hasPort {
		d.Port, _ = strconv.Atoi(p.port) // rule port has seen it
	}
	if prefix := p.segments[:len(p.segments)-1]; len(prefix) > 0 {
		d.Path = "/" + strings.Join(prefix, "/")
	}
	return d, nil
}

// parts is a text taken apart at the marks of a DSN, whatever stands between
// them. net/url is not asked: its errors quote the whole input, key included,
// and it forgives what SDKs do not.
type parts struct {
	scheme    string
	hasScheme bool
	hasUser   bool // there is an @
	key       string
	secret    string
	hasSecret bool
	host      string // IPv6 literals with their brackets, where they have them
	port      string
	hasPort   bool
	hasPath   bool
	segments  []string // of the path; none where it is empty
}

func cut(s string) *parts {
	p := &parts{}
	rest := s
	if scheme, after, ok := strings.Cut(s, "://"); ok && !strings.ContainsAny(scheme, "/@") {
		p.scheme, p.hasScheme, rest = scheme, true, after
	}
	rest, _, _ = strings.Cut(rest, "?") // options there are a warning
	authority, path, hasPath := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		p.hasUser = true
		p.key, p.secret, p.hasSecret = strings.Cut(authority[:at], ":")
		authority = authority[at+1:]
	}
	p.cutHost(authority)
	p.hasPath = hasPath
	if path != "" {
		p.segments = strings.Split(path, "/")
	}
	return p
}

func (p *parts) cutHost(s string) {
	colon := strings.IndexByte(s, ':')
	if end := strings.IndexByte(s, ']'); end >= 0 && strings.HasPrefix(s, "[") {
		if colon = -1; strings.HasPrefix(s[end+1:], ":") {
			colon = end + 1
		}
	} else if isIPv6(s) {
		colon = -1
	}
	p.host = s
	if colon >= 0 {
		p.host, p.port, p.hasPort = s[:colon], s[colon+1:], true
	}
}

func isIPv6(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Is6()
}

// strayParts finds characters that stand between the parts of a DSN or inside
// them and belong to none.
func strayParts(p *parts) *Defect {
	stray := func(what, where string) *Defect {
		return defect(idStray, "remove "+definite(what)+" "+where+" in SENTRY_DSN", "there is %s %s, expected https://KEY@HOST/PROJECT", what, where)
	}
	last := len(p.segments) - 1
	for i, segment := range p.segments {
		switch {
		case segment == "" && i == last:
			return stray("a slash", "after the project id")
		case !p.hasScheme: // what stands between the marks may be anything then
		case segment == "":
			return stray("a second slash", "before the project id")
		case !only(segment, pathMarks) && i < last:
			return stray("a character that no path needs", "before the project id")
		}
	}
	switch {
	case !p.hasScheme:
		return nil
	case p.host == "" && p.hasUser:
		return defect(idStray, fixPaste, "there is no host behind the @, expected https://KEY@HOST/PROJECT")
	case p.host == "":
		return defect(idStray, fixPaste, "there is a slash too many behind the scheme, expected https://KEY@HOST/PROJECT")
	case !only(p.key, keyMarks), !only(p.secret, keyMarks):
		return stray("a character that no key has", "before the @")
	case p.hasSecret && p.secret == "" && p.key != "":
		return stray("a colon", "after the key")
	case !bracketed(p.host) && !isIPv6(p.host) && (!only(p.host, hostMarks) || strings.Contains(p.host, "..") || strings.HasPrefix(p.host, ".") || strings.HasSuffix(p.host, ".")):
		return stray("a character that no host name has", "in the host")
	}
	return nil
}

// bracketed says whether a host is an IPv6 literal as URLs write it.
func bracketed(host string) bool {
	inner, ok := strings.CutPrefix(host, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	return ok && closed && isIPv6(strings.Replace(inner, "%25", "%", 1))
}

const (
	keyMarks  = "-_."
	hostMarks = "-_."
	pathMarks = "-_.~"
)

// only says whether a text consists of ASCII letters, digits and the marks.
func only(s, marks string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte(marks, c) < 0 {
			return false
		}
	}
	return true
}

func scheme(p *parts) *Defect {
	if !p.hasScheme {
		return defect(idNoScheme, fixScheme, "the DSN has no scheme, expected https://")
	}
	switch strings.ToLower(p.scheme) {
	case "http", "https":
		return nil
	}
	return defect(idNoScheme, fixScheme, "the scheme is %s, expected https", quote(p.scheme, 8))
}

func port(p *parts) *Defect {
	if !p.hasPort {
		return nil
	}
	n, err := strconv.Atoi(p.port)
	if err == nil && digits(p.port) && n >= 1 && n <= 65535 {
		return nil
	}
	return defect(idBadPort, "write the port of the server, from 1 to 65535, after the host in SENTRY_DSN, or none",
		"the port is %s, expected a number from 1 to 65535", quote(p.port, 6))
}

func ipv6(p *parts) *Defect {
	if !bracketed(p.host) && !isIPv6(p.host) {
		return nil
	}
	return defect(idIPv6, "write a host name instead of the IPv6 address in SENTRY_DSN",
		"the host is an IPv6 address, expected a name: SDKs write it into URLs without its brackets")
}

func key(p *parts) *Defect {
	if p.key != "" {
		return nil
	}
	if !p.hasUser {
		return defect(idNoKey, fixPaste, "there is no public key (KEY@) before the host, expected https://KEY@HOST/PROJECT")
	}
	return defect(idNoKey, fixKey, "there is no public key before the @, expected https://KEY@HOST/PROJECT")
}

func project(p *parts) *Defect {
	if len(p.segments) == 0 {
		return defect(idNoProject, fixPaste, "there is no project id after the host, expected https://KEY@HOST/PROJECT")
	}
	id := p.segments[len(p.segments)-1]
	if !digits(id) {
		return defect(idProject, fixPaste, "the project id is %s, expected a number", quote(id, 24))
	}
	if id[0] == '0' {
		return defect(idProject, fixPaste, "the project id %s begins with 0, which SDKs read differently, expected a number", quote(id, 24))
	}
	if _, err := strconv.ParseUint(id, 10, 64); err != nil {
		return defect(idProject, fixPaste, "the project id has %d digits, expected a number of at most 64 bits", len(id))
	}
	return nil
}
