"""Monitors to the team's API, for the tests of `bbctl test --app`."""
import functools
import time

import sentry_sdk
from sqlalchemy import event

from config.sentry import add_performance_breadcrumb


def watch_queries(engine):
    @event.listens_for(engine, "before_cursor_execute")
    def begin(conn, cursor, statement, parameters, context, executemany):
        context.bb_began = time.monotonic()

    @event.listens_for(engine, "after_cursor_execute")
    def end(conn, cursor, statement, parameters, context, executemany):
        seconds = time.monotonic() - context.bb_began
        if seconds > 1:
            query = {"statement": statement, "duration_ms": seconds * 1000}
            level = "error" if seconds > 5 else "warning"
            sentry_sdk.capture_message("slow query", level=level, contexts={"query": query})


class Monitor:
    def __init__(self, kind):
        self.kind = kind

    def __call__(self, name):
        def decorate(function):
            @functools.wraps(function)
            def watched(*args, **kwargs):
                began = time.monotonic()
                try:
                    return function(*args, **kwargs)
                except Exception:
                    sentry_sdk.set_tag(self.kind, name)
                    raise
                finally:
                    add_performance_breadcrumb(name, (time.monotonic() - began) * 1000)
            return watched
        return decorate


class CeleryMonitor:
    monitor_task_execution = Monitor("task")


class RedisMonitor:
    monitor_redis_operation = Monitor("redis")


celery_monitor = CeleryMonitor()
redis_monitor = RedisMonitor()
