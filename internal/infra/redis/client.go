package redis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// lifetime is how long a key lives that could not be deleted.
const lifetime = 60 * time.Second

// The bounds of the look for keys: a million of them, 1,000 a step.
const (
	scanCount = 1000
	scanSteps = 1000
)

// Client writes, reads and deletes keys of its own run, and no others.
type Client struct {
	conn   *Conn
	prefix string

	mu      sync.Mutex
	written map[string]bool
}

// RoundTrip writes a value under a name, reads it and deletes it. What Redis
// refuses is a *Fault; no error quotes the value.
func (c *Client) RoundTrip(ctx context.Context, name, value string) error {
	key := c.prefix + name
	c.mu.Lock()
	c.written[key] = true
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if err := c.conn.Set(ctx, key, value, lifetime).Err(); err != nil {
		return c.conn.Fault("SET "+key, err)
	}
	read, err := c.conn.Get(ctx, key).Result()
	if errors.Is(err, goredis.Nil) {
		err = fmt.Errorf("GET %s: the key is gone, expected the value that was written", key)
	} else if err == nil && read != value {
		err = fmt.Errorf("GET %s: another value of %d bytes, expected the one of %d bytes that was written", key, len(read), len(value))
	} else if err != nil {
		err = c.conn.Fault("GET "+key, err)
	}
	return errors.Join(err, c.remove(ctx, key))
}

// remove deletes a key, also when the time of what came before is over.
func (c *Client) remove(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commandTimeout)
	defer cancel()
	if err := c.conn.Del(ctx, key).Err(); err != nil {
		return c.conn.Fault("DEL "+key, err)
	}
	return nil
}

// Left returns how many keys of the run there are: of those that this client
// wrote all, of others those among the first million keys of the database. It
// never blocks the server, as KEYS would.
func (c *Client) Left(ctx context.Context) (int, error) {
	left, err := c.own(ctx)
	if err != nil {
		return 0, err
	}
	var cursor uint64
	for range scanSteps {
		var keys []string
		keys, cursor, err = c.conn.Scan(ctx, cursor, escape(c.prefix)+"*", scanCount).Result()
		if err != nil {
			return 0, c.conn.Fault("SCAN", err)
		}
		for _, key := range keys {
			left[key] = true // SCAN may return a key twice
		}
		if cursor == 0 {
			break
		}
	}
	return len(left), nil
}

// own returns the keys that this client wrote and that are still there.
func (c *Client) own(ctx context.Context) (map[string]bool, error) {
	c.mu.Lock()
	keys := slices.Sorted(maps.Keys(c.written))
	c.mu.Unlock()
	left := map[string]bool{}
	for _, key := range keys {
		n, err := c.conn.Exists(ctx, key).Result()
		if err != nil {
			return nil, c.conn.Fault("EXISTS "+key, err)
		}
		if n > 0 {
			left[key] = true
		}
	}
	return left, nil
}

// escape makes a text match itself in a pattern of Redis.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`).Replace(s)
}

// Close ends the connection.
func (c *Client) Close() { _ = c.conn.Close() } // no command is under way
