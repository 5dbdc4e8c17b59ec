import os

import sentry_sdk
from celery import Celery, signals
from dotenv import load_dotenv

load_dotenv()  # nothing reads .env by itself; a variable that is set stays

pii = os.environ.get("SENTRY_SEND_DEFAULT_PII", "false")
options = {
    "sample_rate": float(os.environ["SENTRY_SAMPLE_RATE"]),
    "traces_sample_rate": float(os.environ["SENTRY_TRACES_SAMPLE_RATE"]),
    "profiles_sample_rate": float(os.environ["SENTRY_PROFILES_SAMPLE_RATE"]),
    # never bool(pii): bool("false") is True
    "send_default_pii": pii.lower() in ("true", "t", "yes", "y", "on", "1"),
}
if tuple(map(int, sentry_sdk.VERSION.split(".")[:2])) < (1, 18):
    del options["profiles_sample_rate"]  # such an SDK would not start

app = Celery("bookedbarber", broker=os.environ["CELERY_BROKER_URL"])


# celeryd_init comes in the worker before it forks, beat_init in beat. In
# worker_process_init or inside a task it is too late: no failure arrives then.
@signals.celeryd_init.connect
@signals.beat_init.connect
def init_sentry(**_):
    # The SDK reads dsn, environment, release and (from 2.0 on) debug itself.
    sentry_sdk.init(**options)
