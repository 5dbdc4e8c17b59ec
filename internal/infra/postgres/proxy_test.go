package postgres_test

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// serve hands each connection of a free port to a function and closes it
// afterwards.
func serve(t *testing.T, handle func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.Map
	var ended sync.WaitGroup
	ended.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Store(conn, true)
			ended.Go(func() { handle(conn); conn.Close() })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		open.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
		ended.Wait()
	})
	return listener.Addr().String()
}

// swallow takes what comes and says nothing.
func swallow(c net.Conn) { io.Copy(io.Discard, c) }

// read takes what comes first.
func read(c net.Conn) { c.Read(make([]byte, 1024)) }

func say(c net.Conn, words string) { io.WriteString(c, words) }

// pooler stands before a server as PgBouncer does: it refuses settings of the
// session that it does not know.
func pooler(t *testing.T, server string) (address string) {
	t.Helper()
	return serve(t, func(c net.Conn) {
		startup := startupOf(c)
		if strings.Contains(startup, "default_transaction_read_only") || strings.Contains(startup, "statement_timeout") {
			c.Write(refusal("08P01", "unsupported startup parameter: statement_timeout"))
			return
		}
		upstream, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		say(upstream, startup)
		go func() { io.Copy(upstream, c); upstream.Close() }()
		io.Copy(c, upstream)
		upstream.Close()
	})
}

// startupOf refuses TLS and reads the startup message.
func startupOf(c net.Conn) string {
	var size [4]byte
	for {
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return ""
		}
		body := make([]byte, binary.BigEndian.Uint32(size[:])-4)
		if _, err := io.ReadFull(c, body); err != nil {
			return ""
		}
		if len(body) > 4 {
			return string(size[:]) + string(body)
		}
		say(c, "N")
	}
}

func refusal(code, message string) []byte {
	body := "SFATAL\x00C" + code + "\x00M" + message + "\x00\x00"
	return append(binary.BigEndian.AppendUint32([]byte{'E'}, uint32(len(body)+4)), body...)
}
