package servers_test

import (
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/bookedbarber/bbctl/internal/servers"
)

func TestServersEndWithTheirTest(t *testing.T) {
	t.Parallel()
	var address, socket string
	var pid int
	t.Run("inner", func(t *testing.T) {
		server := servers.Redis(t, servers.RedisOptions{})
		address, socket, pid = server.Address, server.Socket, server.PID()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	})
	if pid == 0 {
		t.Skip("the inner test was skipped")
	}
	if process, err := os.FindProcess(pid); err == nil && process.Signal(syscall.Signal(0)) == nil {
		t.Errorf("process %d still runs", pid)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Errorf("%s still takes connections", address)
	}
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}
