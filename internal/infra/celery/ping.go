// Package celery asks the workers of a Celery application from outside, over
// its broker, and leaves nothing behind there.
package celery

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/infra"
	"github.com/bookedbarber/bbctl/internal/infra/redis"
)

const (
	connectTimeout = 5 * time.Second
	// defaultTimeout is what workers have to answer. They need milliseconds;
	// Celery's own ping waits as long.
	defaultTimeout = time.Second
	// replyLifetime is how long the list of answers lives, so that late ones
	// go with it.
	replyLifetime = 60 * time.Second
	// The waits between looks for answers grow from the first to the last.
	firstWait, lastWait = time.Millisecond, 25 * time.Millisecond
)

// Options say where the workers are.
type Options struct {
	URL string // the broker's, as Celery reads it
	// Timeout is what the workers have to answer; 0 is a second.
	Timeout time.Duration

	// The rest are settings of the application, which its workers follow.

	GlobalKeyPrefix string // global_keyprefix of broker_transport_options
	FanoutPrefix    string // fanout_prefix there, where it is a text; unset, it is "/{db}."
	NoFanoutPrefix  bool   // fanout_prefix there is False
	ControlExchange string // control_exchange; unset, it is "celery"
	MasterName      string // master_name there: the set of the Sentinels
}

// Pong is what came back.
type Pong struct {
	Listeners int           // how many the broker gave the command to
	Workers   []string      // names of those that answered, sorted
	Latency   time.Duration // from the command to the last answer
}

// Fault is why no worker answers: its cause is celery-unreachable,
// celery-no-worker, or redis-refused where the broker is there and says no.
type Fault = infra.Fault

// Ping asks every worker for a sign of life. It returns as soon as all that
// listen have answered, and at once where nobody listens: the broker says how
// many it gave the command to. The error is ErrUnsupportedBroker or a *Fault;
// with celery-no-worker the Pong is what was seen all the same. A context that is
// cancelled while workers may still answer is returned as its own error.
func Ping(ctx context.Context, o Options) (Pong, error) {
	b, err := parseBroker(o.URL)
	if errors.Is(err, ErrUnsupportedBroker) {
		return Pong{}, err
	}
	if err != nil {
		return Pong{}, &Fault{
			Cause:  cause.CeleryUnreachable,
			Detail: "the URL cannot be read: " + err.Error() + "; expected redis://:PASSWORD@HOST:PORT/NUMBER",
			Fix:    "write " + setting + " as redis://:PASSWORD@HOST:PORT/NUMBER, special characters of the password as %XX",
		}
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	conn, err := b.connect(ctx, o.MasterName)
	if err != nil {
		return Pong{}, err
	}
	defer func() { _ = conn.Close() }() // no command is under way
	p := ping{Options: o, conn: conn, db: b.db, ticket: uuid()}
	p.key = o.GlobalKeyPrefix + "bbctl.reply." + p.ticket
	return p.run(ctx)
}

// ping is one question to all workers.
type ping struct {
	Options
	conn   *redis.Conn
	db     int
	ticket string
	key    string // of the list of answers
}

func (p *ping) run(ctx context.Context) (Pong, error) {
	message, err := pingMessage(p.exchange(), p.ticket, strings.TrimPrefix(p.key, p.GlobalKeyPrefix))
	if err != nil {
		return Pong{}, err
	}
	started := time.Now()
	listeners, err := p.publish(ctx, message)
	pong := Pong{Listeners: listeners, Latency: time.Since(started)}
	if err == nil && listeners > 0 {
		err = p.collect(ctx, started, &pong)
	}
	// Where somebody may still answer, the list stays for its lifetime: an
	// answer to a list that is gone would make one that lives for ever.
	if len(pong.Workers) >= listeners {
		p.remove(ctx)
	}
	if err == nil && len(pong.Workers) == 0 {
		err = p.silent(listeners, time.Since(started))
	}
	return pong, err
}

// exchange is the name of the exchange for control commands.
func (p *ping) exchange() string {
	if p.ControlExchange == "" {
		return "celery.pidbox"
	}
	return p.ControlExchange + ".pidbox"
}

// channel is where workers listen. Channels of Redis belong to no database, so
// its number is a part of the name.
func (p *ping) channel() string {
	prefix := "/{db}."
	switch {
	case p.NoFanoutPrefix:
		prefix = ""
	case p.FanoutPrefix != "":
		prefix = p.FanoutPrefix
	}
	return p.GlobalKeyPrefix + strings.ReplaceAll(prefix, "{db}", strconv.Itoa(p.db)) + p.exchange()
}

// publish sends the command and returns how many received it. The list of
// answers is there before, with an empty last element: a lifetime needs a key,
// and answers are put in front. Where there can be no list, there is no
// command.
func (p *ping) publish(ctx context.Context, message []byte) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	_, err := p.conn.Pipelined(ctx, func(pipe goredis.Pipeliner) error {
		pipe.RPush(ctx, p.key, "")
		pipe.Expire(ctx, p.key, replyLifetime)
		return nil
	})
	if err != nil {
		return 0, unreachable(p.conn.Fault("making a list for the answers", err))
	}
	listeners, err := p.conn.Publish(ctx, p.channel(), message).Result()
	if err != nil {
		return 0, unreachable(p.conn.Fault("PUBLISH "+p.channel(), err))
	}
	return int(listeners), nil
}

// collect reads answers until all listeners have given one or the time is
// over.
func (p *ping) collect(ctx context.Context, started time.Time, pong *Pong) error {
	over := time.NewTimer(p.Timeout)
	defer over.Stop()
	for wait := firstWait; ; wait = min(wait*3/2, lastWait) {
		replies, err := p.conn.LRange(ctx, p.key, 0, -2).Result()
		if err != nil && ctx.Err() == nil {
			return unreachable(p.conn.Fault("LRANGE "+p.key, err))
		}
		if workers := workersIn(replies, p.ticket); len(workers) > len(pong.Workers) {
			pong.Workers, pong.Latency = workers, time.Since(started)
		}
		if len(pong.Workers) >= pong.Listeners {
			return nil
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return fmt.Errorf("waiting for answers of workers: %w", ctx.Err())
			}
			return nil
		case <-over.C:
			return nil
		case <-time.After(wait):
		}
	}
}

// remove deletes the list of answers, also when the time for the question is
// over. Where that fails its lifetime does it.
func (p *ping) remove(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), defaultTimeout)
	defer cancel()
	_ = p.conn.Del(ctx, p.key).Err()
}

// silent explains that no worker has answered.
func (p *ping) silent(listeners int, waited time.Duration) *Fault {
	f := &Fault{Cause: cause.CeleryNoWorker}
	if listeners == 0 {
		f.Detail = fmt.Sprintf("nobody listens on %s, expected a worker there: none runs on database %d of this broker, or one has lost its subscription", p.channel(), p.db)
		f.Fix = "start the worker with this " + setting + ", or restart the one that runs"
		return f
	}
	f.Detail = fmt.Sprintf(
		"%d listen and none answered within %s, expected a pong: the process is frozen (stopped, paused container), or its pool is solo and busy with a task, when it cannot answer by design",
		listeners, waited.Round(10*time.Millisecond),
	)
	f.Fix = "look at the state of the worker's process (`ps -o pid,stat,args -C celery`: T is stopped): send SIGCONT or restart it; a solo pool answers when its task ends, a prefork pool always"
	return f
}
