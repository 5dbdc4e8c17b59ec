import os

import sentry_sdk
from dotenv import load_dotenv
from fastapi import FastAPI

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

# The SDK reads dsn, environment, release and (from 2.0 on) debug itself: an
# argument would switch the variable off.
sentry_sdk.init(**options)

app = FastAPI()
