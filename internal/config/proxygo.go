package config

import (
	"errors"
	"net/url"
)

// GoProxy is the choice of Go's net/http: the upper-case variable first,
// HTTP_PROXY not for https, and loopback always directly. A value that is no
// URL is ignored. The error says that a CGI server's HTTP_PROXY is refused.
func (c *Config) GoProxy(u *url.URL) (ProxyChoice, error) {
	keys := []string{KeyHTTPProxy, KeyHTTPProxyLower}
	if u.Scheme == "https" {
		keys = []string{KeyHTTPSProxy, KeyHTTPSProxyLower}
	}
	v := c.firstOf(keys...)
	proxy := goProxyURL(v.Value)
	if proxy == nil {
		return ProxyChoice{}, nil
	}
	if method, _ := c.Lookup("REQUEST_METHOD"); method != "" && u.Scheme == "http" {
		return ProxyChoice{}, errors.New(v.Key + " is refused by Go where REQUEST_METHOD is set, as under a CGI server")
	}
	no := c.firstOf(KeyNoProxy, KeyNoProxyLower)
	if goExcepts(no.Value, u) {
		return ProxyChoice{Bypass: bypass(no, u, goEntry, "Go's net/http")}, nil
	}
	return ProxyChoice{URL: proxy, Key: v.Key, Origin: v.Origin}, nil
}

// firstOf is the first of some variables that is set to something.
func (c *Config) firstOf(keys ...string) Value {
	for _, key := range keys {
		if v := c.Value(key); v.Value != "" {
			return v
		}
	}
	return Value{}
}

// goProxyURL takes a value without a scheme for one of http, and one that
// cannot be read for none.
func goProxyURL(value string) *url.URL {
	if value == "" {
		return nil
	}
	proxy, err := url.Parse(value)
	if err != nil || proxy.Scheme == "" || proxy.Host == "" {
		if again, err := url.Parse("http://" + value); err == nil {
			return again
		}
	}
	if err != nil {
		return nil
	}
	return proxy
}
