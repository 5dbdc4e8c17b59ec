"""The application that the workers of tests run."""

import os
import time

from celery import Celery

app = Celery("bb", broker=os.environ["CELERY_BROKER_URL"])
app.conf.broker_transport_options = {
    key: value
    for key, value in {
        "global_keyprefix": os.environ.get("BB_GLOBAL_KEYPREFIX"),
        "fanout_prefix": False if os.environ.get("BB_NO_FANOUT_PREFIX") else None,
        "master_name": os.environ.get("BB_MASTER_NAME"),
    }.items()
    if value is not None
}
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True


@app.task(name="report.build")
def build(seconds):
    """Work for a while, as reports do."""
    time.sleep(seconds)
