"""What leaves an event, and which events are not sent at all."""


def before_send(event, hint):
    """Drops what no user has seen."""
    if "email" not in event.get("user", {}):
        return None
    return event
