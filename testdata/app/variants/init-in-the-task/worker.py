"""What the worker runs: celery -A worker worker."""
from tasks import app

__all__ = ["app"]
