package config

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// caProblems finds variables that name authorities which are not there.
// sentry-python reads SSL_CERT_FILE, else REQUESTS_CA_BUNDLE, and hands the
// name to OpenSSL as that of a file: a folder, or a file without a certificate,
// makes every sending fail.
func (c *Config) caProblems(key string) []Problem {
	v, ok := c.set(key)
	if !ok {
		return nil
	}
	if key == KeySSLCertDir {
		return c.folderProblems(v)
	}
	fault := faultOfBundle(c.absolute(c.expandUser(v.Value)))
	if fault == "" {
		return nil
	}
	fix := removeAt(v.Origin, key) + ", or let it name a file with the certificates in PEM form"
	if first, ok := c.set(KeySSLCertFile); ok && key == KeyCABundle {
		return warn(cause.CAFileMissing, v, fix, "%s names %s, %s (the SDKs read SSL_CERT_FILE, which is %s, in its place)", key, v.Shown(), fault, first.Shown())
	}
	return fail(cause.CAFileMissing, v, fix, "%s names %s, %s: every sending fails", key, v.Shown(), fault)
}

// folderProblems are those of SSL_CERT_DIR.
func (c *Config) folderProblems(v Value) []Problem {
	for _, dir := range filepath.SplitList(v.Value) {
		if info, err := os.Stat(c.absolute(dir)); dir != "" && (err != nil || !info.IsDir()) {
			return warn(cause.CAFileMissing, v, removeAt(v.Origin, v.Key), "SSL_CERT_DIR names %s, which is no folder here (Go alone reads it)", short(dir))
		}
	}
	return nil
}

// expandUser does what urllib3 does with the name of a bundle.
func (c *Config) expandUser(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && c.home != "" {
		return filepath.Join(c.home, rest)
	}
	return path
}

// faultOfBundle says why a file is of no use as a bundle of authorities; empty
// where it is.
func faultOfBundle(path string) string {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "which may not be read"
	case err != nil:
		return "which is not there"
	case info.IsDir():
		return "which is a folder, not a file"
	case !info.Mode().IsRegular():
		return "which is not a regular file"
	}
	file, err := os.Open(path)
	if err != nil {
		return "which cannot be read: " + plain(err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, largestBundle))
	if err != nil {
		return "which cannot be read: " + plain(err)
	}
	if !holdsCertificate(content) {
		return faultOfContent(content)
	}
	return ""
}

// largestBundle bounds what is read of a bundle; the usual ones have 250 KB.
const largestBundle = 16 << 20

func faultOfContent(content []byte) string {
	if _, err := x509.ParseCertificate(content); err == nil {
		return "which is a certificate in DER form (openssl x509 -inform der -in FILE makes PEM of it)"
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return "which is empty"
	}
	return "which holds no certificate in PEM form"
}

// holdsCertificate says whether a PEM file holds a certificate that OpenSSL
// takes. It stops at the first, since a bundle holds well over a hundred.
func holdsCertificate(content []byte) bool {
	for {
		var block *pem.Block
		if block, content = pem.Decode(content); block == nil {
			return false
		}
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE":
			if _, err := x509.ParseCertificate(block.Bytes); err == nil {
				return true
			}
		case "TRUSTED CERTIFICATE": // OpenSSL's own, with a tail that Go does not read
			return true
		}
	}
}
