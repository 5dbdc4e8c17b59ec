package probe

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// largestBundle bounds what is read of a file with authorities; the usual ones
// have some 250 KB.
const largestBundle = 16 << 20

// addFile adds the certificates of a PEM file to a pool, as OpenSSL does, and
// says why there is none in it.
func addFile(pool *x509.CertPool, path string) (why string) {
	content, err := readBundle(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "which is not there"
	case errors.Is(err, errFolder):
		return "which is a folder, not a file"
	case err != nil:
		return "which cannot be read: " + reason(err)
	case addAll(pool, content):
		return ""
	case len(bytes.TrimSpace(content)) == 0:
		return "which is empty"
	case isDER(content):
		return "which is a certificate in DER form (openssl x509 -inform der -in FILE makes PEM of it)"
	case bytes.Contains(content, []byte("-----BEGIN")):
		return "which holds no certificate, only other things in PEM form"
	default:
		return "which holds no certificate in PEM form"
	}
}

// addAll adds what Go takes out of a bundle, and what OpenSSL alone does.
func addAll(pool *x509.CertPool, content []byte) bool {
	added := pool.AppendCertsFromPEM(content)
	for bytes.Contains(content, []byte(" CERTIFICATE-----")) {
		var block *pem.Block
		if block, content = pem.Decode(content); block == nil {
			break
		}
		if block.Type != "X509 CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" {
			continue
		}
		var first asn1.RawValue // a trusted one has OpenSSL's own words behind it
		if _, err := asn1.Unmarshal(block.Bytes, &first); err != nil {
			continue
		}
		if certificate, err := x509.ParseCertificate(first.FullBytes); err == nil {
			pool.AddCert(certificate)
			added = true
		}
	}
	return added
}

func isDER(content []byte) bool {
	_, err := x509.ParseCertificate(content)
	return err == nil
}

var (
	errFolder    = errors.New("it is a folder")
	errNoRegular = errors.New("it is not a regular file")
	errTooLarge  = errors.New("it is too large for a bundle")
)

// readBundle reads a regular file: opening a pipe would wait.
func readBundle(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errFolder
	case !info.Mode().IsRegular():
		return nil, errNoRegular
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, largestBundle+1))
	if err == nil && len(content) > largestBundle {
		return nil, errTooLarge
	}
	return content, err
}

// addSystem adds the first of some files that is there, and all that lies in
// some folders, as crypto/x509 does (root_unix.go).
func addSystem(pool *x509.CertPool, files, folders []string) {
	for _, file := range files {
		if content, err := readBundle(file); err == nil {
			pool.AppendCertsFromPEM(content)
			break
		}
	}
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			path := filepath.Join(folder, entry.Name())
			if linksWithin(entry, path) {
				continue // OpenSSL's names by hash, for files of the same folder
			}
			if content, err := readBundle(path); err == nil {
				pool.AppendCertsFromPEM(content)
			}
		}
	}
}

func linksWithin(entry fs.DirEntry, path string) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return false
	}
	target, err := os.Readlink(path)
	return err == nil && !strings.Contains(target, "/")
}

// systemFiles are where Linux keeps its authorities, as crypto/x509 looks for
// them: the first that is there counts.
func systemFiles() []string {
	return []string{
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/pki/tls/cacert.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/cert.pem",
	}
}

// systemFolders are read as well, all of them.
func systemFolders() []string { return []string{"/etc/ssl/certs", "/etc/pki/tls/certs"} }

// systemFile is the one of this machine.
func systemFile() string {
	for _, file := range systemFiles() {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return systemFiles()[0]
}

// certifi finds the bundle of the package certifi in the first installation
// that has one.
func (s TrustSettings) certifi() string {
	for _, prefix := range s.Prefixes {
		for _, inside := range []string{"lib/python3*/site-packages", "lib64/python3*/site-packages", "Lib/site-packages"} {
			found, err := fs.Glob(os.DirFS(prefix), inside+"/certifi/cacert.pem")
			if err == nil && len(found) > 0 {
				return filepath.Join(prefix, found[len(found)-1])
			}
		}
	}
	return ""
}
