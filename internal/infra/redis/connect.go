// Package redis looks at a Redis from outside, and leaves it as it was.
package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/infra"
)

// How long the parts of a look may take, unless ctx allows less.
const (
	connectTimeout = 5 * time.Second
	commandTimeout = 2 * time.Second
)

// Fault is why Redis cannot be used: its cause is redis-unreachable or
// redis-refused.
type Fault = infra.Fault

// Conn is a connection to a Redis that knows where it leads.
type Conn struct {
	*goredis.Client
	target Target
	line   *infra.Line
}

// Open connects to a target and asks for a sign of life. The error is a
// *Fault. It takes at most five seconds, or as long as ctx lets it.
func Open(ctx context.Context, t Target) (*Conn, error) {
	bound := connectTimeout
	if deadline, ok := ctx.Deadline(); ok {
		bound = min(bound, time.Until(deadline))
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()

	var line infra.Line
	client := goredis.NewClient(options(t, &line))
	// A fifth is for a second look at a server that says nothing.
	bound = bound * 4 / 5
	attempt, stop := context.WithTimeout(ctx, bound)
	defer stop()
	err := client.Ping(attempt).Err()
	if err == nil {
		return &Conn{client, t, &line}, nil
	}
	_ = client.Close() // nothing was sent that could be lost
	return nil, t.judge(ctx, &line, bound, err)
}

// options are those of a client for a look: one connection, no second try,
// and nothing sent that a server before Redis 6 does not know, but HELLO.
func options(t Target, line *infra.Line) *goredis.Options {
	// The library reports what it returns to stderr as well.
	logging.Disable()
	return &goredis.Options{
		Network: t.Network, Addr: t.Address,
		Username: t.Username, Password: t.Password, DB: t.DB,
		Dialer: t.dialer(line),

		Protocol: 2, PoolSize: 1, MaxRetries: -1, DialerRetries: 1,
		DialTimeout: connectTimeout, ReadTimeout: connectTimeout, WriteTimeout: connectTimeout,
		ContextTimeoutEnabled:    true,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// dialer makes connections by a line, and TLS on top.
func (t Target) dialer(line *infra.Line) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := line.Dial(ctx, network, address)
		if err != nil || t.TLS == nil {
			return conn, err
		}
		secure := tls.Client(conn, t.TLS)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return secure, nil
	}
}

// Connect connects to the Redis of a URL as redis-py reads it. Its keys are
// bbctl:test:RUN:…, with the id of the run. The error is a *Fault.
func Connect(ctx context.Context, url, run string) (*Client, error) {
	t, err := parse(url, "REDIS_URL")
	if err != nil {
		return nil, &Fault{
			Cause:  cause.RedisUnreachable,
			Detail: "the URL cannot be read: " + err.Error() + "; expected redis://:PASSWORD@HOST:PORT/NUMBER",
			Fix:    "write REDIS_URL as redis://:PASSWORD@HOST:PORT/NUMBER, rediss:// for TLS or unix:///PATH, special characters of the password as %XX",
		}
	}
	conn, err := Open(ctx, t)
	if err != nil {
		return nil, err
	}
	return &Client{conn: conn, prefix: "bbctl:test:" + run + ":", written: map[string]bool{}}, nil
}
