"""What the worker runs: celery -A worker worker."""
import os

from config.sentry import configure_sentry

os.environ["SENTRY_RELEASE"] = "bookedbarber@2.0.9"  # what the image was built from

# Here, and not in worker_process_init or in a task: there it is too late.
configure_sentry()

from tasks import app  # noqa: E402

__all__ = ["app"]
