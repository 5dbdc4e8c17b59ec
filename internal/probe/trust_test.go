package probe

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
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
		writtenTo(t, filepath.Join(dir, "empty.pem"), ""):                                           "which is empty",
		writtenTo(t, filepath.Join(dir, "text.pem"), "no certificate\n"):                            "no certificate in PEM form",
		writtenTo(t, filepath.Join(dir, "der.pem"), string(newAuthority(t).cert.Raw)):               "in DER form",
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
	const inside = "BBCTL_TEST_OWN_PROCESS"
	if os.Getenv(inside) == "" { // crypto/x509 reads the variables once in a process
		again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), inside+"=1")
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
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

// TestABundleIsReadAsOpenSSLReadsIt: the kinds of blocks that Go leaves out
// hold certificates too, with or without OpenSSL's words behind them.
func TestABundleIsReadAsOpenSSLReadsIt(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"} {
		a, tail := newAuthority(t), []byte(nil)
		if kind == "TRUSTED CERTIFICATE" {
			tail = []byte{0x30, 0x02, 0x05, 0x00}
		}
		block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: append(bytes.Clone(a.cert.Raw), tail...)})
		path := writtenTo(t, filepath.Join(t.TempDir(), "ca.pem"), string(block))
		if !trusts(PythonTrust(TrustSettings{CertFile: Setting{Value: path}}), a) {
			t.Errorf("a %s is not trusted", kind)
		}
	}
}

// TestHomeIsTheOneThatIsGiven: the environment of this process is another one.
func TestHomeIsTheOneThatIsGiven(t *testing.T) {
	home, a := t.TempDir(), newAuthority(t)
	bundleIn(t, filepath.Join(home, "ca.pem"), a)
	t.Setenv("HOME", home)
	s := TrustSettings{CertFile: Setting{Value: "~/ca.pem"}, Dir: t.TempDir()}
	if trusts(PythonTrust(s), a) {
		t.Error("the home of the process is taken")
	}
	s.Home = home
	if !trusts(PythonTrust(s), a) {
		t.Error("the home that is given is not taken")
	}
}
