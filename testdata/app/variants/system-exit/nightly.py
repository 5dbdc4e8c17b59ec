"""What cron runs every night."""
import sys

from config.sentry import configure_sentry

configure_sentry()

sys.exit("the till does not add up")
