import os
from functools import partial

import sentry_sdk
from starlette.requests import Request

AREAS = {"appointments": "bookings", "payments": "payments"}


class SentryContext:
    """Says with every event of a request who asked, and for what."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            request = Request(scope)
            for part in request.url.path.split("/"):
                if part in AREAS:
                    sentry_sdk.set_tag("business_area", AREAS[part])
            add_user_context(getattr(request.state, "user", None))
        await self.app(scope, receive, send)


def add_user_context(user):
    names = ["id", "role", "organization_id", "barber_id"]
    # set_user sends all that it is given, whatever send_default_pii says.
    pii = os.environ.get("SENTRY_SEND_DEFAULT_PII", "false").lower()
    if pii in ("true", "t", "yes", "y", "on", "1"):
        names.append("email")
    known = {name: getattr(user, name, None) for name in names}
    sentry_sdk.set_user({k: v for k, v in known.items() if v is not None})


def add_business_context(fields):
    sentry_sdk.set_context("business", fields)


def capture(area, context, error, fields):
    tags = {"business_area": area}
    sentry_sdk.capture_exception(error, tags=tags, contexts={context: fields})


capture_booking_error = partial(capture, "bookings", "booking")
capture_payment_error = partial(capture, "payments", "payment")
capture_integration_error = partial(capture, "integrations", "integration")
