"""Sends with whatever sentry_sdk is importable what the receiver's tests expect."""
import os
import time

import sentry_sdk

options = dict(
    dsn=os.environ["TEST_DSN"],
    release="bookedbarber@1.2.3",
    environment="client-tests",
    server_name="test-host",
    traces_sample_rate=1.0,
    default_integrations=False,
)
if os.environ.get("TEST_SPOTLIGHT"):
    options["spotlight"] = os.environ["TEST_SPOTLIGHT"]
if sentry_sdk.VERSION.startswith("2."):
    options["profiles_sample_rate"] = 1.0
sentry_sdk.init(**options)


class BookingError(Exception):
    pass


sentry_sdk.set_user({"id": "user-7", "username": "ada"})
sentry_sdk.set_tag("business_area", "bookings")
sentry_sdk.set_context("business", {"operation_type": "create", "barber_id": "barber-3"})
sentry_sdk.add_breadcrumb(category="booking", message="slot chosen", level="info", data={"chair": 4})
sentry_sdk.capture_message("the shop opens", level="warning")
try:
    raise BookingError("slot taken")
except BookingError:
    sentry_sdk.capture_exception()
with sentry_sdk.start_transaction(name="book appointment", op="booking"):
    with sentry_sdk.start_span(op="db", description="SELECT slot"):
        until = time.monotonic() + 0.3  # a profile needs samples
        while time.monotonic() < until:
            sum(range(1000))
    with sentry_sdk.start_span(op="cache", description="GET slot"):
        pass
sentry_sdk.flush(timeout=10)
print(sentry_sdk.VERSION)
