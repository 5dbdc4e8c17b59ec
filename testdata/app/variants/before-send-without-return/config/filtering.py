"""What leaves an event, and which events are not sent at all."""


def before_send(event, hint):
    """Keeps cookies back."""
    event.get("request", {}).pop("cookies", None)
