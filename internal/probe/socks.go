package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// SOCKS is spoken here, not by net/http: that knows nothing of version 4, for
// which it would write the request with its key to the proxy, and its errors
// do not tell a login that is wrong from another refusal but in words.

func isSOCKS(proxy *url.URL) bool { return strings.HasPrefix(proxy.Scheme, "socks") }

// socksRefusal is what a SOCKS proxy says in place of opening a tunnel.
type socksRefusal struct {
	why   string
	login bool // it wants another one
}

func (e *socksRefusal) Error() string { return e.why }

// socks is the proxy where it is one of SOCKS, else nil.
func (s *send) socks() *url.URL {
	if proxy := s.trail.state().proxy; proxy != nil && isSOCKS(proxy) {
		return proxy
	}
	return nil
}

// peerOf is what is dialled on the way to an address: a SOCKS proxy, else the
// address itself.
func (s *send) peerOf(address string) string {
	proxy := s.socks()
	if proxy == nil {
		return address
	}
	port := proxy.Port()
	if port == "" {
		port = "1080"
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// throughSOCKS has the proxy open a tunnel to an address, where it is one of
// SOCKS. It closes the connection where there is none.
func (s *send) throughSOCKS(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	proxy := s.socks()
	if proxy == nil {
		return conn, nil
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err := s.askSOCKS(ctx, conn, proxy, address)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		closeQuietly(conn)
		return nil, err
	}
	s.trail.set(func() { s.trail.tunnel = true })
	return conn, nil
}

func (s *send) askSOCKS(ctx context.Context, conn net.Conn, proxy *url.URL, address string) error {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return err
	}
	if strings.HasPrefix(proxy.Scheme, "socks4") {
		return s.askSOCKS4(ctx, conn, proxy, host, uint16(port))
	}
	return askSOCKS5(conn, proxy, host, uint16(port))
}

// askSOCKS4 speaks version 4, whose addresses are of IPv4; 4a takes a name
// behind the address 0.0.0.1.
func (s *send) askSOCKS4(ctx context.Context, conn net.Conn, proxy *url.URL, host string, port uint16) error {
	address, name := [4]byte{0, 0, 0, 1}, host
	if proxy.Scheme == "socks4" {
		found, err := s.four(ctx, host)
		if err != nil {
			return err
		}
		address, name = found.As4(), ""
	}
	request := binary.BigEndian.AppendUint16([]byte{4, 1}, port)
	request = append(append(append(request, address[:]...), proxy.User.Username()...), 0)
	if name != "" {
		request = append(append(request, name...), 0)
	}
	answer := make([]byte, 8)
	if err := exchangeBytes(conn, request, answer); err != nil {
		return err
	}
	switch {
	case answer[0] != 0:
		return &socksRefusal{why: "it does not speak SOCKS 4"}
	case answer[1] == 90:
		return nil
	case answer[1] == 92, answer[1] == 93:
		return &socksRefusal{why: fmt.Sprintf("SOCKS 4 answers %d: it wants the user of an identd", answer[1]), login: true}
	default:
		return &socksRefusal{why: fmt.Sprintf("SOCKS 4 answers %d", answer[1])}
	}
}

// four is the address of a host in IPv4.
func (s *send) four(ctx context.Context, host string) (netip.Addr, error) {
	resolver := s.target.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	ctx, cancel := context.WithTimeout(ctx, s.target.connectTimeout())
	defer cancel()
	found, err := resolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return netip.Addr{}, err
	}
	if len(found) == 0 || !found[0].Unmap().Is4() {
		return netip.Addr{}, &net.DNSError{Err: "no address of IPv4", Name: host, IsNotFound: true}
	}
	return found[0].Unmap(), nil
}

// The methods of a login in SOCKS 5 (RFC 1928).
const (
	socksOpen     = 0
	socksPassword = 2
	socksNone     = 0xff
)

var errLongForSOCKS = errors.New("a name, user or password is longer than the 255 bytes that SOCKS can carry")

// askSOCKS5 speaks version 5 (RFC 1928, RFC 1929), and leaves names to the
// proxy.
func askSOCKS5(conn net.Conn, proxy *url.URL, host string, port uint16) error {
	password, _ := proxy.User.Password()
	user := proxy.User.Username()
	if max(len(user), len(password), len(host)) > 255 {
		return errLongForSOCKS
	}
	methods := []byte{5, 1, socksOpen}
	if proxy.User != nil {
		methods = []byte{5, 2, socksOpen, socksPassword}
	}
	answer := make([]byte, 2)
	if err := exchangeBytes(conn, methods, answer); err != nil {
		return err
	}
	switch {
	case answer[0] != 5:
		return &socksRefusal{why: "it does not speak SOCKS 5"}
	case answer[1] == socksNone:
		return &socksRefusal{why: "SOCKS 5 takes no login that is offered", login: true}
	case answer[1] == socksPassword:
		login := append(append([]byte{1, byte(len(user))}, user...), byte(len(password)))
		if err := exchangeBytes(conn, append(login, password...), answer); err != nil {
			return err
		}
		if answer[1] != 0 {
			return &socksRefusal{why: "SOCKS 5 refuses the user and the password", login: true}
		}
	}
	return connectSOCKS5(conn, host, port)
}

func connectSOCKS5(conn net.Conn, host string, port uint16) error {
	request := []byte{5, 1, 0}
	if address, err := netip.ParseAddr(host); err != nil {
		request = append(append(request, 3, byte(len(host))), host...)
	} else if address.Is4() {
		request = append(append(request, 1), address.AsSlice()...)
	} else {
		request = append(append(request, 4), address.AsSlice()...)
	}
	answer := make([]byte, 5) // up to the first byte of the address that it bound
	if err := exchangeBytes(conn, binary.BigEndian.AppendUint16(request, port), answer); err != nil {
		return err
	}
	if answer[0] != 5 || answer[1] != 0 {
		return &socksRefusal{why: socksWords(answer[1])}
	}
	rest := map[byte]int{1: 4 - 1 + 2, 3: int(answer[4]) + 2, 4: 16 - 1 + 2}[answer[3]]
	_, err := io.ReadFull(conn, make([]byte, rest))
	return err
}

// socksWords are those of RFC 1928 for the codes of an answer.
func socksWords(code byte) string {
	words := []string{
		"nothing", "a failure of its own", "its rules do not allow it", "it finds no network", "it does not reach the host",
		"the host refuses the connection", "the time is over", "it knows no such command", "it knows no such kind of address",
	}
	if int(code) < len(words) {
		return fmt.Sprintf("SOCKS 5 answers %d: %s", code, words[code])
	}
	return fmt.Sprintf("SOCKS 5 answers %d", code)
}

func exchangeBytes(conn net.Conn, request, answer []byte) error {
	if _, err := conn.Write(request); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, answer)
	return err
}
