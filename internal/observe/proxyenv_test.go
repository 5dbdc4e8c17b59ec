//go:build !windows

package observe_test

import (
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// variables are what a command that prints its environment was given.
func variables(p observe.Process) map[string]string {
	got := map[string]string{}
	for _, line := range p.Stdout {
		key, value, _ := strings.Cut(line, "=")
		got[key] = value
	}
	return got
}

// TestReceiverIsReachedBesideAProxy: by clients that read either spelling, and
// without taking away what the application excepts itself.
func TestReceiverIsReachedBesideAProxy(t *testing.T) {
	t.Parallel()
	const proxy, loopback = "http://127.0.0.1:1", "127.0.0.1,localhost"
	for name, tt := range map[string]struct {
		env         []string
		upper       string
		lower       string
		proxyIsGone bool
	}{
		"nothing excepted":      {env: nil, upper: loopback, lower: loopback},
		"upper case":            {env: []string{"NO_PROXY=corp.example"}, upper: "corp.example," + loopback, lower: "corp.example," + loopback},
		"lower case":            {env: []string{"no_proxy=corp.example"}, upper: "corp.example," + loopback, lower: "corp.example," + loopback},
		"both":                  {env: []string{"NO_PROXY=a", "no_proxy=b"}, upper: "a," + loopback, lower: "b," + loopback},
		"there already":         {env: []string{"NO_PROXY=localhost,127.0.0.1"}, upper: "localhost,127.0.0.1", lower: "localhost,127.0.0.1"},
		"an empty entry stays":  {env: []string{"NO_PROXY=a,"}, upper: "a,," + loopback, lower: "a,," + loopback},
		"everything is":         {env: []string{"NO_PROXY=*"}, upper: "*", proxyIsGone: true},
		"the last one counts":   {env: []string{"NO_PROXY=a", "NO_PROXY=b"}, upper: "b," + loopback, lower: "b," + loopback},
		"an empty one is empty": {env: []string{"no_proxy="}, upper: loopback, lower: loopback},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, shell("web", "env")).env("https_proxy=" + proxy).env(tt.env...)
			got := variables(b.run(t).Processes[0])
			if got["NO_PROXY"] != tt.upper || got["no_proxy"] != tt.lower {
				t.Errorf("NO_PROXY=%q no_proxy=%q, expected %q and %q", got["NO_PROXY"], got["no_proxy"], tt.upper, tt.lower)
			}
			if gone := got["https_proxy"] == ""; gone != tt.proxyIsGone {
				t.Errorf("https_proxy is %q", got["https_proxy"])
			}
		})
	}
}

// TestSentryHostsLeaveTheExceptions: what goes around the proxy of the second
// run is neither refused nor named.
func TestSentryHostsLeaveTheExceptions(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("web", "env")).env("NO_PROXY=.sentry.io, *.ingest.de.sentry.io,corp.example,.shop.example,errors.corp.example:443,notsentry.io", "SENTRY_DEBUG=false")
	b.options.Once, b.options.Hosts = false, []string{"errors.corp.example"}
	e := b.run(t)
	first, second := variables(e.Processes[0]), variables(e.Second.Processes[0])
	if want := ".shop.example,notsentry.io,127.0.0.1,localhost"; second["NO_PROXY"] != want || second["no_proxy"] != want {
		t.Errorf("NO_PROXY=%q no_proxy=%q, expected %q", second["NO_PROXY"], second["no_proxy"], want)
	}
	for _, key := range []string{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"} {
		if !strings.HasPrefix(second[key], "http://127.0.0.1:") || first[key] != "" {
			t.Errorf("%s is %q in the first run and %q in the second", key, first[key], second[key])
		}
	}
	if !strings.HasPrefix(second["SENTRY_SPOTLIGHT"], "http://127.0.0.1:") || !strings.HasSuffix(second["SENTRY_SPOTLIGHT"], "/1/stream") {
		t.Errorf("SENTRY_SPOTLIGHT is %q", second["SENTRY_SPOTLIGHT"])
	}
	if first["SENTRY_DEBUG"] != "false" || second["SENTRY_DEBUG"] != "true" || second["SENTRYGODEBUG"] != "" {
		t.Errorf("SENTRY_DEBUG is %q, then %q; SENTRYGODEBUG %q", first["SENTRY_DEBUG"], second["SENTRY_DEBUG"], second["SENTRYGODEBUG"])
	}
}

func TestProxyOfAnotherKindStays(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("web", "env")).env("ALL_PROXY=socks5://127.0.0.1:1")
	b.options.Once = false
	e := b.run(t)
	got := variables(e.Second.Processes[0])
	if got["ALL_PROXY"] != "socks5://127.0.0.1:1" || got["HTTPS_PROXY"] != "" || !strings.Contains(b.told(), "speaks no HTTP") {
		t.Errorf("ALL_PROXY=%q HTTPS_PROXY=%q; said %q", got["ALL_PROXY"], got["HTTPS_PROXY"], b.told())
	}
}
