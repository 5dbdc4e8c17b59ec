"""A small module to the team's API, for the tests of `bbctl test --app`."""
import os
import re

import sentry_sdk
from dotenv import load_dotenv
from sentry_sdk.scope import add_global_event_processor

VERSION = tuple(int(part) for part in sentry_sdk.VERSION.split(".")[:2])
SECRETS = [re.compile(pattern) for pattern in (
    r"[\w.+-]+@[\w-]+(\.[\w-]+)+",
    r"\b\d(?:[ -]?\d){12,18}\b",
    r"\+\d(?:[ ()-]{0,2}\d){6,14}\b",
    r"\b[A-Z]{2}\d{2}[ ]?[A-Z0-9]{4}(?:[ ]?[A-Z0-9]{2,4}){2,8}\b",
    r"\b(?:sk|rk|whsec)_\w+|\bgh[a-z]_\w+|\bAKIA\w+|\bxox\w-[\w-]+|\bSG\.[\w.-]+|\beyJ[\w-]+\.[\w.-]+",
    r"(?i)\b(?:Bearer|Basic|Token) [\w=+/-]+",
    r"//[^/\s:]*:[^@\s]+@",
    r"(?i)\b\w*(?:passw(?:or)?d|api_key|secret)(?:=|: )\S+",
)]


def flag(name):
    return os.environ.get(name, "false").lower() in ("true", "1", "yes", "on")


def rate(name, default):
    return float(os.environ.get(name, default))


def luhn(text):
    digits = [int(c) for c in text if c.isdigit()]
    for i in range(len(digits) - 2, -1, -2):
        digits[i] = digits[i] * 2 - 9 * (digits[i] > 4)
    return sum(digits) % 10 == 0


def removed(match):
    text = match.group()
    digits = text.replace(" ", "").replace("-", "")
    return text if digits.isdigit() and not luhn(digits) else "[Filtered]"


def scrubbed(value):
    if isinstance(value, dict):
        return {key: scrubbed(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [scrubbed(inner) for inner in value]
    if isinstance(value, str):
        for pattern in SECRETS:
            value = pattern.sub(removed, value)
    return value


def scrub(event, hint):
    for place in ("message", "logentry", "exception", "breadcrumbs", "extra", "contexts", "tags", "request", "transaction", "spans"):
        if place in event and place != "contexts":
            event[place] = scrubbed(event[place])
    for name, fields in (event.get("contexts") or {}).items():
        if name != "trace":
            event["contexts"][name] = scrubbed(fields)
    return event


def before_send(event, hint):
    error = (hint.get("exc_info") or (None,))[0]
    if error is not None and issubclass(error, (KeyboardInterrupt, BrokenPipeError)):
        return None
    return scrub(event, hint)


def configure_sentry():
    load_dotenv(".env")
    if not os.environ.get("SENTRY_DSN"):
        return False
    options = {
        "environment": os.environ.get("SENTRY_ENVIRONMENT", "development"),
        "release": os.environ.get("SENTRY_RELEASE") or None,
        "sample_rate": rate("SENTRY_SAMPLE_RATE", "1.0"),
        "traces_sample_rate": rate("SENTRY_TRACES_SAMPLE_RATE", "0.1"),
        "send_default_pii": flag("SENTRY_SEND_DEFAULT_PII"),
        "debug": flag("SENTRY_DEBUG"),
        "before_send": before_send,
    }
    if VERSION >= (1, 18):
        options["profiles_sample_rate"] = rate("SENTRY_PROFILES_SAMPLE_RATE", "0.1")
        options["include_local_variables"] = False
    else:
        options["with_locals"] = False
    sentry_sdk.init(**options)
    return True


def add_user_context(user):
    names = ["id", "role", "organization_id", "barber_id"]
    if flag("SENTRY_SEND_DEFAULT_PII"):
        names.append("email")
    sentry_sdk.set_user({name: user.get(name) for name in names})


def add_business_context(fields):
    sentry_sdk.set_context("business", dict(fields))


def add_business_breadcrumb(action, resource_type, resource_id=None, **data):
    data = dict(data, action=action, resource_type=resource_type, resource_id=resource_id)
    sentry_sdk.add_breadcrumb(category="business", message=action, data=data)


def add_performance_breadcrumb(operation, duration_ms, **data):
    data = dict(data, operation=operation, duration_ms=duration_ms)
    sentry_sdk.add_breadcrumb(category="performance", message=operation, data=data)


def capture(area, error, fields):
    tags = {"business_area": area}
    sentry_sdk.capture_exception(error, tags=tags, contexts={area: dict(fields)})


def capture_booking_error(error, fields):
    capture("bookings", error, fields)


def capture_payment_error(error, fields):
    capture("payments", error, fields)


def capture_integration_error(error, fields):
    capture("integrations", error, fields)
