package config

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/bookedbarber/bbctl/internal/dsn"
)

// ProxyChoice is how one kind of client goes to an address.
type ProxyChoice struct {
	URL    *url.URL // of the proxy; nil: directly
	Key    string   // the variable that names it; empty where none does
	Origin Origin   // of that variable
	// Bypass is the Problem that keeps the client from a proxy which is set
	// (no-proxy-grammar, no-proxy-bypasses); its Cause is empty where none does,
	// and where loopback is reached directly, which is right.
	Bypass Problem
}

// Proxy returns the proxy through which a request to Sentry goes: that of
// PythonProxy, but loopback is always reached directly. It has the form of
// http.Transport.Proxy.
func (c *Config) Proxy(r *http.Request) (*url.URL, error) {
	if loopback(r.URL.Hostname()) {
		return nil, nil
	}
	choice, err := c.PythonProxy(r.URL)
	return choice.URL, err
}

func loopback(host string) bool { return (&dsn.DSN{Host: host}).Loopback() }

// PythonProxy is the choice of sentry-python, which takes HTTP_PROXY for https
// too where HTTPS_PROXY is not set, and makes no exception for loopback. For
// socks:// it is what the SDK does with the package PySocks, without which it
// goes directly. The error says, without a secret, that a variable is no URL:
// the SDK's init raises then.
func (c *Config) PythonProxy(u *url.URL) (ProxyChoice, error) {
	set := c.pythonProxies()
	v, ok := pythonProxyFor(set, u)
	if !ok {
		return ProxyChoice{}, nil
	}
	if no := set["no"]; pythonExcepts(no.Value, u) {
		return ProxyChoice{Bypass: bypass(no, u, pythonEntry, "sentry-python")}, nil
	}
	proxy, err := pythonProxyURL(v)
	return ProxyChoice{URL: proxy, Key: v.Key, Origin: v.Origin}, err
}

// pythonProxyFor is the variable that names the proxy, exceptions aside.
func pythonProxyFor(set map[string]Value, u *url.URL) (Value, bool) {
	if v, ok := set["https"]; ok && u.Scheme == "https" {
		return v, true
	}
	v, ok := set["http"]
	return v, ok
}

// pythonProxies does what getproxies_environment of Python's urllib.request
// does: what stands before _proxy, in any case; a lower-case _proxy wins, and
// an empty one takes the other away. Where REQUEST_METHOD is set, HTTP_PROXY
// is what a client of a CGI server has sent, and not used.
func (c *Config) pythonProxies() map[string]Value {
	set := make(map[string]Value)
	names := c.proxyNames()
	for _, name := range names {
		if v := c.Value(name); v.Value != "" {
			set[strings.ToLower(name[:len(name)-len(proxySuffix)])] = v
		}
	}
	if _, cgi := c.Lookup("REQUEST_METHOD"); cgi {
		delete(set, "http")
	}
	for _, name := range names {
		scheme, lower := strings.CutSuffix(name, proxySuffix)
		if !lower {
			continue
		}
		if v := c.Value(name); v.Value != "" {
			set[strings.ToLower(scheme)] = v
		} else {
			delete(set, strings.ToLower(scheme))
		}
	}
	return set
}

const proxySuffix = "_proxy"

// proxyNames are the variables whose names end in _proxy, in any case.
func (c *Config) proxyNames() []string {
	var names []string
	add := func(name string) {
		if at := len(name) - len(proxySuffix); at > 0 && strings.EqualFold(name[at:], proxySuffix) {
			names = append(names, name)
		}
	}
	for _, row := range Variables() {
		if _, given := c.flags[row.Key]; given {
			add(row.Key)
		}
	}
	for _, name := range c.names {
		add(name)
	}
	if c.file == nil {
		return names
	}
	for _, name := range c.file.keys() {
		if _, known := c.environ[name]; !known && len(c.file.values(name)) > 0 {
			add(name)
		}
	}
	return names
}

// pythonProxyURL reads the URL of a proxy as urllib3 does. A password may hold
// what net/url refuses.
func pythonProxyURL(v Value) (*url.URL, error) {
	// url.Error would quote the whole value, password included.
	malformed := fmt.Errorf("%s is not the URL of a proxy: %s", v.Key, v.Shown())
	scheme, rest, ok := strings.Cut(v.Value, "://")
	if !ok || !isProxyScheme(scheme) {
		return nil, malformed
	}
	before, path := authority(rest), ""
	if len(before) < len(rest) && rest[len(before)] == '/' {
		path, _, _ = strings.Cut(rest[len(before):], "?")
	}
	var user *url.Userinfo
	if at := strings.LastIndexByte(before, '@'); at >= 0 {
		user = userinfo(before[:at])
		before = before[at+1:]
	}
	proxy, err := url.Parse(strings.ToLower(scheme) + "://" + before)
	if err != nil || proxy.Hostname() == "" || !isPort(proxy.Port()) {
		return nil, malformed
	}
	proxy.User = user
	if proxy.Path, err = url.PathUnescape(path); err != nil {
		proxy.Path = path
	}
	return proxy, nil
}

// userinfo keeps what cannot be unescaped as it stands.
func userinfo(text string) *url.Userinfo {
	plain := func(s string) string {
		if unescaped, err := url.PathUnescape(s); err == nil {
			return unescaped
		}
		return s
	}
	name, password, ok := strings.Cut(text, ":")
	if !ok {
		return url.User(plain(name))
	}
	return url.UserPassword(plain(name), plain(password))
}
