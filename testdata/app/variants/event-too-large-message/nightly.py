"""What cron runs every night."""
from config.sentry import configure_sentry

configure_sentry()

import sentry_sdk  # noqa: E402

sentry_sdk.capture_event({"message": "the day", "level": "error", "fingerprint": ["x" * 1000] * 3000})
