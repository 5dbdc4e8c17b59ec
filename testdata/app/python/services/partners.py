"""Payment and mail providers. Both are out of order, as this is a sample."""
import os

import redis

from services.sentry_monitoring import redis_monitor

cache = redis.Redis.from_url(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/1")


class StripeError(Exception):
    pass


class SendGridAPIError(Exception):
    def __init__(self, status_code, error_code):
        super().__init__(f"sendgrid answered {status_code}")
        self.status_code, self.error_code = status_code, error_code


def charge(payment_intent_id, amount_cents):
    raise StripeError(f"{payment_intent_id}: the card was declined")


def send_email(booking_id, template):
    raise SendGridAPIError(503, "busy")


@redis_monitor.monitor_redis_operation("cache.count_visits")
def count_visits(barber_id):
    return cache.incr(f"visits:{barber_id}")
