"""What cron runs every night."""
import os
import sys

from config.sentry import configure_sentry

configure_sentry()

import sentry_sdk  # noqa: E402

sentry_sdk.capture_message("the till is counted")
os.execv(sys.executable, [sys.executable, "-c", "print('the next one')"])
