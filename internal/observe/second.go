package observe

import (
	"context"
	_ "embed"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/dsn"
)

// logSwitch has sentry-python before 2.0 write its log.
//
//go:embed python/sitecustomize.py
var logSwitch []byte

// secondEnviron is the environment of the second run: besides what it was in
// the first, the SDK logs what it does, sends a copy to the receiver whatever
// its DSN is, and goes through a proxy that names where it wants to go.
// SENTRYGODEBUG=httpdump=1 would tell of Go what Spotlight tells of Python, but
// prints keys.
func (r *run) secondEnviron(ctx context.Context, env environ, name, project string) (environ, error) {
	env = env.with(spotlight, "http://"+r.address+"/"+project+"/stream")
	if debug, _ := env.lookup("SENTRY_DEBUG"); !truthy(debug) {
		env = env.with("SENTRY_DEBUG", "true")
	}
	// The thread that ends a Go program keeps its turn while it is held back:
	// the SDK's goroutine needs another.
	env = env.with("GOMAXPROCS", "4")
	env = r.withLogSwitch(env)
	upstreams, ok := env.upstreams()
	if !ok {
		r.say("the proxy of the environment speaks no HTTP: " + name + " runs without ours, and hosts that it asks are not named")
		return env, nil
	}
	p := &proxy{process: name, hosts: slices.Concat(r.o.Hosts, env.hosts()), upstreams: upstreams}
	address, err := p.start(ctx)
	if err != nil {
		return nil, err
	}
	r.proxies = append(r.proxies, p)
	for _, variable := range []string{"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"} {
		env = env.with(variable, "http://"+address)
	}
	for _, variable := range []string{"no_proxy", "NO_PROXY"} {
		env = env.with(variable, exceptSentry(env.excepted(variable), p))
	}
	return env.reachingLoopback(), nil
}

// hosts are those of all DSNs in an environment, whatever the name of the
// variable: an application may read another one than SENTRY_DSN.
func (e environ) hosts() []string {
	var hosts []string
	for _, entry := range e {
		_, value, _ := strings.Cut(entry, "=")
		if parsed, err := dsn.Parse(strings.TrimSpace(value)); err == nil && !loopback(parsed.Host) {
			hosts = append(hosts, parsed.Host)
		}
	}
	return hosts
}

// loopback says whether a host, perhaps with its port, is this machine.
func loopback(host string) bool {
	name := hostname(host)
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// withLogSwitch puts the switch where Python looks first. A folder that cannot
// be made is no reason not to run: only the log is missing.
func (r *run) withLogSwitch(env environ) environ {
	if r.folder == "" {
		folder, err := os.MkdirTemp("", "bbctl-python-")
		if err != nil {
			return env
		}
		r.folder = folder
		if os.WriteFile(filepath.Join(folder, "sitecustomize.py"), logSwitch, 0o600) != nil {
			return env
		}
	}
	path := r.folder
	if others, _ := env.lookup("PYTHONPATH"); others != "" {
		path += string(os.PathListSeparator) + others
	}
	return env.with("PYTHONPATH", path)
}

func truthy(value string) bool {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "1", "t", "true", "y", "yes", "on":
		return true
	}
	return false
}

// upstreams are the environment's own proxies, through which the other traffic
// of the application goes on; ok is false where one of them is of a kind that
// ours cannot go through.
func (e environ) upstreams() (u upstreams, ok bool) {
	for scheme, to := range map[string]**url.URL{"http": &u.http, "https": &u.https} {
		value := e.first(scheme+"_proxy", strings.ToUpper(scheme)+"_PROXY", "all_proxy", "ALL_PROXY")
		if value == "" {
			continue
		}
		if !strings.Contains(value, "://") {
			value = "http://" + value
		}
		parsed, err := url.Parse(value)
		if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
			return upstreams{}, false
		}
		*to = parsed
	}
	return u, true
}

// exceptSentry takes Sentry's hosts out of a NO_PROXY: what goes around the
// proxy is neither refused nor named. "*" excepts all hosts, and cannot stay.
func exceptSentry(list string, p *proxy) string {
	var kept []string
	for entry := range strings.SplitSeq(list, ",") {
		host := strings.TrimLeft(strings.TrimSpace(entry), "*.")
		if host == "" || p.sentry(host) || slices.ContainsFunc(p.hosts, func(known string) bool {
			return strings.HasSuffix(hostname(known), "."+hostname(host)) // it excepts all below it
		}) {
			continue
		}
		kept = append(kept, entry)
	}
	return strings.Join(kept, ",")
}

// clear takes away what the second run had beside it.
func (r *run) clear() {
	for _, p := range r.proxies {
		p.stop()
	}
	if r.folder != "" {
		_ = os.RemoveAll(r.folder) // the system's own cleaning takes what is left
	}
}
