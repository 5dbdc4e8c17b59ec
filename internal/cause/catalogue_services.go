package cause

// services lists what is wrong with the services beside the application, as
// seen from outside.
func services() []Cause {
	return []Cause{
		{
			ID: DatabaseUnreachable, Stage: StageServices, Severity: Fail,
			Title: "there is no connection to the database of DATABASE_URL",
			Why:   "The name does not resolve, nothing listens there, a firewall drops, or TLS fails. In a container localhost is the container, and the database is another one.",
			Shows: "Every request that needs data fails; events about it arrive all the same, since they go another way.",
			Find:  "`pg_isready -d \"$DATABASE_URL\"`, or `nc -vz HOST 5432` from the same container.",
			Fix:   "correct host and port in DATABASE_URL, or start the server there",
		},
		{
			ID: DatabaseRefused, Stage: StageServices, Severity: Fail,
			Title: "the database refuses the connection",
			Why:   "The server is there and says no, with a code: 28P01 is a wrong password, 3D000 a database that does not exist, 53300 that all connections are in use. The last is not a database that is down: the application holds too many, and superusers still get in by reserved slots.",
			Shows: "With 53300 some requests work and others fail, at the busiest time.",
			Find:  "`psql \"$DATABASE_URL\" -c 'select 1'` prints the reason. As a superuser: `select count(*), state from pg_stat_activity group by state` beside `show max_connections`.",
			Fix:   "correct user, password or database name in DATABASE_URL; for 53300 lower the pools of the application's processes or raise max_connections",
		},
		{
			ID: RedisUnreachable, Stage: StageServices, Severity: Fail,
			Title: "there is no connection to Redis",
			Why:   "The host does not resolve, nothing listens there, or the way is closed. Redis listens on loopback alone unless it is told otherwise.",
			Shows: "Caches miss and sessions are lost, often silently: cache errors are caught by most applications and make no event.",
			Find:  "`redis-cli -u \"$REDIS_URL\" ping` from the same container must say PONG.",
			Fix:   "correct host and port in REDIS_URL, or start Redis there and let it listen on an address that this process reaches",
		},
		{
			ID: RedisRefused, Stage: StageServices, Severity: Fail,
			Title: "Redis refuses the connection or the command",
			Why:   "NOAUTH and WRONGPASS are about the password, NOPERM about the user's rights, `max number of clients reached` about a limit, OOM about maxmemory. TLS on one side only (rediss:// or redis://) breaks the protocol itself.",
			Shows: "The connection is made and every command fails.",
			Find:  "`redis-cli -u \"$REDIS_URL\" ping` prints the reason; `redis-cli -u \"$REDIS_URL\" info clients` shows connected_clients, maxclients and who is blocked.",
			Fix:   "correct the password, user, scheme or database number in REDIS_URL; for limits raise maxclients or maxmemory, or close what holds connections",
		},
		{
			ID: CeleryUnreachable, Stage: StageServices, Severity: Fail,
			Title: "the Celery broker cannot be reached",
			Why:   "CELERY_BROKER_URL is where tasks are put and workers fetch them. Where it cannot be reached, requests that enqueue a task fail or wait, and workers try again for ever without an event.",
			Shows: "Requests with background work hang; the worker's log says `Cannot connect to` and tries again.",
			Find:  "`redis-cli -u \"$CELERY_BROKER_URL\" ping` for a Redis broker, from the containers of web and worker both.",
			Fix:   "correct CELERY_BROKER_URL, with the number of the database at its end, or start the broker",
		},
		{
			ID: CeleryNoWorker, Stage: StageServices, Severity: Fail,
			Title:   "no Celery worker listens",
			Why:     "The broker took a control command, and nobody was there to hear it. Either no worker runs, or one lives and consumes nothing: after lost connections Celery before 5.4 can keep sending heartbeats with no subscription left, while Flower calls it online. A worker on another database number of the same Redis is not heard either.",
			Shows:   "Tasks pile up and no error is made anywhere.",
			Find:    "`redis-cli -u \"$CELERY_BROKER_URL\" llen celery` grows; `redis-cli -u \"$CELERY_BROKER_URL\" client list | grep brpop` shows who waits for tasks. `celery inspect ping` says `No nodes replied` for all of these alike.",
			Fix:     "start the worker, or restart the one that runs; against the silent one upgrade Celery to 5.4 or newer",
			Sources: []string{"celery/celery#8030"},
		},
	}
}
