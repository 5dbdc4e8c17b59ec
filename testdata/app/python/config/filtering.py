"""What leaves an event, and which events are not sent at all."""
import re

PATTERNS = (
    re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]+\.)+[A-Za-z]{2,}\b"),  # e-mail addresses, not name@1.2.3
    re.compile(r"\b\d(?:[ -]?\d){12,18}\b"),  # payment cards
    re.compile(r"\+\d(?:[ ()-]{0,2}\d){6,14}\b"),  # telephone numbers
)
PRIVATE = {"email", "phone", "password", "token", "authorization", "cookie", "cookies", "card", "card_number"}
# What is read: ids and times elsewhere must stay as they are.
PLACES = ("message", "logentry", "exception", "breadcrumbs", "extra", "contexts", "tags", "request", "user")


def before_send(event, hint):
    """Drops noise, and removes personal data from all the rest."""
    if is_noise(hint):
        return None
    trace = event.get("contexts", {}).get("trace")
    for place in PLACES:
        if place in event:
            event[place] = scrubbed(event[place])
    if trace is not None:  # ids alone, whose digits may look like a card's
        event["contexts"]["trace"] = trace
    return event


def is_noise(hint):
    """Somebody pressed Ctrl-C, or went away before the answer."""
    exc_type = (hint.get("exc_info") or (None,))[0]
    return exc_type is not None and issubclass(exc_type, (KeyboardInterrupt, BrokenPipeError))


def scrubbed(value):
    if isinstance(value, dict):
        return {k: "[Filtered]" if str(k).lower() in PRIVATE else scrubbed(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [scrubbed(v) for v in value]
    if isinstance(value, str):
        for pattern in PATTERNS:
            value = pattern.sub("[Filtered]", value)
    return value
