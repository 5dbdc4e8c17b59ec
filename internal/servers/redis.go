package servers

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// RedisOptions are settings of a Redis beside those that keep it small.
type RedisOptions struct {
	// Args are further arguments of redis-server, such as "--requirepass".
	Args []string
	// TLSOnly closes the plain port: Args bring the certificate.
	TLSOnly bool
}

// RedisServer is a Redis that a test has started.
type RedisServer struct {
	*Process
	Address string // HOST:PORT
	Socket  string // path of its unix socket
}

// URL is the URL of a database.
func (r *RedisServer) URL(db int) string { return fmt.Sprintf("redis://%s/%d", r.Address, db) }

// Redis starts a Redis that keeps nothing on disk.
func Redis(t testing.TB, o RedisOptions) *RedisServer {
	t.Helper()
	return start(t, "redis-server", func(listen []string) []string {
		listen = append(listen, "--save", "", "--appendonly", "no")
		if o.TLSOnly {
			listen = append(listen, "--tls-port", listen[1], "--port", "0")
		}
		return append(listen, o.Args...)
	})
}

// start starts a redis-server with the arguments that are made of those that
// say where it listens, the port as the second.
func start(t testing.TB, name string, args func(listen []string) []string) *RedisServer {
	t.Helper()
	Need(t, "redis-server")
	// Paths of sockets have some hundred bytes at most: the test's own folder
	// may have a longer one.
	dir, err := os.MkdirTemp("", "bbredis")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	port := strconv.Itoa(freePort(t))
	r := &RedisServer{Address: net.JoinHostPort("127.0.0.1", port), Socket: filepath.Join(dir, "s")}
	listen := []string{"--port", port, "--bind", "127.0.0.1", "--unixsocket", r.Socket, "--dir", dir, "--daemonize", "no"}
	r.Process = launch(t, name, exec.Command("redis-server", args(listen)...))
	eventually(t, r.Process, r.ping)
	return r
}

// Sentinel starts a Sentinel that watches a Redis under a name.
func Sentinel(t testing.TB, primary *RedisServer, name string) *RedisServer {
	t.Helper()
	host, port, err := net.SplitHostPort(primary.Address)
	if err != nil {
		t.Fatal(err)
	}
	// It writes into its configuration, which must be a file therefore.
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, "sentinel monitor %s %s %s 1\n", name, host, port), 0o600); err != nil {
		t.Fatal(err)
	}
	return start(t, "redis-sentinel", func(listen []string) []string { return append(append([]string{file}, listen...), "--sentinel") })
}

// ping asks for any reply over the unix socket: without the right to ask
// there is an error, which is a reply too.
func (r *RedisServer) ping(ctx context.Context) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", r.Socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	reply, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && strings.HasPrefix(reply, "-LOADING") {
		return fmt.Errorf("it says %s", reply)
	}
	return err
}
