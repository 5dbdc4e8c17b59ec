"""What cron runs every night."""
from config.sentry import configure_sentry

configure_sentry()

import sentry_sdk  # noqa: E402

for number in range(400):
    sentry_sdk.capture_message(f"receipt {number} is missing")
sentry_sdk.flush(timeout=10)  # at its end the SDK waits for two seconds alone
