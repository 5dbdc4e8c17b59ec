"""Makes a real sentry_sdk speak: python3 client.py SCENARIO, with SENTRY_DSN."""
import os
import sys
import types

scenario = sys.argv[1]
if scenario == "uwsgi":
    sys.modules["uwsgi"] = types.SimpleNamespace(opt={})

import sentry_sdk


def raises(event, hint):
    return event["no such field"]


options = {
    "hook-none": {"before_send": lambda event, hint: None},
    "hook-raises": {"before_send": raises},
    "processor": {},
    "rate-text": {"traces_sample_rate": "0.1"},
    "rate-zero": {"traces_sample_rate": 0.0},
    "sampler-none": {"traces_sampler": lambda context: None},
    "sampler-zero": {"traces_sampler": lambda context: 0},
    "parent-unsampled": {"traces_sample_rate": 1.0},
    "profile-short": {"traces_sample_rate": 1.0, "profiles_sample_rate": 1.0},
    "profile-off": {"traces_sample_rate": 0.0, "profiles_sample_rate": 1.0},
    "profile-text": {"traces_sample_rate": 1.0, "profiles_sample_rate": "1.0"},
    "traced": {"traces_sample_rate": 1.0},
    "sampled-out": {"sample_rate": 0.0},
}
sentry_sdk.init(debug=True, release="app@1.0", environment="production", **options.get(scenario, {}))

if scenario == "processor":
    from sentry_sdk.scope import add_global_event_processor

    def drop_everything(event, hint):
        return None

    add_global_event_processor(drop_everything)


def transact(**headers):
    transaction = sentry_sdk.tracing.Transaction.continue_from_headers(headers, op="http.server", name="GET /bookings")
    with sentry_sdk.start_transaction(transaction):
        pass


if scenario == "parent-unsampled":
    transact()
    transact(**{"sentry-trace": "0123456789abcdef" * 2 + "-" + "0123456789abcdef" + "-0"})
elif scenario.startswith(("rate-", "sampler-", "profile-", "traced")):
    transact()
elif scenario == "twice":
    sentry_sdk.capture_message("one")
    sentry_sdk.flush(2)
    sentry_sdk.capture_message("two")
elif scenario == "dedupe":
    try:
        raise ValueError("the same")
    except ValueError as error:
        sentry_sdk.capture_exception(error)
        sentry_sdk.capture_exception(error)
elif scenario == "pending":
    for n in range(5):
        sentry_sdk.capture_message("message %d" % n)
    sys.exit(0)
else:
    sentry_sdk.capture_message("hello")
sentry_sdk.flush(2)
