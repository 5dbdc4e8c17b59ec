package redis_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/infra/redis"
	"github.com/bookedbarber/bbctl/internal/servers"
)

const run = "0123456789abcdef"

// admin is a client of the test's own, over the socket, which no password and
// no protected mode closes.
func admin(t *testing.T, server *servers.RedisServer, password string) *goredis.Client {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Network: "unix", Addr: server.Socket, Password: password, DB: 2, Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() { client.Close() })
	return client
}

func connect(t *testing.T, url string) *redis.Client {
	t.Helper()
	client, err := redis.Connect(t.Context(), url, run)
	if err != nil {
		t.Fatalf("Connect: %v (%v)", err, errors.Unwrap(err))
	}
	t.Cleanup(client.Close)
	return client
}

func keys(t *testing.T, client *goredis.Client) []string {
	t.Helper()
	found, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

func TestRoundTripLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	server := servers.Redis(t, servers.RedisOptions{})
	own := admin(t, server, "")
	own.Set(t.Context(), "session:1", "x", 0)
	own.Set(t.Context(), "bbctl:test:other:cache", "x", 0)
	before := keys(t, own)
	monitor := own.Subscribe(t.Context(), "__keyevent@2__:set", "__keyevent@2__:del", "__keyevent@2__:expire")
	defer monitor.Close()
	if err := own.ConfigSet(t.Context(), "notify-keyspace-events", "EA").Err(); err != nil {
		t.Fatal(err)
	}
	for range 3 { // the subscriptions
		if _, err := monitor.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	for _, url := range []string{server.URL(2), "unix://" + server.Socket + "?db=2"} {
		client := connect(t, url)
		if err := client.RoundTrip(t.Context(), "cache", "value"); err != nil {
			t.Error(err)
		}
		// SET with a lifetime is both: the key was never without one.
		for _, event := range []string{"set", "expire", "del"} {
			message, err := monitor.ReceiveMessage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if want := "__keyevent@2__:" + event; message.Channel != want || message.Payload != "bbctl:test:"+run+":cache" {
				t.Errorf("event %s of %s, want %s of the run's key", message.Channel, message.Payload, want)
			}
		}
		if left, err := client.Left(t.Context()); left != 0 || err != nil {
			t.Errorf("Left: %d, %v, want none", left, err)
		}
	}
	if diff := cmp.Diff(before, keys(t, own)); diff != "" {
		t.Errorf("keys (-before +after):\n%s", diff)
	}
}

func TestLeftCountsKeysOfTheRunAlone(t *testing.T) {
	t.Parallel()
	server := servers.Redis(t, servers.RedisOptions{})
	own := admin(t, server, "")
	if err := own.MSet(t.Context(), "bbctl:test:"+run+":a", 1, "bbctl:test:"+run+":b", 1, "bbctl:test:other:a", 1, "bbctl:test:"+run, 1).Err(); err != nil {
		t.Fatal(err)
	}
	if left, err := connect(t, server.URL(2)).Left(t.Context()); left != 2 || err != nil {
		t.Errorf("Left: %d, %v, want 2", left, err)
	}
	star, err := redis.Connect(t.Context(), server.URL(2), "*")
	if err != nil {
		t.Fatal(err)
	}
	defer star.Close()
	if left, err := star.Left(t.Context()); left != 0 || err != nil {
		t.Errorf("Left of a run named *: %d, %v, want none", left, err)
	}
}

func TestAnInProcessRedisServesToo(t *testing.T) {
	t.Parallel()
	mini := miniredis.RunT(t)
	client := connect(t, "redis://"+mini.Addr()+"/0")
	if err := client.RoundTrip(t.Context(), "cache", "value"); err != nil {
		t.Error(err)
	}
	if left, err := client.Left(t.Context()); left != 0 || err != nil {
		t.Errorf("Left: %d, %v, want none", left, err)
	}
}

func TestRefusalsAreNamed(t *testing.T) {
	t.Parallel()
	password := strings.Join([]string{"right", "horse"}, "-")
	server := servers.Redis(t, servers.RedisOptions{Args: []string{"--requirepass", password, "--maxclients", "10"}})
	own := admin(t, server, password)
	if err := own.Do(t.Context(), "ACL", "SETUSER", "reader", "on", ">"+password, "+ping", "+hello", "+select").Err(); err != nil {
		t.Fatal(err)
	}
	at := func(login string) string { return "redis://" + login + "@" + server.Address + "/2" }
	refuses(t, server.URL(2), "NOAUTH")
	refuses(t, at(":wrong-"+password), "WRONGPASS")
	refuses(t, at("nobody:"+password), "WRONGPASS")
	refuses(t, at(":"+password)+"99", "DB index is out of range")
	refuses(t, at("reader:"+password), "NOPERM")

	if err := own.Do(t.Context(), "REPLICAOF", "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	refuses(t, at(":"+password), "READONLY")
	if err := own.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	if err := own.Do(t.Context(), "CONFIG", "SET", "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	refuses(t, at(":"+password), "OOM")
	if err := own.Do(t.Context(), "CONFIG", "SET", "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		conn, err := net.Dial("tcp", server.Address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
	}
	refuses(t, at(":"+password), "max number of clients")
}

// refuses expects that connecting, or else a round trip, ends with a reply.
func refuses(t *testing.T, url, reply string) {
	t.Helper()
	client, err := redis.Connect(t.Context(), url, run)
	if err == nil {
		err = client.RoundTrip(t.Context(), "cache", "value-of-the-cache")
		client.Close()
	}
	var fault *redis.Fault
	if !errors.As(err, &fault) {
		t.Errorf("%s: %v, want a fault", reply, err)
		return
	}
	if fault.Cause != cause.RedisRefused || !strings.Contains(fault.Detail, reply) || fault.Fix == "" {
		t.Errorf("fault %s: %s (%s), want %s with %q", fault.Cause, fault.Detail, fault.Fix, cause.RedisRefused, reply)
	}
	for _, secret := range []string{"right-horse", "value-of-the-cache"} {
		if strings.Contains(err.Error()+fault.Fix, secret) {
			t.Errorf("%s: the fault shows a secret: %s (%s)", reply, fault.Detail, fault.Fix)
		}
	}
}

func TestConnectionsThatFailNameTheLayer(t *testing.T) {
	t.Parallel()
	website := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(website.Close)
	// Redis protects itself from other machines only: this is what it says.
	const denied = "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user.\r\n"
	tests := map[string]struct {
		url   string
		cause cause.ID
		want  string
	}{
		"closed port":         {"redis://:pw@" + servers.Closed(t) + "/0", cause.RedisUnreachable, "the connection is refused"},
		"no such socket":      {"unix:///nowhere/redis.sock", cause.RedisUnreachable, "there is no socket"},
		"the name is unknown": {"redis://cache.invalid/0", cause.RedisUnreachable, "does not resolve"},
		"silent":              {"redis://:pw@" + serve(t, swallow) + "/0", cause.RedisUnreachable, "said nothing within"},
		"closes":              {"redis://" + serve(t, read) + "/0", cause.RedisUnreachable, "closed it without a word"},
		"a website":           {"redis://" + website.Listener.Addr().String() + "/0", cause.RedisRefused, "“HTTP/1.1 400 Bad Request”, which is not Redis"},
		"another protocol":    {"redis://" + serve(t, func(c net.Conn) { say(c, "220 mail\r\n") }) + "/0", cause.RedisRefused, "“220 mail”"},
		"protected":           {"redis://" + serve(t, func(c net.Conn) { say(c, denied) }) + "/0", cause.RedisRefused, "DENIED"},
		"still loading":       {"redis://" + serve(t, loading) + "/0", cause.RedisRefused, "LOADING"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fails(t, test.url, test.cause, test.want)
		})
	}
}

func fails(t *testing.T, url string, id cause.ID, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	client, err := redis.Connect(ctx, url, run)
	if err == nil {
		client.Close()
		t.Fatal("Connect: no error")
	}
	var fault *redis.Fault
	if !errors.As(err, &fault) || fault.Cause != id || !strings.Contains(fault.Detail, want) || fault.Fix == "" {
		t.Errorf("Connect: %#v, want %s with %q", err, id, want)
	}
}

// loading answers every command as a server that reads its data.
func loading(c net.Conn) {
	buffer := make([]byte, 4096)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		for range strings.Count(string(buffer[:n]), "*") {
			say(c, "-LOADING Redis is loading the dataset in memory\r\n")
		}
	}
}

func TestTLSIsNeededOnBothSides(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certificate(t, dir)
	file := func(name string) string { return filepath.Join(dir, name) }
	secure := servers.Redis(t, servers.RedisOptions{TLSOnly: true, Args: []string{
		"--tls-cert-file", file("cert.pem"), "--tls-key-file", file("key.pem"), "--tls-ca-cert-file", file("cert.pem"), "--tls-auth-clients", "no",
	}})
	plain := servers.Redis(t, servers.RedisOptions{})

	url := "rediss://" + secure.Address + "/0"
	for _, options := range []string{"?ssl_cert_reqs=none", "?ssl_ca_certs=" + file("cert.pem"), "?ssl_check_hostname=false&ssl_ca_certs=" + file("cert.pem")} {
		if err := connect(t, url+options).RoundTrip(t.Context(), "cache", "value"); err != nil {
			t.Errorf("%s: %v", options, err)
		}
	}
	fails(t, url, cause.RedisUnreachable, "authority that is not trusted")
	fails(t, url+"?ssl_check_hostname=false", cause.RedisUnreachable, "authority that is not trusted")
	_, port, err := net.SplitHostPort(secure.Address)
	if err != nil {
		t.Fatal(err)
	}
	other := "rediss://localhost:" + port + "/0?ssl_ca_certs=" + file("cert.pem")
	fails(t, other, cause.RedisUnreachable, "for another name than localhost")
	connect(t, other+"&ssl_check_hostname=false")
	fails(t, "redis://"+secure.Address+"/0", cause.RedisRefused, "speaks TLS")
	fails(t, "rediss://"+plain.Address+"/0", cause.RedisRefused, "without TLS")
}

// TestNothingIsPrinted holds that the client library's own log stays silent.
// The library takes hold of stderr when the process starts: the test runs
// itself in another process and reads that one's.
func TestNothingIsPrinted(t *testing.T) {
	const inside = "BBCTL_TEST_PRINTS_NOTHING"
	if os.Getenv(inside) != "" {
		for _, handle := range []func(net.Conn){read, loading, func(c net.Conn) { say(c, "220 mail\r\n") }} {
			if _, err := redis.Connect(t.Context(), "redis://"+serve(t, handle)+"/0", run); err == nil {
				t.Error("Connect: no error")
			}
		}
		if _, err := redis.Connect(t.Context(), "redis://"+servers.Closed(t)+"/0", run); err == nil {
			t.Error("Connect: no error")
		}
		return
	}
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestNothingIsPrinted$")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if stderr.Len() > 0 {
		t.Errorf("on stderr: %q", stderr.String())
	}
}
