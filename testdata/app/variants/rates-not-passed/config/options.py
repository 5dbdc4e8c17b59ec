"""What the SDK is initialised with."""
from config.filtering import before_send


def sentry_options():
    # The SDK reads the SENTRY_ variables by itself.
    return {"before_send": before_send}
