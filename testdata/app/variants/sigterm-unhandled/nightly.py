"""What cron runs every night."""
import os
import signal

from config.sentry import configure_sentry

configure_sentry()

import sentry_sdk  # noqa: E402

sentry_sdk.capture_message("the till is counted")
os.kill(os.getpid(), signal.SIGTERM)  # what a supervisor does at its timeout
