package config

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// TestABundleMustHoldACertificate holds what OpenSSL takes as a file with
// authorities: it refuses a folder, and a file without one.
func TestABundleMustHoldACertificate(t *testing.T) {
	t.Parallel()
	good := authorityPEM(t)
	block, _ := pem.Decode([]byte(good))
	dir := written(t, map[string]string{
		"good.pem": "# a comment\n" + good, "empty.pem": "\n", "text.pem": "hello\n", "der.cer": string(block.Bytes),
		"key.pem":     "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
		"cut.pem":     "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"openssl.pem": strings.ReplaceAll(good, "CERTIFICATE", "TRUSTED CERTIFICATE"),
		"home/ca.pem": good, "folder/x.pem": good,
	})
	tests := []struct{ name, value, why string }{
		{"a certificate", "good.pem", ""},
		{"OpenSSL's own form", "openssl.pem", ""},
		{"by a path from home", "~/ca.pem", ""},
		{"an absolute path", filepath.Join(dir, "good.pem"), ""},
		{"nothing", "empty.pem", "is empty"},
		{"a text", "text.pem", "holds no certificate"},
		{"another thing in PEM form", "key.pem", "holds no certificate"},
		{"a certificate that was cut", "cut.pem", "holds no certificate"},
		{"DER", "der.cer", "in DER form"},
		{"a folder", "folder", "is a folder"},
		{"a device", os.DevNull, "not a regular file"},
		{"nothing there", "absent.pem", "is not there"},
	}
	for _, test := range tests {
		for _, key := range []string{KeySSLCertFile, KeyCABundle} {
			t.Run(key+" "+test.name, func(t *testing.T) {
				t.Parallel()
				found := only(load(t, dir, key+"="+test.value, "HOME="+filepath.Join(dir, "home")).Problems(), cause.CAFileMissing)
				if test.why == "" {
					if len(found) > 0 {
						t.Errorf("an alarm: %+v", found)
					}
					return
				}
				if len(found) != 1 || found[0].Severity != cause.Fail || !strings.Contains(found[0].Evidence, test.why) {
					t.Errorf("found %+v, want one failure with %q", found, test.why)
				}
			})
		}
	}
}

// TestABundleThatNobodyReadsIsOnlyWarnedOf holds the order in which
// sentry-python asks the variables.
func TestABundleThatNobodyReadsIsOnlyWarnedOf(t *testing.T) {
	t.Parallel()
	dir := written(t, map[string]string{"good.pem": authorityPEM(t)})
	found := only(load(t, dir, "SSL_CERT_FILE=good.pem", "REQUESTS_CA_BUNDLE=absent.pem").Problems(), cause.CAFileMissing)
	if len(found) != 1 || found[0].Severity != cause.Warn || found[0].Key != KeyCABundle {
		t.Errorf("found %+v, want a warning of %s", found, KeyCABundle)
	}
}
