"""What the worker runs: celery -A worker worker."""
from config.sentry import configure_sentry

# Here, and not in worker_process_init or in a task: there it is too late.
configure_sentry()

from tasks import app  # noqa: E402

__all__ = ["app"]
