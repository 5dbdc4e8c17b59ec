"""What leaves an event, and which events are not sent at all."""


def before_send(event, hint):
    """Whether an event is sent."""
    return event.get("level") != "debug"
