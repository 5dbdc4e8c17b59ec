package observe

import (
	"context"
	"net/url"
	"strings"
)

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
	upstreams, ok := env.upstreams()
	if !ok {
		r.o.Say("the proxy of the environment speaks no HTTP: " + name + " runs without ours, and hosts that it asks are not named")
		return env, nil
	}
	p := &proxy{process: name, hosts: r.o.Hosts, upstreams: upstreams}
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
		if host == "" || p.sentry(host) {
			continue
		}
		kept = append(kept, entry)
	}
	return strings.Join(kept, ",")
}

func (r *run) stopProxies() {
	for _, p := range r.proxies {
		p.stop()
	}
}
