"""Sentry for every process of BookedBarber: init, context, breadcrumbs, captures."""
import logging
import os

import sentry_sdk
from dotenv import load_dotenv

from config.options import sentry_options
from config.settings import flag

log = logging.getLogger(__name__)


def configure_sentry():
    """Initialises the SDK. It is called first thing in every entry point.

    Returns whether events are sent.
    """
    load_dotenv(".env")  # a variable that is set stays
    if not os.environ.get("SENTRY_DSN"):
        log.warning("Sentry not configured: SENTRY_DSN is not set")
        return False
    sentry_sdk.init(**sentry_options())
    sentry_sdk.set_tag("service", "bookedbarber")
    return True


def add_user_context(user):
    """Who it is. The SDK would send an address that it is given in any case."""
    names = ["id", "role", "organization_id", "barber_id"]
    if flag("SENTRY_SEND_DEFAULT_PII"):
        names.append("email")
    sentry_sdk.set_user({k: user[k] for k in names if user.get(k) is not None})


def add_business_context(fields):
    """What is being done: operation_type, resource_type, resource_id, …"""
    sentry_sdk.set_context("business", dict(fields))


def add_business_breadcrumb(action, resource_type, resource_id=None, **data):
    data.update(action=action, resource_type=resource_type, resource_id=resource_id)
    sentry_sdk.add_breadcrumb(category="business", level="info", message=f"{action} {resource_type}", data=data)


def add_performance_breadcrumb(operation, duration_ms, **data):
    level = "warning" if duration_ms > 1000 else "info"
    data.update(operation=operation, duration_ms=round(duration_ms, 1))
    sentry_sdk.add_breadcrumb(category="performance", level=level, message=operation, data=data)


def capture_booking_error(error, fields):
    return capture("bookings", "booking", error, fields)


def capture_payment_error(error, fields):
    return capture("payments", "payment", error, fields)


def capture_integration_error(error, fields):
    return capture("integrations", "integration", error, fields)


def capture(area, context, error, fields):
    tags = {"business_area": area}
    if fields.get("error_stage"):
        tags["error_stage"] = fields["error_stage"]
    return sentry_sdk.capture_exception(error, tags=tags, contexts={context: dict(fields)})
