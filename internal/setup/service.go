package setup

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/envfile"
)

// ParseServices reads the URLs that --service-urls gives: lines of a .env file
// that set DATABASE_URL, REDIS_URL, CELERY_BROKER_URL or
// CELERY_RESULT_BACKEND. The error holds nothing of the values.
func ParseServices(text []byte) ([]Service, error) {
	if bytes.Contains(text, []byte("${")) {
		return nil, errors.New("nothing fills in a ${…} there: write the URL itself")
	}
	read := envfile.Parse(envfile.PythonDotenv, text, envfile.Options{})
	for _, p := range read.Problems {
		return nil, fmt.Errorf("line %d: %s", p.Line, p.Message)
	}
	var given []Service
	for _, e := range read.Entries {
		if !isService(e.Key) {
			return nil, fmt.Errorf("line %d: only %s can be given there", e.Line, strings.Join(services(), ", "))
		}
		if e.Value == "" {
			return nil, fmt.Errorf("line %d: %s is empty", e.Line, e.Key)
		}
		if err := checkService(e.Key, e.Value); err != nil {
			return nil, fmt.Errorf("line %d: %s: %w", e.Line, e.Key, err)
		}
		given = append(given, Service{e.Key, e.Value})
	}
	if len(given) == 0 {
		return nil, errors.New("there is no line KEY=URL")
	}
	return given, nil
}

// checkService says what is wrong with a URL. It quotes nothing of it: there
// is a password in most.
func checkService(key, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || !strings.Contains(text, "://") || !suits(key, u.Scheme) {
		return fmt.Errorf("it is no URL, expected %s (in a password, percent-encode what is not a letter or digit)", serviceForm(key))
	}
	return nil
}

// suits says whether a URL's scheme can be that of a service. Databases and
// brokers have many kinds, so that only what is certainly wrong is refused.
func suits(key, scheme string) bool {
	kind, _, _ := strings.Cut(scheme, "+")
	switch key {
	case config.KeyRedisURL:
		return slices.Contains([]string{"redis", "rediss", "valkey", "valkeys", "unix", "sentinel"}, kind)
	case config.KeyDatabaseURL:
		return !slices.Contains([]string{"redis", "rediss", "amqp", "amqps", "pyamqp", "http", "https"}, kind)
	}
	return !slices.Contains([]string{"http", "https", "postgres", "postgresql"}, kind)
}

func serviceForm(key string) string {
	if key == config.KeyDatabaseURL {
		return "postgresql://USER:PASSWORD@HOST:5432/NAME"
	}
	return "redis://:PASSWORD@HOST:6379/0"
}
