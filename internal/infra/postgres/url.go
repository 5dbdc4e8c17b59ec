package postgres

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/infra"
)

// ErrUnsupported is returned for URLs of other databases.
var ErrUnsupported = errors.New("only PostgreSQL can be asked")

// target is what a DATABASE_URL says.
type target struct {
	user, password, host, port, name string
	options                          url.Values // of libpq, kept ones only
}

// form is SQLAlchemy's own grammar of a URL, group by group: a password may
// hold everything but an @.
var form = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:([^:/@]*)(?::([^@]*))?@)?(?:(?:\[([^/?]+)\]|([^/:?]+))?(?::([^/?]*))?)?(?:/([^?]*))?(?:\?(.*))?$`)
})

var schemeForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+]+$`) })

// parse reads a URL as SQLAlchemy does, which tells apart more than a general
// parser would. The errors quote nothing of the URL but its scheme: what
// stands at a wrong place in it may be the password.
func parse(raw string) (target, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || !schemeForm().MatchString(scheme) {
		return target{}, errors.New("there is no scheme in it")
	}
	// The driver after the + says which Python module speaks, not to whom.
	if dialect, _, _ := strings.Cut(scheme, "+"); dialect != "postgresql" && dialect != "postgres" {
		return target{}, fmt.Errorf("the scheme is %s: %w", scheme, ErrUnsupported)
	}
	m := form().FindStringSubmatch(rest)
	if m == nil {
		return target{}, errors.New("it does not have that form")
	}
	t := target{
		user: infra.Unescape(m[1]), password: infra.Unescape(m[2]), host: m[3] + m[4], port: m[5],
		name: infra.Unescape(m[6]), options: url.Values{},
	}
	if strings.Contains(t.host, "@") {
		return target{}, errors.New("there is a second @ in it: a password with an @ must be written with %40")
	}
	query := infra.Query(m[7])
	t.place(query)
	t.keep(query)
	for port := range strings.SplitSeq(t.port, ",") {
		if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
			return target{}, errors.New("its port is not a number from 1 to 65535")
		}
	}
	return t, nil
}

// place takes the options that say where the server is. SQLAlchemy takes
// several ?host=NAME:PORT for several servers.
func (t *target) place(query url.Values) {
	set := func(at *string, key string) {
		if value := query.Get(key); value != "" {
			*at = value
		}
	}
	set(&t.user, "user")
	set(&t.password, "password")
	set(&t.name, "dbname")
	set(&t.port, "port")
	if len(query["host"]) == 0 {
		return
	}
	var hosts, ports []string
	apart := false
	for _, host := range query["host"] {
		port := t.port
		if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasPrefix(host, "/") {
			host, port, apart = host[:i], host[i+1:], true
		}
		hosts, ports = append(hosts, host), append(ports, port)
	}
	t.host = strings.Join(hosts, ",")
	if apart {
		t.port = strings.Join(ports, ",")
	}
}

// kept are the options of libpq that decide how a connection is made. All
// others would be sent to the server as settings, which it refuses: those of
// drivers and pools, and those of libpq that this client does not need.
func kept() []string {
	return []string{
		"sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslsni", "sslnegotiation", "sslcertmode",
		"passfile", "service", "channel_binding", "require_auth", "krbsrvname", "target_session_attrs", "options",
	}
}

func (t *target) keep(query url.Values) {
	for _, key := range kept() {
		if value := query.Get(key); value != "" {
			t.options.Set(key, value)
		}
	}
	// asyncpg calls it ssl, and so does pg8000 in some wrappers.
	modes := []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
	if mode := query.Get("ssl"); slices.Contains(modes, mode) && !t.options.Has("sslmode") {
		t.options.Set("sslmode", mode)
	}
}

// settings is the target in the form in which libpq takes any character.
func (t *target) settings() string {
	var b strings.Builder
	set := func(key, value string) {
		if value != "" {
			b.WriteString(key + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "' ")
		}
	}
	set("user", t.user)
	set("password", t.password)
	set("host", t.host)
	set("port", t.port)
	set("dbname", t.name)
	for _, key := range kept() {
		if key != "target_session_attrs" {
			set(key, t.options.Get(key))
		}
	}
	return b.String()
}
