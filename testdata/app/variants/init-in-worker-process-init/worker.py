"""What the worker runs: celery -A worker worker."""
from celery import signals

from config.sentry import configure_sentry
from tasks import app

__all__ = ["app"]


@signals.worker_process_init.connect
def init_sentry(**_):
    configure_sentry()
