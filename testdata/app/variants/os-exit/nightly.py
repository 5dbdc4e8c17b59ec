"""What cron runs every night."""
import os

from config.sentry import configure_sentry

configure_sentry()

import sentry_sdk  # noqa: E402

sentry_sdk.capture_message("the till is counted")
os._exit(0)  # a thread of the card reader never ends
