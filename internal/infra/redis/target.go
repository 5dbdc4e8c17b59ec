package redis

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/infra"
)

// DefaultPort is where Redis listens unless it is told otherwise.
const DefaultPort = "6379"

// Target is a Redis and how to log in there.
type Target struct {
	Network, Address   string // "tcp" and HOST:PORT, or "unix" and a path
	Username, Password string
	DB                 int
	TLS                *tls.Config // nil: none
	// Setting is the variable that it was read from, for what is said to
	// people.
	Setting string
}

// Parts are the pieces of a URL as redis-py and kombu take it apart.
type Parts struct {
	Scheme, Username, Password, Host, Port, Path string
	Options                                      url.Values
}

// Split takes a URL apart as Python's urlparse does, which takes passwords
// that a strict parser refuses. Its errors quote nothing of the URL.
func Split(raw string) (Parts, error) {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(raw), "://")
	if !ok || scheme == "" || strings.ContainsAny(scheme, "@:/?#") {
		return Parts{}, errors.New("there is no scheme in it")
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	authority, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	p := Parts{Scheme: strings.ToLower(scheme), Path: infra.Unescape(path), Options: infra.Query(query)}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		username, password, _ := strings.Cut(authority[:i], ":")
		p.Username, p.Password = infra.Unescape(username), infra.Unescape(password)
		authority = authority[i+1:]
	}
	p.Host = authority
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		p.Host, p.Port = authority[:i], authority[i+1:]
	}
	p.Host = infra.Unescape(strings.Trim(p.Host, "[]"))
	if n, err := strconv.ParseUint(p.Port, 10, 16); p.Port != "" && (err != nil || n == 0) {
		return Parts{}, errors.New("its port is not a number from 1 to 65535")
	}
	return p, nil
}

// parse reads a URL as redis-py does: redis, rediss and unix, the database in
// the path or as ?db=.
func parse(raw, setting string) (Target, error) {
	p, err := Split(raw)
	if err != nil {
		return Target{}, err
	}
	db := p.Options.Get("db")
	var t Target
	switch p.Scheme {
	case "redis", "rediss":
		if t, err = p.TCP(DefaultPort, p.Scheme == "rediss"); err != nil {
			return Target{}, err
		}
		if db == "" {
			db = strings.Trim(p.Path, "/")
		}
	case "unix":
		t = p.Unix(p.Host + p.Path)
	default:
		return Target{}, fmt.Errorf("its scheme is %s", infra.Excerpt(p.Scheme, 20))
	}
	t.Setting = setting
	t.DB, err = Database(db)
	return t, err
}

// Database reads the number of a database; none is 0.
func Database(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, errors.New("the database at its end is not a number")
	}
	return int(n), nil
}

// Unix is the target of a socket.
func (p Parts) Unix(path string) Target {
	t := Target{Network: "unix", Address: path}
	t.login(p)
	return t
}

// TCP is the target of a host, with TLS as the options ssl_… of redis-py say.
func (p Parts) TCP(port string, secure bool) (Target, error) {
	host := p.Host
	if host == "" {
		host = "localhost"
	}
	if p.Port != "" {
		port = p.Port
	}
	t := Target{Network: "tcp", Address: net.JoinHostPort(host, port)}
	t.login(p)
	if !secure {
		return t, nil
	}
	var err error
	t.TLS, err = p.tls(host)
	return t, err
}

func (t *Target) login(p Parts) {
	t.Username, t.Password = p.Username, p.Password
	if name := p.Options.Get("username"); name != "" {
		t.Username = name
	}
	if password := p.Options.Get("password"); password != "" {
		t.Password = password
	}
}

// tls reads the options of TLS. The name in the certificate is checked unless
// ssl_check_hostname forbids it, as redis-py does from version 6 on.
func (p Parts) tls(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if file := p.Options.Get("ssl_ca_certs"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading ssl_ca_certs: %w", errors.Unwrap(err))
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("reading ssl_ca_certs: no certificate is in it")
		}
	}
	if file := p.Options.Get("ssl_certfile"); file != "" {
		key := p.Options.Get("ssl_keyfile")
		if key == "" {
			key = file
		}
		pair, err := tls.LoadX509KeyPair(file, key)
		if err != nil {
			return nil, errors.New("ssl_certfile and ssl_keyfile are not a certificate and its key")
		}
		c.Certificates = []tls.Certificate{pair}
	}
	p.trust(c)
	return c, nil
}

// trust loosens the checks of a certificate where the URL asks for it: it is
// what the application does with the same URL.
func (p Parts) trust(c *tls.Config) {
	reqs := strings.ToLower(strings.TrimPrefix(p.Options.Get("ssl_cert_reqs"), "CERT_"))
	check := strings.ToLower(p.Options.Get("ssl_check_hostname"))
	switch {
	case reqs == "none":
		c.InsecureSkipVerify = true
	case check == "false" || check == "no" || check == "0":
		c.InsecureSkipVerify = true
		c.VerifyConnection = func(state tls.ConnectionState) error { return chain(state, c.RootCAs) }
	}
}

// chain checks who signed a certificate, and not for which name.
func chain(state tls.ConnectionState, roots *x509.CertPool) error {
	o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, c := range state.PeerCertificates[1:] {
		o.Intermediates.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(o)
	return err
}
