"""How the SENTRY_ variables are read."""
import os


def flag(name):
    """The SDK's own reading: bool("false") would be True."""
    return os.environ.get(name, "false").lower() in ("true", "t", "yes", "y", "on", "1")


def rate(name, default):
    """A number from 0 to 1. The SDKs drop all, in silence, where it is a text."""
    value = float(os.environ.get(name, default))
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} is {value}, expected a number from 0.0 to 1.0")
    return value
