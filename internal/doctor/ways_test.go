package doctor

import (
	"context"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/probe"
)

// authorityPEM is a certificate for a bundle.
func authorityPEM(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// waysIn are the ways of a project with some files, and a process environment.
func waysIn(t *testing.T, target string, files []string, environ ...string) (probe.Way, *probe.Way, cause.Severity) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(context.Background(), config.Options{Dir: dir, Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := dsn.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	// No processes: those of this machine are no part of what is tested.
	p := newPatient(context.Background(), Options{Dir: dir, Config: cfg, Now: time.Now, Proc: filepath.Join(dir, "proc")})
	return p.ways(context.Background(), parsed)
}

func secure() string { return "https://" + strings.Repeat("a1", 16) + "@sentry.example.com/42" }

func plainly() string { return strings.Replace(secure(), "https", "http", 1) }

func TestAProjectWithoutASettingGoesOneWay(t *testing.T) {
	t.Parallel()
	for _, files := range [][]string{nil, {"requirements.txt", ""}, {"main.py", ""}} {
		main, other, severity := waysIn(t, secure(), files)
		if main.Client != clientPython || other != nil || severity != cause.Warn {
			t.Errorf("%v: main %s, other %v, %s", files, main.Client, other, severity)
		}
	}
}

func TestAGoProjectGoesGosWayAlone(t *testing.T) {
	t.Parallel()
	main, other, _ := waysIn(t, secure(), []string{"go.mod", "module x\n"}, "HTTP_PROXY=http://proxy:3128", "REQUESTS_CA_BUNDLE=/absent")
	if main.Client != clientGo || other != nil || main.Proxy != nil || main.Trust.Roots != nil {
		t.Errorf("main %+v, other %v; want Go's, which reads neither variable for https", main, other)
	}
}

func TestAProxyThatOneClientLeavesOutIsALookOfItsOwn(t *testing.T) {
	t.Parallel()
	main, other, severity := waysIn(t, secure(), []string{".env", "HTTP_PROXY=http://proxy:3128\n"})
	if main.Proxy == nil || main.Proxy.Host != "proxy:3128" || main.ProxyFrom != "HTTP_PROXY (.env:1)" {
		t.Errorf("main %+v, want the proxy of HTTP_PROXY, which sentry-python takes for https too", main)
	}
	if other == nil || other.Client != clientGo || other.Proxy != nil || severity != cause.Warn {
		t.Errorf("other %+v, %s; want Go's direct way, as a warning", other, severity)
	}
	if _, other, _ = waysIn(t, secure(), nil, "HTTPS_PROXY=http://proxy:3128"); other != nil {
		t.Errorf("both take the same proxy, and yet there is another way: %+v", other)
	}
	if _, _, severity = waysIn(t, secure(), []string{"go.mod", "", "pyproject.toml", ""}, "HTTP_PROXY=http://proxy:3128"); severity != cause.Fail {
		t.Error("a fault of Go's way is no failure beside a go.mod")
	}
}

// TestPythonSendsNoLoginOfAProxysURL: urllib3 takes none from there, and Go
// does, so that what one of them meets the other does not.
func TestPythonSendsNoLoginOfAProxysURL(t *testing.T) {
	t.Parallel()
	login := "bb:" + "hunter" + "2"
	main, other, _ := waysIn(t, secure(), nil, "HTTPS_PROXY=http://"+login+"@proxy:3128")
	if main.Proxy == nil || main.Proxy.User != nil || !main.LoginUnsent || !strings.Contains(main.LoginFix, "proxy_headers=") {
		t.Errorf("main %+v, want the proxy without a login, and how to give one", main)
	}
	if other == nil || other.Proxy.User == nil || other.LoginUnsent {
		t.Errorf("other %+v, want Go's way with the login", other)
	}
	if main, _, _ = waysIn(t, secure(), nil, "HTTPS_PROXY=socks5://"+login+"@proxy:1080"); main.Proxy.User == nil || main.LoginFix != "" {
		t.Errorf("main %+v, want the login of SOCKS, which PySocks reads", main)
	}
}

func TestABypassIsHandedOn(t *testing.T) {
	t.Parallel()
	main, _, _ := waysIn(t, secure(), nil, "HTTPS_PROXY=http://proxy:3128", "NO_PROXY=example.com")
	if main.Proxy != nil || main.BypassCause != cause.NoProxyBypasses || main.Bypass == "" || main.BypassFix == "" {
		t.Errorf("main %+v, want no proxy, and why", main)
	}
}

func TestABundleThatOneClientLeavesOutIsALookOfItsOwn(t *testing.T) {
	t.Parallel()
	bundle := []string{"ca.pem", authorityPEM(t), ".env", "REQUESTS_CA_BUNDLE=ca.pem\n"}
	main, other, _ := waysIn(t, secure(), bundle)
	if main.Trust.Roots == nil || !strings.Contains(main.Trust.From, "REQUESTS_CA_BUNDLE=ca.pem (.env:1)") {
		t.Errorf("main %+v, want the bundle of .env, relative to the project", main.Trust)
	}
	if other == nil || other.Trust.Roots != nil {
		t.Errorf("other %+v, want Go's, with the system's bundle", other)
	}
	main, other, _ = waysIn(t, plainly(), bundle)
	if main.Trust.Roots != nil || other != nil {
		t.Errorf("authorities are loaded for http: %+v, %+v", main.Trust, other)
	}
}

// TestCertifiAloneIsADifferenceOnlyToAProjectWithGo keeps a Python project from
// a second look that could only alarm.
func TestCertifiAloneIsADifferenceOnlyToAProjectWithGo(t *testing.T) {
	t.Parallel()
	files := []string{"main.py", "", ".venv/pyvenv.cfg", "", ".venv/lib/python3.12/site-packages/certifi/cacert.pem", authorityPEM(t)}
	main, other, _ := waysIn(t, secure(), files)
	if main.Trust.Roots == nil || !strings.Contains(main.Trust.From, "certifi") || other != nil {
		t.Errorf("main %+v, other %v; want certifi's bundle alone", main.Trust, other)
	}
	if _, other, _ = waysIn(t, secure(), append(files, "go.mod", "")); other == nil {
		t.Error("Go's bundle is not looked at beside a go.mod")
	}
}

func TestTheVirtualEnvironmentOfTheShellCounts(t *testing.T) {
	t.Parallel()
	venv := t.TempDir()
	path := filepath.Join(venv, "lib/python3.12/site-packages/certifi/cacert.pem")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(authorityPEM(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	main, _, _ := waysIn(t, secure(), nil, "VIRTUAL_ENV="+venv)
	if !strings.Contains(main.Trust.From, path) {
		t.Errorf("%s, want %s", main.Trust.From, path)
	}
}
