package probe

import (
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// TestConnectionsThatAreNotAnswered uses a listener whose queue is full: Linux
// drops what more comes, as a firewall does.
func TestConnectionsThatAreNotAnswered(t *testing.T) {
	t.Parallel()
	address := fullListener(t)
	target := targetAt(t, "https", address)
	target.ConnectTimeout = 200 * time.Millisecond
	expect(t, sendTo(t, target), cause.TCPTimeout, address+"|0.2 s", "firewall|HTTPS_PROXY")

	target.ConnectTimeout, target.Timeout = 0, 200*time.Millisecond // the bound of the whole send
	expect(t, sendTo(t, target), cause.TCPTimeout, address+"|0.2 s", "firewall")

	target.Proxy, target.Timeout = proxyTo("http://"+address), 300*time.Millisecond
	target.DSN.Port = targetAt(t, "https", closedPort(t)).DSN.Port
	expect(t, sendTo(t, target), cause.ProxyUnreachable, "does not answer within", "HTTPS_PROXY")
}

func fullListener(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(os.NewSyscallError("socket", err))
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(os.NewSyscallError("bind", err))
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(os.NewSyscallError("listen", err))
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(os.NewSyscallError("getsockname", err))
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(name.(*syscall.SockaddrInet4).Port))
	for range 64 {
		conn, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("the queue of the listener does not fill")
	return ""
}
