package probe

import (
	"net"
	"net/netip"
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
	address := fullListener(t, "127.0.0.1")
	target := targetAt(t, "https", address)
	target.ConnectTimeout = 200 * time.Millisecond
	expect(t, sendTo(t, target), cause.TCPTimeout, address+"|0.2 s", "firewall|HTTPS_PROXY")

	target.ConnectTimeout, target.Timeout = 0, 200*time.Millisecond // the bound of the whole send
	expect(t, sendTo(t, target), cause.TCPTimeout, address+"|0.2 s", "firewall")

	target.Proxy, target.Timeout = proxyTo("http://"+address), 300*time.Millisecond
	target.DSN.Port = targetAt(t, "https", closedPort(t)).DSN.Port
	expect(t, sendTo(t, target), cause.ProxyUnreachable, "does not answer within", "HTTPS_PROXY")
}

// fullListener is a black hole on loopback; it returns host:port.
func fullListener(t *testing.T, host string) string {
	t.Helper()
	return fillListener(t, host, "0")
}

// fillListener listens with the shortest queue, and fills it.
func fillListener(t *testing.T, host, port string) string {
	t.Helper()
	ip := netip.MustParseAddr(host)
	family := syscall.AF_INET
	if ip.Is6() {
		family = syscall.AF_INET6
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(os.NewSyscallError("socket", err))
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, socketAddress(t, ip, port)); err != nil {
		t.Fatal(os.NewSyscallError("bind", err))
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(os.NewSyscallError("listen", err))
	}
	address := net.JoinHostPort(host, boundPort(t, fd))
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

func socketAddress(t *testing.T, ip netip.Addr, port string) syscall.Sockaddr {
	t.Helper()
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	if ip.Is6() {
		return &syscall.SockaddrInet6{Port: n, Addr: ip.As16()}
	}
	return &syscall.SockaddrInet4{Port: n, Addr: ip.As4()}
}

func boundPort(t *testing.T, fd int) string {
	t.Helper()
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(os.NewSyscallError("getsockname", err))
	}
	switch a := name.(type) {
	case *syscall.SockaddrInet4:
		return strconv.Itoa(a.Port)
	case *syscall.SockaddrInet6:
		return strconv.Itoa(a.Port)
	}
	t.Fatalf("a socket of the kind %T", name)
	return ""
}
