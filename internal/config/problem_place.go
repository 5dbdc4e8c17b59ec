package config

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// shadows finds a process environment that holds another value than .env.
func (c *Config) shadows(key string) []Problem {
	v := c.Value(key)
	if v.Origin.Kind != KindProcess || c.file == nil {
		return nil
	}
	inFile := c.file.values(key)
	if len(inFile) == 0 || inFile[0].Value == v.Value || inFile[0].Value == "" {
		return nil
	}
	if v.Empty {
		return fail(cause.EnvShellEmptyShadows, v, "unset "+key,
			"%s is empty there, which wins over %s in %s", key, Mask(key, inFile[0].Value), inFile[0].Origin)
	}
	return warn(cause.EnvShellShadows, v, "unset "+key+", unless it is meant to win over "+inFile[0].Origin.String(),
		"%s is %s there, which wins over %s in %s", key, v.Shown(), Mask(key, inFile[0].Value), inFile[0].Origin)
}

// misspelt finds variables that are nearly the one asked for, where that one
// is not set itself.
func (c *Config) misspelt(key string) []Problem {
	if !strings.HasPrefix(key, "SENTRY_") {
		return nil
	}
	if _, ok := c.Lookup(key); ok {
		return nil
	}
	var found []Problem
	for _, m := range c.mistakes() {
		if m.meant == key {
			fix := "rename " + m.name + " to " + key + " in " + m.origin.String()
			found = append(found, warn(cause.EnvNameMisspelt, Value{Key: key, Origin: m.origin}, fix,
				"%s is set, which nobody reads; %s is not", m.name, key)...)
		}
	}
	return found
}

// mistake is a name that is nearly that of a variable.
type mistake struct {
	name, meant string
	origin      Origin
}

// findMistakes looks through all names, of which there may be very many.
func (c *Config) findMistakes() []mistake {
	var found []mistake
	add := func(name string, o Origin) {
		if meant, ok := intended(name); ok {
			found = append(found, mistake{name, meant, o})
		}
	}
	for _, name := range c.names {
		add(name, Origin{Kind: KindProcess})
	}
	if c.file != nil {
		for _, name := range c.file.keys() {
			add(name, c.file.origin(name))
		}
	}
	return found
}

// isProxyScheme says whether clients know a proxy's scheme.
func isProxyScheme(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "http", "https", "socks4", "socks4a", "socks5", "socks5h":
		return true
	}
	return false
}

func (c *Config) proxyProblems(key string) []Problem {
	v, ok := c.set(key)
	text := strings.TrimSpace(v.Value)
	if !ok || text == "" {
		return nil
	}
	scheme, rest, hasScheme := strings.Cut(text, "://")
	host, _, _ := strings.Cut(rest[strings.LastIndexByte(rest, '@')+1:], "/")
	if hasScheme && isProxyScheme(scheme) && host != "" && !strings.ContainsAny(host, " \t") && !strings.HasPrefix(host, ":") {
		return nil
	}
	fix := writeAt(v.Origin, key, "http://HOST:PORT")
	if !hasScheme && !strings.ContainsAny(text, "@ \t\"'") {
		fix = writeAt(v.Origin, key, "http://"+strings.TrimLeft(text, "/"))
	}
	return fail(cause.ProxyMalformed, v, fix, "%s is %s, expected a URL such as http://proxy:3128", key, v.Shown())
}

func (c *Config) caProblems(key string) []Problem {
	v, ok := c.set(key)
	if !ok {
		return nil
	}
	fix := removeAt(v.Origin, key) + ", or let it name a file with the certificates in PEM form"
	if key == KeySSLCertDir {
		for _, dir := range filepath.SplitList(v.Value) {
			if info, err := os.Stat(c.absolute(dir)); dir != "" && (err != nil || !info.IsDir()) {
				return warn(cause.CAFileMissing, v, removeAt(v.Origin, key), "SSL_CERT_DIR names %s, which is no folder here (Go alone reads it)", short(dir))
			}
		}
		return nil
	}
	info, err := os.Stat(c.absolute(v.Value))
	switch {
	case err != nil:
		return fail(cause.CAFileMissing, v, fix, "%s names %s, which is not there: every sending fails", key, v.Shown())
	case info.IsDir() && key == KeySSLCertFile:
		return fail(cause.CAFileMissing, v, fix, "%s names %s, which is a folder, not a file", key, v.Shown())
	}
	return nil
}

func (c *Config) spotlightProblems() []Problem {
	v, ok := c.set(KeySpotlight)
	text := strings.TrimSpace(v.Value)
	if !ok || text == "" || developing(c.Environment()) {
		return nil
	}
	if on, isBoolean := boolean(text); isBoolean && !on {
		return nil
	}
	return warn(cause.SpotlightLeftOn, v, removeAt(v.Origin, KeySpotlight),
		"SENTRY_SPOTLIGHT is %s, and the environment is %s: every event is sent there too", v.Shown(), c.Environment())
}
