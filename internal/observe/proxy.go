package observe

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// mostContacts is how many hosts are kept.
const mostContacts = 200

// proxy lets an application's traffic through unchanged, but for what goes to
// Sentry: that it refuses, before the host's name is even looked up.
type proxy struct {
	process   string
	hosts     []string // beside Sentry's own
	upstreams upstreams

	server *http.Server
	ended  chan struct{}
	cancel context.CancelFunc

	mu    sync.Mutex
	asked map[string]*Contact
	order []*Contact
}

// upstreams are the proxies to go through; nil: directly.
type upstreams struct{ http, https *url.URL }

// start serves on a free loopback port.
func (p *proxy) start(ctx context.Context) (address string, err error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	p.asked, p.ended = map[string]*Contact{}, make(chan struct{})
	p.server = &http.Server{
		Handler: p.handler(), ReadHeaderTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(p.ended)
		_ = p.server.Serve(listener) // it ends with stop
	}()
	return listener.Addr().String(), nil
}

// stop ends all connections.
func (p *proxy) stop() {
	p.cancel()
	_ = p.server.Close() // nobody is left who could wait for an answer
	<-p.ended
}

func (p *proxy) handler() http.Handler {
	plain := &httputil.ReverseProxy{
		// Unchanged: the request is forwarded to the host that it names.
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host },
		Transport: &http.Transport{
			Proxy:              func(*http.Request) (*url.URL, error) { return p.upstreams.http, nil },
			DisableCompression: true, // what the client did not ask for it may not understand
		},
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		host := req.Host
		if req.Method != http.MethodConnect {
			host = withPort(req.URL)
		}
		refused := p.sentry(host) || ingest(req)
		p.note(host, refused)
		switch {
		case refused:
			http.Error(w, "bbctl: requests to Sentry are refused in this run", http.StatusForbidden)
		case req.Method == http.MethodConnect:
			p.tunnel(w, req)
		case req.URL.Host == "":
			http.Error(w, "bbctl: this is a proxy", http.StatusBadRequest)
		default:
			plain.ServeHTTP(w, req)
		}
	})
}

// ingest says whether a request is one of an SDK: by its path, and by what
// makes it one. Others have paths such as /api/v1/store too.
func ingest(req *http.Request) bool {
	return req.Method == http.MethodPost && ingestPath().MatchString(req.URL.Path) &&
		(req.Header.Get("X-Sentry-Auth") != "" || req.URL.Query().Has("sentry_key") ||
			strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-sentry-envelope"))
}

var ingestPath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`/api/[0-9]+/(?:envelope|store)/?$`) })

func withPort(u *url.URL) string {
	if u.Port() != "" || u.Host == "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

// sentry says whether a host, with or without its port, is one of Sentry's or
// of a configured DSN, or is called like one that somebody runs.
func (p *proxy) sentry(host string) bool {
	name := hostname(host)
	if name == "sentry.io" || strings.HasSuffix(name, ".sentry.io") || slices.Contains(strings.Split(name, "."), "sentry") {
		return true
	}
	for _, known := range p.hosts {
		if name == hostname(known) {
			return true
		}
	}
	return false
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func (p *proxy) note(host string, refused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	host = short(strings.ToLower(host), longestName)
	c, known := p.asked[host]
	if !known {
		if len(p.order) >= mostContacts {
			return
		}
		c = &Contact{Process: p.process, Host: host}
		p.asked[host], p.order = c, append(p.order, c)
	}
	c.Count++
	c.Sentry = c.Sentry || refused
}

// contacts are the hosts that were asked for, Sentry's first.
func (p *proxy) contacts(redact func(string) string) []Contact {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Contact
	for _, sentry := range []bool{true, false} {
		for _, c := range p.order {
			if c.Sentry == sentry && c.Host != "" {
				shown := *c
				shown.Host = redact(c.Host)
				all = append(all, shown)
			}
		}
	}
	return all
}

// tunnel connects the client with the host, both ways, until one ends or the
// run does.
func (p *proxy) tunnel(w http.ResponseWriter, req *http.Request) {
	far, answer := p.connect(req)
	if far == nil {
		if answer == nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer func() { _ = answer.Body.Close() }() // its connection is closed already
		w.Header().Set("Proxy-Authenticate", answer.Header.Get("Proxy-Authenticate"))
		w.WriteHeader(answer.StatusCode)
		return
	}
	defer func() { _ = far.Close() }() // a second time is no harm
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = near.Close() }() // as above
	if _, err := io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	stop := context.AfterFunc(req.Context(), func() {
		_ = near.Close()
		_ = far.Close()
	})
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { pour(far, buffered) })
	both.Go(func() { pour(near, far) })
	both.Wait()
}

// pour copies until the end, and tells the other side of it.
func pour(to net.Conn, from io.Reader) {
	_, _ = io.Copy(to, from) // cut: both ends see it
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	_ = to.Close()
}
