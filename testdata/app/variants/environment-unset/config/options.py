"""What the SDK is initialised with."""
import os

import sentry_sdk

from config.filtering import before_send
from config.settings import flag, rate

SDK = tuple(int(part) for part in sentry_sdk.VERSION.split(".")[:2])


def sentry_options():
    options = {
        "dsn": os.environ.get("SENTRY_DSN"),
        "release": os.environ.get("SENTRY_RELEASE") or None,  # the SDK asks git
        "sample_rate": rate("SENTRY_SAMPLE_RATE", "1.0"),
        "traces_sample_rate": rate("SENTRY_TRACES_SAMPLE_RATE", "0.1"),
        "debug": flag("SENTRY_DEBUG"),
        "send_default_pii": flag("SENTRY_SEND_DEFAULT_PII"),
        "before_send": before_send,
    }
    if SDK >= (1, 18):  # an older one refuses the option and would not start
        options["profiles_sample_rate"] = rate("SENTRY_PROFILES_SAMPLE_RATE", "0.1")
    return options
