"""Monitors of queries, Celery tasks and Redis operations."""
import functools
import time

import sentry_sdk
from sqlalchemy import event

from config.sentry import add_performance_breadcrumb

SLOW_QUERY_WARNING_MS = 1000
SLOW_QUERY_ERROR_MS = 5000


def watch_engine(engine):
    """Reports slow queries as events, which the SDK does not: it makes spans alone."""

    @event.listens_for(engine, "before_cursor_execute")
    def begin(conn, cursor, statement, parameters, context, executemany):
        conn.info.setdefault("bb_began", []).append(time.monotonic())

    @event.listens_for(engine, "after_cursor_execute")
    def end(conn, cursor, statement, parameters, context, executemany):
        duration_ms = (time.monotonic() - conn.info["bb_began"].pop()) * 1000
        query_type = statement.split(None, 1)[0].upper()
        add_performance_breadcrumb("database_query", duration_ms, query_type=query_type)
        if duration_ms > SLOW_QUERY_WARNING_MS:
            report_slow_query(statement, duration_ms)

    @event.listens_for(engine, "handle_error")
    def forget(context):
        if context.connection is not None and context.connection.info.get("bb_began"):
            context.connection.info["bb_began"].pop()


def report_slow_query(statement, duration_ms):
    """The statement has placeholders; what they stand for is never sent."""
    level = "error" if duration_ms > SLOW_QUERY_ERROR_MS else "warning"
    query = {"statement": statement, "duration_ms": round(duration_ms, 1)}
    sentry_sdk.capture_message("slow query", level=level, contexts={"slow_query": query})


class Monitor:
    """Times a function, and says in breadcrumb and tags how it went.

    What it raises is reported by the SDK's integrations, once.
    """

    def __init__(self, kind):
        self.kind = kind

    def watch(self, name):
        def decorate(function):
            @functools.wraps(function)
            def watched(*args, **kwargs):
                began, status = time.monotonic(), "ok"
                try:
                    return function(*args, **kwargs)
                except Exception as error:
                    status = type(error).__name__
                    sentry_sdk.set_tag(self.kind, name)
                    raise
                finally:
                    duration_ms = (time.monotonic() - began) * 1000
                    add_performance_breadcrumb(name, duration_ms, kind=self.kind, status=status)

            return watched

        return decorate


class CeleryMonitor(Monitor):
    def monitor_task_execution(self, name):
        return self.watch(name)


class RedisMonitor(Monitor):
    def monitor_redis_operation(self, name):
        return self.watch(name)


celery_monitor = CeleryMonitor("celery_task")
redis_monitor = RedisMonitor("redis_operation")
