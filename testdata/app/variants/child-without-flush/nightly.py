"""What cron runs every night."""
import multiprocessing

from config.sentry import configure_sentry

configure_sentry()

import sentry_sdk  # noqa: E402

from services.partners import StripeError, charge  # noqa: E402


def settle(intent):
    try:
        charge(intent, 4200)
    except StripeError as error:
        sentry_sdk.capture_exception(error)


if __name__ == "__main__":
    child = multiprocessing.get_context("fork").Process(target=settle, args=("pi_1",))
    child.start()
    child.join()
