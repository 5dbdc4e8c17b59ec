package celery_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/infra/celery"
	"github.com/bookedbarber/bbctl/internal/servers"
)

// admin is a client of the test's own on the broker's database.
func admin(t *testing.T, server *servers.RedisServer, db int) *goredis.Client {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Network: "unix", Addr: server.Socket, DB: db, Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() { client.Close() })
	return client
}

func keys(t *testing.T, client *goredis.Client) []string {
	t.Helper()
	found, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

// answer is what the workers of a broker answer, when all is well.
func answer(t *testing.T, o celery.Options) celery.Pong {
	t.Helper()
	o.Timeout = time.Hour // not waited for: the answers end the ping
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	pong, err := celery.Ping(ctx, o)
	if err != nil {
		t.Fatalf("Ping: %v (%v)", err, errors.Unwrap(err))
	}
	if ctx.Err() != nil {
		t.Error("Ping waited for more answers than there are listeners")
	}
	if pong.Latency <= 0 || pong.Latency > o.Timeout {
		t.Errorf("latency: %s", pong.Latency)
	}
	pong.Latency = 0
	return pong
}

func TestWorkersAnswerAndNothingIsLeft(t *testing.T) {
	t.Parallel()
	server := servers.Redis(t, servers.RedisOptions{})
	own := admin(t, server, 1)
	url := server.URL(1)

	noWorker(t, celery.Options{URL: url}, "nobody listens on /1.celery.pidbox")
	if left := keys(t, own); len(left) > 0 {
		t.Errorf("keys after a ping that nobody heard: %q", left)
	}

	first := servers.Celery(t, url, servers.CeleryOptions{Name: "w1"})
	before := keys(t, own)
	want := celery.Pong{Listeners: 1, Workers: []string{"w1@bb"}}
	if diff := cmp.Diff(want, answer(t, celery.Options{URL: url})); diff != "" {
		t.Errorf("one worker (-want +got):\n%s", diff)
	}
	servers.Celery(t, url, servers.CeleryOptions{Name: "w2", Pool: "prefork"})
	want = celery.Pong{Listeners: 2, Workers: []string{"w1@bb", "w2@bb"}}
	if diff := cmp.Diff(want, answer(t, celery.Options{URL: "redis+socket://" + server.Socket + "?virtual_host=1"})); diff != "" {
		t.Errorf("two workers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, keys(t, own)); diff != "" {
		t.Errorf("keys (-before +after):\n%s", diff)
	}
	// A worker of another database is not heard, although channels have none.
	noWorker(t, celery.Options{URL: server.URL(0)}, "database 0")

	thaw := first.Freeze(t)
	pong, err := celery.Ping(t.Context(), celery.Options{URL: url, Timeout: 300 * time.Millisecond})
	if err != nil || pong.Listeners != 2 || !slices.Equal(pong.Workers, []string{"w2@bb"}) {
		t.Errorf("with a frozen worker: %+v, %v, want 2 listeners and the answer of w2", pong, err)
	}
	lateAnswersGoAway(t, own, thaw, 2)
}

func TestAFrozenWorkerListensAndDoesNotAnswer(t *testing.T) {
	t.Parallel()
	server := servers.Redis(t, servers.RedisOptions{})
	own := admin(t, server, 0)
	worker := servers.Celery(t, server.URL(0), servers.CeleryOptions{})
	thaw := worker.Freeze(t)
	pong := noWorker(t, celery.Options{URL: server.URL(0), Timeout: 300 * time.Millisecond}, "1 listen and none answered within 3")
	if pong.Listeners != 1 || len(pong.Workers) != 0 {
		t.Errorf("pong: %+v, want one listener and no worker", pong)
	}
	lateAnswersGoAway(t, own, thaw, 1)
	answer(t, celery.Options{URL: server.URL(0)})
}

// lateAnswersGoAway lets a frozen worker go on and expects its answer in the
// list of the ping, and the list to live no longer than a minute.
func lateAnswersGoAway(t *testing.T, own *goredis.Client, thaw func(), answers int64) {
	t.Helper()
	lists := slices.DeleteFunc(keys(t, own), func(key string) bool { return !strings.HasPrefix(key, "bbctl.reply.") })
	if len(lists) != 1 {
		t.Fatalf("lists of answers: %q, want the one that waits for a late answer", lists)
	}
	thaw()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for own.LLen(ctx, lists[0]).Val() <= answers { // and the empty element
		if ctx.Err() != nil {
			t.Fatal("no late answer came")
		}
	}
	if ttl := own.TTL(t.Context(), lists[0]).Val(); ttl <= 0 || ttl > time.Minute {
		t.Errorf("lifetime of the answers: %s, want at most a minute", ttl)
	}
}

func TestSettingsOfTheApplicationAreFollowed(t *testing.T) {
	t.Parallel()
	server := servers.Redis(t, servers.RedisOptions{})
	own := admin(t, server, 3)
	servers.Celery(t, server.URL(3), servers.CeleryOptions{Env: []string{"BB_GLOBAL_KEYPREFIX=shop:", "BB_NO_FANOUT_PREFIX=1"}})
	before := keys(t, own)
	noWorker(t, celery.Options{URL: server.URL(3)}, "nobody listens on /3.celery.pidbox")
	answer(t, celery.Options{URL: server.URL(3), GlobalKeyPrefix: "shop:", NoFanoutPrefix: true})
	if diff := cmp.Diff(before, keys(t, own)); diff != "" {
		t.Errorf("keys (-before +after):\n%s", diff)
	}
}

func TestSentinelsLeadToTheBroker(t *testing.T) {
	t.Parallel()
	primary := servers.Redis(t, servers.RedisOptions{})
	sentinel := servers.Sentinel(t, primary, "shop")
	url := "sentinel://" + servers.Closed(t) + "/2;sentinel://" + sentinel.Address
	servers.Celery(t, primary.URL(2), servers.CeleryOptions{})
	for _, o := range []celery.Options{{URL: url}, {URL: url, MasterName: "shop"}, {URL: "sentinel://" + sentinel.Address + "/2?master_name=shop"}} {
		if pong := answer(t, o); pong.Listeners != 1 {
			t.Errorf("%+v: %+v, want one listener", o, pong)
		}
	}
	fault := failing(t, celery.Options{URL: url, MasterName: "barber"})
	if fault.Cause != cause.CeleryUnreachable || !strings.Contains(fault.Detail, `no set "barber"`) {
		t.Errorf("fault %s: %s, want the unknown set", fault.Cause, fault.Detail)
	}
}

func TestASecondBrokerIsTriedAfterTheFirst(t *testing.T) {
	t.Parallel()
	server := servers.Redis(t, servers.RedisOptions{})
	noWorker(t, celery.Options{URL: "redis://" + servers.Closed(t) + "/1;" + server.URL(1)}, "nobody listens on /1.")
}

// noWorker expects celery-no-worker and returns what was seen.
func noWorker(t *testing.T, o celery.Options, want string) celery.Pong {
	t.Helper()
	pong, err := celery.Ping(t.Context(), o)
	var fault *celery.Fault
	if !errors.As(err, &fault) || fault.Cause != cause.CeleryNoWorker || !strings.Contains(fault.Detail, want) || fault.Fix == "" {
		t.Errorf("Ping: %+v, want %s with %q", err, cause.CeleryNoWorker, want)
	}
	return pong
}

func failing(t *testing.T, o celery.Options) *celery.Fault {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	pong, err := celery.Ping(ctx, o)
	var fault *celery.Fault
	if !errors.As(err, &fault) || fault.Fix == "" {
		t.Fatalf("Ping: %+v, %v, want a fault with a fix", pong, err)
	}
	return fault
}

func TestBrokersThatFailNameTheLayer(t *testing.T) {
	t.Parallel()
	password := strings.Join([]string{"right", "horse"}, "-")
	server := servers.Redis(t, servers.RedisOptions{Args: []string{"--requirepass", password}})
	website := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(website.Close)
	tests := map[string]struct {
		url   string
		cause cause.ID
		want  string
	}{
		"closed port":        {"redis://:" + password + "@" + servers.Closed(t) + "/0", cause.CeleryUnreachable, "the broker: nothing listens"},
		"silent":             {"redis://:" + password + "@" + silent(t) + "/0", cause.CeleryUnreachable, "said nothing within"},
		"no password":        {server.URL(0), cause.RedisRefused, "NOAUTH"},
		"wrong password":     {"redis://:x" + password + "@" + server.Address + "/0", cause.RedisRefused, "WRONGPASS"},
		"no such database":   {"redis://:" + password + "@" + server.Address + "/99", cause.RedisRefused, "out of range"},
		"a website":          {"redis://" + website.Listener.Addr().String() + "/0", cause.RedisRefused, "which is not Redis"},
		"no number":          {"redis://broker/" + password, cause.CeleryUnreachable, "not a number"},
		"password as a port": {"redis://app:" + password + "/0", cause.CeleryUnreachable, "port is not a number"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fault := failing(t, celery.Options{URL: test.url})
			if fault.Cause != test.cause || !strings.Contains(fault.Detail, test.want) {
				t.Errorf("fault %s: %s, want %s with %q", fault.Cause, fault.Detail, test.cause, test.want)
			}
			if strings.Contains(fault.Detail+fault.Fix, password) || strings.Contains(fault.Fix, "REDIS_URL") {
				t.Errorf("the fault shows the password or another variable: %s (%s)", fault.Detail, fault.Fix)
			}
		})
	}
}

// TestARefusedListIsNotFollowedByACommand holds that workers are not asked
// where their answers could not be kept.
func TestARefusedListIsNotFollowedByACommand(t *testing.T) {
	t.Parallel()
	server := servers.Redis(t, servers.RedisOptions{})
	own := admin(t, server, 0)
	heard := own.Subscribe(t.Context(), "/0.celery.pidbox")
	defer heard.Close()
	if _, err := heard.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := own.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	fault := failing(t, celery.Options{URL: server.URL(0)})
	if fault.Cause != cause.RedisRefused || !strings.Contains(fault.Detail, "OOM") {
		t.Errorf("fault %s: %s, want %s with OOM", fault.Cause, fault.Detail, cause.RedisRefused)
	}
	own.Publish(t.Context(), "/0.celery.pidbox", "the end")
	if message, err := heard.ReceiveMessage(t.Context()); err != nil || message.Payload != "the end" {
		t.Errorf("heard %v, %v, want nothing of the ping", message, err)
	}
}

func TestACancelledPingEndsAndLeavesALifetime(t *testing.T) {
	t.Parallel()
	server := servers.Redis(t, servers.RedisOptions{})
	own := admin(t, server, 0)
	heard := own.Subscribe(t.Context(), "/0.celery.pidbox")
	defer heard.Close()
	if _, err := heard.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := celery.Ping(ctx, celery.Options{URL: server.URL(0), Timeout: time.Minute})
		ended <- err
	}()
	if _, err := heard.ReceiveMessage(t.Context()); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Ping: %v, want the context's error", err)
	}
	for _, key := range keys(t, own) {
		if ttl := own.TTL(t.Context(), key).Val(); ttl <= 0 || ttl > time.Minute {
			t.Errorf("lifetime of %s: %s, want at most a minute", key, ttl)
		}
	}
}

func TestOtherBrokersAreUnsupportedByName(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"amqp://app:pw@broker//":               "RabbitMQ (amqp://)",
		"pyamqp://app:pw@broker":               "RabbitMQ (pyamqp://)",
		"sqs://":                               "Amazon SQS (sqs://)",
		"sqla+postgresql://app:pw@db/x":        "a database (sqla+postgresql://)",
		"memory://":                            "memory",
		"carrier-pigeon://x":                   "no Redis (carrier-pigeon://)",
		"amqp://app:pw@a;amqp://app:pw@b:5672": "RabbitMQ",
	} {
		_, err := celery.Ping(t.Context(), celery.Options{URL: url})
		if !errors.Is(err, celery.ErrUnsupportedBroker) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: %v, want ErrUnsupportedBroker with %q", url, err, want)
		}
	}
}

// silent listens and says nothing.
func silent(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // the system takes connections by itself
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}
