package probe

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// bundleIn writes certificates in PEM form to a file, and returns its path.
func bundleIn(t *testing.T, path string, authorities ...authority) string {
	t.Helper()
	var content bytes.Buffer
	for _, a := range authorities {
		if err := pem.Encode(&content, &pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}); err != nil {
			t.Fatal(err)
		}
	}
	return writtenTo(t, path, content.String())
}

func writtenTo(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// trusts says whether the pool of a trust verifies what an authority signs.
func trusts(trust Trust, a authority) bool {
	_, err := a.cert.Verify(x509.VerifyOptions{Roots: trust.Roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}

func saysAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

func TestPythonTrustsTheFirstOfItsBundlesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second, third := newAuthority(t), newAuthority(t), newAuthority(t)
	file := bundleIn(t, filepath.Join(dir, "first.pem"), first)
	requests := bundleIn(t, filepath.Join(dir, "second.pem"), second)
	certifi := bundleIn(t, filepath.Join(dir, "venv/lib/python3.11/site-packages/certifi/cacert.pem"), third)
	all := TrustSettings{
		CertFile: Setting{"first.pem", ".env:3"}, CABundle: Setting{requests, "process environment"}, Dir: dir,
		Prefixes: []string{filepath.Join(dir, "absent"), filepath.Join(dir, "venv")},
	}

	trust := PythonTrust(all)
	if !trusts(trust, first) || trusts(trust, second) || trusts(trust, third) {
		t.Error("SSL_CERT_FILE is not the only one that counts")
	}
	saysAll(t, trust.From, "SSL_CERT_FILE=first.pem (.env:3)")
	saysAll(t, trust.Fix, "cat AUTHORITY.pem >> "+file)

	all.CertFile = Setting{}
	trust = PythonTrust(all)
	if !trusts(trust, second) || trusts(trust, third) {
		t.Error("REQUESTS_CA_BUNDLE does not stand in for SSL_CERT_FILE")
	}
	saysAll(t, trust.From, "REQUESTS_CA_BUNDLE=", "(process environment)")
	saysAll(t, trust.Fix, requests)

	all.CABundle = Setting{}
	trust = PythonTrust(all)
	if !trusts(trust, third) || trusts(trust, first) {
		t.Error("certifi's bundle is not the last")
	}
	saysAll(t, trust.From, "certifi's bundle "+certifi)
	saysAll(t, trust.Fix, "cat "+certifi+" AUTHORITY.pem > ", "SSL_CERT_FILE=")

	all.Prefixes = nil
	if trust = PythonTrust(all); trust.Roots != nil {
		t.Error("the system's bundle is loaded before it is needed")
	}
	saysAll(t, trust.From, "the system's bundle, which stands in for certifi's")
}

func TestABundleWithoutACertificateTrustsNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, why := range map[string]string{
		writtenTo(t, filepath.Join(dir, "empty.pem"), ""):                                           "no certificate in PEM form",
		writtenTo(t, filepath.Join(dir, "other.pem"), "-----BEGIN X-----\nAAAA\n-----END X-----\n"): "no certificate, only other things",
		dir:                              "a folder, not a file",
		filepath.Join(dir, "absent.pem"): "not there",
	} {
		for key, s := range map[string]TrustSettings{
			"SSL_CERT_FILE":      {CertFile: Setting{name, ".env:1"}},
			"REQUESTS_CA_BUNDLE": {CABundle: Setting{name, ".env:1"}},
		} {
			trust := PythonTrust(s)
			if trust.Roots == nil || !trust.Roots.Equal(x509.NewCertPool()) {
				t.Errorf("%s=%s: something is trusted", key, name)
			}
			saysAll(t, trust.From, key+"=", ".env:1", why)
			saysAll(t, trust.Fix, key)
		}
	}
}

func TestGoTrustsByItsOwnVariables(t *testing.T) {
	t.Parallel()
	if !readsVariables() {
		t.Skip("Go reads neither variable on " + runtime.GOOS)
	}
	dir := t.TempDir()
	a, b, c := newAuthority(t), newAuthority(t), newAuthority(t)
	file := bundleIn(t, filepath.Join(dir, "a.pem"), a)
	bundleIn(t, filepath.Join(dir, "one/b.pem"), b)
	requests := bundleIn(t, filepath.Join(dir, "c.pem"), c)

	trust := GoTrust(TrustSettings{CABundle: Setting{requests, ".env:1"}})
	if trust.Roots != nil {
		t.Error("REQUESTS_CA_BUNDLE changes what Go trusts")
	}
	saysAll(t, trust.Fix, "update-ca-certificates")

	trust = GoTrust(TrustSettings{CertFile: Setting{file, ".env:1"}})
	if !trusts(trust, a) || trusts(trust, b) {
		t.Error("SSL_CERT_FILE is not what Go trusts")
	}
	trust = GoTrust(TrustSettings{CertDir: Setting{"absent:one", ".env:2"}, CertFile: Setting{file, ".env:1"}, Dir: dir})
	if !trusts(trust, a) || !trusts(trust, b) || trusts(trust, c) {
		t.Error("SSL_CERT_DIR is not read beside SSL_CERT_FILE")
	}
	saysAll(t, trust.From, "SSL_CERT_FILE=", ".env:1", "SSL_CERT_DIR=", ".env:2")

	trust = GoTrust(TrustSettings{CertDir: Setting{t.TempDir(), ""}, CertFile: Setting{filepath.Join(dir, "absent"), ""}})
	if !trust.Roots.Equal(x509.NewCertPool()) {
		t.Error("what is not there is replaced by the system's")
	}
	saysAll(t, trust.From, "no certificate is found")
}

// TestGoTrustIsThatOfTheStandardLibrary compares with what crypto/x509 itself
// loads in a process with the same variables.
func TestGoTrustIsThatOfTheStandardLibrary(t *testing.T) {
	if !readsVariables() {
		t.Skip("Go reads neither variable on " + runtime.GOOS)
	}
	dir := t.TempDir()
	file := bundleIn(t, filepath.Join(dir, "a.pem"), newAuthority(t))
	t.Setenv("SSL_CERT_FILE", file)
	t.Setenv("SSL_CERT_DIR", dir)
	want, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	got := GoTrust(TrustSettings{CertFile: Setting{file, ""}, CertDir: Setting{dir, ""}})
	if !want.Equal(got.Roots) {
		t.Error("another pool than crypto/x509 makes")
	}
}
