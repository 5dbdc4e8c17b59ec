package probe

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Setting is a variable's value, and where it stands.
type Setting struct{ Value, Origin string }

// TrustSettings are what decides which authorities a client trusts.
type TrustSettings struct {
	CertFile Setting // SSL_CERT_FILE
	CertDir  Setting // SSL_CERT_DIR
	CABundle Setting // REQUESTS_CA_BUNDLE
	Dir      string  // where relative paths begin: the application's folder
	Home     string  // what a ~ at the beginning of a path stands for; empty: itself
	// Prefixes are the Python installations in which certifi may stand, the
	// likeliest first: virtual environments, or /usr/local of a container.
	Prefixes []string
}

// PythonTrust is what sentry-python trusts where init gets no ca_certs: the
// file of SSL_CERT_FILE, else that of REQUESTS_CA_BUNDLE, else certifi's
// bundle. It hands the name on as a file: a folder, which the library requests
// would take, makes every sending fail.
func PythonTrust(s TrustSettings) Trust {
	switch {
	case s.CertFile.Value != "":
		return s.bundle("SSL_CERT_FILE", s.CertFile)
	case s.CABundle.Value != "":
		return s.bundle("REQUESTS_CA_BUNDLE", s.CABundle)
	}
	if path := s.certifi(); path != "" {
		roots := x509.NewCertPool()
		from := "certifi's bundle " + path
		if why := addFile(roots, path); why != "" {
			from += ", " + why
		}
		return Trust{Roots: roots, From: from, Fix: ownBundle(path)}
	}
	t := Trust{From: "the system's bundle, which stands in for certifi's", Fix: ownBundle(systemFile())}
	if s.CertDir.Value != "" && readsVariables() { // Go's system pool would heed it, and Python does not
		t.Roots = x509.NewCertPool()
		addSystem(t.Roots, systemFiles(), systemFolders())
	}
	return t
}

// bundle is a file that stands in the place of every other authority.
func (s TrustSettings) bundle(key string, v Setting) Trust {
	path := s.absolute(s.expandUser(v.Value))
	t := Trust{
		Roots: x509.NewCertPool(), From: named(key, v),
		Fix: fmt.Sprintf("cat AUTHORITY.pem >> %s (the file that %s names: its certificates are all that is trusted)", path, named(key, v)),
	}
	if why := addFile(t.Roots, path); why != "" {
		t.From += ", " + why
		t.Fix = fmt.Sprintf("let %s name a PEM file with the certificates to trust, or remove it (%s)", key, cmp.Or(v.Origin, "set"))
	}
	return t
}

// GoTrust is what Go's crypto/x509 trusts: the first of the system's files and
// its folders, in whose places SSL_CERT_FILE and SSL_CERT_DIR stand where they
// are set. (root_unix.go; macOS and Windows read neither.) The system's pool is
// left to the one who verifies: loading it takes milliseconds.
func GoTrust(s TrustSettings) Trust {
	install := "cp AUTHORITY.pem /usr/local/share/ca-certificates/AUTHORITY.crt && update-ca-certificates"
	if !readsVariables() || s.CertFile.Value == "" && s.CertDir.Value == "" {
		return Trust{From: "the system's bundle", Fix: install}
	}
	files, folders := systemFiles(), systemFolders()
	var from []string
	t := Trust{Roots: x509.NewCertPool(), Fix: install}
	if v := s.CertFile; v.Value != "" {
		path := s.absolute(v.Value)
		files, from = []string{path}, append(from, named("SSL_CERT_FILE", v))
		t.Fix = fmt.Sprintf("cat AUTHORITY.pem >> %s (the file that %s names)", path, named("SSL_CERT_FILE", v))
	}
	if v := s.CertDir; v.Value != "" {
		folders = nil
		for _, folder := range strings.Split(v.Value, ":") {
			folders = append(folders, s.absolute(folder))
		}
		from = append(from, named("SSL_CERT_DIR", v))
		if s.CertFile.Value == "" {
			t.Fix = fmt.Sprintf("cp AUTHORITY.pem %s (the folder that %s names)", folders[0], named("SSL_CERT_DIR", v))
		}
	}
	addSystem(t.Roots, files, folders)
	t.From = strings.Join(from, " and ")
	if t.Roots.Equal(x509.NewCertPool()) {
		t.From += ", where no certificate is found"
	}
	return t
}

// readsVariables says whether Go heeds the variables on this system.
func readsVariables() bool {
	return !slices.Contains([]string{"darwin", "ios", "windows", "plan9"}, runtime.GOOS)
}

// named is a variable in texts: SSL_CERT_FILE=/etc/ca.pem (.env:3).
func named(key string, v Setting) string {
	text := key + "=" + line(v.Value, 120)
	if v.Origin != "" {
		text += " (" + v.Origin + ")"
	}
	return text
}

// ownBundle is the setting that adds an authority to a bundle which belongs to
// a package: an update would undo a change in place.
func ownBundle(bundle string) string {
	return "cat " + bundle + " AUTHORITY.pem > /etc/ssl/sentry-ca.pem, and where the application gets its settings: SSL_CERT_FILE=/etc/ssl/sentry-ca.pem"
}

// absolute resolves a path as a process in the application's folder would.
func (s TrustSettings) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.Dir, path)
}

// expandUser does what urllib3 does with the name of a bundle.
func (s TrustSettings) expandUser(path string) string {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok || s.Home == "" {
		return path
	}
	return filepath.Join(s.Home, rest)
}
