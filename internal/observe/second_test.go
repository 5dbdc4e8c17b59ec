//go:build !windows

package observe_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/observe"
)

// corporate is the proxy of the environment. It lets nothing out of this
// machine, and remembers what it was asked for: a test of an application with
// a hard-coded DSN must not reach it.
type corporate struct {
	address string
	let     string // the one host that it connects with
	mu      sync.Mutex
	asked   []string
}

func newCorporate(t *testing.T, let string) *corporate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	c := &corporate{address: listener.Addr().String(), let: let}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go c.serve(conn)
		}
	}()
	return c
}

func (c *corporate) serve(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	req, err := http.ReadRequest(reader)
	if err != nil {
		return
	}
	c.mu.Lock()
	c.asked = append(c.asked, req.Method+" "+req.Host+" "+req.Header.Get("Proxy-Authorization"))
	c.mu.Unlock()
	if req.Host != c.let {
		io.WriteString(conn, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return
	}
	far, err := net.Dial("tcp", c.let)
	if err != nil {
		return
	}
	defer far.Close()
	if req.Method == http.MethodConnect {
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	} else if req.Write(far) != nil {
		return
	}
	go io.Copy(far, reader)
	io.Copy(conn, far)
}

func (c *corporate) requests() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.asked, "\n")
}

// hardCoded sends to the DSN that its source says, whatever the environment's.
func hardCoded(dsn string) string {
	return fmt.Sprintf(`
import sentry_sdk
sentry_sdk.init(shutdown_timeout=30, dsn=%q, traces_sample_rate=1.0)
sentry_sdk.capture_message("where does it go")
sentry_sdk.flush()
`, dsn)
}

// sentryDSN is a DSN of Sentry's own. Nothing may ever be sent there: only the
// proxies of a test see its name.
func sentryDSN() string { return "https://" + strings.Repeat("a1", 16) + "@o1.ingest.sentry.io/4" }

func TestHardCodedDSNIsSeenInASecondRun(t *testing.T) {
	t.Parallel()
	withSDKs(t, func(t *testing.T, s sdk) {
		proxy := newCorporate(t, "")
		b := newBench(t, python("web", hardCoded(sentryDSN()))).env(s.env...)
		b.env("HTTPS_PROXY=http://"+proxy.address, "NO_PROXY=corp.example")
		b.options.Once = false
		e := b.run(t)
		if e.Second == nil {
			t.Fatal("there was no second run")
		}
		if asked := proxy.requests(); !strings.Contains(asked, "CONNECT o1.ingest.sentry.io:443") {
			t.Fatalf("the SDK did not use the proxy of the environment in the first run: %q", asked)
		}
		before := strings.Count(proxy.requests(), "\n")
		want := []observe.Contact{{Process: "web", Host: "o1.ingest.sentry.io:443", Sentry: true}}
		got := e.Second.Contacts
		for i := range got {
			if got[i].Count < 1 {
				t.Errorf("contact %+v was counted %d times", got[i], got[i].Count)
			}
			got[i].Count = 0
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("contacts (-want +got):\n%s", diff)
		}
		if after := strings.Count(proxy.requests(), "\n"); after != before || len(e.Contacts) != 0 {
			t.Errorf("contacts of the first run: %v; of the proxy behind: %s", e.Contacts, proxy.requests())
		}
		second := e.Second.Processes[0]
		if d := second.Debug; !d.Initialised || d.Sent == 0 || len(d.Lines) == 0 {
			t.Errorf("the SDK's log told %+v", second.Debug)
		}
		if first := e.Processes[0]; first.Debug.Initialised || first.Seen.Requests != 0 {
			t.Errorf("the first run told %+v and saw %d requests", first.Debug, first.Seen.Requests)
		}
		// SDKs of before Spotlight send it no copy.
		if copies := second.Seen.StreamRequests; (copies > 0) != strings.HasPrefix(s.version, "2.") {
			t.Errorf("Spotlight's copies: saw %d", copies)
		}
		if strings.HasPrefix(s.version, "2.") && second.Seen.Items["event"] != 1 {
			t.Errorf("Spotlight's copies hold %v", second.Seen.Items)
		}
		if !strings.Contains(b.told(), "the commands run a second time") {
			t.Errorf("said %q", b.told())
		}
	})
}

// TestSecondRunIsNotShown: neither the SDK's log, which nobody asked for, nor
// what the application said before.
func TestSecondRunIsNotShown(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("job", "echo ran; echo ' [sentry] DEBUG: Setting up integrations' >&2; echo told >> log"))
	b.options.Once = false
	e := b.run(t)
	if e.Second == nil || !e.Second.Processes[0].Debug.Initialised {
		t.Fatalf("second run: %+v", e.Second)
	}
	if out, errs := b.out.String(), b.err.String(); strings.Count(out, "ran") != 1 || strings.Count(errs, "[sentry]") != 1 {
		t.Errorf("stdout %q, stderr %q: expected those of the first run", out, errs)
	}
}

func TestSecondRunOnlyWhereItIsAllowed(t *testing.T) {
	t.Parallel()
	b := newBench(t, shell("job", "echo ran >> log"))
	if e := b.run(t); e.Second != nil {
		t.Error("ran a second time although once was asked for")
	}
	b.options.Once = false
	e := b.run(t)
	if e.Second == nil || e.Second.Second != nil {
		t.Errorf("second run: %+v", e.Second)
	}
	if e.Second.Processes[0].Debug.Initialised {
		t.Error("a shell has initialised an SDK")
	}
}

// TestOtherTrafficGoesOn: through the proxy of the environment where there is
// one, and unchanged.
func TestOtherTrafficGoesOn(t *testing.T) {
	t.Parallel()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s [%s] [%s] %v", r.Method, r.Host, r.URL, body, r.Header.Get("X-Shop"), r.Header["X-Forwarded-For"])
	})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	host := listener.Addr().String()
	// http.client speaks to the proxy itself: no library's exceptions apply.
	program := fmt.Sprintf(`
import http.client, os
from urllib.parse import urlsplit
host = %q
def via(name):
    proxy = urlsplit(os.environ[name])
    return http.client.HTTPConnection(proxy.hostname, proxy.port, timeout=20)
c = via("HTTP_PROXY")
c.request("POST", "http://" + host + "/plain?q=1", "body", {"X-Shop": "barber"})
print(c.getresponse().read().decode())
c = via("https_proxy")
c.set_tunnel(host)
c.request("GET", "/tunnel")
print(c.getresponse().read().decode())
c = via("http_proxy")
c.request("POST", "http://" + host + "/api/7/envelope/", "{}", {"Content-Type": "application/x-sentry-envelope"})
print(c.getresponse().status)
c = via("HTTPS_PROXY")
c.set_tunnel("sentry.corp.example:443")
try:
    c.request("GET", "/")
except OSError as e:
    print(e)
`, host)
	for _, chained := range []bool{false, true} {
		t.Run(fmt.Sprintf("chained %v", chained), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, python("web", "import os\nif 'SENTRY_SPOTLIGHT' in os.environ:\n"+strings.ReplaceAll(program, "\n", "\n    ")))
			b.options.Once, b.options.Hosts = false, []string{"sentry.corp.example"}
			proxy := newCorporate(t, host)
			if chained {
				b.env("HTTPS_PROXY=http://ada:pw@"+proxy.address, "http_proxy="+proxy.address)
			}
			e := b.run(t)
			if e.Second == nil {
				t.Fatal("there was no second run")
			}
			want := []string{
				"POST " + host + " /plain?q=1 [body] [barber] []", "GET " + host + " /tunnel [] [] []", "403",
				"Tunnel connection failed: 403 Forbidden",
			}
			if diff := cmp.Diff(want, e.Second.Processes[0].Stdout); diff != "" {
				t.Errorf("answers (-want +got):\n%s\n%s", diff, e.Second.Processes[0].Stderr)
			}
			contacts := []observe.Contact{
				{Process: "web", Host: host, Sentry: true, Count: 3}, {Process: "web", Host: "sentry.corp.example:443", Sentry: true, Count: 1},
			}
			if diff := cmp.Diff(contacts, e.Second.Contacts); diff != "" {
				t.Errorf("contacts (-want +got):\n%s", diff)
			}
			asked := proxy.requests()
			if chained != (asked != "") || strings.Contains(asked, "sentry") {
				t.Errorf("the proxy of the environment was asked %q", asked)
			}
			if chained && !strings.Contains(asked, "CONNECT "+host+" Basic ") {
				t.Errorf("the proxy of the environment was asked %q, expected a tunnel with its password", asked)
			}
		})
	}
}

func TestWhyNothingComesIsVisible(t *testing.T) {
	t.Parallel()
	withSDKs(t, whyNothingComes)
}

func whyNothingComes(t *testing.T, s sdk) {
	t.Helper()
	// SDKs of before Spotlight send it no copy.
	copies := 0
	if strings.HasPrefix(s.version, "2.") {
		copies = 1
	}
	for name, tt := range map[string]struct {
		program string
		check   func(t *testing.T, first, second observe.Process)
	}{
		"an empty DSN in the source": {
			"import sentry_sdk; sentry_sdk.init(shutdown_timeout=30, dsn=''); sentry_sdk.capture_message('lost')",
			func(t *testing.T, _, second observe.Process) {
				if !second.Debug.Initialised || second.Debug.Sent != 0 || second.Seen.StreamRequests != copies {
					t.Errorf("log %+v, %d copies; expected an init that sends nothing but a copy", second.Debug, second.Seen.StreamRequests)
				}
			},
		},
		"no init": {
			"import sentry_sdk; sentry_sdk.capture_message('lost')",
			func(t *testing.T, _, second observe.Process) {
				if second.Debug.Initialised || second.Seen.Requests != 0 {
					t.Errorf("log %+v, %d requests; expected nothing", second.Debug, second.Seen.Requests)
				}
			},
		},
		"an end without its last words": {
			// The thread that sends gets no turn before the end.
			"import os, sys, sentry_sdk; sys.setswitchinterval(1000); sentry_sdk.init(shutdown_timeout=30); sentry_sdk.capture_message('lost'); os._exit(4)",
			func(t *testing.T, first, second observe.Process) {
				if first.Exit.Code != 4 || !second.Debug.Initialised || second.Seen.Requests > second.Seen.StreamRequests {
					t.Errorf("exit %+v, log %+v, %d requests", first.Exit, second.Debug, second.Seen.Requests)
				}
			},
		},
		"an init that raises": {
			"import sentry_sdk; sentry_sdk.init(shutdown_timeout=30, dsn='nonsense')",
			func(t *testing.T, first, _ observe.Process) {
				if first.Exit.Code != 1 || len(first.Tracebacks) != 1 || !strings.Contains(first.Tracebacks[0], "BadDsn: ") {
					t.Errorf("exit %+v, tracebacks %q", first.Exit, first.Tracebacks)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, python("job", tt.program)).env(s.env...)
			b.options.Once = false
			e := b.run(t)
			if e.Second == nil {
				t.Fatalf("there was no second run after %+v", e.Processes[0].Seen)
			}
			tt.check(t, e.Processes[0], e.Second.Processes[0])
		})
	}
}

// TestTheLogOfOldSDKsIsSwitchedOnBesideTheApplication: what Python imports at
// its start is run as before, and what is not there is not missed.
func TestTheLogOfOldSDKsIsSwitchedOnBesideTheApplication(t *testing.T) {
	t.Parallel()
	own := t.TempDir()
	if err := os.WriteFile(filepath.Join(own, "sitecustomize.py"), []byte("import builtins; builtins.shop = 'open'"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ path, program string }{
		"one of the application's": {own, "import builtins, os, sitecustomize; print('shop', builtins.shop, os.path.dirname(sitecustomize.__file__))"},
		"none of its own":          {"", "import sys; print('shop', 'sentry_sdk' in sys.modules)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, python("job", tt.program)).env("PYTHONPATH=" + tt.path)
			b.options.Once = false
			e := b.run(t)
			first, second := e.Processes[0].Stdout, e.Second.Processes[0].Stdout
			if diff := cmp.Diff(first, second); diff != "" || len(first) != 1 {
				t.Errorf("the second run printed other lines (-first +second):\n%s\n%q %q", diff, first, e.Second.Processes[0].Stderr)
			}
		})
	}
}

// TestAnIngestIsKnownByMoreThanItsPath: what goes to a host of its own, in the
// clear, is refused where an SDK sends it, and is forwarded where it is the
// application's.
func TestAnIngestIsKnownByMoreThanItsPath(t *testing.T) {
	t.Parallel()
	var answered sync.Map
	far := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { answered.Store(r.URL.Path, true) }))
	t.Cleanup(far.Close)
	b := newBench(t, python("job", `
import os, urllib.request
def post(path, **headers):
    r = urllib.request.Request("http://shop.test" + path, data=b"{}", headers={k.replace("_", "-"): v for k, v in headers.items()})
    r.set_proxy(os.environ["http_proxy"].partition("://")[2], "http") if "http_proxy" in os.environ else None
    try:
        print(path, urllib.request.urlopen(r).status)
    except Exception as e:
        print(path, getattr(e, "code", "none"))
post("/api/v1/store/")
post("/api/1/store/")
post("/api/2/envelope/", X_Sentry_Auth="Sentry sentry_version=7")
`)).env("http_proxy=" + far.URL)
	b.options.Once = false
	got := b.run(t).Second.Processes[0].Stdout
	if diff := cmp.Diff([]string{"/api/v1/store/ 200", "/api/1/store/ 200", "/api/2/envelope/ 403"}, got); diff != "" {
		t.Errorf("answers of the second run (-want +got):\n%s", diff)
	}
	if _, reached := answered.Load("/api/2/envelope/"); !reached {
		t.Error("the first run changed the way of the application's requests")
	}
}

// TestHostsOfAllDSNsAreKnown, whatever the variable is called, and those that
// are called like a Sentry that somebody runs.
func TestHostsOfAllDSNsAreKnown(t *testing.T) {
	t.Parallel()
	s := newest(t)
	for name, host := range map[string]string{"in a variable": "errors.shop.test", "by its name": "sentry.shop.test"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			far := "https://" + strings.Repeat("b2", 16) + "@" + host + "/7"
			b := newBench(t, python("job", hardCoded(far))).env(s.env...)
			if name == "in a variable" {
				b.env("MONITORING_DSN=" + far)
			}
			b.options.Once = false
			for _, contact := range b.run(t).Second.Contacts {
				if contact.Host != host+":443" || !contact.Sentry {
					t.Errorf("contact %+v", contact)
				}
			}
		})
	}
}
