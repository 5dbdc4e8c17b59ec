"""Runs inside the application's own interpreter and does what it is told.

It speaks with bbctl in JSON, a line each way: commands come on what was
standard input, answers go to what was standard output. The application sees
neither: for it, input is empty and output is standard error. Nothing but the
standard library is needed, of Python 3.8 or newer.
"""
import asyncio
import contextlib
import importlib
import inspect
import json
import logging
import os
import platform
import signal
import sys
import threading
import time
import traceback


class Channel:
    """The way to bbctl, kept apart from all that the application prints."""

    def __init__(self):
        self.owner = os.getpid()
        self.commands = os.fdopen(os.dup(0), "r", encoding="utf-8")
        self.answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)

    def watch(self):
        """Ends with bbctl, also where the application does not come back."""
        if not hasattr(os, "killpg"):
            return
        parent = os.getppid()

        def look():
            while os.getppid() == parent:
                time.sleep(0.5)
            os.killpg(0, signal.SIGKILL) if os.getpgrp() == os.getpid() else os._exit(0)

        threading.Thread(target=look, daemon=True).start()

    def owned(self):
        """A process that the application has forked must not go on here."""
        if os.getpid() != self.owner:
            os._exit(0)

    def say(self, **fields):
        self.owned()
        self.answers.write(json.dumps(fields, default=repr) + "\n")
        self.answers.flush()

    def hear(self):
        while True:
            line = self.commands.readline()
            self.owned()
            if not line:
                return
            yield json.loads(line)


class Missing(Exception):
    """What a step needs and the application does not have."""


class Fields(dict):
    """A dictionary whose fields can be read as attributes too, since an
    application may take either."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name)


def told(error):
    """An exception in one line, with the place in the application."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != "<string>"]
    place = ""
    if isinstance(error, SyntaxError) and error.filename:
        place = " (%s line %s)" % (os.path.basename(error.filename), error.lineno)
    elif frames:
        last = frames[-1]
        place = " (%s line %s)" % (os.path.basename(last.filename), last.lineno)
    return "%s: %s%s" % (type(error).__name__, str(error)[:300], place)


def settled(value):
    """A result, awaited where the application's function is a coroutine."""
    return asyncio.run(value) if inspect.iscoroutine(value) else value


class Application:
    """The application's Sentry module and what stands beside it."""

    def __init__(self, name, dsn):
        self.name, self.dsn = name, dsn
        self.module, self.beside, self.notes = None, None, []
        self.sdk = None

    def start(self):
        """Imports the module, calls configure_sentry, and returns a report."""
        report = {"python": platform.python_version(), "executable": sys.executable}
        try:
            self.sdk = importlib.import_module("sentry_sdk")
            report["sdk"] = str(getattr(self.sdk, "VERSION", "unknown"))
        except ImportError as error:
            return dict(report, stage="sdk", error=told(error))
        try:
            self.module = importlib.import_module(self.name)
        except BaseException as error:
            return dict(report, stage="import", error=told(error))
        configure = getattr(self.module, "configure_sentry", None)
        if not callable(configure):
            return dict(report, stage="configure-missing")
        try:
            result = settled(configure())
        except BaseException as error:
            return dict(report, stage="configure", error=told(error), refused=self.raised_by_sdk(error))
        self.find_beside()
        report.update(self.client_report(), stage="ready", result=repr(result)[:80], notes=self.notes)
        report["missing"] = [name for name in API if self.lookup(name) is None]
        return report

    def raised_by_sdk(self, error):
        """Whether the SDK itself refused what it was given."""
        frames = traceback.extract_tb(error.__traceback__)
        home = os.path.dirname(os.path.abspath(self.sdk.__file__)) + os.sep
        return bool(frames) and os.path.abspath(frames[-1].filename).startswith(home)

    def find_beside(self):
        """The module of the monitors: by its name, then by its place."""
        parent, _, _ = self.name.rpartition(".")
        root, _, _ = parent.rpartition(".")
        places = ["services.sentry_monitoring", root + ".services.sentry_monitoring",
                  parent + ".sentry_monitoring", "sentry_monitoring"]
        for name in places:
            if name.startswith("."):
                continue
            try:
                self.beside = importlib.import_module(name)
                self.notes.append("monitors of " + name)
                return
            except ModuleNotFoundError as error:
                if error.name and (name + ".").startswith(error.name + "."):
                    continue
                self.notes.append("%s: %s" % (name, told(error)))
                return
            except BaseException as error:
                self.notes.append("%s: %s" % (name, told(error)))
                return

    def lookup(self, path):
        for module in (self.module, self.beside):
            found = module
            for part in path.split("."):
                found = getattr(found, part, None)
            if found is not None:
                return found
        return None

    def client(self):
        if hasattr(self.sdk, "get_client"):
            client = self.sdk.get_client()
            return client if client.is_active() else None
        return self.sdk.Hub.current.client

    def client_report(self):
        """What the client was given, without anything that could be secret."""
        client = self.client()
        if client is None:
            return {"active": False, "env_dsn": self.env_dsn()}
        options, dsn = client.options, client.options.get("dsn")
        report = {"active": bool(dsn), "same": dsn == self.dsn, "env_dsn": self.env_dsn(), "options": {}}
        if dsn is not None:
            rest = str(dsn).rpartition("@")[2]
            report["where"] = rest if report["same"] or "@" in str(dsn) else "an address that cannot be read"
        for key in ("sample_rate", "traces_sample_rate", "profiles_sample_rate", "send_default_pii",
                    "debug", "environment", "release", "max_breadcrumbs"):
            report["options"][key] = repr(options.get(key))
        for key in ("before_send", "before_send_transaction", "before_breadcrumb", "traces_sampler", "profiles_sampler"):
            if callable(options.get(key)):
                report["options"][key] = getattr(options[key], "__name__", "a function")
        ignored = [getattr(kind, "__name__", str(kind)) for kind in options.get("ignore_errors") or []]
        if ignored:
            report["options"]["ignore_errors"] = ", ".join(ignored)
        report["integrations"] = sorted(getattr(client, "integrations", None) or {})
        return report

    def env_dsn(self):
        return os.environ.get("SENTRY_DSN", "") == self.dsn

    def safe(self):
        """Nothing planted may go anywhere but to bbctl's own receiver."""
        client = self.client()
        return client is None or not client.options.get("dsn") or client.options.get("dsn") == self.dsn

    def away(self):
        """Ends a client that sends elsewhere."""
        client = self.client()
        if client is not None:
            with contextlib.suppress(BaseException):
                client.close(timeout=0)

    @contextlib.contextmanager
    def request(self):
        """What the SDK does around each request of a server."""
        if hasattr(self.sdk, "isolation_scope"):
            with self.sdk.isolation_scope() as scope:
                scope.clear_breadcrumbs()
                yield
        else:
            with self.sdk.Hub(self.sdk.Hub.current) as hub:
                with hub.configure_scope() as scope:
                    scope.clear_breadcrumbs()
                yield


API = [
    "add_user_context", "add_business_context", "add_business_breadcrumb",
    "add_performance_breadcrumb", "capture_booking_error", "capture_payment_error",
    "capture_integration_error", "celery_monitor.monitor_task_execution",
    "redis_monitor.monitor_redis_operation",
]


class PlantedError(Exception):
    """The failure that is planted."""


ERRORS = {
    "ConnectionError": ConnectionError, "ConnectionRefusedError": ConnectionRefusedError,
    "BrokenPipeError": BrokenPipeError, "TimeoutError": TimeoutError,
    "CancelledError": asyncio.CancelledError, "ValueError": ValueError,
}


def planted_failure(texts, kind=None):
    """Raises an error; each further text is what the one before wraps."""
    if len(texts) > 1:
        try:
            planted_failure(texts[1:], kind)
        except BaseException as inner:
            raise PlantedError(texts[0]) from inner
    raise ERRORS.get(kind, PlantedError)(texts[0])


class Player:
    """Carries out the steps of a scenario."""

    def __init__(self, app):
        self.app, self.seen, self.engine = app, {}, None

    def play(self, steps):
        for step in steps:
            getattr(self, "do_" + step["do"])(step)

    def needed(self, path):
        found = self.app.lookup(path)
        if found is None:
            raise Missing(path)
        return found

    def value(self, value):
        if isinstance(value, dict):
            if value.get("special") == "nan":
                return float("nan")
            if value.get("special") == "function":
                return lambda: None
            return Fields({key: self.value(item) for key, item in value.items()})
        return value

    def do_call(self, step):
        function = self.needed(step["name"])
        args = [self.value(arg) for arg in step.get("args", [])]
        kwargs = {key: self.value(arg) for key, arg in step.get("kwargs", {}).items()}
        if "error" in step:
            note = step.get("local")
            try:
                planted_failure(step["error"], step.get("kind"))
            except BaseException as error:
                settled(function(error, *args, **kwargs))
            del note
        else:
            settled(function(*args, **kwargs))

    def do_capture(self, step):
        note = step.get("local")
        try:
            planted_failure(step["error"], step.get("kind"))
        except BaseException as error:
            self.app.sdk.capture_exception(error)
        del note

    def do_message(self, step):
        self.app.sdk.capture_message(step["text"], level=step.get("level", "info"))

    def do_log(self, step):
        logging.getLogger("bookedbarber.planted").error(step["text"])

    def do_repeat(self, step):
        for _ in range(step["times"]):
            self.play(step["steps"])
            if step.get("flush"):
                self.flush()

    def do_request(self, step):
        """A request of its own; what goes wrong in one that stands alone is
        no other's concern."""
        with self.app.request(), contextlib.suppress(*([Exception] if step.get("alone") else [])):
            self.play(step["steps"])

    def do_concurrent(self, step):
        """Each list of steps in a thread and a request of its own. All have
        done their first step before one does its second."""
        barrier = threading.Barrier(len(step["each"]))
        failures = []

        def run(steps):
            try:
                with self.app.request():
                    self.play(steps[:1])
                    barrier.wait(timeout=5)
                    self.play(steps[1:])
            except BaseException as error:
                barrier.abort()
                failures.append(error)

        threads = [threading.Thread(target=run, args=(steps,), daemon=True) for steps in step["each"]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=10)
        for failure in failures:
            if not isinstance(failure, threading.BrokenBarrierError):
                raise failure

    def do_transaction(self, step):
        sdk, fields = self.app.sdk, {"name": step["name"], "op": step.get("op", "http.server")}
        if "sampled" in step:
            fields["sampled"] = step["sampled"]
        transaction = None
        if "header" in step:
            headers = {"sentry-trace": step["header"]}
            if hasattr(sdk, "continue_trace"):
                transaction = sdk.continue_trace(headers, **fields)
            else:
                from sentry_sdk.tracing import Transaction
                transaction = Transaction.continue_from_headers(headers, **fields)
            fields = {}
        with sdk.start_transaction(transaction, **fields) as running:
            self.play(step.get("steps", []))
            if "status" in step:
                running.set_status(step["status"])

    def do_span(self, step):
        with self.app.sdk.start_span(op=step["op"]) as span:
            span.description = step.get("text", "")
            for key, value in step.get("data", {}).items():
                span.set_data(key, value)
            self.play(step.get("steps", []))

    def do_work(self, step):
        """Uses the processor for a while, so that a profile has samples."""
        end, total = time.perf_counter() + step["seconds"], 0
        while time.perf_counter() < end:
            total += 1

    # The monitors.

    def monitored(self, step, run):
        return self.needed(step["monitor"])(step["name"])(run)

    def do_monitored(self, step):
        """Runs a function under a monitor of the application; its failure must
        come out of it."""
        calls = []

        def planted_work(*args, **kwargs):
            calls.append(time.sleep(step.get("seconds", 0)))
            if "error" in step:
                planted_failure(step["error"], step.get("kind"))
            return "done"

        failed = None
        monitored = self.monitored(step, planted_work)
        task = self.celery_task(monitored, step["name"]) if step.get("task") else None
        try:
            if task is not None:
                result = task.apply()
                failed, value = (result.result, None) if result.failed() else (None, result.result)
            else:
                value = settled(monitored())
        except Exception as error:
            failed, value = error, None
        if failed is not None and task is None:
            self.app.sdk.capture_exception(failed)  # nobody catches it: a framework would
        self.seen["calls"] = len(calls)
        self.seen["failed"] = type(failed).__name__ if failed is not None else ""
        self.seen["value"] = repr(value)
        self.seen["eager"] = task is not None

    def celery_task(self, run, name, **options):
        try:
            celery = importlib.import_module("celery")
        except ImportError:
            return None
        app = celery.Celery("bbctl", broker="memory://", set_as_current=False)
        app.conf.task_always_eager = True
        app.conf.task_store_eager_result = False
        return app.task(name=name, **options)(run)

    def do_retried(self, step):
        calls = []

        def planted_work(task, *args, **kwargs):
            calls.append(1)
            if len(calls) < 3:
                raise task.retry(exc=PlantedError(step["text"]), countdown=0, max_retries=5)
            return "done"

        task = self.celery_task(self.monitored(step, planted_work), step["name"], bind=True)
        if task is None:
            raise Missing("celery")
        result = task.apply()
        self.seen["calls"] = len(calls)
        self.seen["failed"] = "" if result.successful() else repr(result.result)[:80]

    # The database.

    def do_database(self, step):
        """Opens an engine: the configured one, read-only, or SQLite."""
        try:
            sqlalchemy = importlib.import_module("sqlalchemy")
        except ImportError:
            raise Missing("sqlalchemy")
        url = step.get("url") or "sqlite://"
        options = {"hide_parameters": True}
        if url.startswith("sqlite"):
            options["poolclass"] = importlib.import_module("sqlalchemy.pool").StaticPool
        engine = sqlalchemy.create_engine(url, **options)

        @sqlalchemy.event.listens_for(engine, "connect")
        def prepare(connection, _):
            if engine.dialect.name == "postgresql":
                cursor = connection.cursor()
                cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
                cursor.execute("SET statement_timeout = 8000")
                cursor.close()
                connection.commit()
            else:
                connection.create_function("pg_sleep", 1, lambda seconds: time.sleep(seconds) or "")

        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT 1"))
        self.engine = engine
        self.seen["database"] = "SQLite in memory, which stands in" if url == "sqlite://" else engine.dialect.name
        self.seen["sqlalchemy"] = sqlalchemy.__version__
        self.watch_engine()

    def watch_engine(self):
        """Hands the engine to what takes one, and says who listens to it."""
        for owner in (self.app.module, self.app.beside):
            for name in sorted(vars(owner)) if owner else []:
                self.offer(owner, name)
        listeners = []
        for event in ("before_cursor_execute", "after_cursor_execute"):
            for listener in getattr(self.engine.dispatch, event):
                where = getattr(listener, "__module__", "") or ""
                if not where.startswith(("sentry_sdk", "sqlalchemy", "__main__")):
                    listeners.append(where + "." + getattr(listener, "__name__", "?"))
        self.seen["listeners"] = sorted(set(listeners))

    def offer(self, owner, name):
        value = getattr(owner, name, None)
        if name.startswith("_") or inspect.ismodule(value) or inspect.isclass(value):
            return
        own = getattr(value, "__module__", None) or type(value).__module__
        if own != owner.__name__:
            return
        functions = [value] if callable(value) else [
            getattr(value, attribute) for attribute in dir(value) if not attribute.startswith("_")]
        for function in functions:
            try:
                parameters = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
            except (TypeError, ValueError):
                continue
            if len(parameters) == 1 and parameters[0].name in ("engine", "db_engine", "database_engine"):
                function(self.engine)
                self.seen.setdefault("offered", []).append(getattr(function, "__name__", name))

    def do_query(self, step):
        if self.engine is None:
            self.do_database(step)
        text = importlib.import_module("sqlalchemy").text
        try:
            with self.engine.connect() as connection:
                connection.execute(text(step["statement"]), step.get("values", {})).fetchall()
        except Exception as error:
            self.seen["failed"] = type(error).__name__
            self.app.sdk.capture_exception(error)

    # Requests.

    def do_asgi(self, step):
        """Asks a small FastAPI or Starlette application for each path."""
        try:
            make = importlib.import_module("fastapi").FastAPI
        except ImportError:
            try:
                make = importlib.import_module("starlette.applications").Starlette
            except ImportError:
                raise Missing("fastapi")
        server = make()

        async def planted_page(request):
            if request.url.path == step.get("fails"):
                planted_failure(step["error"])
            return importlib.import_module("starlette.responses").Response(status_code=204)

        for path in step["paths"]:
            server.add_route(path, planted_page)
        self.seen["status"] = [asyncio.run(ask(server, path, step.get("headers", {}))) for path in step["paths"]]

    def flush(self):
        client = self.app.client()
        if client is not None:
            client.flush(timeout=10)


async def ask(server, path, headers):
    """One request, and the status of its answer."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"shop.example")] + [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 80), "state": {},
    }
    status = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            status.append(message["status"])

    try:
        await server(scope, receive, send)
    except Exception:
        pass  # the server would log it; the status was sent before
    return status[0] if status else 0


def answer(app, player, command):
    """Plays one scenario in a request of its own, and flushes."""
    if not app.safe():
        app.away()
        return {"elsewhere": True}
    player.seen, reply = {}, {}
    try:
        with app.request():
            player.play(command["steps"])
    except Missing as missing:
        reply["missing"] = str(missing)
    except BaseException as error:
        reply["error"] = told(error)
    if command.get("flush", True):
        player.flush()
    return dict(reply, seen=player.seen)


def main():
    channel = Channel()
    channel.watch()
    commands = channel.hear()
    first = next(commands)
    app = Application(first["app"], os.environ.get("SENTRY_DSN", ""))
    report = app.start()
    if not app.sdk or report.get("stage") == "ready" and not app.safe():
        app.sdk and app.away()
    channel.say(**report)
    player = Player(app)
    for command in commands:
        channel.say(**answer(app, player, command))
        if command.get("exit"):
            return
    os._exit(0)  # bbctl has gone: so must all that the application keeps running


if __name__ == "__main__":
    main()
