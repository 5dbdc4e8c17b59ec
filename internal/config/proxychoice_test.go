package config

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// proxyCase is an environment and an address of an ingest.
type proxyCase struct {
	Env map[string]string `json:"env"`
	URL string            `json:"url"`
}

// proxyCases are every combination of settings and hosts below.
func proxyCases() []proxyCase {
	hosts := []string{
		"https://o42.ingest.us.sentry.io", "http://sentry.example.com", "https://sentry.example.com:9443", "http://127.0.0.1:8969",
		"https://localhost", "http://10.1.2.3:9000", "https://O42.Ingest.Sentry.IO:443",
	}
	settings := []string{
		"", "HTTPS_PROXY=http://p:1", "HTTP_PROXY=http://p:1", "https_proxy=http://p:1", "http_proxy=http://p:1",
		"HTTPS_PROXY=http://p:1 https_proxy=http://q:2", "HTTPS_PROXY=http://p:1 https_proxy=", "HTTP_PROXY=http://p:1 http_proxy=",
		"HTTPS_PROXY= HTTP_PROXY=http://p:1", "https_proxy= http_proxy=http://p:1", "Https_Proxy=http://p:1", "HTTPS_proxy=http://p:1 https_PROXY=http://q:2",
		"HTTP_PROXY=http://p:1 REQUEST_METHOD=GET", "http_proxy=http://p:1 REQUEST_METHOD=GET", "http_proxy=http://p:1 REQUEST_METHOD=",
		"HTTPS_PROXY=p:1", "HTTP_PROXY=p", "HTTPS_PROXY=https://p", "HTTPS_PROXY=HTTP://P:1/", "HTTPS_PROXY=http://u:w%40w@p:1", "HTTP_PROXY=http://u:w@w@p:1/x",
		"HTTPS_PROXY=http://p:abc", "HTTPS_PROXY=//p:1", "ALL_PROXY=http://p:1", "all_proxy=http://p:1",
		"HTTPS_PROXY=http://p:99999", "HTTPS_PROXY=http://u:w%zz@p:1", "HTTPS_PROXY=htp://p:1", "HTTPS_PROXY=\"http://p:1\"",
	}
	exceptions := []string{
		"NO_PROXY=localhost,127.0.0.1", "NO_PROXY=localhost,", "NO_PROXY=,", "NO_PROXY=*", "NO_PROXY=*.sentry.io", "NO_PROXY=.sentry.io,.example.com",
		"NO_PROXY=sentry.io", "NO_PROXY=io", "NO_PROXY=entry.io", "NO_PROXY=example.com:9443", "NO_PROXY=example.com:9444", "NO_PROXY=10.0.0.0/8,127.0.0.0/8",
		"NO_PROXY=10.1.2.3", "NO_PROXY=10.1.2.3:9000,3", "NO_PROXY=SENTRY.EXAMPLE.COM", "no_proxy=sentry.io", "no_proxy= NO_PROXY=sentry.io",
		"no_proxy=other NO_PROXY=sentry.io", "NO_PROXY=other no_proxy=example.com", "No_Proxy=sentry.io", "NO_PROXY=\tsentry.io ", "NO_PROXY=o42.ingest.us.sentry.io:443",
		"NO_PROXY=*example.com", "NO_PROXY=sentry.*", "NO_PROXY=a,*,b", "NO_PROXY=:9000", "NO_PROXY=[::1]:80,::1", "NO_PROXY=sentry.example.com.",
	}
	for i, exception := range exceptions {
		exceptions[i] = "HTTPS_PROXY=http://p:1 HTTP_PROXY=http://q:2 " + exception
	}
	var cases []proxyCase
	for _, setting := range slices.Concat(settings, exceptions) {
		env := make(map[string]string)
		for line := range strings.SplitSeq(setting, " ") {
			if key, value, ok := strings.Cut(line, "="); ok {
				env[key] = value
			}
		}
		for _, host := range hosts {
			cases = append(cases, proxyCase{env, host + "/api/4505/envelope/"})
		}
	}
	return cases
}

// choose is what one of our choices comes to, in a word.
func choose(t *testing.T, c proxyCase, by func(*Config, *url.URL) (ProxyChoice, error)) string {
	t.Helper()
	u, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	var environ []string
	for _, key := range slices.Sorted(maps.Keys(c.Env)) {
		environ = append(environ, key+"="+c.Env[key])
	}
	choice, err := by(load(t, t.TempDir(), environ...), u)
	switch {
	case err != nil:
		return "error"
	case choice.URL == nil:
		return "direct"
	}
	return choice.URL.Scheme + "://" + strings.ToLower(choice.URL.Host)
}

// agree holds our choices to those that a real client has made.
func agree(t *testing.T, cases []proxyCase, theirs []string, by func(*Config, *url.URL) (ProxyChoice, error)) {
	t.Helper()
	if len(theirs) != len(cases) {
		t.Fatalf("%d answers to %d cases", len(theirs), len(cases))
	}
	seen := make(map[string]int)
	for i, c := range cases {
		seen[theirs[i]]++
		if ours := choose(t, c, by); ours != theirs[i] {
			t.Errorf("%v to %s: %s, the client itself: %s", c.Env, c.URL, ours, theirs[i])
		}
	}
	if seen["direct"] == 0 || seen["http://p:1"] == 0 {
		t.Errorf("the answers tell nothing apart: %v", seen)
	}
}

// askPython prints what the transport of sentry-python chooses in each case.
const askPython = `
import json, os, sys
import sentry_sdk
from urllib.parse import urlsplit
answers = []
for case in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(case["env"])
    parts = urlsplit(case["url"])
    dsn = parts.scheme + "://" + "a1" * 16 + "@" + parts.netloc + "/4505"
    try:
        pool = sentry_sdk.Client(dsn=dsn, default_integrations=False).transport._pool
        proxy = getattr(pool, "proxy", None)
        if proxy is None:
            answers.append("direct")
        else:
            given = [v for k, v in case["env"].items() if k.lower().endswith("_proxy")]
            port = "" if not any(":%d" % proxy.port in v for v in given) else ":%d" % proxy.port
            answers.append(proxy.scheme + "://" + proxy.host + port)
    except Exception:
        answers.append("error")
json.dump(answers, sys.stdout)
`

// TestPythonProxyIsSentryPythons asks sentry-python itself.
func TestPythonProxyIsSentryPythons(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs(filepath.Join("..", "..", ".cache", "clients", "python-2.18", "usr", "lib", "python3", "dist-packages"))
	if err != nil {
		t.Fatal(err)
	}
	cases := proxyCases()
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", askPython)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "PYTHONPATH=" + path, "PYTHONDONTWRITEBYTECODE=1"}
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		reason := "python3 does not import sentry_sdk 2.18 (script/clients fetches it): " + err.Error()
		if os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	var theirs []string
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatal(err)
	}
	agree(t, cases, theirs, (*Config).PythonProxy)
}

// goProxyCase holds one case for the process that TestGoProxyIsNetHTTPs starts:
// net/http looks at the environment once.
const goProxyCase = "BBCTL_TEST_PROXY_OF"

// TestGoProxyIsNetHTTPs asks net/http itself, in a process for each environment.
func TestGoProxyIsNetHTTPs(t *testing.T) {
	t.Parallel()
	if text := os.Getenv(goProxyCase); text != "" {
		answerForGo(t, strings.Fields(text))
		return
	}
	cases := proxyCases()
	var theirs []string
	for first := 0; first < len(cases); {
		last := first
		var urls, env []string
		for ; last < len(cases) && maps.Equal(cases[last].Env, cases[first].Env); last++ {
			urls = append(urls, cases[last].URL)
		}
		for key, value := range cases[first].Env {
			env = append(env, key+"="+value)
		}
		first = last
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestGoProxyIsNetHTTPs$", "-test.v")
		cmd.Env = slices.Concat(env, []string{goProxyCase + "=" + strings.Join(urls, " ")})
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for line := range strings.Lines(string(out)) {
			if answer, ok := strings.CutPrefix(line, "answer: "); ok {
				theirs = append(theirs, strings.TrimSpace(answer))
			}
		}
	}
	agree(t, cases, theirs, (*Config).GoProxy)
}

func answerForGo(t *testing.T, urls []string) {
	for _, text := range urls {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		answer := "direct"
		switch proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); {
		case err != nil:
			answer = "error"
		case proxy != nil:
			answer = proxy.Scheme + "://" + strings.ToLower(proxy.Host)
		}
		if _, err := os.Stdout.WriteString("answer: " + answer + "\n"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBypassSaysWhatKeepsFromTheProxy holds what a choice tells beside its URL.
func TestBypassSaysWhatKeepsFromTheProxy(t *testing.T) {
	t.Parallel()
	const proxied = "https://o42.ingest.us.sentry.io/api/4505/envelope/"
	tests := []struct {
		name, no, url  string
		python, golang cause.ID
	}{
		{"none", "", proxied, "", ""},
		{"another host", "internal", proxied, "", ""},
		{"the host", "sentry.io", proxied, cause.NoProxyBypasses, cause.NoProxyBypasses},
		{"an empty entry", "localhost,", proxied, cause.NoProxyGrammar, ""},
		{"a star", "*", proxied, "", cause.NoProxyGrammar},
		{"the end of a word", "entry.io", proxied, cause.NoProxyBypasses, ""},
		{"a network", "10.0.0.0/8", "https://10.1.2.3/api/1/envelope/", "", cause.NoProxyBypasses},
		{"loopback", "localhost,127.0.0.1", "https://127.0.0.1/api/1/envelope/", "", ""},
		{"loopback, which Go never proxies", "example.com", "https://127.0.0.1/api/1/envelope/", "", ""},
		{"loopback by an empty entry", "example.com,", "https://127.0.0.1/api/1/envelope/", cause.NoProxyGrammar, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(test.url)
			if err != nil {
				t.Fatal(err)
			}
			c := load(t, t.TempDir(), "HTTPS_PROXY=http://p:1", "NO_PROXY="+test.no)
			python, _ := c.PythonProxy(u)
			golang, _ := c.GoProxy(u)
			if diff := cmp.Diff([]cause.ID{test.python, test.golang}, []cause.ID{python.Bypass.Cause, golang.Bypass.Cause}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if python.URL != nil && (python.Key != KeyHTTPSProxy || python.Origin.Kind != KindProcess) {
				t.Errorf("named by %s from %s", python.Key, python.Origin)
			}
		})
	}
}
