package celery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/infra"
	"github.com/bookedbarber/bbctl/internal/infra/redis"
)

// ErrUnsupportedBroker is returned for brokers other than Redis.
var ErrUnsupportedBroker = errors.New("workers can be asked over Redis alone")

// setting is the variable that the broker's URL comes from.
const setting = "CELERY_BROKER_URL"

// sentinelPort is where a Sentinel listens unless it is told otherwise.
const sentinelPort = "26379"

// brokerNames says to people what stands behind the schemes of kombu.
var brokerNames = map[string]string{
	"amqp": "RabbitMQ", "amqps": "RabbitMQ", "pyamqp": "RabbitMQ", "librabbitmq": "RabbitMQ",
	"sqs": "Amazon SQS", "memory": "the memory of one process", "filesystem": "a folder",
	"sqla": "a database", "sqlalchemy": "a database", "mongodb": "MongoDB", "kafka": "Kafka",
	"confluentkafka": "Kafka", "gcpubsub": "Google Pub/Sub", "zookeeper": "ZooKeeper", "azureservicebus": "Azure Service Bus",
}

// broker is what a CELERY_BROKER_URL says.
type broker struct {
	db        int
	targets   []redis.Target // tried in this order; of Sentinels where sentinel is set
	sentinel  bool
	login     redis.Target // Username, Password, TLS of what a Sentinel leads to
	masterSet string       // of the Sentinels; "" where the URL does not say
}

// parseBroker reads a URL as kombu does: several, with a semicolon between
// them, are tried in turn, and the first says how to log in.
func parseBroker(raw string) (broker, error) {
	var b broker
	for i, one := range strings.Split(raw, ";") {
		p, err := redis.Split(one)
		if err != nil {
			return broker{}, err
		}
		t, err := b.target(p)
		if err != nil {
			return broker{}, err
		}
		if i == 0 {
			b.login, b.masterSet = t, p.Options.Get("master_name")
			if b.db, err = database(p); err != nil {
				return broker{}, err
			}
		}
		t.Setting, t.DB = setting, b.db
		if b.sentinel {
			// Sentinels have no databases, and a login of their own.
			t.DB, t.Username, t.Password, t.TLS = 0, "", "", nil
		}
		b.targets = append(b.targets, t)
	}
	return b, nil
}

// target reads one URL by its scheme.
func (b *broker) target(p redis.Parts) (redis.Target, error) {
	switch p.Scheme {
	case "redis", "rediss":
		// kombu's ssl_cert_reqs is a must for rediss; without it Celery itself
		// does not start.
		return p.TCP(redis.DefaultPort, p.Scheme == "rediss")
	case "redis+socket":
		return p.Unix("/" + strings.TrimLeft(p.Host+p.Path, "/")), nil
	case "sentinel":
		b.sentinel = true
		return p.TCP(sentinelPort, p.Options.Has("ssl_cert_reqs"))
	}
	transport, _, _ := strings.Cut(p.Scheme, "+")
	name := brokerNames[transport]
	if name == "" {
		name = "no Redis"
	}
	return redis.Target{}, fmt.Errorf("the broker is %s (%s://): %w", name, infra.Excerpt(p.Scheme, 20), ErrUnsupportedBroker)
}

// database is the number of the broker's database: the path, or virtual_host
// where the path is taken by a socket.
func database(p redis.Parts) (int, error) {
	text := strings.Trim(p.Path, "/")
	if p.Scheme == "redis+socket" {
		text = ""
	}
	if host := p.Options.Get("virtual_host"); host != "" {
		text = strings.Trim(host, "/")
	}
	return redis.Database(text)
}

// connect connects to the first of the targets that can be used. Where none
// can, a refusal says more than a server that is not there.
func (b *broker) connect(ctx context.Context, masterSet string) (*redis.Conn, error) {
	var worst error
	for i, t := range b.targets {
		// What is left of the time is shared among the rest.
		one, cancel := share(ctx, len(b.targets)-i)
		conn, err := b.open(one, t, masterSet)
		cancel()
		if err == nil {
			return conn, nil
		}
		if worst == nil || isUnreachable(worst) && !isUnreachable(err) {
			worst = err
		}
	}
	return nil, unreachable(worst)
}

func share(ctx context.Context, among int) (context.Context, context.CancelFunc) {
	left := connectTimeout
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, time.Until(deadline))
	}
	return context.WithTimeout(ctx, left/time.Duration(among))
}

func (b *broker) open(ctx context.Context, t redis.Target, masterSet string) (*redis.Conn, error) {
	if !b.sentinel {
		return redis.Open(ctx, t)
	}
	sentinel, err := redis.Open(ctx, t)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sentinel.Close() }() // it was only asked
	if masterSet == "" {
		masterSet = b.masterSet
	}
	address, err := primary(ctx, sentinel, masterSet)
	if err != nil {
		return nil, err
	}
	login := b.login
	login.Network, login.Address, login.DB, login.Setting = "tcp", address, b.db, setting
	return redis.Open(ctx, login)
}

func isUnreachable(err error) bool {
	var fault *Fault
	return errors.As(err, &fault) && fault.Cause == cause.RedisUnreachable
}

// unreachable says of the broker what a fault says of Redis. A refusal stays
// one: the broker is there.
func unreachable(err error) error {
	var fault *Fault
	if !isUnreachable(err) || !errors.As(err, &fault) {
		return err
	}
	return &Fault{Cause: cause.CeleryUnreachable, Detail: "the broker: " + fault.Detail, Fix: fault.Fix, Err: fault.Err}
}
