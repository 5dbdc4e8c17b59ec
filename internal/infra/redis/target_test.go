package redis

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestURLIsReadAsRedisPyReadsIt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		url  string
		want Target
		tls  bool
	}{
		"host alone":       {"redis://cache", Target{Network: "tcp", Address: "cache:6379"}, false},
		"nothing":          {"redis://", Target{Network: "tcp", Address: "localhost:6379"}, false},
		"port and number":  {"redis://cache:6380/3", Target{Network: "tcp", Address: "cache:6380", DB: 3}, false},
		"number as option": {"redis://cache/3?db=4", Target{Network: "tcp", Address: "cache:6379", DB: 4}, false},
		"password":         {"redis://:p%40w@cache/0", Target{Network: "tcp", Address: "cache:6379", Password: "p@w"}, false},
		"@ in password":    {"redis://:p@w@cache/0", Target{Network: "tcp", Address: "cache:6379", Password: "p@w"}, false},
		"user":             {"redis://app:a:b@cache", Target{Network: "tcp", Address: "cache:6379", Username: "app", Password: "a:b"}, false},
		"IPv6":             {"redis://[::1]:7000/1", Target{Network: "tcp", Address: "[::1]:7000", DB: 1}, false},
		"TLS":              {"rediss://cache/1?ssl_cert_reqs=none", Target{Network: "tcp", Address: "cache:6379", DB: 1}, true},
		"socket":           {"unix:///run/redis.sock?db=2", Target{Network: "unix", Address: "/run/redis.sock", DB: 2}, false},
		"socket, password": {"unix://:pw@/run/redis.sock", Target{Network: "unix", Address: "/run/redis.sock", Password: "pw"}, false},
		"client's options": {"redis://cache/0?socket_timeout=5&decode_responses=True&health_check_interval=30", Target{Network: "tcp", Address: "cache:6379"}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parse(test.url, "REDIS_URL")
			if err != nil {
				t.Fatal(err)
			}
			test.want.Setting = "REDIS_URL"
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(Target{}, "TLS")); diff != "" {
				t.Errorf("target (-want +got):\n%s", diff)
			}
			if (got.TLS != nil) != test.tls {
				t.Errorf("TLS: %v, want %v", got.TLS != nil, test.tls)
			}
		})
	}
}

func TestURLThatCannotBeReadIsNotQuoted(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for name, url := range map[string]string{
		"no scheme":          ":" + secret + "@cache/0",
		"password as a port": "redis://app:" + secret + "/0",
		"no number":          "redis://cache/" + secret,
		"other scheme":       "memcached://:" + secret + "@cache",
		"no such file":       "rediss://:" + secret + "@cache?ssl_ca_certs=/nowhere/ca.pem",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Connect(t.Context(), url, "run")
			var fault *Fault
			if !errors.As(err, &fault) || fault.Fix == "" {
				t.Fatalf("Connect: %v, want a fault with a fix", err)
			}
			if strings.Contains(fault.Error()+fault.Fix, secret) {
				t.Errorf("the fault shows the password: %s (%s)", fault.Detail, fault.Fix)
			}
		})
	}
}
