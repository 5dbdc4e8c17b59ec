package monitoring

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// ObserveRedis reports a Redis operation that was slow or failed: one event,
// with its duration. The operation is what the application calls it
// ("cache.get_user_data") or a command with its key ("GET user:42"), of which
// only the prefix is sent ("GET user:?"); values never are. A lost connection
// is told from a timeout and from a refusal by the tag redis.failure. A key
// that is not there is no failure.
func (c *Client) ObserveRedis(ctx context.Context, operation string, d time.Duration, err error) EventID {
	if c == nil {
		return ""
	}
	level, threshold := c.thresholds.level(d)
	if err == nil && level == "" {
		return ""
	}
	return c.observedRedis(ctx, operation, d, level, threshold, err)
}

// observedRedis is apart, so that the fast path needs no memory.
func (c *Client) observedRedis(ctx context.Context, operation string, d time.Duration, level Level, threshold time.Duration, err error) EventID {
	if missing(err) {
		if err = nil; level == "" {
			return ""
		}
	}
	operation = redisOperation(operation)
	f := fields("operation", operation)
	f["duration_ms"] = milliseconds(d)
	if threshold > 0 {
		f["threshold_ms"] = milliseconds(threshold)
	}
	desc := description{
		context: "redis", fields: f, tags: tags("category", "redis", "redis.operation", operation),
		stage: operation, fingerprint: []string{operation}, level: level, own: true,
	}
	if err != nil {
		failure := redisFailure(err)
		f["failure"], desc.tags["redis.failure"] = failure, failure
		desc.fingerprint = append(desc.fingerprint, failure)
		desc.kind, desc.level = "RedisError", LevelError
		return c.captureError(ctx, maskAll(err), desc, nil)
	}
	desc.kind = "SlowRedis"
	return c.captureError(ctx, slow{operation, threshold}, desc, nil)
}

// redisOperation takes the keys and values out of an operation: of a key only
// what stands before its first colon is kept, and of a command with arguments
// only the key.
func redisOperation(operation string) string {
	name, args, _ := strings.Cut(strings.TrimSpace(operation), " ")
	if prefix, _, isKey := strings.Cut(name, ":"); isKey {
		return cut(prefix, maxTag) + ":?"
	}
	key, _, _ := strings.Cut(strings.TrimSpace(args), " ")
	switch prefix, _, hasPrefix := strings.Cut(key, ":"); {
	case key == "":
		return cut(name, maxTag)
	case hasPrefix && identifier(prefix):
		return cut(name, maxTag) + " " + prefix + ":?"
	default:
		return cut(name, maxTag) + " ?"
	}
}

// redisFailure says how an operation failed: connection, timeout or reply.
func redisFailure(err error) string {
	var timeout interface{ Timeout() bool }
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	var op *net.OpError
	var dns *net.DNSError
	if errors.As(err, &op) || errors.As(err, &dns) {
		return "connection"
	}
	for _, lost := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, lost) {
			return "connection"
		}
	}
	return "reply"
}

// missing says whether an error is a client's way to say "no such key". The
// clients have types of their own for it, which this package does not import;
// both mark server replies with a method RedisError and this text.
func missing(err error) bool {
	var reply interface {
		error
		RedisError()
	}
	return errors.As(err, &reply) && reply.Error() == "redis: nil"
}
