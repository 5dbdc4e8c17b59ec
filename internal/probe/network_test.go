package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
)

const okHeader = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

// TestCutAndSilentConnections plays what connections do at the level of TCP.
func TestCutAndSilentConnections(t *testing.T) {
	t.Parallel()
	whole := `{"id":"` + testID + `"}`
	write := func(conn net.Conn, s string) { _, _ = io.WriteString(conn, s) }
	tests := []struct {
		name   string
		handle func(net.Conn)
		want   cause.ID
		detail string
	}{
		{"reset before an answer", func(c net.Conn) { readRequest(c); reset(c) }, cause.ConnectionReset, "reset the connection|before an answer"},
		{"reset at once", reset, cause.ConnectionReset, "reset"},
		{"closed before an answer", func(c net.Conn) { readRequest(c) }, cause.ConnectionClosed, "closed the connection|before an answer"},
		{"header breaks off", func(c net.Conn) { readRequest(c); write(c, "HTTP/1.1 200 OK\r\nContent-Ty") }, cause.ResponseTruncated, "in its header"},
		{"status line breaks off", func(c net.Conn) { readRequest(c); write(c, "HTTP/1.1 2") }, cause.ResponseTruncated, "in its header"},
		{"reset in the header", func(c net.Conn) { readRequest(c); write(c, "HTTP/1.1 200 OK\r\nContent-Ty"); reset(c) }, cause.ResponseTruncated, "in its header"},
		{"body breaks off", func(c net.Conn) { readRequest(c); write(c, okHeader+"Content-Length: 41\r\n\r\n"+whole[:9]) }, cause.ResponseTruncated, "200 breaks off after 9 bytes"},
		{"chunked body breaks off", func(c net.Conn) {
			readRequest(c)
			write(c, okHeader+"Transfer-Encoding: chunked\r\n\r\n5\r\n"+whole[:5]+"\r\n")
		}, cause.ResponseTruncated, "after 5 bytes"},
		{"body without a length breaks off", func(c net.Conn) { readRequest(c); write(c, okHeader+"Connection: close\r\n\r\n"+whole[:9]) }, cause.ResponseTruncated, "after 9 bytes"},
		{"body without a length, whole", func(c net.Conn) { readRequest(c); write(c, okHeader+"Connection: close\r\n\r\n"+whole) }, "", "200"},
		{"a status outweighs a cut body", func(c net.Conn) {
			readRequest(c)
			write(c, "HTTP/1.1 413 Request Entity Too Large\r\nServer: nginx\r\nContent-Length: 400\r\n\r\n<html>")
		}, cause.PayloadTooLarge, "413"},
		{"another protocol", func(c net.Conn) { write(c, "SSH-2.0-OpenSSH_9.2\r\n"); hold(c) }, cause.NotSentry, "no HTTP"},
		{"a mail server", func(c net.Conn) { write(c, "220 mail ESMTP\r\n"); hold(c) }, cause.NotSentry, "no HTTP"},
		{"a header without end", func(c net.Conn) {
			readRequest(c)
			write(c, okHeader)
			for range 4 * maxHeader / 100 {
				if _, err := io.WriteString(c, "X-Long: "+strings.Repeat("x", 92)+"\r\n"); err != nil {
					return
				}
			}
			hold(c)
		}, cause.NotSentry, "no HTTP"},
		{"TLS record for an answer", func(c net.Conn) { readRequest(c); write(c, "\x15\x03\x01\x00\x02\x02\x46") }, cause.TLSRequired, "in TLS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := sendTo(t, targetAt(t, "http", scripted(t, tt.handle)))
			expect(t, a, tt.want, tt.detail, "")
			if (a.Err != nil) != (a.Status == 0) && tt.want != "" && a.Cause != cause.ResponseTruncated && a.Cause != cause.PayloadTooLarge {
				t.Errorf("status %d with error %v", a.Status, a.Err)
			}
		})
	}
}

// TestSlowAnswersAreBounded: whatever drips, the send ends in its time.
func TestSlowAnswersAreBounded(t *testing.T) {
	t.Parallel()
	drip := func(conn net.Conn, s string) {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			if _, err := io.WriteString(conn, s[i%len(s):i%len(s)+1]); err != nil {
				return
			}
			<-tick.C
		}
	}
	tests := []struct {
		name   string
		handle func(net.Conn)
		want   cause.ID
		detail string
	}{
		{"silent", func(c net.Conn) { readRequest(c); hold(c) }, cause.ResponseTimeout, "no whole answer within"},
		{"never reads", func(c net.Conn) { hold(c) }, cause.ResponseTimeout, "no whole answer within"},
		{"drips its header", func(c net.Conn) { readRequest(c); io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "); drip(c, "x") }, cause.ResponseTimeout, "no whole answer within"},
		{"goes on with 100", func(c net.Conn) { readRequest(c); drip(c, "HTTP/1.1 102 Processing\r\n\r\n") }, cause.ResponseTimeout, "no whole answer within"},
		{"drips its body", func(c net.Conn) { readRequest(c); io.WriteString(c, okHeader+"\r\n"); drip(c, " ") }, cause.ResponseTimeout, "200 came"},
		{"drips the body of a refusal", func(c net.Conn) {
			readRequest(c)
			io.WriteString(c, "HTTP/1.1 403 Forbidden\r\nServer: nginx\r\n\r\n<title>403</title>")
			drip(c, " ")
		}, cause.ForbiddenNotSentry, "nginx|403"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := targetAt(t, "http", scripted(t, tt.handle))
			target.Timeout = 300 * time.Millisecond
			ended := make(chan Answer, 1)
			go func() { ended <- sendTo(t, target) }()
			select {
			case a := <-ended:
				expect(t, a, tt.want, tt.detail, "")
			case <-time.After(20 * time.Second):
				t.Fatal("the send did not end")
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	address := closedPort(t)
	a := sendTo(t, targetAt(t, "http", address))
	expect(t, a, cause.TCPRefused, address+"|refused", "SENTRY_DSN")
	if a.Status != 0 || a.Err == nil {
		t.Errorf("answer: %+v", a)
	}
	expect(t, sendTo(t, targetAt(t, "https", address)), cause.TCPRefused, address, "SENTRY_DSN")
}

// TestRefusedNamesTheAddresses: a name leads to addresses, one of which may be
// the wrong one.
func TestRefusedNamesTheAddresses(t *testing.T) {
	t.Parallel()
	address := closedPort(t)
	_, port, _ := net.SplitHostPort(address)
	target := targetAt(t, "http", "sentry.test:"+port)
	target.Resolver = resolver(t, 0, []byte{127, 0, 0, 1})
	expect(t, sendTo(t, target), cause.TCPRefused, "sentry.test:"+port+"|"+address, "SENTRY_DSN")
}

func TestNamesThatDoNotResolve(t *testing.T) {
	t.Parallel()
	const nameError, serverFailure = 3, 2
	tests := []struct {
		name     string
		resolver *net.Resolver
		detail   string
	}{
		{"no such name", resolver(t, nameError, nil), "no such name"},
		{"server failure", resolver(t, serverFailure, nil), "the resolver answers"},
		{"no resolver", resolverAt("udp", closedPort(t)), "no resolver answers at "},
		{"silent resolver", resolverAt("tcp", scripted(t, hold)), "in time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := targetAt(t, "https", "sentry.test:443")
			target.Resolver, target.ConnectTimeout = tt.resolver, 500*time.Millisecond
			expect(t, sendTo(t, target), cause.DNSUnresolvable, "sentry.test|"+tt.detail, "SENTRY_DSN")
		})
	}
}

func resolverAt(network, address string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
}

// resolver is a name server on loopback that gives one answer to everything:
// a code, and for code 0 an address to questions for A.
func resolver(t *testing.T, code byte, address []byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		question := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return
			}
			if n < 17 {
				continue
			}
			end := 12 + strings.IndexByte(string(question[12:n]), 0) + 5
			answer := append([]byte(nil), question[:end]...)
			answer[2], answer[3] = 0x81, 0x80|code
			copy(answer[6:12], []byte{0, 0, 0, 0, 0, 0})
			if isA := binary.BigEndian.Uint16(answer[end-4:]) == 1; code == 0 && isA {
				answer[7] = 1
				answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
				answer = append(answer, address...)
			}
			if _, err := conn.WriteTo(answer, from); err != nil {
				return
			}
		}
	}()
	return resolverAt("udp", conn.LocalAddr().String())
}

// TestDialFaults judges the errors of systems and routes that a test cannot
// bring about on loopback.
func TestDialFaults(t *testing.T) {
	t.Parallel()
	dial := func(n syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", n)}
	}
	first := func(numbers []syscall.Errno) error { return dial(numbers[0]) }
	refused, timeout, unreachable := first(errnoRefused()), first(errnoTimeout()), first(errnoUnreachable())
	tests := []struct {
		name     string
		attempts []error
		want     cause.ID
	}{
		{"refused", []error{refused}, cause.TCPRefused},
		{"timeout of the system", []error{timeout}, cause.TCPTimeout},
		{"our timeout", []error{&net.OpError{Op: "dial", Err: context.DeadlineExceeded}}, cause.TCPTimeout},
		{"unreachable", []error{unreachable}, cause.TCPUnreachable},
		{"another", []error{errors.New("no")}, cause.TCPUnreachable},
		{"IPv6 without a route, IPv4 refused", []error{unreachable, refused}, cause.TCPRefused},
		{"IPv6 without a route, IPv4 silent", []error{unreachable, timeout}, cause.TCPTimeout},
	}
	for _, tt := range tests {
		s := &send{target: targetAt(t, "https", "sentry.test:443")}
		s.redactor = newRedactor(s.target.DSN)
		for i, err := range tt.attempts {
			s.trail.attempts = append(s.trail.attempts, attempt{fmt.Sprintf("192.0.2.%d:443", i), err})
		}
		v := s.judgeNetwork(context.Background(), tt.attempts[0])
		if v.cause != tt.want || v.detail == "" || v.fix == "" {
			t.Errorf("%s: got %+v, want %s", tt.name, v, tt.want)
		}
	}
}

// TestTLSPortOfAnHTTPDSN: servers differ in what they do with plain HTTP.
func TestTLSPortOfAnHTTPDSN(t *testing.T) {
	t.Parallel()
	pair := issue(t, newAuthority(t), leaf{})
	t.Run("Go says so", func(t *testing.T) {
		t.Parallel()
		target := serveTLS(t, pair, nil, answerID)
		target.DSN.Scheme = "http"
		expect(t, sendTo(t, target), cause.TLSRequired, "HTTPS server", "https://")
	})
	t.Run("another cuts", func(t *testing.T) {
		t.Parallel()
		for _, end := range []func(net.Conn){reset, func(c net.Conn) { c.Close() }} {
			address := scripted(t, func(conn net.Conn) {
				first := make([]byte, 1)
				if _, err := io.ReadFull(conn, first); err != nil {
					return
				}
				if first[0] == 0x16 { // a handshake
					_, _ = conn.Write([]byte{0x15, 3, 3, 0, 2, 2, 40})
					hold(conn)
					return
				}
				end(conn)
			})
			expect(t, sendTo(t, targetAt(t, "http", address)), cause.TLSRequired, "TLS", "https://")
		}
	})
}
