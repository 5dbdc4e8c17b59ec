"""What leaves an event, and which events are not sent at all."""


def before_send(event, hint):
    """Drops what a noisy library says."""
    if event["logger"].startswith("noisy."):
        return None
    return event
