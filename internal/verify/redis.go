package verify

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/infra/redis"
	"github.com/bookedbarber/bbctl/monitoring"
)

// cache is what the Redis checks ask: the Redis of REDIS_URL or its stand-in, or
// that of the service under test.
type cache interface {
	// RoundTrip uses the server, and leaves nothing behind.
	RoundTrip(ctx context.Context, name, value string) error
	// Left counts the keys of this run that are there.
	Left(ctx context.Context) (int, error)
	Close()
}

func connected(ctx context.Context, url, run string) (cache, error) {
	client, err := redis.Connect(ctx, url, run)
	if err != nil {
		return nil, err // and not a cache that holds a nil
	}
	return client, nil
}

// openRedis connects to the Redis of REDIS_URL, or to one in this process
// that stands in. The name tells people which.
func (l *Lab) openRedis(ctx context.Context) (client cache, name string, err error) {
	if l.service != nil && l.service.Redis != nil {
		return redisOfService{l.service.Redis}, "the Redis of the service", nil
	}
	if url, ok := l.set(config.KeyRedisURL); ok {
		client, err = connected(ctx, url, l.id)
		return client, "the Redis of REDIS_URL", err
	}
	url, err := l.parts.redisURL()
	if err != nil {
		return nil, "", err
	}
	client, err = connected(ctx, url, l.id)
	return client, "an in-process Redis, which stands in", err
}

// parts are the stand-ins that are costly to start: made when first asked for.
// A check that did not end in time may still ask for them while they are closed.
type parts struct {
	mu     sync.Mutex
	mini   *miniredis.Miniredis
	closed bool
}

var errClosed = errors.New("the run has ended")

func (p *parts) redisURL() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return "", errClosed
	}
	if p.mini == nil {
		mini := miniredis.NewMiniRedis()
		if err := mini.StartAddr("127.0.0.1:0"); err != nil {
			return "", err
		}
		p.mini = mini
	}
	return "redis://" + p.mini.Addr() + "/0", nil
}

func (p *parts) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.mini != nil {
		p.mini.Close()
	}
}

// command makes the run of a check that asks Redis.
func command(body func(ctx context.Context, s *scene, client cache, e *expectation), settings ...setting) func(context.Context, *Lab) check.Result {
	return func(ctx context.Context, l *Lab) check.Result {
		client, _, err := l.openRedis(ctx)
		if err != nil {
			return l.redisFailed(err)
		}
		defer client.Close()
		return play(func(ctx context.Context, s *scene, e *expectation) { body(ctx, s, client, e) }, settings...)(ctx, l)
	}
}

func (l *Lab) redisFailed(err error) check.Result {
	if l.service != nil && l.service.Redis != nil {
		return check.Failed(cause.RedisUnreachable, "hand monitoringtest.Redis a function that reaches a running server", "the Redis of the service: %s", shown(err.Error()))
	}
	var fault *redis.Fault
	if errors.As(err, &fault) {
		return check.Failed(fault.Cause, fault.Fix, "REDIS_URL from %s: %s", l.o.Config.Value(config.KeyRedisURL).Origin, fault.Detail)
	}
	return check.Failed(cause.RedisUnreachable, "check REDIS_URL and that the server runs", "%v", err)
}

// cached is the value that the checks write: it must never be on the wire.
const cached = "planted-cache-value-4242"

// exercised writes, reads and deletes a key and reports it as an application
// would.
func exercised(ctx context.Context, s *scene, client cache) error {
	started := time.Now()
	err := client.RoundTrip(ctx, "cache", cached)
	s.client.ObserveRedis(ctx, "cache.get_user_data", s.lasted(time.Since(started)), err)
	return err
}

func redisConnection(ctx context.Context, l *Lab) check.Result {
	client, name, err := l.openRedis(ctx)
	if err != nil {
		return l.redisFailed(err)
	}
	defer client.Close()
	started := time.Now()
	if err := client.RoundTrip(ctx, "cache", cached); err != nil {
		return l.redisFailed(err) // a replica, a full memory, a right that is missing
	}
	took := time.Since(started)
	return play(func(ctx context.Context, s *scene, e *expectation) {
		s.client.CaptureMessage(ctx, monitoring.LevelInfo, "redis answers")
		e.equal("message", s.event(e).Message, "redis answers")
		e.saw("%s: a key was written, read and deleted in %s", name, took.Round(10*time.Microsecond))
	})(ctx, l)
}

func redisFast(ctx context.Context, s *scene, client cache, e *expectation) {
	err := exercised(ctx, s, client)
	e.that(err == nil, "commands: %v", err)
	e.number("events of commands below both thresholds", len(s.events(e)), 0)
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, "after")
	e.equal("what came after them", s.event(e).Message, "after")
}

func redisSlow(ctx context.Context, s *scene, client cache, e *expectation) {
	err := exercised(ctx, s, client)
	e.that(err == nil, "commands: %v", err)
	event := s.event(e)
	e.equal("level", event.Level, "warning")
	e.equal("redis.operation", contextField(event, "redis", "operation"), "cache.get_user_data")
	e.that(contextField(event, "redis", "duration_ms") != "", "redis.duration_ms: saw none")
	e.that(!strings.Contains(string(s.raw()), cached), "the cached value: it was on the wire, expected no value")
}

// redisLost asks a Redis that is gone: one error event, with the operation.
func redisLost(ctx context.Context, s *scene, e *expectation) {
	closed, err := closedAddress(ctx)
	if err != nil {
		e.missed("finding a closed port: %v", err)
		return
	}
	started := time.Now()
	_, err = redis.Connect(ctx, "redis://"+closed+"/0", s.lab.id)
	if err == nil {
		e.missed("connecting to a closed port: saw no error")
		return
	}
	s.client.ObserveRedis(ctx, "cache.get_user_data", time.Since(started), err)
	event := s.event(e)
	e.equal("level", event.Level, "error")
	e.equal("redis.operation", contextField(event, "redis", "operation"), "cache.get_user_data")
}

// redisClean expects that nothing of this run is left behind.
func redisClean(ctx context.Context, s *scene, client cache, e *expectation) {
	err := client.RoundTrip(ctx, "cache", cached)
	e.that(err == nil, "commands: %v", err)
	left, err := client.Left(ctx)
	e.that(err == nil, "looking for keys: %v", err)
	e.number("keys bbctl:test:"+s.lab.id+":* that are left", left, 0)
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, "clean", monitoring.Data("keys_left", left))
	e.equal("message", s.event(e).Message, "clean")
}
