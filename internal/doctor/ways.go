package doctor

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/git"
	"github.com/bookedbarber/bbctl/internal/probe"
)

// The clients whose ways are known.
const (
	clientPython = "sentry-python"
	clientGo     = "Go"
)

// ways are how the application's SDK goes to the ingest, and how that of
// another language does where the settings make a difference; nil where they
// make none. A fault of the other way is a failure where the project holds a
// service in that language, and else a warning.
func (p *Patient) ways(ctx context.Context, target *dsn.DSN) (main probe.Way, other *probe.Way, severity cause.Severity) {
	u, err := url.Parse(target.EnvelopeURL())
	if err != nil { // a DSN that was parsed makes no such address
		return probe.Way{Client: clientPython}, nil, cause.Warn
	}
	goes := p.goWay(u)
	python, hasGo := p.languages(ctx)
	if !python && hasGo {
		return goes, nil, cause.Warn
	}
	main = p.pythonWay(ctx, u)
	severity = cause.Warn
	if hasGo {
		severity = cause.Fail
	}
	if sameProxy(main, goes) && (u.Scheme != "https" || p.sameTrust(main, goes, hasGo)) {
		return main, nil, severity
	}
	return main, &goes, severity
}

func sameProxy(a, b probe.Way) bool {
	if a.Proxy == nil || b.Proxy == nil {
		return a.Proxy == nil && b.Proxy == nil
	}
	return a.Proxy.String() == b.Proxy.String()
}

// sameTrust says whether two ways trust the same. certifi's bundle and the
// system's are never quite the same: without a variable that one client reads
// and the other does not, that is a difference only to a project that has both.
func (p *Patient) sameTrust(python, goes probe.Way, hasGo bool) bool {
	if !hasGo && !p.setAny(config.KeySSLCertFile, config.KeySSLCertDir, config.KeyCABundle) {
		return true
	}
	if python.Trust.Roots == nil || goes.Trust.Roots == nil {
		return python.Trust.Roots == nil && goes.Trust.Roots == nil
	}
	return python.Trust.Roots.Equal(goes.Trust.Roots)
}

func (p *Patient) setAny(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		value, _ := p.o.Config.Lookup(key)
		return value != ""
	})
}

func (p *Patient) pythonWay(ctx context.Context, u *url.URL) probe.Way {
	choice, err := p.o.Config.PythonProxy(u)
	way := urllib3(wayOf(clientPython, choice, err))
	if u.Scheme == "https" {
		way.Trust = probe.PythonTrust(p.trustSettings(ctx))
	}
	return way
}

// loginOfPython is how sentry-python is given a login for a proxy. urllib3's
// ProxyManager sends the headers that it is given, and nothing of a URL.
const loginOfPython = `give user and password to init: proxy_headers=urllib3.make_headers(proxy_basic_auth="USER:PASSWORD"); sentry-python takes none from the URL of HTTPS_PROXY`

// urllib3 makes of a way what it takes of a proxy: an HTTP proxy without the
// login of its URL. (PySocks, for the others, reads it.)
func urllib3(way probe.Way) probe.Way {
	if way.Proxy == nil || strings.HasPrefix(way.Proxy.Scheme, "socks") {
		return way
	}
	way.LoginFix = loginOfPython
	if way.Proxy.User != nil {
		bare := *way.Proxy
		bare.User = nil
		way.Proxy, way.LoginUnsent = &bare, true
	}
	return way
}

func (p *Patient) goWay(u *url.URL) probe.Way {
	choice, err := p.o.Config.GoProxy(u)
	way := wayOf(clientGo, choice, err)
	way.Plain = true // sentry-go compresses nothing
	if u.Scheme == "https" {
		way.Trust = probe.GoTrust(p.trustVariables())
	}
	return way
}

// wayOf is the way by a choice of proxy. A variable that is no URL is a fault
// of its own, whose check keeps the ingest from being asked.
func wayOf(client string, choice config.ProxyChoice, err error) probe.Way {
	way := probe.Way{Client: client}
	if err != nil {
		return way
	}
	way.Proxy = choice.URL
	if choice.Key != "" {
		way.ProxyFrom = choice.Key + " (" + choice.Origin.String() + ")"
	}
	if choice.Bypass.Cause != "" {
		way.Bypass, way.BypassCause, way.BypassFix = choice.Bypass.Evidence, choice.Bypass.Cause, choice.Bypass.Fix
	}
	return way
}

func (p *Patient) trustVariables() probe.TrustSettings {
	setting := func(key string) probe.Setting {
		v := p.o.Config.Value(key)
		if v.Value == "" {
			return probe.Setting{}
		}
		return probe.Setting{Value: v.Value, Origin: v.Origin.String()}
	}
	return probe.TrustSettings{
		CertFile: setting(config.KeySSLCertFile), CertDir: setting(config.KeySSLCertDir),
		CABundle: setting(config.KeyCABundle), Dir: p.o.Dir, Home: p.o.Home,
	}
}

// trustSettings are the variables, and the Python installations of the
// project: those in which its processes run come first.
func (p *Patient) trustSettings(ctx context.Context) probe.TrustSettings {
	s := p.trustVariables()
	s.Prefixes = p.processes().prefixes()
	if env, ok := p.o.Config.Lookup("VIRTUAL_ENV"); ok && env != "" {
		s.Prefixes = append(s.Prefixes, env)
	}
	for _, folder := range p.folders(ctx) {
		for _, name := range []string{".venv", "venv", "env", ".env"} {
			if prefix := filepath.Join(folder, name); exists(filepath.Join(prefix, "pyvenv.cfg")) {
				s.Prefixes = append(s.Prefixes, prefix)
			}
		}
	}
	// A container of the image python has no virtual environment.
	if len(s.Prefixes) == 0 && exists("/usr/local/bin/python3") {
		s.Prefixes = append(s.Prefixes, "/usr/local")
	}
	return s
}

// folders are those of the project: the working directory, that of the .env
// file and the root of the checkout, each once.
func (p *Patient) folders(ctx context.Context) []string {
	var folders []string
	add := func(folder string) {
		if abs, err := filepath.Abs(folder); err == nil && !slices.Contains(folders, abs) {
			folders = append(folders, abs)
		}
	}
	add(p.o.Dir)
	if path, ok := p.o.Config.EnvFile(); ok {
		add(filepath.Dir(path))
	}
	if root, err := git.Root(ctx, p.o.Dir); err == nil {
		add(root)
	}
	return folders
}

// languages says what the project is written in, by the files of its folders.
func (p *Patient) languages(ctx context.Context) (python, hasGo bool) {
	for _, folder := range p.folders(ctx) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue // what cannot be read gives no sign
		}
		for _, entry := range entries {
			python = python || signOfPython(entry.Name())
			hasGo = hasGo || entry.Name() == "go.mod"
		}
	}
	return python, hasGo
}

func signOfPython(name string) bool {
	switch name {
	case "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "manage.py":
		return true
	}
	requirements, err := filepath.Match("requirements*.txt", name)
	return err == nil && requirements || filepath.Ext(name) == ".py"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
